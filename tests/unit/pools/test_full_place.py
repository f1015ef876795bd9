# SPDX-License-Identifier: MIT
"""A place whose shares are near their cap, since it lost nearly all again and again: what would pass it comes back."""

import pytest

from nmr.protocol.reference.pool_rules import CAP
from nmr.text.amounts import NMR, RATIO
from tests.unit.pools.conftest import TOTAL_LOSS

NEARLY_ALL = TOTAL_LOSS + 21_000
"""Leaves 210 of a million."""
TERMS = {"primary": 10_000, "contribution": 0, "clip": RATIO}


@pytest.fixture
def full(walk, tournament, bounds, as_owner, pool, manager, other, play):
    """The place of an open round, where every NMR more buys over 2**118 shares."""
    as_owner(tournament, "set_bounds", tuple(bounds._replace(max_clip=RATIO)))
    round_id = walk.opened(**TERMS)
    place = round_id % tournament.RING()
    for _ in range(5):
        pool.enter_order(place, 1_000 * NMR, sender=manager)
        pool.fill(place, sender=other)
        play(round_id, NEARLY_ALL)
        # The round of the other place.
        walk.voided(walk.opened())
        round_id = walk.opened(**TERMS)
    said = pool.place_view(place)
    assert CAP // 1_000 < said.shares < CAP // 100
    return place


def test_fill__a_backers_shares_would_pass_the_cap__all_comes_back(pool, numeraire, full, manager, backer, other):
    said = pool.place_view(full)
    # Brings the shares to nearly half of the cap.
    pool.enter_order(full, said.value * (CAP // said.shares // 2 - 1), sender=manager)
    pool.fill(full, sender=other)
    before = pool.place_view(full)
    assert CAP // 3 < before.shares < CAP // 2
    held = numeraire.balanceOf(backer)
    pool.enter_order(full, 1_000 * NMR, sender=backer)
    pool.fill(full, sender=other)
    ran = pool.entry_batch(full, 0)
    assert (ran.ordered, ran.used, ran.shares) == (1_000 * NMR, 0, 0)
    after = pool.place_view(full)
    assert (after.shares, after.mark, after.value) == (before.shares, before.mark, before.value)
    pool.claim(full, sender=backer)
    assert (numeraire.balanceOf(backer), pool.owed()) == (held, 0)


def test_fill__the_managers_shares_would_pass_the_cap__all_is_his_to_claim(pool, numeraire, full, manager, other):
    before = pool.place_view(full)
    held = numeraire.balanceOf(manager)
    pool.enter_order(full, 1_000 * NMR, sender=manager)
    pool.fill(full, sender=other)
    assert pool.credit() == 1_000 * NMR
    assert pool.place_view(full).shares == before.shares
    pool.claim(full, sender=manager)
    assert (numeraire.balanceOf(manager), pool.owed()) == (held, 0)
