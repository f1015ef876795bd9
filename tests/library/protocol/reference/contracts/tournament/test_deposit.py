# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_deposit import *  # noqa: F403
