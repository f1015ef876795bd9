# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_void import *  # noqa: F403
