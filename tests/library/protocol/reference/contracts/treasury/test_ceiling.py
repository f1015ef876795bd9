# SPDX-License-Identifier: MIT
from tests.unit.treasury.test_ceiling import *  # noqa: F403
