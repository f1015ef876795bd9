# SPDX-License-Identifier: MIT
from tests.unit.treasury.test_reserve import *  # noqa: F403
