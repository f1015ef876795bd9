# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_roles import *  # noqa: F403
