# SPDX-License-Identifier: MIT
from tests.unit.numeraire.test_burn import *  # noqa: F403
