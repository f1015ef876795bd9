# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.lanes import pack
from nmr.protocol.reference.rounds import State
from nmr.protocol.reference.views import IDLE_ROW
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts

ALL = 2**256 - 1
HUNDRED = 100 * NMR // GWEI


@pytest.mark.parametrize("amount", [GWEI, 30 * NMR, 100 * NMR])
def test_withdraw__idle__is_paid_out(tournament, numeraire, team, staker, receiver, amount):
    assert tournament.withdraw.call(1, amount, receiver, sender=staker) == amount
    receipt = tournament.withdraw(1, amount, receiver, sender=staker)
    assert receipt.events == [
        numeraire.Transfer(sender=tournament, receiver=receiver, value=amount),
        tournament.Withdrawn(model=1, receiver=receiver, amount=amount),
    ]
    assert numeraire.balanceOf(receiver) == amount
    assert numeraire.balanceOf(tournament) == 500 * NMR - amount
    assert tournament.idle_total() == 500 * NMR - amount
    left = HUNDRED - amount // GWEI
    assert tournament.words(IDLE_ROW, 0, 2) == [pack([HUNDRED, left, HUNDRED, HUNDRED]), pack([HUNDRED, 0, 0, 0])]


def test_withdraw__largest_number__pays_all_that_is_idle(tournament, lens, numeraire, team, staker, receiver):
    tournament.deposit(0, GWEI, staker, sender=staker)
    assert tournament.withdraw.call(0, ALL, receiver, sender=staker) == 100 * NMR + GWEI
    receipt = tournament.withdraw(0, ALL, receiver, sender=staker)
    assert receipt.events == [
        numeraire.Transfer(sender=tournament, receiver=receiver, value=100 * NMR + GWEI),
        tournament.Withdrawn(model=0, receiver=receiver, amount=100 * NMR + GWEI),
    ]
    assert numeraire.balanceOf(receiver) == 100 * NMR + GWEI
    assert lens.idle_of(tournament, 0) == 0
    assert tournament.idle_total() == 400 * NMR


def test_withdraw__in_every_state_of_a_round_and_paused__is_paid_out(
    tournament, lens, numeraire, states, guardian, as_owner, staker, receiver, stranger
):
    seen = []
    for state, _ in states():
        tournament.withdraw(0, NMR, receiver, sender=staker)
        # A guardian who is new each time has not to wait.
        as_owner(tournament, "set_guardian", stranger)
        as_owner(tournament, "set_guardian", guardian)
        tournament.pause(sender=guardian)
        tournament.withdraw(0, NMR, receiver, sender=staker)
        as_owner(tournament, "unpause")
        seen.append(state)
        assert numeraire.balanceOf(receiver) == 2 * len(seen) * NMR
        assert lens.idle_of(tournament, 0) == (100 - 2 * len(seen)) * NMR
    assert set(seen) == set(State)


def test_withdraw__by_a_contract_to_itself__is_paid_out(tournament, numeraire, team, as_owner, timelock, staker):
    as_owner(tournament, "register", "contract", ZERO_ADDRESS)
    tournament.deposit(len(team), NMR, timelock, sender=staker)
    receipt = as_owner(tournament, "withdraw", len(team), ALL, timelock)
    assert tournament.Withdrawn(model=len(team), receiver=timelock, amount=NMR) in receipt.events
    assert numeraire.balanceOf(timelock) == NMR


def test_withdraw__to_the_treasury__is_paid_out(tournament, numeraire, treasury, team, staker):
    before = numeraire.balanceOf(treasury)
    tournament.withdraw(0, NMR, treasury, sender=staker)
    assert numeraire.balanceOf(treasury) == before + NMR


def test_withdraw__stake_in_a_round__is_out_of_reach(tournament, lens, numeraire, team, walk, staker, receiver):
    round_id = walk.opened()
    tournament.stake(0, 50 * NMR, sender=staker)
    with reverts("ledger: more than is idle"):
        tournament.withdraw(0, 100 * NMR + GWEI, receiver, sender=staker)
    tournament.withdraw(0, ALL, receiver, sender=staker)
    assert numeraire.balanceOf(receiver) == 100 * NMR
    assert lens.position(tournament, round_id, 0) == 50 * NMR


def test_withdraw__donation_to_the_escrow__is_out_of_reach(tournament, numeraire, team, staker, receiver):
    numeraire.transfer(tournament, NMR, sender=staker)
    tournament.withdraw(0, ALL, receiver, sender=staker)
    assert numeraire.balanceOf(receiver) == 100 * NMR
    assert numeraire.balanceOf(tournament) == 401 * NMR


@pytest.mark.parametrize("amount", [0, ALL])
def test_withdraw__twice_and_nothing_left__reverts(tournament, team, staker, receiver, amount):
    tournament.withdraw(0, ALL, receiver, sender=staker)
    with reverts("ledger: amount is zero"):
        tournament.withdraw(0, amount, receiver, sender=staker)


def test_withdraw__by_the_owner_of_the_tournament__reverts(tournament, team, as_owner, timelock):
    with reverts("models: not the owner"):
        as_owner(tournament, "withdraw", 0, NMR, timelock)


@pytest.mark.parametrize(
    ("sender", "model", "amount", "to", "reason"),
    [
        *[
            ("staker", 0, amount, "receiver", "ledger: more than is idle")
            for amount in (100 * NMR + GWEI, 500 * NMR, ALL - ALL % GWEI)
        ],
        ("staker", 0, 0, "receiver", "ledger: amount is zero"),
        *[
            ("staker", 0, amount, "receiver", "ledger: amount finer than a gwei")
            for amount in (1, GWEI - 1, NMR + 1, ALL - 1)
        ],
        ("staker", 0, NMR, "tournament", "ledger: receiver is the escrow"),
        ("staker", 0, NMR, "numeraire", "ledger: receiver is the token"),
        ("staker", 0, NMR, "nobody", "erc20: transfer to the zero address"),
        *[
            (sender, 0, NMR, sender, "models: not the owner")
            for sender in ("submitter", "operator", "guardian", "stranger")
        ],
        ("staker", 5, NMR, "receiver", "models: not the owner"),
    ],
)
def test_withdraw__wrong__reverts(tournament, team, who, sender, model, amount, to, reason):
    with reverts(reason):
        tournament.withdraw(model, amount, who[to], sender=who[sender])
