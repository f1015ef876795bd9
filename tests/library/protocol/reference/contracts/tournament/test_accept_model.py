# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_accept_model import *  # noqa: F403
