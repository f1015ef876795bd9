# SPDX-License-Identifier: MIT
"""Orders that are cancelled: once, and in a block in which a batch of others' orders runs."""

import pytest

from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.unit.pools.conftest import together

SHARES = 10**9 * (NMR // GWEI)
"""Those of one NMR, in an epoch that has just begun."""


def test_cancel_entry__in_the_block_of_a_batch__runs_others_alone(pool, opened, place, backer, other):
    pool.enter_order(place, 7 * NMR, sender=other)
    together(pool, backer, ("enter_order", place, 9 * NMR), ("cancel_entry", place), ("fill", place))
    ran = pool.entry_batch(place, 1)
    assert (ran.ordered, ran.used) == (7 * NMR, 7 * NMR)
    assert pool.place_view(place).entry_orders == 0
    assert pool.holding_view(place, backer).entry_order == 0


def test_cancel_exit__in_the_block_of_a_batch__runs_others_alone(pool, opened, place, play, backer, manager):
    play(opened, 0)
    pool.exit_order(place, 10 * SHARES, sender=manager)
    together(pool, backer, ("exit_order", place, 30 * SHARES), ("cancel_exit", place), ("checkpoint", place))
    said = pool.place_view(place)
    assert (said.exit_orders, said.shares, said.manager_shares) == (0, 140 * SHARES, 90 * SHARES)
    assert pool.holding_view(place, backer).shares == 50 * SHARES


@pytest.mark.parametrize("raised", [1, 2])
def test_cancel_entry__raised_in_its_block__leaves_the_queue_as_it_was(pool, opened, place, backer, other, raised):
    pool.enter_order(place, 4 * NMR, sender=backer)
    pool.enter_order(place, 7 * NMR, sender=other)
    orders = raised * [("enter_order", place, 3 * NMR)]
    together(pool, backer, *orders, ("cancel_entry", place), ("fill", place))
    assert pool.entry_batch(place, 1).ordered == 7 * NMR
    assert (pool.place_view(place).entry_orders, pool.owed()) == (0, 0)


@pytest.mark.parametrize("name", ["manager", "backer"])
def test_cancel_entry__twice__pays_once(pool, opened, place, numeraire, request, name):
    sender = request.getfixturevalue(name)
    held = numeraire.balanceOf(sender)
    pool.enter_order(place, 9 * NMR, sender=sender)
    pool.cancel_entry(place, sender=sender)
    assert numeraire.balanceOf(sender) == held
    assert (pool.holding_view(place, sender).entry_order, pool.owed()) == (0, 0)
    with reverts("pool: no such order"):
        pool.cancel_entry(place, sender=sender)


@pytest.mark.parametrize("name", ["manager", "backer"])
def test_cancel_exit__twice__takes_back_once(pool, opened, place, play, request, name):
    sender = request.getfixturevalue(name)
    play(opened, 0)
    pool.exit_order(place, 9 * SHARES, sender=sender)
    pool.cancel_exit(place, sender=sender)
    assert pool.holding_view(place, sender).exit_order == 0
    with reverts("pool: no such order"):
        pool.cancel_exit(place, sender=sender)
    with reverts("pool: nothing to do"):
        pool.checkpoint(place, sender=sender)
