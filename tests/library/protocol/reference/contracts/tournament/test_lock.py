# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_lock import *  # noqa: F403
