# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.support.refusals import reverts


@pytest.fixture
def staked(tournament, many, team, walk, staker):
    """An open round in which models 0 to 4 have 1 to 5 NMR at stake."""
    round_id = walk.opened()
    many(staker, *[("stake", model, (model + 1) * NMR) for model in team])
    return round_id


def test_leave__round_open__whole_position_comes_home(tournament, lens, numeraire, team, staked, staker):
    held = numeraire.balanceOf(staker)
    receipt = tournament.leave(2, sender=staker)
    assert receipt.events == [tournament.Left(round=staked, model=2, amount=3 * NMR)]
    assert [lens.position(tournament, staked, model) for model in team] == [NMR, 2 * NMR, 0, 4 * NMR, 5 * NMR]
    assert [lens.idle_of(tournament, model) for model in team] == [
        100 * NMR,
        100 * NMR,
        103 * NMR,
        100 * NMR,
        100 * NMR,
    ]
    assert tournament.staked(staked) == 12 * NMR
    assert tournament.idle_total() == 503 * NMR
    assert numeraire.balanceOf(tournament) == 515 * NMR
    assert numeraire.balanceOf(staker) == held


def test_leave__all_of_a_group__round_is_empty(tournament, lens, many, team, staked, staker):
    receipt = many(staker, *[("leave", model) for model in team])
    assert receipt.events == [tournament.Left(round=staked, model=model, amount=(model + 1) * NMR) for model in team]
    assert tournament.staked(staked) == 0
    assert tournament.idle_total() == 515 * NMR
    assert lens.waiting_groups(tournament, staked, 0, 2) == []


def test_leave__and_back__is_at_stake_again(tournament, lens, team, staked, staker):
    tournament.leave(0, sender=staker)
    tournament.stake(0, 7 * NMR, sender=staker)
    assert lens.position(tournament, staked, 0) == 7 * NMR
    assert tournament.staked(staked) == 21 * NMR
    tournament.leave(0, sender=staker)
    assert lens.idle_of(tournament, 0) == 108 * NMR


def test_leave__earlier_round_unsettled__touches_the_open_one_alone(tournament, lens, team, walk, staked, staker):
    walk.locked(staked)
    later = walk.opened()
    with reverts("ledger: no position to leave"):
        tournament.leave(0, sender=staker)
    tournament.stake(0, 9 * NMR, sender=staker)
    tournament.leave(0, sender=staker)
    assert lens.position(tournament, later, 0) == 0
    assert lens.position(tournament, staked, 0) == NMR
    assert lens.idle_of(tournament, 0) == 109 * NMR


def test_leave__restaked_by_settlement__comes_home(tournament, lens, team, walk, staked, staker):
    proposal = walk.final(staked, {0: (0, 0)})
    walk.voided(walk.opened())
    later = walk.opened()
    tournament.settle(staked, 0, proposal.chunks[0], proposal.tree.proof(0), sender=staker)
    assert lens.position(tournament, later, 0) == NMR
    receipt = tournament.leave(0, sender=staker)
    assert receipt.events == [tournament.Left(round=later, model=0, amount=NMR)]
    assert lens.position(tournament, later, 0) == 0
    assert tournament.staked(later) == 9 * NMR
    assert lens.idle_of(tournament, 0) == 101 * NMR


def test_leave__target_of_zero_set_first__nobody_enters_it_again(tournament, lens, team, staked, staker, stranger):
    tournament.set_policy(0, 0, False, sender=staker)
    tournament.leave(0, sender=staker)
    tournament.enter([0], sender=stranger)
    assert lens.position(tournament, staked, 0) == 0
    assert lens.idle_of(tournament, 0) == 101 * NMR


def test_leave__paused__still_works(tournament, lens, team, staked, guardian, staker):
    tournament.pause(sender=guardian)
    tournament.leave(0, sender=staker)
    assert lens.position(tournament, staked, 0) == 0
    assert lens.idle_of(tournament, 0) == 101 * NMR


def test_leave__owner_is_a_contract__comes_home(tournament, lens, team, staked, as_owner, timelock, staker):
    tournament.offer_model(0, timelock, sender=staker)
    as_owner(tournament, "accept_model", 0)
    as_owner(tournament, "leave", 0)
    assert lens.idle_of(tournament, 0) == 101 * NMR


def test_leave__last_second__comes_home_and_no_later(tournament, lens, chain, team, staked, staker):
    locks_at = tournament.round_info(staked).terms.locks_at
    chain.pending_timestamp = locks_at - 1
    receipt = tournament.leave(0, sender=staker)
    assert receipt.timestamp == locks_at - 1
    with reverts("rounds: no round is open"):
        tournament.leave(1, sender=staker)
    assert lens.position(tournament, staked, 1) == 2 * NMR


def test_leave__place_waits_to_be_settled__reverts_for_the_group(tournament, team, unsettled, staker):
    for model in (0, 1):
        with reverts("ledger: settle first"):
            tournament.leave(model, sender=staker)
    with reverts("ledger: no position to leave"):
        tournament.leave(4, sender=staker)


def test_leave__twice__reverts(tournament, team, staked, staker):
    tournament.leave(0, sender=staker)
    with reverts("ledger: no position to leave"):
        tournament.leave(0, sender=staker)
    assert tournament.staked(staked) == 14 * NMR


def test_leave__nothing_staked__reverts(tournament, team, staked, stranger):
    tournament.register("new", ZERO_ADDRESS, sender=stranger)
    with reverts("ledger: no position to leave"):
        tournament.leave(len(team), sender=stranger)


@pytest.mark.parametrize(
    ("sender", "model"),
    [("submitter", 0), ("operator", 0), ("guardian", 0), ("stranger", 0), ("staker", 5)],
)
def test_leave__not_the_owner__reverts(tournament, team, staked, who, sender, model):
    with reverts("models: not the owner"):
        tournament.leave(model, sender=who[sender])
