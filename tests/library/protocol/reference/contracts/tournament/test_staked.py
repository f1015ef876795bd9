# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_staked import *  # noqa: F403
