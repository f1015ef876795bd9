# SPDX-License-Identifier: MIT
from tests.unit.treasury.test_views import *  # noqa: F403
