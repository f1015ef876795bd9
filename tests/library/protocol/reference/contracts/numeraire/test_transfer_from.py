# SPDX-License-Identifier: MIT
from tests.unit.numeraire.test_transfer_from import *  # noqa: F403
