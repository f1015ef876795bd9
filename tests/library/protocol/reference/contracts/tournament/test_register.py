# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_register import *  # noqa: F403
