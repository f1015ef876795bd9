# SPDX-License-Identifier: MIT
from tests.unit.treasury.test_release import *  # noqa: F403
