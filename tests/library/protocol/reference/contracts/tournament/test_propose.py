# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_propose import *  # noqa: F403
