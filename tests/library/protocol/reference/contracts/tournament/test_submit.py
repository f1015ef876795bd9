# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_submit import *  # noqa: F403
