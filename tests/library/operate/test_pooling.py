# SPDX-License-Identifier: MIT
"""What a checkpoint brings to whom, and whether that pays its gas."""

import pytest

from nmr.buyback.keeper import Gas
from nmr.client.pools import PoolOf
from nmr.operate.duties import Duty, DutyKind, Plan, Wait
from nmr.operate.keeping import KeeperSees, Rules, chores, worth_making
from nmr.operate.pooling import Checkpoint, brings, paying
from nmr.protocol.reference.pool import HoldingView, PlaceView
from nmr.text.amounts import GWEI, NMR
from tests.library.operate.views import NOON
from tests.support.pool_scene import BACKER, MANAGER, OTHER, POOL, PoolScene

ETHER = 10**18
POOL_OF = PoolOf(POOL, MANAGER, 1, 2_000, 1_000, "pool", 5)
GAS = 100_000
DEAR = Gas(price=10 * GWEI, coin_price=3_000_00)
"""At 100,000 of gas: 0.001 of the coin, 3 dollars."""


def checkpoint(nmr: float) -> Checkpoint:
    return Checkpoint(POOL_OF, 2, int(nmr * NMR), GAS)


@pytest.fixture
def scene() -> PoolScene:
    """A place with 100 NMR of the manager and 100 of a backer, whose round paid 50%: 300 now, 20 of it the fee."""
    scene = PoolScene()
    round_id = scene.opened(100, 100)
    scene.resolve(round_id, 0.5)
    return scene


def seen(scene: PoolScene, who: str | None) -> tuple[PlaceView, HoldingView | None]:
    held = None if who is None else scene.pool.holding_view(0, who, scene.now)
    return scene.pool.place_view(0, scene.now), held


def test_brings__manager__is_the_fee(scene):
    view, held = seen(scene, MANAGER)

    assert view.fee_due == 20 * NMR
    assert brings(view, held, manages=True) == 20 * NMR


def test_brings__backer__is_what_leaves_of_its_own(scene):
    assert brings(*seen(scene, BACKER), manages=False) == 0

    scene.leave(BACKER)

    # Half of what the fee leaves.
    assert brings(*seen(scene, BACKER), manages=False) == 140 * NMR
    assert brings(*seen(scene, OTHER), manages=False) == 0


def test_brings__for_everybody__is_what_the_checkpoint_then_does(scene):
    scene.leave(BACKER)
    told = brings(*seen(scene, None), manages=False)

    scene.checkpoint()

    assert told == 160 * NMR
    assert scene.claim(BACKER) * GWEI == 140 * NMR


def test_brings__place_is_not_exact_or_empty__is_nothing():
    scene = PoolScene()
    assert brings(*seen(scene, None), manages=False) == 0

    round_id = scene.opened(100, 100)
    scene.leave(MANAGER)
    assert brings(*seen(scene, None), manages=False) == 100 * NMR
    scene.now = scene.terms_of(round_id).locks_at
    scene.lock(round_id)

    assert brings(*seen(scene, None), manages=False) == 0


@pytest.mark.parametrize(("nmr", "pays"), [(0, False), (0.3, False), (0.300000001, True)])
def test_paying__nmr_at_ten_dollars__has_to_bring_more_than_three(nmr, pays):
    found = checkpoint(nmr)

    assert paying([found], DEAR, 10_00) == ((found,) if pays else ())


@pytest.mark.parametrize(("nmr", "pays"), [(0, False), (0.000000001, True)])
def test_paying__coin_that_costs_nothing__makes_all_that_bring_something(nmr, pays):
    found = checkpoint(nmr)

    assert paying([found], Gas(price=10 * GWEI, coin_price=0), 0) == ((found,) if pays else ())


def test_chores__checkpoints_that_pay__are_one_duty_of_those_alone():
    rules = Rules(coin_price=DEAR.coin_price, nmr_price=10_00)
    sees = KeeperSees(NOON, (), checkpoints=(checkpoint(0.1), checkpoint(1)), gas_price=DEAR.price)

    assert chores(rules, sees) == Plan((Duty(DutyKind.CHECKPOINT, None),), ())
    assert worth_making(rules, sees) == (checkpoint(1),)


def test_chores__no_checkpoint_pays__has_none():
    rules = Rules(coin_price=DEAR.coin_price, nmr_price=10_00)

    assert chores(rules, KeeperSees(NOON, (), checkpoints=(checkpoint(0.1),), gas_price=DEAR.price)) == Plan((), ())


def test_chores__gas_above_its_limit__lets_checkpoints_wait():
    found = chores(Rules(gas_price=1), KeeperSees(NOON, (), checkpoints=(checkpoint(1),), gas_price=GWEI))

    assert found == Plan((), (Wait(Duty(DutyKind.CHECKPOINT, None), "Gas costs 1 gwei, and the limit is 0.000000001"),))
