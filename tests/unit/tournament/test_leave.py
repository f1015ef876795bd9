# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.chunk_tree import encode
from nmr.protocol.reference import ALL_IDLE, State
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.support.suite import MIN_STAKE, RING

HOUR = 3_600
CLOSED = "ledger: round is locked or void"
MORE = "ledger: more than is at stake"


@pytest.fixture
def staked(tournament, many, team, walk, staker):
    """An open round in which models 0 to 4 have 1 to 5 NMR at stake."""
    round_id = walk.opened()
    many(staker, *[("stake", model, (model + 1) * NMR) for model in team])
    return round_id


@pytest.fixture
def waiting(tournament, many, team, staked, walk, staker):
    """The round that comes a ring after `staked`, for which 1 to 5 NMR wait: not opened."""
    many(staker, *[("set_policy", model, 10 * NMR, True) for model in team])
    final = walk.final(staked, dict.fromkeys(team, (0, 0)))
    tournament.settle(staked, 0, final.chunks[0], [], sender=staker)
    assert walk.state(staked + RING) == State.UNKNOWN
    return staked + RING


def test_leave__round_open__whole_position_comes_home(tournament, lens, numeraire, team, staked, staker):
    held = numeraire.balanceOf(staker)
    assert tournament.leave.call(2, staked, ALL_IDLE, sender=staker) == 3 * NMR
    receipt = tournament.leave(2, staked, ALL_IDLE, sender=staker)
    assert receipt.events == [tournament.Left(round=staked, model=2, amount=3 * NMR)]
    assert [lens.position(tournament, staked, model) for model in team] == [NMR, 2 * NMR, 0, 4 * NMR, 5 * NMR]
    assert [lens.idle_of(tournament, model) // NMR for model in team] == [100, 100, 103, 100, 100]
    assert tournament.staked(staked) == 12 * NMR
    assert tournament.idle_total() == 503 * NMR
    assert numeraire.balanceOf(tournament) == 515 * NMR
    assert numeraire.balanceOf(staker) == held


def test_leave__all_of_a_group__round_is_empty(tournament, lens, many, team, staked, staker):
    receipt = many(staker, *[("leave", model, staked, ALL_IDLE) for model in team])
    assert receipt.events == [tournament.Left(round=staked, model=model, amount=(model + 1) * NMR) for model in team]
    assert tournament.staked(staked) == 0
    assert tournament.idle_total() == 515 * NMR
    assert lens.waiting_groups(tournament, staked, 0, 2) == []


@pytest.mark.parametrize(
    ("amount", "left"),
    [
        (GWEI, GWEI),
        (NMR, NMR),
        (3 * NMR - MIN_STAKE, 3 * NMR - MIN_STAKE),
        # What would stay below `MIN_STAKE` leaves too.
        (3 * NMR - MIN_STAKE + GWEI, 3 * NMR),
        (3 * NMR, 3 * NMR),
    ],
)
def test_leave__part__leaves_no_dust(tournament, lens, team, staked, staker, amount, left):
    receipt = tournament.leave(2, staked, amount, sender=staker)
    assert receipt.events == [tournament.Left(round=staked, model=2, amount=left)]
    assert lens.position(tournament, staked, 2) == 3 * NMR - left
    assert lens.idle_of(tournament, 2) == 100 * NMR + left
    assert tournament.staked(staked) == 15 * NMR - left


def test_leave__stranger_deposits_and_enters_dust__takes_that_too(tournament, lens, team, staked, staker, stranger):
    tournament.deposit(0, 5 * GWEI, staker, sender=staker)
    tournament.withdraw(0, 100 * NMR, staker, sender=staker)
    tournament.enter([0], sender=stranger)
    assert lens.position(tournament, staked, 0) == NMR + 5 * GWEI
    tournament.leave(0, staked, NMR, sender=staker)
    assert lens.position(tournament, staked, 0) == 0
    assert lens.idle_of(tournament, 0) == NMR + 5 * GWEI


def test_leave__and_back__is_at_stake_again(tournament, lens, team, staked, staker):
    tournament.leave(0, staked, ALL_IDLE, sender=staker)
    tournament.stake(0, 7 * NMR, sender=staker)
    assert lens.position(tournament, staked, 0) == 7 * NMR
    assert tournament.staked(staked) == 21 * NMR
    tournament.leave(0, staked, ALL_IDLE, sender=staker)
    assert lens.idle_of(tournament, 0) == 108 * NMR


def test_leave__earlier_round_unsettled__touches_the_named_one_alone(tournament, lens, team, walk, staked, staker):
    walk.locked(staked)
    later = walk.opened()
    with reverts("ledger: amount is zero"):
        tournament.leave(0, later, ALL_IDLE, sender=staker)
    tournament.stake(0, 9 * NMR, sender=staker)
    tournament.leave(0, later, ALL_IDLE, sender=staker)
    assert lens.position(tournament, later, 0) == 0
    assert lens.position(tournament, staked, 0) == NMR
    assert lens.idle_of(tournament, 0) == 109 * NMR


# a round that is not opened


def test_leave__waiting_for_a_round__comes_home_before_it_opens(tournament, lens, team, waiting, staker):
    assert tournament.staked(waiting) == 15 * NMR
    receipt = tournament.leave(1, waiting, ALL_IDLE, sender=staker)
    assert receipt.events == [tournament.Left(round=waiting, model=1, amount=2 * NMR)]
    tournament.leave(4, waiting, NMR, sender=staker)
    assert [lens.position(tournament, waiting, model) // NMR for model in team] == [1, 0, 3, 4, 4]
    assert tournament.staked(waiting) == 12 * NMR


def test_leave__all_that_waits__round_opens_empty(tournament, many, team, walk, waiting, staker):
    many(staker, *[("leave", model, waiting, ALL_IDLE) for model in team])
    assert tournament.staked(waiting) == 0
    walk.voided(walk.opened())
    assert walk.opened() == waiting
    assert tournament.round_info(waiting).staked == 0


def test_leave__kept_and_opened__until_the_lock_and_no_later(tournament, lens, team, walk, waiting, staker):
    walk.voided(walk.opened())
    assert walk.opened() == waiting
    locks_at = tournament.round_info(waiting).terms.locks_at
    walk.until(locks_at - 1)
    assert tournament.leave(0, waiting, ALL_IDLE, sender=staker).timestamp == locks_at - 1
    with reverts(CLOSED):
        tournament.leave(1, waiting, ALL_IDLE, sender=staker)
    assert lens.position(tournament, waiting, 1) == 2 * NMR


def test_leave__paused__still_works_opened_or_not(tournament, lens, team, walk, waiting, guardian, staker):
    tournament.pause(sender=guardian)
    tournament.leave(0, waiting, ALL_IDLE, sender=staker)
    tournament.unpause(sender=guardian)
    walk.voided(walk.opened())
    walk.opened(opens_for=100 * HOUR)
    walk.until(walk.info(waiting).terms.locks_at - 10 * HOUR)
    tournament.pause(sender=guardian)
    tournament.leave(1, waiting, ALL_IDLE, sender=staker)
    assert [lens.idle_of(tournament, model) // NMR for model in (0, 1)] == [101, 102]


def test_leave__kept_for_the_round_after_the_open_one__is_free_while_that_locks(
    tournament, lens, team, walk, staked, staker
):
    final = walk.final(staked, dict.fromkeys(team, (0, 0)))
    walk.voided(walk.opened())
    between = walk.opened()
    walk.until(walk.info(between).terms.locks_at - HOUR + 1)
    tournament.settle(staked, 0, encode(final.words[0]), [], sender=staker)
    kept = between + RING
    assert lens.position(tournament, kept, 0) == NMR
    with reverts("ledger: waits for a later round"):
        tournament.leave(0, between, ALL_IDLE, sender=staker)
    walk.locked(between)
    tournament.leave(0, kept, ALL_IDLE, sender=staker)
    assert lens.idle_of(tournament, 0) == 101 * NMR


def test_leave__nothing_waits_for_a_far_round__reverts(tournament, team, staked, staker):
    for round_id in (staked + 1, staked + RING, staked + 100 * RING, 2**256 - 2):
        with reverts("ledger: amount is zero" if round_id % RING != staked % RING else "ledger: settle first"):
            tournament.leave(0, round_id, ALL_IDLE, sender=staker)


# who, and when not


def test_leave__target_of_zero_set_first__nobody_enters_it_again(tournament, lens, team, staked, staker, stranger):
    tournament.set_policy(0, 0, False, sender=staker)
    tournament.leave(0, staked, ALL_IDLE, sender=staker)
    tournament.enter([0], sender=stranger)
    assert lens.position(tournament, staked, 0) == 0
    assert lens.idle_of(tournament, 0) == 101 * NMR


def test_leave__owner_is_a_contract__comes_home(tournament, lens, team, staked, as_owner, timelock, staker):
    tournament.offer_model(0, timelock, sender=staker)
    as_owner(tournament, "accept_model", 0)
    as_owner(tournament, "leave", 0, staked, ALL_IDLE)
    assert lens.idle_of(tournament, 0) == 101 * NMR


def test_leave__last_second__comes_home_and_no_later(tournament, lens, chain, team, staked, staker):
    locks_at = tournament.round_info(staked).terms.locks_at
    chain.pending_timestamp = locks_at - 1
    receipt = tournament.leave(0, staked, ALL_IDLE, sender=staker)
    assert receipt.timestamp == locks_at - 1
    with reverts(CLOSED):
        tournament.leave(1, staked, ALL_IDLE, sender=staker)
    assert lens.position(tournament, staked, 1) == 2 * NMR


def test_leave__round_void__takes_a_settlement(tournament, lens, team, walk, staked, staker, stranger):
    walk.voided(staked)
    with reverts(CLOSED):
        tournament.leave(0, staked, ALL_IDLE, sender=staker)
    tournament.settle_expired(staked, [0, 1], sender=stranger)
    tournament.leave(0, staked + RING, ALL_IDLE, sender=staker)
    assert lens.idle_of(tournament, 0) == 101 * NMR


@pytest.mark.parametrize("later", [False, True])
def test_leave__earlier_round_of_the_place__reverts(tournament, team, walk, waiting, staker, later):
    """Closed or not, a round that the place is past takes no leave."""
    if later:
        walk.voided(walk.opened())
        walk.opened()
    with reverts(CLOSED):
        tournament.leave(0, waiting - RING, ALL_IDLE, sender=staker)


def test_leave__place_waits_to_be_settled__reverts_for_the_group(tournament, team, unsettled, staker):
    for model in (0, 1):
        with reverts("ledger: settle first"):
            tournament.leave(model, unsettled, ALL_IDLE, sender=staker)
    with reverts("ledger: amount is zero"):
        tournament.leave(4, unsettled, ALL_IDLE, sender=staker)


def test_leave__twice__reverts(tournament, team, staked, staker):
    tournament.leave(0, staked, ALL_IDLE, sender=staker)
    with reverts("ledger: amount is zero"):
        tournament.leave(0, staked, ALL_IDLE, sender=staker)
    assert tournament.staked(staked) == 14 * NMR


def test_leave__nothing_staked__reverts(tournament, team, staked, stranger):
    tournament.register("new", ZERO_ADDRESS, sender=stranger)
    for amount, reason in ((ALL_IDLE, "ledger: amount is zero"), (NMR, MORE)):
        with reverts(reason):
            tournament.leave(len(team), staked, amount, sender=stranger)


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (0, "ledger: amount is zero"),
        (1, "ledger: amount finer than a gwei"),
        (ALL_IDLE - 1, "ledger: amount finer than a gwei"),
        (NMR + GWEI, MORE),
        (2**60 * GWEI, MORE),
    ],
)
def test_leave__wrong_amount__reverts(tournament, team, staked, staker, amount, reason):
    with reverts(reason):
        tournament.leave(0, staked, amount, sender=staker)


@pytest.mark.parametrize(
    ("sender", "model"),
    [("submitter", 0), ("operator", 0), ("guardian", 0), ("stranger", 0), ("staker", 5)],
)
def test_leave__not_the_owner__reverts(tournament, team, staked, who, sender, model):
    with reverts("models: not the owner"):
        tournament.leave(model, staked, ALL_IDLE, sender=who[sender])
