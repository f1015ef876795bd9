# SPDX-License-Identifier: MIT
"""A place of a pool at its edges: single shares, stakes that are exactly the floor or the skin, and roundings."""

import pytest

from nmr.protocol.reference.pool_rules import CAP
from nmr.text.amounts import GWEI, NMR, RATIO
from tests.unit.pools.conftest import FLOOR, TOTAL_LOSS, together

UNIT = 10**9
"""Shares of a gwei, in an epoch that has just begun."""
SHARES = UNIT * (NMR // GWEI)
"""Those of one NMR."""
POINT = 10**6
TERMS = {"primary": 10_000, "contribution": 0, "clip": RATIO}


@pytest.fixture
def beside(walk, tournament, pool, manager, backer, other, play):
    """The place of a settled round where the manager has 100 NMR, and the backer as much as is asked for."""

    def beside(amount: int) -> int:
        round_id = walk.opened(primary=10_000, contribution=0, clip=RATIO // 5)
        place = round_id % tournament.RING()
        pool.enter_order(place, 100 * NMR, sender=manager)
        pool.enter_order(place, amount, sender=backer)
        pool.fill(place, sender=other)
        pool.claim(place, sender=backer)
        play(round_id, 0)
        return place

    return beside


def test_checkpoint__others_hold_exactly_the_floor__manager_leaves_down_to_the_skin(pool, beside, manager, other):
    place = beside(FLOOR)
    pool.exit_order(place, 100 * SHARES, sender=manager)
    pool.checkpoint(place, sender=other)
    # A ninth of the others', rounded up.
    kept = -(-FLOOR // GWEI * UNIT // 9)
    said = pool.place_view(place)
    assert (said.epoch, said.manager_shares, said.manager_exit) == (0, kept, kept)


def test_checkpoint__manager_leaves_exactly_the_skin_below_the_floor__goes_on_until_a_share_less(
    pool, beside, manager, other
):
    # With the skin of a tenth they are the floor together.
    place = beside(FLOOR * 9 // 10)
    kept = FLOOR // 10 // GWEI * UNIT
    pool.exit_order(place, 100 * SHARES - kept, sender=manager)
    pool.checkpoint(place, sender=other)
    said = pool.place_view(place)
    assert (said.epoch, said.manager_shares, said.value) == (0, kept, FLOOR)
    pool.exit_order(place, 1, sender=manager)
    pool.checkpoint(place, sender=other)
    said = pool.place_view(place)
    assert (said.epoch, said.shares, said.value) == (1, 0, 0)


def test_checkpoint__exit_of_a_single_share__is_a_batch_and_pays_nothing(pool, beside, numeraire, backer, other):
    place = beside(50 * NMR)
    held = numeraire.balanceOf(backer)
    pool.exit_order(place, 1, sender=backer)
    pool.checkpoint(place, sender=other)
    ran = pool.exit_batch(place, 0)
    assert (ran.shares, ran.paid) == (1, 0)
    assert (pool.place_view(place).exit_batch, pool.place_view(place).exit_orders) == (1, 0)
    pool.claim(place, sender=backer)
    assert pool.holding_view(place, backer).shares == 50 * SHARES - 1
    assert (numeraire.balanceOf(backer), pool.owed()) == (held, 0)


def test_checkpoint__manager_runs_in_the_block_of_a_single_share__it_runs_in_the_next(
    pool, beside, manager, backer, other
):
    place = beside(50 * NMR)
    pool.exit_order(place, 10 * SHARES, sender=manager)
    together(pool, backer, ("exit_order", place, 1), ("checkpoint", place))
    assert pool.place_view(place).exit_orders == 1
    pool.checkpoint(place, sender=other)
    assert (pool.place_view(place).exit_orders, pool.exit_batch(place, 0).shares) == (0, 1)


def test_checkpoint__single_share_of_the_manager_waits_beside_the_skin__a_fee_lets_it_run(
    pool, walk, beside, play, manager, backer, other
):
    place = beside(45 * NMR)
    # The skin is 5 of the 50 NMR that stay.
    pool.exit_order(place, 95 * SHARES + 1, sender=manager)
    pool.checkpoint(place, sender=other)
    assert (pool.place_view(place).manager_shares, pool.place_view(place).manager_exit) == (5 * SHARES, 1)
    walk.voided(walk.opened())
    play(walk.opened(primary=10_000, contribution=0, clip=RATIO // 5), 10 * POINT)
    receipt = pool.checkpoint(place, sender=other)
    [booked] = receipt.decode_logs(pool.Booked)
    said = pool.place_view(place)
    assert (booked.fee, said.manager_exit) == (NMR, 0)
    assert said.manager_shares == 5 * SHARES + booked.shares - 1


def test_checkpoint__epoch_ends_beside_an_order_of_a_single_share__order_is_gone(pool, lost, backer, other):
    pool.exit_order(lost, 1, sender=backer)
    pool.checkpoint(lost, sender=other)
    said = pool.place_view(lost)
    assert (said.epoch, said.exit_orders, said.exit_batch) == (1, 0, 1)


def test_fill__backers_entries_below_the_mark__the_loss_stays_to_be_won_back(
    pool, walk, opened, place, play, backer, other
):
    play(opened, -10 * POINT)
    walk.voided(walk.opened())
    walk.opened()
    pool.enter_order(place, 45 * NMR, sender=backer)
    pool.fill(place, sender=other)
    said = pool.place_view(place)
    # 150 by 180 / 135.
    assert (said.value, said.mark) == (180 * NMR, 200 * NMR)


def test_checkpoint__mark_is_one_above_a_whole__is_rounded_up(pool, walk, tournament, play, manager, backer, other):
    round_id = walk.opened(primary=10_000, contribution=0, clip=RATIO // 5)
    place = round_id % tournament.RING()
    pool.enter_order(place, 100 * NMR + GWEI, sender=manager)
    pool.enter_order(place, 50 * NMR, sender=backer)
    pool.fill(place, sender=other)
    pool.claim(place, sender=backer)
    play(round_id, -10 * POINT)
    before = pool.place_view(place)
    pool.exit_order(place, 10 * UNIT, sender=backer)
    pool.checkpoint(place, sender=other)
    after = pool.place_view(place)
    assert before.value - after.value == 9 * GWEI
    whole, rest = divmod(before.mark // GWEI * (after.value // GWEI), before.value // GWEI)
    assert (rest, after.mark) == (1, (whole + 1) * GWEI)


def test_claim__nothing_was_bought__shares_of_before_may_leave(
    pool, walk, tournament, bounds, as_owner, play, manager, backer, other
):
    """All of an order comes back at a place whose shares are near their cap, and its holder has shares there."""
    as_owner(tournament, "set_bounds", tuple(bounds._replace(max_clip=RATIO)))
    round_id = walk.opened(**TERMS)
    place = round_id % tournament.RING()
    pool.enter_order(place, 100 * NMR, sender=backer)
    # Together no more than what the reserve pays and burns in full.
    for amount in (900, 1_000, 1_000, 1_000, 1_000):
        pool.enter_order(place, amount * NMR, sender=manager)
        pool.fill(place, sender=other)
        # Leaves 210 of a million.
        play(round_id, TOTAL_LOSS + 21_000)
        walk.voided(walk.opened())
        round_id = walk.opened(**TERMS)
    pool.claim(place, sender=backer)
    said = pool.place_view(place)
    pool.enter_order(place, said.value * (CAP // said.shares // 2 - 1), sender=manager)
    pool.fill(place, sender=other)
    pool.enter_order(place, 900 * NMR, sender=backer)
    pool.fill(place, sender=other)
    assert pool.entry_batch(place, 1).used == 0
    pool.claim(place, sender=backer)
    held = pool.holding_view(place, backer)
    assert (held.shares, held.entry_order, held.bought_now) == (100 * SHARES, 0, False)
    pool.exit_order(place, held.shares, sender=backer)
