# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_submitted import *  # noqa: F403
