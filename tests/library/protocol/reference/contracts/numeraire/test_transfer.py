# SPDX-License-Identifier: MIT
from tests.unit.numeraire.test_transfer import *  # noqa: F403
