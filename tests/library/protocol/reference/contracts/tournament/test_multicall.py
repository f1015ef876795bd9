# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_multicall import *  # noqa: F403
