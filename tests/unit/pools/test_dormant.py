# SPDX-License-Identifier: MIT
"""A manager who leaves beside a backer who does nothing, while rounds open, and when none does any more."""

import pytest

from nmr.text.amounts import GWEI
from tests.support.refusals import reverts
from tests.support.suite import RING
from tests.unit.pools.conftest import NMR_SHARES

ALL = 2**256 - 1
DORMANT = 180 * 86_400
KEPT = -(-50 * NMR_SHARES // 9)
"""What the manager has to keep beside the backer's 50."""


@pytest.fixture
def kept(pool, opened, place, play, manager):
    """The place of a settled round, the newest, whose manager ordered all out and is paid but for the skin."""
    play(opened, 0)
    pool.exit_order(place, ALL, sender=manager)
    pool.checkpoint(place, sender=manager)
    assert pool.place_view(place).manager_shares == KEPT == pool.holding_view(place, manager).exit_order
    return place


@pytest.fixture
def dormant_at(tournament, opened):
    """When no skin keeps a manager any more, if no further round opens."""
    return tournament.round_info(opened).terms.expires_at + DORMANT


def test_checkpoint__a_second_before_180_days__keeps_the_skin(pool, kept, walk, dormant_at, backer):
    walk.until(dormant_at - 1)
    with reverts("pool: nothing to do"):
        pool.checkpoint(kept, sender=backer)


def test_checkpoint__no_round_for_180_days__pays_everybody_out(
    pool, kept, walk, dormant_at, numeraire, manager, backer, other
):
    value = pool.place_view(kept).value
    managers = value // GWEI * KEPT // (50 * NMR_SHARES + KEPT) * GWEI
    before = pool.credit()
    walk.until(dormant_at)
    receipt = pool.checkpoint(kept, sender=other)
    ended = pool.EpochEnded(
        place=kept, epoch=0, value=value, shares=50 * NMR_SHARES + KEPT, manager_shares=KEPT, manager_paid=managers
    )
    assert [event for event in receipt.events if event.event_name == "EpochEnded"] == [ended]
    assert pool.credit() - before == managers
    held = numeraire.balanceOf(backer)
    pool.claim(kept, sender=backer)
    assert numeraire.balanceOf(backer) - held == value - managers


def test_checkpoint__no_round_for_180_days_and_no_order__leaves_all_as_it_is(
    pool, kept, walk, dormant_at, manager, backer
):
    pool.cancel_exit(kept, sender=manager)
    walk.until(dormant_at)
    with reverts("pool: nothing to do"):
        pool.checkpoint(kept, sender=backer)


def test_checkpoint__no_round_for_180_days__what_the_skin_allows_runs_as_ever(
    pool, opened, place, play, walk, dormant_at, manager, backer
):
    play(opened, 0)
    pool.exit_order(place, 100 * NMR_SHARES - KEPT, sender=manager)
    walk.until(dormant_at)
    pool.checkpoint(place, sender=backer)
    assert (pool.place_view(place).epoch, pool.place_view(place).manager_shares) == (0, KEPT)


def test_checkpoint__another_place_opened_since__keeps_the_skin(pool, kept, walk, dormant_at, backer):
    walk.until(dormant_at - 10 * 86_400)
    assert walk.opened() % RING != kept
    walk.until(dormant_at)
    with reverts("pool: nothing to do"):
        pool.checkpoint(kept, sender=backer)
