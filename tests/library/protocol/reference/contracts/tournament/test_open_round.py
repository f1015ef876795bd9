# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_open_round import *  # noqa: F403
