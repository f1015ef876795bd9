# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_set_bounds import *  # noqa: F403
