# SPDX-License-Identifier: MIT
from tests.unit.treasury.test_draw import *  # noqa: F403
