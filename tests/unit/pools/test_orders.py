# SPDX-License-Identifier: MIT
"""Orders in the block in which a batch runs, orders over the end of an epoch, and what is told of batches that ran."""

import pytest

from nmr.text.amounts import GWEI, NMR, RATIO
from tests.support.refusals import reverts
from tests.support.suite import RING
from tests.unit.pools.conftest import reopened, together

SHARES = 10**9
"""A gwei's, in an epoch that has just begun."""
NMR_SHARES = NMR // GWEI * SHARES
POINT = 10**6


def test_batches__before_and_after_they_run__say_what_each_gave(pool, opened, place, play, chain, manager, backer):
    never = pool.exit_batch(place, 0)
    assert (never.at, never.shares, never.paid) == (0, 0, 0)
    filled = pool.entry_batch(place, 0)
    assert (filled.ordered, filled.used, filled.shares) == (50 * NMR, 50 * NMR, 50 * NMR_SHARES)
    assert (filled.epoch, filled.round) == (0, opened) and filled.at > 0
    assert pool.entry_batch(place, 1).at == 0
    play(opened, 0)
    pool.exit_order(place, 20 * NMR_SHARES, sender=backer)
    receipt = pool.checkpoint(place, sender=manager)
    ran = pool.exit_batch(place, 0)
    assert (ran.at, ran.shares, ran.paid) == (receipt.timestamp, 20 * NMR_SHARES, 20 * NMR)


def test_exit_order__in_the_block_of_a_batch__waits_for_the_next(pool, opened, place, play, numeraire, manager, backer):
    play(opened, 0)
    # So that a batch runs without the backer's order, which is of the same block.
    pool.exit_order(place, 10 * NMR_SHARES, sender=manager)
    together(pool, backer, ("exit_order", place, 30 * NMR_SHARES), ("checkpoint", place))
    said = pool.holding_view(place, backer)
    assert (said.shares, said.exit_order, said.claimable) == (50 * NMR_SHARES, 30 * NMR_SHARES, 0)
    pool.checkpoint(place, sender=manager)
    assert pool.holding_view(place, backer).claimable == 30 * NMR


def test_exit_order__batch_of_others_runs_in_its_block__takes_the_price_of_its_own(
    pool, walk, numeraire, staker, play, manager, backer, other
):
    round_id = walk.opened(primary=10_000, contribution=0, clip=RATIO // 5)
    place = round_id % RING
    for actor, amount in ((manager, 100 * NMR), (backer, 50 * NMR), (other, 40 * NMR)):
        pool.enter_order(place, amount, sender=actor)
    pool.fill(place, sender=backer)
    for actor in (backer, other):
        pool.claim(place, sender=actor)
    play(round_id, 0)
    pool.exit_order(place, 40 * NMR_SHARES, sender=other)
    together(pool, backer, ("exit_order", place, 30 * NMR_SHARES), ("checkpoint", place))
    assert pool.exit_batch(place, 0).shares == 40 * NMR_SHARES
    assert pool.holding_view(place, other).claimable == 40 * NMR
    waiting = pool.holding_view(place, backer)
    assert (waiting.exit_order, waiting.claimable) == (30 * NMR_SHARES, 0)
    # The place still has orders, so the next batch runs.
    pool.checkpoint(place, sender=manager)
    assert pool.exit_batch(place, 1).shares == 30 * NMR_SHARES
    held = numeraire.balanceOf(backer)
    receipt = pool.claim(place, sender=backer)
    assert pool.Claimed(place=place, holder=backer, epoch=0, shares=20 * NMR_SHARES, paid=30 * NMR) in receipt.events
    assert numeraire.balanceOf(backer) == held + 30 * NMR


def test_exit_order__managers_in_the_block_of_the_checkpoint__waits(pool, opened, place, play, manager, backer):
    play(opened, 0)
    pool.exit_order(place, 5 * NMR_SHARES, sender=backer)
    together(pool, manager, ("exit_order", place, 10 * NMR_SHARES), ("checkpoint", place))
    said = pool.place_view(place)
    assert (said.manager_shares, said.manager_exit) == (100 * NMR_SHARES, 10 * NMR_SHARES)
    pool.checkpoint(place, sender=backer)
    said = pool.place_view(place)
    assert (said.manager_shares, said.manager_exit) == (90 * NMR_SHARES, 0)


def test_entry_order__in_the_block_of_a_batch__buys_in_the_next(pool, opened, place, manager, backer, other):
    pool.enter_order(place, 7 * NMR, sender=other)
    together(pool, backer, ("enter_order", place, 9 * NMR), ("fill", place))
    assert pool.entry_batch(place, 1).ordered == 7 * NMR
    assert pool.holding_view(place, backer).entry_order == 9 * NMR
    pool.fill(place, sender=manager)
    assert pool.entry_batch(place, 2).ordered == 9 * NMR
    assert pool.holding_view(place, backer).shares == 59 * NMR_SHARES


def test_entry_order__managers_in_the_block_of_the_fill__waits(pool, opened, place, manager, other):
    pool.enter_order(place, 7 * NMR, sender=other)
    together(pool, manager, ("enter_order", place, 10 * NMR), ("fill", place))
    said = pool.place_view(place)
    assert (said.manager_shares, said.manager_entry) == (100 * NMR_SHARES, 10 * NMR)
    pool.fill(place, sender=other)
    said = pool.place_view(place)
    assert (said.manager_shares, said.manager_entry) == (110 * NMR_SHARES, 0)


@pytest.mark.parametrize("order", ["enter_order", "exit_order"])
def test_cancel__in_the_block_of_the_order__leaves_nothing_behind(pool, opened, place, play, backer, other, order):
    play(opened, 0)
    kind = order.removesuffix("_order").replace("enter", "entry")
    amount = 3 * NMR if order == "enter_order" else 3 * NMR_SHARES
    together(pool, backer, (order, place, amount), (f"cancel_{kind}", place))
    said = pool.place_view(place)
    assert (said.entry_orders, said.exit_orders) == (0, 0)
    assert pool.owed() == 0
    # What was fresh is not taken off a second time.
    getattr(pool, order)(place, amount, sender=backer)
    together(pool, backer, (order, place, amount), (f"cancel_{kind}", place))
    said = pool.place_view(place)
    assert (said.entry_orders, said.exit_orders) == (0, 0)


def test_entry_order__epoch_ends_before_it_runs__old_shares_are_paid_and_new_ones_bought(
    pool, walk, opened, place, play, numeraire, manager, backer
):
    play(opened, 0)
    pool.enter_order(place, 8 * NMR, sender=backer)
    pool.exit_order(place, 50 * NMR_SHARES, sender=backer)
    pool.exit_order(place, 100 * NMR_SHARES, sender=manager)
    pool.checkpoint(place, sender=backer)
    assert pool.place_view(place).epoch == 1
    again = reopened(walk, opened)
    pool.enter_order(place, 80 * NMR, sender=manager)
    pool.fill(place, sender=manager)
    said = pool.holding_view(place, backer)
    assert (said.epoch, said.shares, said.claimable) == (1, 8 * NMR_SHARES, 50 * NMR)
    assert (said.exit_order, said.entry_order, said.bought_now) == (0, 0, True)
    held = numeraire.balanceOf(backer)
    receipt = pool.claim(place, sender=backer)
    assert pool.Claimed(place=place, holder=backer, epoch=1, shares=8 * NMR_SHARES, paid=50 * NMR) in receipt.events
    assert numeraire.balanceOf(backer) == held + 50 * NMR
    assert pool.entry_batch(place, 1).round == again


def test_claim__as_many_shares_bought_as_sold__pays_for_those_sold(
    pool, walk, opened, place, play, numeraire, manager, backer
):
    play(opened, 0)
    pool.exit_order(place, 8 * NMR_SHARES, sender=backer)
    pool.checkpoint(place, sender=manager)
    pool.enter_order(place, 8 * NMR, sender=backer)
    pool.exit_order(place, 8 * NMR_SHARES, sender=backer)
    pool.checkpoint(place, sender=manager)
    reopened(walk, opened)
    pool.fill(place, sender=manager)
    # The first was paid when the orders after it were given.
    held = numeraire.balanceOf(backer)
    receipt = pool.claim(place, sender=backer)
    assert pool.Claimed(place=place, holder=backer, epoch=0, shares=42 * NMR_SHARES, paid=8 * NMR) in receipt.events
    assert numeraire.balanceOf(backer) == held + 8 * NMR


def test_holding_view__all_was_lost__shares_are_worth_nothing(pool, lost, backer):
    pool.enter_order(lost, 3 * NMR, sender=backer)
    said = pool.holding_view(lost, backer)
    assert (said.shares, said.value, said.entry_order, said.entry_shares) == (50 * NMR_SHARES, 0, 3 * NMR, 0)
    assert not said.bought_now


def test_checkpoint__all_was_lost__ends_the_epoch_with_nothing(pool, lost, manager, backer):
    receipt = pool.checkpoint(lost, sender=backer)
    ended = pool.EpochEnded(
        place=lost,
        epoch=0,
        value=0,
        shares=150 * NMR_SHARES,
        manager_shares=100 * NMR_SHARES,
        manager_paid=0,
    )
    assert receipt.events == [ended]
    assert pool.holding_view(lost, backer).claimable == 0
    receipt = pool.claim(lost, sender=backer)
    assert receipt.events == [pool.Claimed(place=lost, holder=backer, epoch=1, shares=0, paid=0)]
    with reverts("pool: nothing to claim"):
        pool.claim(lost, sender=manager)
