# SPDX-License-Identifier: MIT
"""What a pool tells backers, in figures worked out by hand.

150 NMR became 165: of the gain of 15 a fee of 20% is 3, so the manager is due 3 * 150 / (165 - 3) = 2.777... new
shares, and each of the 152.777... shares is worth 165 / 152.777... = 1.08 NMR.
"""

from nmr.protocol.reference.pool import HoldingView, PlaceView
from nmr.text.amounts import GWEI, NMR
from tests.support.example_suite import SEALED
from tests.support.pool_scene import BACKER, MANAGER, OTHER, PoolScene

MINTED = 25 * NMR // 9  # 2.777... shares


def ordered() -> PoolScene:
    """A place that gained 10%, is open again, and has an order of each kind."""
    scene = PoolScene()
    scene.resolve(scene.opened(manager=100, backer=50), 0.1)
    scene.open_at()
    scene.enter(OTHER, 30)
    scene.enter(MANAGER, 20)
    scene.leave(BACKER, 3 * NMR)
    scene.leave(MANAGER, NMR)
    return scene


def test_place_view__orders_after_a_gain__all_of_it() -> None:
    scene = ordered()
    assert scene.pool.place_view(0, scene.now) == PlaceView(
        round=4,
        value=165 * NMR,
        free=True,
        free_from=scene.now,
        free_by=scene.now,
        epoch=0,
        shares=150 * NMR,
        manager_shares=100 * NMR,
        mark=150 * NMR,
        fee_due=3 * NMR,
        fees=0,
        exit_orders=3 * NMR,
        entry_orders=30 * NMR,
        exit_batch=0,
        entry_batch=1,
        manager_exit=NMR,
        manager_entry=20 * NMR,
    )


def test_holding_view__backer_who_leaves__value_net_of_the_fee_due() -> None:
    scene = ordered()
    assert scene.pool.holding_view(0, BACKER, scene.now) == HoldingView(
        epoch=0,
        shares=50 * NMR,
        value=54 * NMR,
        exit_order=3 * NMR,
        exit_value=324 * NMR // 100,
        entry_order=0,
        entry_shares=0,
        claimable=0,
        bought_now=False,
    )


def test_holding_view__joiner__shares_at_the_price_after_the_fee() -> None:
    scene = ordered()
    seen = scene.pool.holding_view(0, OTHER, scene.now)
    assert (seen.shares, seen.value, seen.entry_order) == (0, 0, 30 * NMR)
    assert seen.entry_shares == 30 * NMR * 100 // 108


def test_holding_view__manager__has_the_shares_of_the_fee() -> None:
    scene = ordered()
    seen = scene.pool.holding_view(0, MANAGER, scene.now)
    assert seen.shares == 100 * NMR + MINTED
    assert seen.value == 111 * NMR - GWEI, "rounded down to a gwei"
    assert (seen.exit_order, seen.exit_value) == (NMR, 108 * NMR // 100)
    assert (seen.entry_order, seen.entry_shares) == (20 * NMR, 20 * NMR * 100 // 108)


def test_views__after_a_fill__claims_fee_and_who_bought() -> None:
    scene = ordered()
    scene.fill()
    place = scene.pool.place_view(0, scene.now)
    assert place.value == 165 * NMR - 432 * NMR // 100 + 50 * NMR
    assert (place.fees, place.fee_due, place.mark) == (3 * NMR, 0, place.value)
    seen = {who: scene.pool.holding_view(0, who, scene.now) for who in (MANAGER, BACKER, OTHER)}
    assert seen[BACKER].claimable == 324 * NMR // 100
    assert seen[MANAGER].claimable == 108 * NMR // 100
    assert [seen[who].bought_now for who in (MANAGER, BACKER, OTHER)] == [False, False, True]
    assert seen[OTHER].shares == 30 * NMR * 100 // 108


def test_holding_view__epoch_bought_in_ends_within_the_round__nothing_is_bought_now() -> None:
    scene = PoolScene()
    scene.opened(manager=100, backer=19)
    assert scene.pool.holding_view(0, BACKER, scene.now).bought_now
    scene.leave(MANAGER)
    scene.checkpoint()
    scene.enter(MANAGER, 100)
    scene.fill()
    seen = scene.pool.holding_view(0, BACKER, scene.now)
    assert (seen.epoch, seen.shares, seen.claimable, seen.bought_now) == (1, 0, 19 * NMR, False)


def test_views__empty_pool__zeros_and_a_share_a_wei_of_the_first_order() -> None:
    scene = PoolScene()
    scene.open_at()
    scene.enter(BACKER, 30)
    nothing = HoldingView(0, 0, 0, 0, 0, 0, 0, 0, bought_now=False)
    assert scene.pool.holding_view(0, OTHER, scene.now) == scene.pool.holding_view(0, MANAGER, scene.now) == nothing
    seen = scene.pool.holding_view(0, BACKER, scene.now)
    assert seen == nothing._replace(entry_order=30 * NMR, entry_shares=30 * NMR)


def test_holding_view__burnt_to_the_last_unit__no_shares_for_an_order() -> None:
    scene = PoolScene()
    scene.resolve(scene.opened(manager=100, backer=50), -1.0)
    scene.open_at()
    assert scene.value == 0 < scene.place.shares
    seen = scene.pool.holding_view(0, BACKER, scene.now)
    assert (seen.shares, seen.value, seen.entry_shares) == (50 * NMR, 0, 0)


def test_place_view__stake_in_a_running_round__when_it_is_free_next() -> None:
    scene = PoolScene()
    round_id = scene.opened()
    terms = scene.terms_of(round_id)
    scene.call("submit", [scene.pool.model], [SEALED], sender=MANAGER)
    scene.now = terms.locks_at
    scene.publish(round_id)
    seen = scene.pool.place_view(0, scene.now)
    assert (seen.free, seen.free_from, seen.free_by) == (False, terms.resolves_at + terms.window, terms.expires_at)
    scene.now = terms.resolves_at + 5
    assert scene.pool.place_view(0, scene.now).free_from == scene.now + terms.window
    scene.now = terms.expires_at - 5
    assert scene.pool.place_view(0, scene.now).free_from == terms.expires_at
    scene.now = terms.expires_at
    late = scene.pool.place_view(0, scene.now)
    assert late.free_from == late.free_by == scene.now
