# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_settle import *  # noqa: F403
