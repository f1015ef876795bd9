# SPDX-License-Identifier: MIT
"""A pool in the year 2242: times have 34 bits."""

from nmr.text.amounts import NMR, RATIO
from tests.support.refusals import reverts
from tests.support.suite import RING
from tests.unit.pools.conftest import together

LATE = 2**33 + 1


def test_orders__times_of_34_bits__wait_for_another_block(pool, walk, chain, manager, backer, other):
    chain.pending_timestamp = LATE
    round_id = walk.opened(primary=10_000, contribution=0, clip=RATIO // 5)
    place = round_id % RING
    for who, nmr in ((manager, 100), (backer, 50)):
        with reverts("pool: nothing to do"):
            together(pool, who, ("enter_order", place, nmr * NMR), ("fill", place))
        pool.enter_order(place, nmr * NMR, sender=who)
        pool.fill(place, sender=other)
    assert pool.entry_batch(place, 0).at == chain.blocks.head.timestamp > LATE
    assert pool.place_view(place).value == 150 * NMR
    pool.claim(place, sender=backer)
