# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_move_idle import *  # noqa: F403
