# SPDX-License-Identifier: MIT
from tests.unit.numeraire.test_burn_from import *  # noqa: F403
