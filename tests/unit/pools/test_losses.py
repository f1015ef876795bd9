# SPDX-License-Identifier: MIT
"""What a loss leaves of a pool's mark, and what orders of the smallest size and of a later batch leave in its words."""

from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.unit.pools.conftest import reopened

SHARES = 10**9 * (NMR // GWEI)
"""Those of one NMR, in an epoch that has just begun."""
POINT = 10**6


def test_checkpoint__exits_below_the_mark__the_loss_stays_to_be_won_back(pool, opened, place, play, backer, other):
    play(opened, -10 * POINT)
    pool.exit_order(place, 50 * SHARES, sender=backer)
    pool.checkpoint(place, sender=other)
    said = pool.place_view(place)
    # The mark falls as what is at stake does: 150 by 90 / 135.
    assert (said.value, said.mark, said.fees) == (90 * NMR, 100 * NMR, 0)


def test_fill__entries_below_the_mark__the_loss_stays_to_be_won_back(pool, walk, opened, place, play, manager, other):
    play(opened, -10 * POINT)
    reopened(walk, opened)
    pool.enter_order(place, 45 * NMR, sender=manager)
    pool.fill(place, sender=other)
    said = pool.place_view(place)
    # 150 by 180 / 135.
    assert (said.value, said.mark, said.fees) == (180 * NMR, 200 * NMR, 0)


def test_cancel_exit__of_a_single_share__takes_it_back(pool, opened, place, play, backer, other):
    play(opened, 0)
    pool.exit_order(place, 1, sender=backer)
    [cancelled] = pool.cancel_exit(place, sender=backer).decode_logs(pool.ExitCancelled)
    assert cancelled.shares == 1
    with reverts("pool: nothing to do"):
        pool.checkpoint(place, sender=other)


def test_enter_order__exits_of_a_later_batch_wait__leaves_them(pool, opened, place, play, backer, other):
    play(opened, 0)
    for batch in (0, 1):
        pool.exit_order(place, (batch + 1) * SHARES, sender=backer)
        pool.enter_order(place, NMR, sender=other)
        pool.checkpoint(place, sender=other)
        assert pool.exit_batch(place, batch).shares == (batch + 1) * SHARES
    said = pool.place_view(place)
    assert (said.exit_batch, said.exit_orders, said.entry_orders) == (2, 0, 2 * NMR)
