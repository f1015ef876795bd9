# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_state import *  # noqa: F403
