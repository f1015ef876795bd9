# SPDX-License-Identifier: MIT
from tests.unit.numeraire.test_approve import *  # noqa: F403
