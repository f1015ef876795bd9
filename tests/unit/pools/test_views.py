# SPDX-License-Identifier: MIT
"""What the views of a pool say, field by field, and what orders of the block of a batch become."""

from typing import Any

import pytest

from nmr.protocol.reference.pool import HoldingView, PlaceView
from nmr.text.amounts import GWEI, NMR
from tests.support.suite import RING

SHARES = 10**9
NMR_SHARES = NMR // GWEI * SHARES
POINT = 10**6
EMPTY = dict.fromkeys(PlaceView._fields, 0) | {"free": True}
NOBODYS = dict.fromkeys(HoldingView._fields, 0) | {"bought_now": False}


@pytest.fixture
def said(pool):
    """What a place says, by name."""

    def said(place: int) -> dict[str, Any]:
        return dict(zip(PlaceView._fields, pool.place_view(place), strict=True))

    return said


@pytest.fixture
def held(pool):
    """What somebody has at a place, by name."""

    def held(place: int, holder: Any) -> dict[str, Any]:
        return dict(zip(HoldingView._fields, pool.holding_view(place, holder), strict=True))

    return held


def test_place_view__nothing_is_there__is_empty_and_free_now(said, chain):
    for place in range(RING):
        now = chain.blocks.head.timestamp
        assert said(place) == EMPTY | {"free_from": now, "free_by": now}


def test_holding_view__nothing_is_there__is_nothing(held, backer, manager):
    for holder in (backer, manager):
        assert [held(place, holder) for place in range(RING)] == [NOBODYS] * RING


def test_place_view__open_round_with_orders__has_all_of_it(said, pool, opened, place, chain, manager, backer, other):
    pool.exit_order(place, 3, sender=manager)
    pool.enter_order(place, 7 * NMR, sender=manager)
    pool.enter_order(place, 5 * NMR, sender=other)
    now = chain.blocks.head.timestamp
    assert said(place) == EMPTY | {
        "round": opened,
        "value": 150 * NMR,
        "free_from": now,
        "free_by": now,
        "shares": 150 * NMR_SHARES,
        "manager_shares": 100 * NMR_SHARES,
        "mark": 150 * NMR,
        "entry_orders": 5 * NMR,
        # Everybody's first order ran.
        "entry_batch": 1,
        "manager_exit": 3,
        "manager_entry": 7 * NMR,
    }
    assert said(1 - place) == EMPTY | {"free_from": now, "free_by": now}


def test_place_view__round_won__tells_the_fee_before_and_after_it_is_booked(said, pool, opened, place, play, other):
    play(opened, 10 * POINT)
    before = said(place)
    assert (before["value"], before["mark"], before["fee_due"], before["fees"]) == (165 * NMR, 150 * NMR, 3 * NMR, 0)
    pool.checkpoint(place, sender=other)
    after = said(place)
    assert (after["value"], after["mark"], after["fee_due"], after["fees"]) == (165 * NMR, 165 * NMR, 0, 3 * NMR)


def test_place_view__exits_wait_and_run__counts_batches(said, pool, opened, place, play, backer, other):
    play(opened, 0)
    pool.exit_order(place, 11, sender=backer)
    assert (said(place)["exit_orders"], said(place)["exit_batch"]) == (11, 0)
    pool.checkpoint(place, sender=other)
    assert (said(place)["exit_orders"], said(place)["exit_batch"]) == (0, 1)


def test_place_view__at_risk__is_free_from_its_settlement_on(said, pool, tournament, walk, opened, place, manager):
    terms = tournament.round_info(opened).terms
    tournament.submit([pool.MODEL()], [b"\1" * 32], sender=manager)
    walk.at(terms.locks_at)
    assert (said(place)["free"], said(place)["free_from"]) == (False, terms.resolves_at + terms.window)
    walk.listed(opened)
    late = terms.resolves_at + 1_000
    walk.at(late)
    # Nobody proposed yet: the window begins when somebody does.
    assert (said(place)["free_from"], said(place)["free_by"]) == (late + terms.window, terms.expires_at)


def test_place_view__proposed__is_free_from_the_end_of_its_window(said, pool, tournament, walk, opened, place, manager):
    tournament.submit([pool.MODEL()], [b"\1" * 32], sender=manager)
    walk.proposed(opened, {pool.MODEL(): (0, 0)})
    info = tournament.round_info(opened)
    assert said(place)["free_from"] == info.final_at < said(place)["free_by"] == info.terms.expires_at


@pytest.mark.parametrize("how", ["void", "expired"])
def test_place_view__void_or_expired__is_free_as_soon_as_somebody_settles(
    said, pool, tournament, walk, opened, place, chain, guardian, backer, other, how
):
    terms = tournament.round_info(opened).terms
    walk.locked(opened)
    if how == "void":
        tournament.void(opened, sender=guardian)
    else:
        walk.at(terms.expires_at)
    now = chain.blocks.head.timestamp
    assert (said(place)["free"], said(place)["free_from"], said(place)["free_by"]) == (False, now, now)
    # Nothing was won or lost, and everybody gets out.
    tournament.settle_expired(opened, [pool.MODEL() // 4], sender=other)
    assert (said(place)["free"], said(place)["value"], said(place)["fee_due"]) == (True, 150 * NMR, 0)
    pool.exit_order(place, 50 * NMR_SHARES, sender=backer)
    pool.checkpoint(place, sender=other)
    assert pool.claim.call(place, sender=backer) == 50 * NMR


def test_holding_view__fee_is_due__is_less_the_fee(held, pool, opened, place, play, manager, backer, other):
    play(opened, 10 * POINT)
    pool.exit_order(place, 20 * NMR_SHARES, sender=backer)
    pool.enter_order(place, 40 * NMR, sender=backer)
    minted = 3 * NMR // GWEI * 150 * NMR_SHARES // (162 * NMR // GWEI)
    whole, value = 150 * NMR_SHARES + minted, 165 * NMR // GWEI
    assert held(place, backer) == NOBODYS | {
        "shares": 50 * NMR_SHARES,
        "value": 50 * NMR_SHARES * value // whole * GWEI,
        "exit_order": 20 * NMR_SHARES,
        "exit_value": 20 * NMR_SHARES * value // whole * GWEI,
        "entry_order": 40 * NMR,
        "entry_shares": 40 * NMR // GWEI * whole // value,
    }
    pool.exit_order(place, 2, sender=manager)
    pool.enter_order(place, 9 * NMR, sender=manager)
    own = 100 * NMR_SHARES + minted
    assert held(place, manager) == NOBODYS | {
        "shares": own,
        "value": own * value // whole * GWEI,
        "exit_order": 2,
        "exit_value": 2 * value // whole * GWEI,
        "entry_order": 9 * NMR,
        "entry_shares": 9 * NMR // GWEI * whole // value,
    }


def test_holding_view__place_is_empty__an_order_buys_a_billion_shares_a_gwei(held, pool, manager, backer):
    for holder in (manager, backer):
        pool.enter_order(1, 2 * NMR, sender=holder)
        assert held(1, holder) == NOBODYS | {"entry_order": 2 * NMR, "entry_shares": 2 * NMR_SHARES}


def test_holding_view__shares_of_an_ended_epoch__are_to_be_claimed(held, pool, opened, place, play, manager, backer):
    play(opened, 0)
    pool.exit_order(place, 50 * NMR_SHARES - 1, sender=backer)
    pool.exit_order(place, 100 * NMR_SHARES, sender=manager)
    pool.checkpoint(place, sender=backer)
    assert held(place, backer) == NOBODYS | {"epoch": 1, "claimable": 50 * NMR}
    assert held(place, manager) == NOBODYS | {"epoch": 1, "claimable": 100 * NMR}
    # The manager's claim is of all places.
    assert held(1 - place, manager) == NOBODYS | {"claimable": 100 * NMR}
    assert held(1 - place, backer) == NOBODYS


def test_holding_view__round_lost__an_order_buys_at_the_lower_price(
    held, said, pool, opened, place, play, backer, other
):
    play(opened, -10 * POINT)
    assert (said(place)["value"], said(place)["fee_due"]) == (135 * NMR, 0)
    assert held(place, backer)["value"] == 45 * NMR
    pool.enter_order(place, 9 * NMR, sender=other)
    assert held(place, other)["entry_shares"] == 10 * NMR_SHARES


def test_batches__ran__say_what_they_gave(pool, opened, place, play, chain, backer, other):
    at = pool.entry_batch(place, 0).at
    assert tuple(pool.entry_batch(place, 0)) == (at, 50 * NMR, 50 * NMR, 50 * NMR_SHARES, 0, opened) and at > 0
    assert tuple(pool.entry_batch(place, 1)) == (0, 0, 0, 0, 0, 0)
    play(opened, 0)
    pool.exit_order(place, 30 * NMR_SHARES, sender=backer)
    pool.checkpoint(place, sender=other)
    now = chain.blocks.head.timestamp
    assert tuple(pool.exit_batch(place, 0)) == (now, 30 * NMR_SHARES, 30 * NMR)
    assert tuple(pool.exit_batch(place, 1)) == (0, 0, 0) == tuple(pool.exit_batch(1 - place, 0))
    assert tuple(pool.pot(place, 0)) == (0, 0)
