# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_waiting_groups import *  # noqa: F403
