# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_constructor import *  # noqa: F403
