# SPDX-License-Identifier: MIT
from tests.unit.treasury.test_unlist import *  # noqa: F403
