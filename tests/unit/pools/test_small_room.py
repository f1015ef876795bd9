# SPDX-License-Identifier: MIT
"""Entries that do not all fit: they run, and the rest comes back, only if a hundredth of the place fits."""

import pytest

from nmr.text.amounts import NMR
from tests.support.refusals import reverts
from tests.support.suite import MIN_STAKE
from tests.unit.pools.conftest import NMR_SHARES, reopened

FULL = 1_000 * NMR
"""What a place holds whose manager has 100."""


@pytest.fixture
def full(pool, opened, place, play, walk, other):
    """A place with 1,000 NMR and no room beside the manager's 100, whose next round is open."""
    pool.enter_order(place, 2_000 * NMR, sender=other)
    pool.fill(place, sender=other)
    pool.claim(place, sender=other)
    play(opened, 0)
    reopened(walk, opened)
    assert pool.place_view(place).value == FULL
    return place


def leave(pool, place, amount, who):
    """Makes room, and fills the place."""
    pool.exit_order(place, amount * NMR_SHARES // NMR, sender=who)
    pool.fill(place, sender=who)


@pytest.mark.parametrize("amount", [MIN_STAKE, FULL // 100 - NMR])
def test_fill__room_for_less_than_a_hundredth__orders_wait_on(pool, full, backer, other, amount):
    pool.enter_order(full, 500 * NMR, sender=other)
    leave(pool, full, amount, backer)
    view = pool.place_view(full)
    assert (view.value, view.entry_orders) == (FULL - amount, 500 * NMR)
    with reverts("pool: nothing to do"):
        pool.fill(full, sender=other)


def test_fill__room_for_a_hundredth__runs_and_the_rest_comes_back(pool, full, backer, other):
    pool.enter_order(full, 500 * NMR, sender=other)
    leave(pool, full, FULL // 100, backer)
    assert (pool.place_view(full).value, pool.place_view(full).entry_orders) == (FULL, 0)
    assert pool.holding_view(full, other).claimable == 490 * NMR


def test_fill__all_fits_in_less_than_a_hundredth__runs(pool, full, backer, other):
    pool.enter_order(full, 2 * MIN_STAKE, sender=other)
    leave(pool, full, 2 * MIN_STAKE, backer)
    assert (pool.place_view(full).value, pool.place_view(full).entry_orders) == (FULL, 0)


def test_fill__manager_makes_little_room__enters_alone(pool, full, manager, other):
    pool.enter_order(full, 500 * NMR, sender=other)
    pool.enter_order(full, NMR, sender=manager)
    pool.fill(full, sender=manager)
    assert (pool.place_view(full).value, pool.place_view(full).entry_orders) == (FULL + NMR, 500 * NMR)
