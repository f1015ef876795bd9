# SPDX-License-Identifier: MIT
"""The gas that the issue allows, from receipts: 150,000 for a kick and for a take without a callback."""

import pytest

from nmr.text.amounts import NMR
from tests.support.programme import HOUR

LIMIT = 150_000


@pytest.fixture(params=["market", "other_market", "twap_market"])
def any_market(request, market, other_market, twap_market):
    """A feed and 6 decimals, a feed and 18 decimals, the average of the pool and 6 decimals; ready to be kicked."""
    return {"market": market, "other_market": other_market, "twap_market": twap_market}[request.param]


def test_gas__first_and_later_kick_and_take__stay_below_the_limit(any_market, numeraire, trader, receiver, at):
    market = any_market
    numeraire.approve(market.buyback, 1_000_000 * NMR, sender=trader)
    at(market.twap.newer().made_at + market.twap.WINDOW())
    used = []
    for _ in range(2):
        kick = market.buyback.kick(sender=trader)
        take = market.buyback.take(100 * market.unit, 0, receiver, sender=trader)
        used += [kick.gas_used, take.gas_used]
        at(kick.timestamp + 3 * HOUR)
    assert max(used) <= LIMIT
    # Slots that hold something already are cheaper.
    assert used[2] < used[0]
    assert used[3] < used[1]
