# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.lanes import pack
from nmr.protocol.reference import ALL_IDLE
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.support.suite import RING

MIN_STAKE = NMR // 100
NOT_THE_OWNER = "models: not the owner"


def test_stake__round_open__is_at_stake_at_once(tournament, lens, numeraire, team, walk, staker):
    held = numeraire.balanceOf(staker)
    round_id = walk.opened()
    receipt = tournament.stake(1, 5 * NMR, sender=staker)
    assert receipt.events == [
        numeraire.Transfer(sender=staker, receiver=tournament, value=5 * NMR),
        tournament.Staked(round=round_id, model=1, amount=5 * NMR),
    ]
    assert [lens.position(tournament, round_id, model) for model in team] == [0, 5 * NMR, 0, 0, 0]
    assert tournament.staked(round_id) == 5 * NMR
    assert tournament.round_info(round_id).staked == 5 * NMR
    assert lens.idle_of(tournament, 1) == 100 * NMR
    assert tournament.idle_total() == 500 * NMR
    assert numeraire.balanceOf(tournament) == 505 * NMR
    assert numeraire.balanceOf(staker) == held - 5 * NMR


def test_stake__twice_and_by_neighbours__adds_up_in_its_lane(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    for model, amount in ((0, NMR), (3, 2 * NMR), (0, 3 * NMR), (4, 4 * NMR)):
        tournament.stake(model, amount, sender=staker)
    assert [lens.position(tournament, round_id, model) for model in team] == [4 * NMR, 0, 0, 2 * NMR, 4 * NMR]
    assert tournament.staked(round_id) == 10 * NMR


def test_stake__exactly_min_stake__is_accepted(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, MIN_STAKE, sender=staker)
    assert lens.position(tournament, round_id, 0) == MIN_STAKE


def test_stake__above_min_stake_already__takes_a_single_gwei_more(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, MIN_STAKE, sender=staker)
    tournament.stake(0, GWEI, sender=staker)
    assert lens.position(tournament, round_id, 0) == MIN_STAKE + GWEI


def test_stake__above_the_target__is_accepted(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, 50 * NMR, sender=staker)
    assert lens.position(tournament, round_id, 0) == 50 * NMR
    assert lens.policy_of(tournament, 0) == (10 * NMR, False)


def test_stake__all_that_the_caller_has__is_at_stake(tournament, lens, numeraire, team, walk, staker):
    round_id = walk.opened()
    amount = numeraire.balanceOf(staker)
    tournament.stake(2, amount, sender=staker)
    assert lens.position(tournament, round_id, 2) == amount
    assert numeraire.balanceOf(staker) == 0


def test_stake__place_was_left_in_a_void_round__belongs_to_the_new_one(tournament, lens, team, walk, staker):
    before = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    tournament.leave(0, before, ALL_IDLE, sender=staker)
    walk.voided(before)
    walk.voided(walk.opened())
    round_id = walk.opened()
    assert round_id == before + 2
    tournament.stake(1, NMR, sender=staker)
    assert tournament.words(round_id % RING, 0, 1) == [pack([0, NMR // GWEI, 0, 0], round_id)]
    assert lens.position(tournament, before, 1) == 0
    assert tournament.staked(before) == 0


def test_stake__rounds_side_by_side__are_counted_apart(tournament, lens, team, walk, staker):
    first = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    walk.locked(first)
    second = walk.opened()
    tournament.stake(0, 2 * NMR, sender=staker)
    assert [lens.position(tournament, round_id, 0) for round_id in (first, second)] == [NMR, 2 * NMR]
    assert [tournament.staked(round_id) for round_id in (first, second)] == [NMR, 2 * NMR]


def test_stake__owner_is_a_contract__pays_for_it(tournament, lens, numeraire, team, walk, as_owner, timelock, staker):
    as_owner(tournament, "register", "contract", ZERO_ADDRESS)
    numeraire.transfer(timelock, NMR, sender=staker)
    as_owner(numeraire, "approve", tournament, NMR)
    round_id = walk.opened()
    as_owner(tournament, "stake", len(team), NMR)
    assert lens.position(tournament, round_id, len(team)) == NMR
    assert numeraire.balanceOf(timelock) == 0


def test_stake__last_second__is_accepted_and_no_later(tournament, chain, team, walk, staker):
    round_id = walk.opened()
    locks_at = tournament.round_info(round_id).terms.locks_at
    chain.pending_timestamp = locks_at - 1
    receipt = tournament.stake(0, NMR, sender=staker)
    assert receipt.timestamp == locks_at - 1
    with reverts("rounds: no round is open"):
        tournament.stake(0, NMR, sender=staker)
    assert tournament.staked(round_id) == NMR


def test_stake__place_waits_to_be_settled__reverts_for_the_group(tournament, lens, team, unsettled, staker):
    for model in (0, 1):
        with reverts("ledger: settle first"):
            tournament.stake(model, NMR, sender=staker)
    tournament.stake(4, NMR, sender=staker)
    assert tournament.staked(unsettled) == NMR
    tournament.settle_expired(unsettled - 2, [0], sender=staker)
    tournament.stake(1, NMR, sender=staker)
    # Model 0 keeps its target of 10.
    assert [lens.position(tournament, unsettled, model) for model in team] == [10 * NMR, NMR, 0, 0, NMR]
    assert tournament.staked(unsettled) == 12 * NMR


def test_stake__two_things_wrong__tells_the_first(tournament, numeraire, team, unsettled, staker):
    amount = numeraire.balanceOf(staker) + GWEI
    with reverts("erc20: transfer amount exceeds balance"):
        tournament.stake(0, amount, sender=staker)
    numeraire.approve(tournament, 0, sender=staker)
    with reverts("erc20: insufficient allowance"):
        tournament.stake(0, amount, sender=staker)
    numeraire.approve(tournament, 2**256 - 1, sender=staker)
    with reverts("ledger: settle first"):
        tournament.stake(0, GWEI, sender=staker)


def test_stake__below_min_stake__reverts(tournament, numeraire, team, walk, staker):
    round_id = walk.opened()
    with reverts("ledger: below min_stake"):
        tournament.stake(0, MIN_STAKE - GWEI, sender=staker)
    tournament.stake(0, MIN_STAKE, sender=staker)
    with reverts("ledger: below min_stake"):
        tournament.stake(1, MIN_STAKE - GWEI, sender=staker)
    assert tournament.staked(round_id) == MIN_STAKE
    assert numeraire.balanceOf(tournament) == 500 * NMR + MIN_STAKE


@pytest.mark.parametrize("more", [GWEI, 2**60 * GWEI])
def test_stake__more_than_the_caller_has__reverts(tournament, numeraire, team, walk, staker, more):
    walk.opened()
    with reverts("erc20: transfer amount exceeds balance"):
        tournament.stake(0, numeraire.balanceOf(staker) + more, sender=staker)


def test_stake__without_allowance__reverts(tournament, numeraire, team, walk, staker):
    walk.opened()
    numeraire.approve(tournament, NMR - 1, sender=staker)
    with reverts("erc20: insufficient allowance"):
        tournament.stake(0, NMR, sender=staker)


@pytest.mark.parametrize(
    ("sender", "model", "amount", "reason"),
    [
        ("staker", 0, 0, "ledger: amount is zero"),
        *[("staker", 0, amount, "ledger: amount finer than a gwei") for amount in (1, NMR + 1, 2**256 - 1)],
        *[(sender, 0, NMR, NOT_THE_OWNER) for sender in ("submitter", "operator", "guardian", "receiver")],
        ("staker", 5, NMR, NOT_THE_OWNER),
    ],
)
def test_stake__wrong__reverts(tournament, team, walk, who, sender, model, amount, reason):
    walk.opened()
    with reverts(reason):
        tournament.stake(model, amount, sender=who[sender])
