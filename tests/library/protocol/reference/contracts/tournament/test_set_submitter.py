# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_set_submitter import *  # noqa: F403
