# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_veto import *  # noqa: F403
