# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.lanes import pack
from nmr.protocol.reference import ALL_IDLE, State
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.example_suite import (
    GUARDIAN,
    NUMERAIRE,
    OWNER,
    RIVAL,
    STAKER,
    STRANGER,
    TOURNAMENT,
    ExampleSuite,
    owed,
)


@pytest.fixture
def suite() -> ExampleSuite:
    """Models 0 to 5 of the staker, 6 of the rival."""
    suite = ExampleSuite(models=6)
    suite.call("register", "rival", ZERO_ADDRESS, sender=RIVAL)
    return suite


def test_set_policy__owner__target_and_bit(suite: ExampleSuite) -> None:
    suite.call("set_policy", 1, 5 * NMR, True)
    assert suite.tournament.policy_of(1) == (5 * NMR, True)
    assert suite.last("PolicySet") == {"model": 1, "target": 5 * NMR, "compound": True}
    suite.call("set_policy", 1, 0, False)
    assert suite.tournament.policy_of(1) == (0, False)


def test_set_policy__paused__works(suite: ExampleSuite) -> None:
    suite.call("pause", sender=GUARDIAN)
    suite.call("set_policy", 1, NMR, False)
    assert suite.tournament.policy_of(1) == (NMR, False)


def test_set_policy__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("ledger: compounds without target"):
        suite.call("set_policy", 1, 0, True)
    with suite.refuses("ledger: amount finer than a gwei"):
        suite.call("set_policy", 1, NMR + 1, False)
    suite.call("set_policy", 1, (2**59 - 1) * GWEI, False)
    with suite.refuses("ledger: target is too large"):
        suite.call("set_policy", 1, 2**59 * GWEI, False)
    with suite.refuses("models: not the owner"):
        suite.call("set_policy", 6, NMR, False)
    with suite.refuses("models: not the owner"):
        suite.call("set_policy", 7, NMR, False)


def test_deposit__anyone__idle_of_the_model(suite: ExampleSuite) -> None:
    suite.call("deposit", 6, 3 * NMR, sender=STAKER)
    tournament = suite.tournament
    assert tournament.idle_of(6) == tournament.idle_total() == 3 * NMR
    assert tournament.idle_words(0, 3) == [0, pack((0, 0, 3 * 10**9, 0)), 0]
    assert suite.world.numeraire.balance_of(TOURNAMENT) == 3 * NMR
    assert suite.last("Deposited") == {"model": 6, "payer": STAKER, "amount": 3 * NMR}


def test_deposit__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("ledger: amount is zero"):
        suite.call("deposit", 0, 0)
    with suite.refuses("ledger: amount finer than a gwei"):
        suite.call("deposit", 0, GWEI - 1)
    with suite.refuses("models: no such model"):
        suite.call("deposit", 7, NMR)
    with suite.refuses("erc20: insufficient allowance"):
        suite.call("deposit", 0, NMR, sender=STRANGER)
    with suite.refuses("erc20: transfer amount exceeds balance"):
        suite.call("deposit", 0, 4_000_001 * NMR)
    suite.call("pause", sender=GUARDIAN)
    with suite.refuses("pausable: contract is paused"):
        suite.call("deposit", 0, NMR)


def test_deposit_with_permit__valid__allows_and_deposits(suite: ExampleSuite) -> None:
    suite.call("deposit_with_permit", 0, 2 * NMR, 3 * NMR, True, sender=OWNER)
    assert suite.tournament.idle_of(0) == 2 * NMR
    assert suite.world.numeraire.allowance(OWNER, TOURNAMENT) == NMR


def test_deposit_with_permit__used_already__falls_through_to_the_allowance(suite: ExampleSuite) -> None:
    suite.world.numeraire.approve(TOURNAMENT, 2 * NMR, sender=OWNER, now=suite.now)
    suite.call("deposit_with_permit", 0, NMR, 5 * NMR, False, sender=OWNER)
    assert suite.tournament.idle_of(0) == NMR
    assert suite.world.numeraire.allowance(OWNER, TOURNAMENT) == NMR


def test_deposit_with_permit__no_deposit__leaves_no_allowance(suite: ExampleSuite) -> None:
    with suite.refuses("erc20: insufficient allowance"):
        suite.call("deposit_with_permit", 0, NMR, NMR, False, sender=OWNER)
    with suite.refuses("erc20: insufficient allowance"):
        suite.call("deposit_with_permit", 0, 2 * NMR, NMR, True, sender=OWNER)


def test_withdraw__part_and_all__to_the_receiver(suite: ExampleSuite) -> None:
    suite.call("deposit", 0, 3 * NMR)
    assert suite.call("withdraw", 0, NMR, STRANGER) == NMR
    assert suite.call("withdraw", 0, ALL_IDLE, STRANGER) == 2 * NMR
    assert suite.last("Withdrawn") == {"model": 0, "receiver": STRANGER, "amount": 2 * NMR}
    assert suite.world.numeraire.balance_of(STRANGER) == 3 * NMR
    assert suite.tournament.idle_of(0) == suite.tournament.idle_total() == 0


def test_withdraw__paused_with_a_stake_at_risk__works(suite: ExampleSuite) -> None:
    suite.call("deposit", 0, 3 * NMR)
    suite.open()
    suite.call("stake", 0, NMR)
    suite.call("pause", sender=GUARDIAN)
    assert suite.call("withdraw", 0, ALL_IDLE, STAKER) == 3 * NMR


def test_withdraw__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("ledger: amount is zero"):
        suite.call("withdraw", 0, ALL_IDLE, STAKER)
    suite.call("deposit", 0, NMR)
    with suite.refuses("ledger: amount is zero"):
        suite.call("withdraw", 0, 0, STAKER)
    with suite.refuses("ledger: amount finer than a gwei"):
        suite.call("withdraw", 0, 1, STAKER)
    with suite.refuses("ledger: more than is idle"):
        suite.call("withdraw", 0, NMR + GWEI, STAKER)
    with suite.refuses("models: not the owner"):
        suite.call("withdraw", 0, NMR, RIVAL, sender=RIVAL)
    with suite.refuses("models: not the owner"):
        suite.call("withdraw", 7, NMR, STAKER)
    with suite.refuses("ledger: receiver is the escrow"):
        suite.call("withdraw", 0, NMR, TOURNAMENT)
    with suite.refuses("ledger: receiver is the token"):
        suite.call("withdraw", 0, NMR, NUMERAIRE)
    with suite.refuses("erc20: transfer to the zero address"):
        suite.call("withdraw", 0, NMR, ZERO_ADDRESS)


def test_move_idle__between_own_models__even_when_paused(suite: ExampleSuite) -> None:
    suite.call("deposit", 0, 3 * NMR)
    suite.call("pause", sender=GUARDIAN)
    suite.call("move_idle", 0, 5, NMR)
    assert [suite.tournament.idle_of(model) for model in (0, 5)] == [2 * NMR, NMR]
    suite.call("move_idle", 0, 5, ALL_IDLE)
    assert [suite.tournament.idle_of(model) for model in (0, 5)] == [0, 3 * NMR]
    assert suite.last("IdleMoved") == {"source": 0, "destination": 5, "amount": 2 * NMR}


def test_move_idle__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("ledger: amount is zero"):
        suite.call("move_idle", 0, 1, ALL_IDLE)
    suite.call("deposit", 0, NMR)
    with suite.refuses("ledger: model moves to itself"):
        suite.call("move_idle", 0, 0, NMR)
    with suite.refuses("ledger: amount is zero"):
        suite.call("move_idle", 0, 1, 0)
    with suite.refuses("ledger: amount finer than a gwei"):
        suite.call("move_idle", 0, 1, GWEI + 1)
    with suite.refuses("ledger: more than is idle"):
        suite.call("move_idle", 0, 1, NMR + GWEI)
    with suite.refuses("models: not the owner"):
        suite.call("move_idle", 0, 6, NMR)
    with suite.refuses("models: not the owner"):
        suite.call("move_idle", 0, 6, NMR, sender=RIVAL)
    with suite.refuses("models: not the owner"):
        suite.call("move_idle", 0, 7, NMR)
    with suite.refuses("models: not the owner"):
        suite.call("move_idle", 7, 0, NMR)


def test_stake__open_round__position_with_the_tag(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 5, 2 * NMR)
    suite.call("stake", 5, GWEI)
    tournament = suite.tournament
    assert tournament.position(round_id, 5) == tournament.staked(round_id) == 2 * NMR + GWEI
    assert tournament.position_words(round_id % 2, 0, 3) == [0, pack((0, 2 * 10**9 + 1, 0, 0), round_id), 0]
    assert tournament.waiting_groups(round_id, 0, 3) == [1]
    assert suite.last("Staked") == {"round": round_id, "model": 5, "amount": GWEI}
    assert suite.world.numeraire.balance_of(TOURNAMENT) == owed(tournament) == 2 * NMR + GWEI


def test_stake__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("rounds: no round is open"):
        suite.call("stake", 0, NMR)
    round_id = suite.open()
    with suite.refuses("ledger: below min_stake"):
        suite.call("stake", 0, NMR - GWEI)
    with suite.refuses("ledger: amount is zero"):
        suite.call("stake", 0, 0)
    with suite.refuses("ledger: amount finer than a gwei"):
        suite.call("stake", 0, NMR + 1)
    with suite.refuses("models: not the owner"):
        suite.call("stake", 0, NMR, sender=RIVAL)
    with suite.refuses("models: not the owner"):
        suite.call("stake", 7, NMR)
    with suite.refuses("erc20: transfer amount exceeds balance"):
        suite.call("stake", 0, 4_000_001 * NMR)
    suite.call("pause", sender=GUARDIAN)
    with suite.refuses("pausable: contract is paused"):
        suite.call("stake", 0, NMR)
    suite.call("unpause", sender=OWNER)
    suite.now = suite.terms_of(round_id).locks_at
    with suite.refuses("rounds: no round is open"):
        suite.call("stake", 0, NMR)


def test_stake__void_round__refused(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("void", round_id, sender=GUARDIAN)
    with suite.refuses("rounds: no round is open"):
        suite.call("stake", 0, NMR)


def test_leave__open_round__the_whole_position_to_idle(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, 2 * NMR)
    suite.call("stake", 1, NMR)
    suite.call("pause", sender=GUARDIAN)
    suite.call("leave", 0)
    tournament = suite.tournament
    assert (tournament.position(round_id, 0), tournament.idle_of(0)) == (0, 2 * NMR)
    assert tournament.staked(round_id) == NMR
    assert suite.last("Left") == {"round": round_id, "model": 0, "amount": 2 * NMR}
    suite.call("leave", 1)
    assert tournament.position_words(round_id % 2, 0, 1) == [0]
    assert tournament.waiting_groups(round_id, 0, 1) == []
    assert tournament.staked(round_id) == 0


def test_leave__smallest_position__to_idle(suite: ExampleSuite) -> None:
    suite.open(min_stake=0)
    suite.call("stake", 0, GWEI)
    suite.call("leave", 0)
    assert suite.tournament.idle_of(0) == GWEI


def test_leave__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("rounds: no round is open"):
        suite.call("leave", 0)
    round_id = suite.open()
    with suite.refuses("ledger: no position to leave"):
        suite.call("leave", 0)
    suite.call("stake", 0, NMR)
    with suite.refuses("ledger: no position to leave"):
        suite.call("leave", 1)
    with suite.refuses("models: not the owner"):
        suite.call("leave", 0, sender=RIVAL)
    with suite.refuses("models: not the owner"):
        suite.call("leave", 7)
    suite.now = suite.terms_of(round_id).locks_at
    with suite.refuses("rounds: no round is open"):
        suite.call("leave", 0)


def test_enter__anyone__up_to_the_targets(suite: ExampleSuite) -> None:
    for model, idle, target in ((0, 5, 3), (1, 2, 3), (2, 5, 0), (4, 4, 4)):
        suite.call("deposit", model, idle * NMR)
        suite.call("set_policy", model, target * NMR, False)
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.call("enter", [1, 0, 1, 9], sender=STRANGER)
    tournament = suite.tournament
    assert [tournament.position(round_id, model) for model in range(6)] == [3 * NMR, 2 * NMR, 0, 0, 4 * NMR, 0]
    assert [tournament.idle_of(model) for model in range(6)] == [3 * NMR, 0, 5 * NMR, 0, 0, 0]
    assert tournament.staked(round_id) == 9 * NMR
    assert tournament.idle_total() == 8 * NMR
    assert suite.last("Entered") == {"round": round_id, "groups": [1, 0, 1, 9], "amount": 8 * NMR}


def test_enter__lane_that_would_end_below_min_stake__left_as_it_is(suite: ExampleSuite) -> None:
    suite.call("deposit", 0, NMR - GWEI)
    suite.call("set_policy", 0, 5 * NMR, False)
    suite.call("deposit", 1, 5 * NMR)
    suite.call("set_policy", 1, NMR - GWEI, False)
    suite.call("deposit", 2, NMR)
    suite.call("set_policy", 2, 5 * NMR, True)
    round_id = suite.open()
    suite.call("enter", [0], sender=STRANGER)
    assert [suite.tournament.position(round_id, model) for model in range(3)] == [0, 0, NMR]
    suite.call("enter", [0], sender=STRANGER)
    assert suite.last("Entered")["amount"] == 0


def test_enter__position_above_the_target__stays(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, 3 * NMR)
    suite.call("deposit", 0, NMR)
    suite.call("set_policy", 0, 2 * NMR, False)
    suite.call("enter", [0], sender=STRANGER)
    assert suite.tournament.position(round_id, 0) == 3 * NMR


def test_enter__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("rounds: no round is open"):
        suite.call("enter", [0])
    suite.open()
    suite.call("enter", [])
    suite.call("enter", list(range(256)))
    with suite.refuses(""):
        suite.call("enter", list(range(257)))
    suite.call("enter", [2**24 - 1])
    with suite.refuses("ledger: no such group"):
        suite.call("enter", [2**24])
    suite.call("pause", sender=GUARDIAN)
    with suite.refuses("pausable: contract is paused"):
        suite.call("enter", [0])


def test_open_round__word_that_waits_for_an_earlier_round__settle_first(suite: ExampleSuite) -> None:
    first = suite.open()
    suite.call("stake", 0, NMR)
    suite.submit(0)
    chunks = suite.finalise(first, {0: (0, 0)})
    suite.open()
    suite.wait(24)
    third = suite.open()
    assert third == first + 2 and suite.state(first) == State.FINAL
    # Model 1 shares the word with model 0, model 4 does not.
    for call, arguments in (("stake", (1, NMR)), ("leave", (1,)), ("enter", ([1, 0],))):
        with suite.refuses("ledger: settle first"):
            suite.call(call, *arguments)
    suite.call("stake", 4, NMR)
    suite.settle(first, chunks)
    suite.call("stake", 1, NMR)
    suite.call("enter", [1, 0])
    suite.call("leave", 1)


def test_stakes_of__several_rounds__each_with_its_times(suite: ExampleSuite) -> None:
    first = suite.open()
    suite.call("stake", 0, NMR)
    terms = suite.terms_of(first)
    stake = (first, NMR, terms.resolves_at + terms.window, terms.expires_at)
    assert suite.tournament.stakes_of(0, suite.now) == [stake]
    late = terms.resolves_at + 5
    suite.publish(first)
    assert suite.tournament.stakes_of(0, late)[0].free_from == late + terms.window
    suite.open()
    suite.call("stake", 0, 2 * NMR)
    assert [(stake.round, stake.amount) for stake in suite.tournament.stakes_of(0, suite.now)] == [
        (first + 1, 2 * NMR),
        (first, NMR),
    ]
    assert suite.tournament.stakes_of(1, suite.now) == []
    suite.call("void", first, sender=GUARDIAN)
    assert suite.tournament.stakes_of(0, suite.now)[1] == (first, NMR, suite.now, suite.now)


def test_stakes_of__root_that_stands__free_when_it_is_final(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.wait(1)
    suite.finalise(round_id, {0: (0, 0)})
    assert suite.tournament.stakes_of(0, suite.now)[0].free_from == suite.tournament.round_info(round_id).final_at
