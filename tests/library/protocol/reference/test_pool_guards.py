# SPDX-License-Identifier: MIT
"""What a pool of the reference refuses, and what it does on the way."""

import copy

import pytest

from nmr.protocol.reference.pool import Pool
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.example_suite import HOUR, STAKER, STRANGER
from tests.support.pool_scene import BACKER, MANAGER, OTHER, POOL, PoolScene
from tests.support.refusals import reverts


@pytest.mark.parametrize(
    ("manager", "fee", "reason"),
    [(ZERO_ADDRESS, 3_000, "pool: no manager"), (MANAGER, 3_001, "pool: fee is too large")],
)
def test_pool__beyond_its_bounds__refused(manager: str, fee: int, reason: str) -> None:
    scene = PoolScene()
    with reverts(reason):
        Pool(OTHER, scene.tournament, manager=manager, fee=fee, skin=1_000, submitter=ZERO_ADDRESS, now=scene.now)


@pytest.mark.parametrize(("fee", "skin"), [(0, 1_000), (3_000, 5_000)])
def test_factory__pools_within_bounds__knows_them(fee: int, skin: int) -> None:
    scene = PoolScene()
    another = scene.factory.create(OTHER, fee, skin, STRANGER, "another", sender=BACKER, now=scene.now)
    assert scene.factory.pools == [scene.pool, another]
    assert (another.rules.fee, another.rules.skin, another.manager) == (fee, skin, BACKER)


def test_exit_order__no_shares__refused() -> None:
    scene = PoolScene()
    scene.resolve(scene.opened(100, 50))
    with reverts("pool: no shares"):
        scene.leave(BACKER, 0)


@pytest.mark.parametrize("who", [MANAGER, BACKER])
def test_cancel__no_order__refused(who: str) -> None:
    scene = PoolScene()
    scene.opened(100, 50)
    with reverts("pool: no such order"):
        scene.pool.cancel_entry(0, sender=who, now=scene.now)
    with reverts("pool: no such order"):
        scene.pool.cancel_exit(0, sender=who, now=scene.now)


def test_cancel_exit__something_to_claim__is_paid_first() -> None:
    scene = PoolScene()
    round_id = scene.opened(100, 50)
    scene.enter(OTHER, 10_000)
    scene.resolve(round_id)
    scene.leave(BACKER)
    scene.enter(BACKER, 50)
    scene.open_at()
    # The order to leave is of the block in which the entries run.
    scene.pool.cancel_exit(0, sender=BACKER, now=scene.now)
    scene.block()
    scene.leave(BACKER, NMR)
    scene.pool.fill(0, sender=STRANGER, now=scene.now)
    before = scene.world.numeraire.balance_of(BACKER)
    owed = scene.pool.claimable(0, BACKER)
    assert 0 < owed < 50 * NMR // GWEI
    scene.pool.cancel_exit(0, sender=BACKER, now=scene.now)
    assert scene.world.numeraire.balance_of(BACKER) - before == owed * GWEI
    assert scene.pool.claimable(0, BACKER) == 0


def test_fill__nothing_to_do__refused() -> None:
    scene = PoolScene()
    scene.opened(100, 50)
    with reverts("pool: nothing to do"):
        scene.fill()


def test_sweep__idle_of_the_model_and_nmr_of_the_pool__burned() -> None:
    scene = PoolScene()
    scene.opened(100, 50)
    scene.call("deposit", scene.pool.model, 7 * NMR, POOL)
    supply = scene.world.numeraire.total_supply
    assert scene.pool.sweep(sender=STRANGER, now=scene.now) == 7 * NMR
    scene.world.numeraire.transfer(POOL, 3, sender=STAKER, now=scene.now)
    assert scene.pool.sweep(sender=STRANGER, now=scene.now) == 3
    assert scene.world.numeraire.total_supply == supply - 7 * NMR - 3
    with reverts("pool: nothing to sweep"):
        scene.pool.sweep(sender=STRANGER, now=scene.now)


def burnt_beside_a_late_one() -> PoolScene:
    """A place that lost everything, and an open round for which its group was settled too late."""
    scene = PoolScene()
    round_id = scene.opened(100, 50)
    scene.call("stake", 0, 10 * NMR)
    scene.call("set_policy", 0, 10 * NMR, False)
    scene.submit(0)
    scene.call("submit", [scene.pool.model], [bytes(31) + b"\1"], sender=MANAGER)
    chunks = scene.finalise(round_id, {0: (0, 0), scene.pool.model: (-(10**8), 0)})
    following = scene.open_at()
    scene.now = scene.terms_of(following).locks_at - HOUR + 1
    scene.settle(round_id, chunks)
    assert scene.value == 0 < scene.place.shares
    return scene


@pytest.mark.parametrize("managers", [0, 19])
def test_fill__all_burnt_and_no_entry_that_opens_an_epoch__ends_the_old_one(managers: int) -> None:
    scene = burnt_beside_a_late_one()
    if managers:
        scene.enter(MANAGER, managers)
    scene.fill()
    assert (scene.place.epoch, scene.place.shares) == (1, 0)


def test_fill__all_burnt_and_an_entry_that_cannot_be_staked__refused() -> None:
    scene = burnt_beside_a_late_one()
    scene.enter(MANAGER, 20)
    scene.block()
    before = copy.deepcopy((scene.pool.books, scene.books()))
    with reverts("ledger: waits for a later round"):
        scene.pool.fill(0, sender=STRANGER, now=scene.now)
    assert (scene.pool.books, scene.books()) == before


def test_fill__all_burnt_and_the_managers_entry_of_this_block__ends_the_old_epoch() -> None:
    scene = burnt_beside_a_late_one()
    scene.block()
    scene.enter(MANAGER, 20)
    scene.pool.fill(0, sender=STRANGER, now=scene.now)
    assert (scene.place.epoch, scene.place.shares) == (1, 0)
