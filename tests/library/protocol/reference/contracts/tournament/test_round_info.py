# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_round_info import *  # noqa: F403
