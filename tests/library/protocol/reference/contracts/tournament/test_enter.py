# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_enter import *  # noqa: F403
