# SPDX-License-Identifier: MIT
from tests.unit.treasury.test_spend import *  # noqa: F403
