# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.lanes import pack
from nmr.protocol.reference import ALL_IDLE, State
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.library.protocol.reference.scene import (
    GUARDIAN,
    NUMERAIRE,
    OWNER,
    RIVAL,
    STAKER,
    STRANGER,
    TOURNAMENT,
    Scene,
    owed,
)


@pytest.fixture
def scene() -> Scene:
    """Models 0 to 5 of the staker, 6 of the rival."""
    scene = Scene(models=6)
    scene.call("register", "rival", ZERO_ADDRESS, sender=RIVAL)
    return scene


def test_set_policy__owner__target_and_bit(scene: Scene) -> None:
    scene.call("set_policy", 1, 5 * NMR, True)
    assert scene.tournament.policy_of(1) == (5 * NMR, True)
    assert scene.last("PolicySet") == {"model": 1, "target": 5 * NMR, "compound": True}
    scene.call("set_policy", 1, 0, False)
    assert scene.tournament.policy_of(1) == (0, False)


def test_set_policy__paused__works(scene: Scene) -> None:
    scene.call("pause", sender=GUARDIAN)
    scene.call("set_policy", 1, NMR, False)
    assert scene.tournament.policy_of(1) == (NMR, False)


def test_set_policy__wrong__refused(scene: Scene) -> None:
    with scene.refuses("ledger: compounds without target"):
        scene.call("set_policy", 1, 0, True)
    with scene.refuses("ledger: amount finer than a gwei"):
        scene.call("set_policy", 1, NMR + 1, False)
    scene.call("set_policy", 1, (2**59 - 1) * GWEI, False)
    with scene.refuses("ledger: target is too large"):
        scene.call("set_policy", 1, 2**59 * GWEI, False)
    with scene.refuses("models: not the owner"):
        scene.call("set_policy", 6, NMR, False)
    with scene.refuses("models: not the owner"):
        scene.call("set_policy", 7, NMR, False)


def test_deposit__anyone__idle_of_the_model(scene: Scene) -> None:
    scene.call("deposit", 6, 3 * NMR, sender=STAKER)
    tournament = scene.tournament
    assert tournament.idle_of(6) == tournament.idle_total() == 3 * NMR
    assert tournament.idle_words(0, 3) == [0, pack((0, 0, 3 * 10**9, 0)), 0]
    assert scene.world.numeraire.balance_of(TOURNAMENT) == 3 * NMR
    assert scene.last("Deposited") == {"model": 6, "payer": STAKER, "amount": 3 * NMR}


def test_deposit__wrong__refused(scene: Scene) -> None:
    with scene.refuses("ledger: amount is zero"):
        scene.call("deposit", 0, 0)
    with scene.refuses("ledger: amount finer than a gwei"):
        scene.call("deposit", 0, GWEI - 1)
    with scene.refuses("models: no such model"):
        scene.call("deposit", 7, NMR)
    with scene.refuses("erc20: insufficient allowance"):
        scene.call("deposit", 0, NMR, sender=STRANGER)
    with scene.refuses("erc20: transfer amount exceeds balance"):
        scene.call("deposit", 0, 4_000_001 * NMR)
    scene.call("pause", sender=GUARDIAN)
    with scene.refuses("pausable: contract is paused"):
        scene.call("deposit", 0, NMR)


def test_deposit_with_permit__valid__allows_and_deposits(scene: Scene) -> None:
    scene.call("deposit_with_permit", 0, 2 * NMR, 3 * NMR, True, sender=OWNER)
    assert scene.tournament.idle_of(0) == 2 * NMR
    assert scene.world.numeraire.allowance(OWNER, TOURNAMENT) == NMR


def test_deposit_with_permit__used_already__falls_through_to_the_allowance(scene: Scene) -> None:
    scene.world.numeraire.approve(TOURNAMENT, 2 * NMR, sender=OWNER, now=scene.now)
    scene.call("deposit_with_permit", 0, NMR, 5 * NMR, False, sender=OWNER)
    assert scene.tournament.idle_of(0) == NMR
    assert scene.world.numeraire.allowance(OWNER, TOURNAMENT) == NMR


def test_deposit_with_permit__no_deposit__leaves_no_allowance(scene: Scene) -> None:
    with scene.refuses("erc20: insufficient allowance"):
        scene.call("deposit_with_permit", 0, NMR, NMR, False, sender=OWNER)
    with scene.refuses("erc20: insufficient allowance"):
        scene.call("deposit_with_permit", 0, 2 * NMR, NMR, True, sender=OWNER)


def test_withdraw__part_and_all__to_the_receiver(scene: Scene) -> None:
    scene.call("deposit", 0, 3 * NMR)
    assert scene.call("withdraw", 0, NMR, STRANGER) == NMR
    assert scene.call("withdraw", 0, ALL_IDLE, STRANGER) == 2 * NMR
    assert scene.last("Withdrawn") == {"model": 0, "receiver": STRANGER, "amount": 2 * NMR}
    assert scene.world.numeraire.balance_of(STRANGER) == 3 * NMR
    assert scene.tournament.idle_of(0) == scene.tournament.idle_total() == 0


def test_withdraw__paused_with_a_stake_at_risk__works(scene: Scene) -> None:
    scene.call("deposit", 0, 3 * NMR)
    scene.open()
    scene.call("stake", 0, NMR)
    scene.call("pause", sender=GUARDIAN)
    assert scene.call("withdraw", 0, ALL_IDLE, STAKER) == 3 * NMR


def test_withdraw__wrong__refused(scene: Scene) -> None:
    with scene.refuses("ledger: amount is zero"):
        scene.call("withdraw", 0, ALL_IDLE, STAKER)
    scene.call("deposit", 0, NMR)
    with scene.refuses("ledger: amount is zero"):
        scene.call("withdraw", 0, 0, STAKER)
    with scene.refuses("ledger: amount finer than a gwei"):
        scene.call("withdraw", 0, 1, STAKER)
    with scene.refuses("ledger: more than is idle"):
        scene.call("withdraw", 0, NMR + GWEI, STAKER)
    with scene.refuses("models: not the owner"):
        scene.call("withdraw", 0, NMR, RIVAL, sender=RIVAL)
    with scene.refuses("models: not the owner"):
        scene.call("withdraw", 7, NMR, STAKER)
    with scene.refuses("ledger: receiver is the escrow"):
        scene.call("withdraw", 0, NMR, TOURNAMENT)
    with scene.refuses("ledger: receiver is the token"):
        scene.call("withdraw", 0, NMR, NUMERAIRE)
    with scene.refuses("erc20: transfer to the zero address"):
        scene.call("withdraw", 0, NMR, ZERO_ADDRESS)


def test_move_idle__between_own_models__even_when_paused(scene: Scene) -> None:
    scene.call("deposit", 0, 3 * NMR)
    scene.call("pause", sender=GUARDIAN)
    scene.call("move_idle", 0, 5, NMR)
    assert [scene.tournament.idle_of(model) for model in (0, 5)] == [2 * NMR, NMR]
    scene.call("move_idle", 0, 5, ALL_IDLE)
    assert [scene.tournament.idle_of(model) for model in (0, 5)] == [0, 3 * NMR]
    assert scene.last("IdleMoved") == {"source": 0, "destination": 5, "amount": 2 * NMR}


def test_move_idle__wrong__refused(scene: Scene) -> None:
    with scene.refuses("ledger: amount is zero"):
        scene.call("move_idle", 0, 1, ALL_IDLE)
    scene.call("deposit", 0, NMR)
    with scene.refuses("ledger: model moves to itself"):
        scene.call("move_idle", 0, 0, NMR)
    with scene.refuses("ledger: amount is zero"):
        scene.call("move_idle", 0, 1, 0)
    with scene.refuses("ledger: amount finer than a gwei"):
        scene.call("move_idle", 0, 1, GWEI + 1)
    with scene.refuses("ledger: more than is idle"):
        scene.call("move_idle", 0, 1, NMR + GWEI)
    with scene.refuses("models: not the owner"):
        scene.call("move_idle", 0, 6, NMR)
    with scene.refuses("models: not the owner"):
        scene.call("move_idle", 0, 6, NMR, sender=RIVAL)
    with scene.refuses("models: not the owner"):
        scene.call("move_idle", 0, 7, NMR)
    with scene.refuses("models: not the owner"):
        scene.call("move_idle", 7, 0, NMR)


def test_stake__open_round__position_with_the_tag(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 5, 2 * NMR)
    scene.call("stake", 5, GWEI)
    tournament = scene.tournament
    assert tournament.position(round_id, 5) == tournament.staked(round_id) == 2 * NMR + GWEI
    assert tournament.position_words(round_id % 2, 0, 3) == [0, pack((0, 2 * 10**9 + 1, 0, 0), round_id), 0]
    assert tournament.waiting_groups(round_id, 0, 3) == [1]
    assert scene.last("Staked") == {"round": round_id, "model": 5, "amount": GWEI}
    assert scene.world.numeraire.balance_of(TOURNAMENT) == owed(tournament) == 2 * NMR + GWEI


def test_stake__wrong__refused(scene: Scene) -> None:
    with scene.refuses("rounds: no round is open"):
        scene.call("stake", 0, NMR)
    round_id = scene.open()
    with scene.refuses("ledger: below min_stake"):
        scene.call("stake", 0, NMR - GWEI)
    with scene.refuses("ledger: amount is zero"):
        scene.call("stake", 0, 0)
    with scene.refuses("ledger: amount finer than a gwei"):
        scene.call("stake", 0, NMR + 1)
    with scene.refuses("models: not the owner"):
        scene.call("stake", 0, NMR, sender=RIVAL)
    with scene.refuses("models: not the owner"):
        scene.call("stake", 7, NMR)
    with scene.refuses("erc20: transfer amount exceeds balance"):
        scene.call("stake", 0, 4_000_001 * NMR)
    scene.call("pause", sender=GUARDIAN)
    with scene.refuses("pausable: contract is paused"):
        scene.call("stake", 0, NMR)
    scene.call("unpause", sender=OWNER)
    scene.now = scene.terms_of(round_id).locks_at
    with scene.refuses("rounds: no round is open"):
        scene.call("stake", 0, NMR)


def test_stake__void_round__refused(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("void", round_id, sender=GUARDIAN)
    with scene.refuses("rounds: no round is open"):
        scene.call("stake", 0, NMR)


def test_leave__open_round__the_whole_position_to_idle(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, 2 * NMR)
    scene.call("stake", 1, NMR)
    scene.call("pause", sender=GUARDIAN)
    scene.call("leave", 0)
    tournament = scene.tournament
    assert (tournament.position(round_id, 0), tournament.idle_of(0)) == (0, 2 * NMR)
    assert tournament.staked(round_id) == NMR
    assert scene.last("Left") == {"round": round_id, "model": 0, "amount": 2 * NMR}
    scene.call("leave", 1)
    assert tournament.position_words(round_id % 2, 0, 1) == [0]
    assert tournament.waiting_groups(round_id, 0, 1) == []
    assert tournament.staked(round_id) == 0


def test_leave__smallest_position__to_idle(scene: Scene) -> None:
    scene.open(min_stake=0)
    scene.call("stake", 0, GWEI)
    scene.call("leave", 0)
    assert scene.tournament.idle_of(0) == GWEI


def test_leave__wrong__refused(scene: Scene) -> None:
    with scene.refuses("rounds: no round is open"):
        scene.call("leave", 0)
    round_id = scene.open()
    with scene.refuses("ledger: no position to leave"):
        scene.call("leave", 0)
    scene.call("stake", 0, NMR)
    with scene.refuses("ledger: no position to leave"):
        scene.call("leave", 1)
    with scene.refuses("models: not the owner"):
        scene.call("leave", 0, sender=RIVAL)
    with scene.refuses("models: not the owner"):
        scene.call("leave", 7)
    scene.now = scene.terms_of(round_id).locks_at
    with scene.refuses("rounds: no round is open"):
        scene.call("leave", 0)


def test_enter__anyone__up_to_the_targets(scene: Scene) -> None:
    for model, idle, target in ((0, 5, 3), (1, 2, 3), (2, 5, 0), (4, 4, 4)):
        scene.call("deposit", model, idle * NMR)
        scene.call("set_policy", model, target * NMR, False)
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    scene.call("enter", [1, 0, 1, 9], sender=STRANGER)
    tournament = scene.tournament
    assert [tournament.position(round_id, model) for model in range(6)] == [3 * NMR, 2 * NMR, 0, 0, 4 * NMR, 0]
    assert [tournament.idle_of(model) for model in range(6)] == [3 * NMR, 0, 5 * NMR, 0, 0, 0]
    assert tournament.staked(round_id) == 9 * NMR
    assert tournament.idle_total() == 8 * NMR
    assert scene.last("Entered") == {"round": round_id, "groups": [1, 0, 1, 9], "amount": 8 * NMR}


def test_enter__lane_that_would_end_below_min_stake__left_as_it_is(scene: Scene) -> None:
    scene.call("deposit", 0, NMR - GWEI)
    scene.call("set_policy", 0, 5 * NMR, False)
    scene.call("deposit", 1, 5 * NMR)
    scene.call("set_policy", 1, NMR - GWEI, False)
    scene.call("deposit", 2, NMR)
    scene.call("set_policy", 2, 5 * NMR, True)
    round_id = scene.open()
    scene.call("enter", [0], sender=STRANGER)
    assert [scene.tournament.position(round_id, model) for model in range(3)] == [0, 0, NMR]
    scene.call("enter", [0], sender=STRANGER)
    assert scene.last("Entered")["amount"] == 0


def test_enter__position_above_the_target__stays(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, 3 * NMR)
    scene.call("deposit", 0, NMR)
    scene.call("set_policy", 0, 2 * NMR, False)
    scene.call("enter", [0], sender=STRANGER)
    assert scene.tournament.position(round_id, 0) == 3 * NMR


def test_enter__wrong__refused(scene: Scene) -> None:
    with scene.refuses("rounds: no round is open"):
        scene.call("enter", [0])
    scene.open()
    scene.call("enter", [])
    scene.call("enter", list(range(256)))
    with scene.refuses(""):
        scene.call("enter", list(range(257)))
    scene.call("enter", [2**24 - 1])
    with scene.refuses("ledger: no such group"):
        scene.call("enter", [2**24])
    scene.call("pause", sender=GUARDIAN)
    with scene.refuses("pausable: contract is paused"):
        scene.call("enter", [0])


def test_open_round__word_that_waits_for_an_earlier_round__settle_first(scene: Scene) -> None:
    first = scene.open()
    scene.call("stake", 0, NMR)
    scene.submit(0)
    chunks = scene.finalise(first, {0: (0, 0)})
    scene.open()
    scene.wait(24)
    third = scene.open()
    assert third == first + 2 and scene.state(first) == State.FINAL
    # Model 1 shares the word with model 0, model 4 does not.
    for call, arguments in (("stake", (1, NMR)), ("leave", (1,)), ("enter", ([1, 0],))):
        with scene.refuses("ledger: settle first"):
            scene.call(call, *arguments)
    scene.call("stake", 4, NMR)
    scene.settle(first, chunks)
    scene.call("stake", 1, NMR)
    scene.call("enter", [1, 0])
    scene.call("leave", 1)


def test_stakes_of__several_rounds__each_with_its_times(scene: Scene) -> None:
    first = scene.open()
    scene.call("stake", 0, NMR)
    terms = scene.terms_of(first)
    stake = (first, NMR, terms.resolves_at + terms.window, terms.expires_at)
    assert scene.tournament.stakes_of(0, scene.now) == [stake]
    late = terms.resolves_at + 5
    scene.publish(first)
    assert scene.tournament.stakes_of(0, late)[0].free_from == late + terms.window
    scene.open()
    scene.call("stake", 0, 2 * NMR)
    assert [(stake.round, stake.amount) for stake in scene.tournament.stakes_of(0, scene.now)] == [
        (first + 1, 2 * NMR),
        (first, NMR),
    ]
    assert scene.tournament.stakes_of(1, scene.now) == []
    scene.call("void", first, sender=GUARDIAN)
    assert scene.tournament.stakes_of(0, scene.now)[1] == (first, NMR, scene.now, scene.now)


def test_stakes_of__root_that_stands__free_when_it_is_final(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    scene.wait(1)
    scene.finalise(round_id, {0: (0, 0)})
    assert scene.tournament.stakes_of(0, scene.now)[0].free_from == scene.tournament.round_info(round_id).final_at
