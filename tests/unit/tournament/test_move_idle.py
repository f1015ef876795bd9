# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts

ALL = 2**256 - 1
NOT_THE_OWNER = "models: not the owner"


def idle(tournament, lens, team) -> list[int]:
    """What is idle in each model of the team."""
    return [lens.idle_of(tournament, model) for model in team]


@pytest.mark.parametrize("amount", [GWEI, 30 * NMR, 100 * NMR])
@pytest.mark.parametrize("destination", [2, 4])
def test_move_idle__to_the_same_or_another_group__moves(tournament, lens, numeraire, team, staker, destination, amount):
    receipt = tournament.move_idle(1, destination, amount, sender=staker)
    assert receipt.events == [tournament.IdleMoved(source=1, destination=destination, amount=amount)]
    moved = {1: -amount, destination: amount}
    assert idle(tournament, lens, team) == [100 * NMR + moved.get(model, 0) for model in team]
    assert tournament.idle_total() == 500 * NMR
    assert numeraire.balanceOf(tournament) == 500 * NMR


def test_move_idle__largest_number__moves_all_that_is_idle(tournament, lens, team, staker):
    tournament.deposit(0, GWEI, staker, sender=staker)
    receipt = tournament.move_idle(0, 4, ALL, sender=staker)
    assert receipt.events == [tournament.IdleMoved(source=0, destination=4, amount=100 * NMR + GWEI)]
    assert idle(tournament, lens, team) == [0, 100 * NMR, 100 * NMR, 100 * NMR, 200 * NMR + GWEI]


def test_move_idle__there_and_back__is_as_before(tournament, lens, team, staker):
    tournament.move_idle(0, 1, ALL, sender=staker)
    tournament.move_idle(1, 0, 100 * NMR, sender=staker)
    assert idle(tournament, lens, team) == 5 * [100 * NMR]


def test_move_idle__in_every_state_of_a_round__moves(tournament, lens, states, staker):
    for state, _ in states():
        before = lens.idle_of(tournament, 1)
        tournament.move_idle(0, 1, NMR, sender=staker)
        assert lens.idle_of(tournament, 1) == before + NMR, state


def test_move_idle__paused__still_works(tournament, lens, team, guardian, staker):
    tournament.pause(sender=guardian)
    tournament.move_idle(0, 1, 100 * NMR, sender=staker)
    assert idle(tournament, lens, team) == [0, 200 * NMR, 100 * NMR, 100 * NMR, 100 * NMR]


def test_move_idle__stake_in_a_round__is_out_of_reach(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, 50 * NMR, sender=staker)
    with reverts("ledger: more than is idle"):
        tournament.move_idle(0, 1, 100 * NMR + GWEI, sender=staker)
    tournament.move_idle(0, 1, ALL, sender=staker)
    assert idle(tournament, lens, team)[:2] == [0, 200 * NMR]
    assert lens.position(tournament, round_id, 0) == 50 * NMR


def test_move_idle__owner_is_a_contract__moves(tournament, lens, team, as_owner, timelock, staker):
    for _ in range(2):
        as_owner(tournament, "register", "contract", ZERO_ADDRESS)
    tournament.deposit(5, NMR, timelock, sender=staker)
    as_owner(tournament, "move_idle", 5, 6, NMR)
    assert [lens.idle_of(tournament, model) for model in (5, 6)] == [0, NMR]


@pytest.mark.parametrize("amount", [0, ALL])
def test_move_idle__nothing_left__reverts(tournament, team, staker, amount):
    tournament.move_idle(0, 1, ALL, sender=staker)
    with reverts("ledger: amount is zero"):
        tournament.move_idle(0, 1, amount, sender=staker)


def test_move_idle__either_model_of_another__reverts(tournament, team, staker, stranger):
    tournament.register("other", ZERO_ADDRESS, sender=stranger)
    tournament.deposit(5, NMR, stranger, sender=staker)
    for source, destination in ((0, 5), (5, 0)):
        with reverts("models: not the owner"):
            tournament.move_idle(source, destination, NMR, sender=staker)
        with reverts("models: not the owner"):
            tournament.move_idle(source, destination, NMR, sender=stranger)


@pytest.mark.parametrize(
    ("sender", "source", "destination", "amount", "reason"),
    [
        *[("staker", 0, 1, amount, "ledger: more than is idle") for amount in (100 * NMR + GWEI, ALL - ALL % GWEI)],
        *[("staker", 0, 1, amount, "ledger: amount finer than a gwei") for amount in (1, NMR + 1, ALL - 1)],
        ("staker", 0, 0, NMR, "ledger: model moves to itself"),
        *[(sender, 0, 1, NMR, NOT_THE_OWNER) for sender in ("submitter", "operator", "guardian", "stranger")],
        ("staker", 0, 5, NMR, NOT_THE_OWNER),
        ("staker", 5, 0, NMR, NOT_THE_OWNER),
    ],
)
def test_move_idle__wrong__reverts(tournament, team, who, sender, source, destination, amount, reason):
    with reverts(reason):
        tournament.move_idle(source, destination, amount, sender=who[sender])
