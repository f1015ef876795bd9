# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_set_policy import *  # noqa: F403
