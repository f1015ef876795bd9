# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_next_round import *  # noqa: F403
