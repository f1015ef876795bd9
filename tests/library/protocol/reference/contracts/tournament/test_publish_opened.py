# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_publish_opened import *  # noqa: F403
