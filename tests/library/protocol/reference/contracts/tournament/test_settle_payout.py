# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_settle_payout import *  # noqa: F403
