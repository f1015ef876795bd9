# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_stake import *  # noqa: F403
