# SPDX-License-Identifier: MIT
from tests.unit.tournament.test_offer_model import *  # noqa: F403
