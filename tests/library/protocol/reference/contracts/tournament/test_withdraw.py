# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_withdraw import *  # noqa: F403
