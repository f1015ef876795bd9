# SPDX-License-Identifier: MIT
"""Batches that follow each other at a place, and an epoch that begins in the call that ends another."""

from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.unit.pools.conftest import reopened, together

SHARES = 10**9 * (NMR // GWEI)
"""Those of one NMR, in an epoch that has just begun."""


def test_exit_order__in_the_block_of_a_batch_again_and_again__runs_in_the_next(
    pool, opened, place, play, manager, backer, other
):
    pool.enter_order(place, 20 * NMR, sender=other)
    pool.fill(place, sender=backer)
    pool.claim(place, sender=other)
    play(opened, 0)
    for batch in (0, 2, 4):
        pool.exit_order(place, SHARES, sender=other)
        together(pool, backer, ("exit_order", place, 3 * SHARES), ("checkpoint", place))
        assert pool.exit_batch(place, batch).shares == SHARES
        assert pool.holding_view(place, backer).claimable == 0
        pool.checkpoint(place, sender=manager)
        ran = pool.exit_batch(place, batch + 1)
        assert (ran.shares, ran.paid) == (3 * SHARES, 3 * NMR)
        assert pool.holding_view(place, backer).claimable == 3 * NMR
        pool.claim(place, sender=backer)


def test_entry_order__in_the_block_of_a_batch_again_and_again__buys_in_the_next(
    pool, opened, place, manager, backer, other
):
    # The manager's and the backer's first order ran in batch 0.
    for batch in (1, 3, 5):
        pool.enter_order(place, 2 * NMR, sender=other)
        together(pool, backer, ("enter_order", place, 3 * NMR), ("fill", place))
        assert pool.entry_batch(place, batch).ordered == 2 * NMR
        assert pool.holding_view(place, backer).entry_order == 3 * NMR
        pool.fill(place, sender=manager)
        assert pool.entry_batch(place, batch + 1).ordered == 3 * NMR
        pool.claim(place, sender=backer)
    assert pool.holding_view(place, backer).shares == 59 * SHARES


def test_fill__everybody_left_and_the_manager_enters__one_epoch_ends_and_another_opens(
    pool, walk, opened, place, play, manager, backer, other
):
    play(opened, 0)
    reopened(walk, opened)
    pool.exit_order(place, 50 * SHARES, sender=backer)
    pool.exit_order(place, 100 * SHARES, sender=manager)
    pool.enter_order(place, 30 * NMR, sender=manager)
    pool.enter_order(place, 7 * NMR, sender=other)
    receipt = pool.fill(place, sender=other)
    [ended] = receipt.decode_logs(pool.EpochEnded)
    [entered] = receipt.decode_logs(pool.EntriesRun)
    assert (ended.epoch, ended.value, ended.manager_paid) == (0, 150 * NMR, 100 * NMR)
    assert (entered.epoch, entered.value, entered.used, entered.manager_used) == (1, 0, 7 * NMR, 30 * NMR)
    said = pool.place_view(place)
    assert (said.epoch, said.value, said.mark) == (1, 37 * NMR, 37 * NMR)
    assert (said.shares, said.manager_shares) == (37 * SHARES, 30 * SHARES)


def test_fill__all_was_burnt_and_the_manager_enters__one_epoch_ends_and_another_opens(pool, walk, lost, manager, other):
    place = lost
    reopened(walk, place)
    pool.enter_order(place, 30 * NMR, sender=manager)
    assert pool.holding_view(place, manager).entry_shares == 0
    receipt = pool.fill(place, sender=other)
    [ended] = receipt.decode_logs(pool.EpochEnded)
    [entered] = receipt.decode_logs(pool.EntriesRun)
    assert (ended.epoch, ended.value, ended.manager_paid) == (0, 0, 0)
    assert (entered.epoch, entered.value, entered.manager_used) == (1, 0, 30 * NMR)
    said = pool.place_view(place)
    assert (said.epoch, said.value, said.mark, said.shares) == (1, 30 * NMR, 30 * NMR, 30 * SHARES)


def test_claim__manager_who_took_out_a_gwei__is_paid_a_gwei(pool, opened, place, play, numeraire, manager, other):
    play(opened, 0)
    pool.exit_order(place, 10**9, sender=manager)
    pool.checkpoint(place, sender=other)
    held = numeraire.balanceOf(manager)
    pool.claim(place, sender=manager)
    assert numeraire.balanceOf(manager) - held == GWEI
    with reverts("pool: nothing to claim"):
        pool.claim(place, sender=manager)
