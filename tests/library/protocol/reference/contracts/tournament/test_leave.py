# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_leave import *  # noqa: F403
