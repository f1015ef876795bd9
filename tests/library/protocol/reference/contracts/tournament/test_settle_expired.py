# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_settle_expired import *  # noqa: F403
