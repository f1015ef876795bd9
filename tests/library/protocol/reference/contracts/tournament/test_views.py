# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_views import *  # noqa: F403
