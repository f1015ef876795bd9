# SPDX-License-Identifier: MIT
from tests.unit.treasury.test_authorise import *  # noqa: F403
