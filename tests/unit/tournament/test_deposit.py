# SPDX-License-Identifier: MIT
import pytest

from nmr.audit.layout import TOURNAMENT
from nmr.protocol.lanes import pack
from nmr.protocol.reference.views import IDLE_ROW
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.support.suite import HELD

HUNDRED = 100 * NMR // GWEI


@pytest.mark.parametrize("amount", [GWEI, 5 * NMR + GWEI])
def test_deposit__by_the_owner__becomes_idle(tournament, lens, numeraire, team, staker, amount):
    held = numeraire.balanceOf(staker)
    receipt = tournament.deposit(1, amount, staker, sender=staker)
    assert receipt.events == [
        numeraire.Transfer(sender=staker, receiver=tournament, value=amount),
        tournament.Deposited(model=1, payer=staker, amount=amount),
    ]
    assert lens.idle_of(tournament, 1) == 100 * NMR + amount
    assert tournament.idle_total() == 500 * NMR + amount
    assert numeraire.balanceOf(tournament) == 500 * NMR + amount
    assert numeraire.balanceOf(staker) == held - amount


@pytest.mark.contract
def test_deposit__to_a_group__leaves_its_word_in_use(tournament, chain, team):
    word = chain.provider.get_storage(tournament.address, TOURNAMENT["idle"])
    assert int.from_bytes(word, "big") == pack(4 * [HUNDRED], 1)


def test_deposit__by_anyone_else__belongs_to_the_model(tournament, lens, numeraire, team, payer, staker):
    numeraire.approve(tournament, NMR, sender=payer)
    receipt = tournament.deposit(0, NMR, staker, sender=payer)
    assert receipt.events == [
        numeraire.Transfer(sender=payer, receiver=tournament, value=NMR),
        tournament.Deposited(model=0, payer=payer, amount=NMR),
    ]
    assert lens.idle_of(tournament, 0) == 101 * NMR
    assert numeraire.balanceOf(payer) == 999 * NMR
    with reverts("models: not the owner"):
        tournament.withdraw(0, NMR, payer, sender=payer)


def test_deposit__twice__adds_up_in_its_lane_alone(tournament, team, staker):
    tournament.deposit(2, GWEI, staker, sender=staker)
    tournament.deposit(2, 2 * GWEI, staker, sender=staker)
    lanes = [HUNDRED, HUNDRED, HUNDRED + 3, HUNDRED]
    assert tournament.words(IDLE_ROW, 0, 2) == [pack(lanes), pack([HUNDRED, 0, 0, 0])]


def test_deposit__all_that_the_caller_has__becomes_idle(tournament, lens, numeraire, team, staker):
    amount = numeraire.balanceOf(staker)
    tournament.deposit(3, amount, staker, sender=staker)
    assert lens.idle_of(tournament, 3) == 100 * NMR + amount
    assert numeraire.balanceOf(staker) == 0
    assert [lens.idle_of(tournament, model) for model in (0, 1, 2, 4)] == 4 * [100 * NMR]


def test_deposit__from_a_contract__becomes_idle(tournament, lens, numeraire, team, as_owner, timelock, staker):
    numeraire.transfer(timelock, NMR, sender=staker)
    as_owner(numeraire, "approve", tournament, NMR)
    receipt = as_owner(tournament, "deposit", 0, NMR, staker)
    assert tournament.Deposited(model=0, payer=timelock, amount=NMR) in receipt.events
    assert lens.idle_of(tournament, 0) == 101 * NMR
    assert numeraire.balanceOf(timelock) == 0


def test_deposit__in_every_state_of_a_round__becomes_idle(tournament, lens, states, staker):
    for state, _ in states():
        before = lens.idle_of(tournament, 0)
        tournament.deposit(0, NMR, staker, sender=staker)
        assert lens.idle_of(tournament, 0) == before + NMR, state


def test_deposit__sent_to_the_escrow_directly__is_nobodys(tournament, lens, numeraire, team, staker):
    numeraire.transfer(tournament, NMR, sender=staker)
    assert numeraire.balanceOf(tournament) == 501 * NMR
    assert tournament.idle_total() == 500 * NMR
    assert [lens.idle_of(tournament, model) for model in team] == 5 * [100 * NMR]


def test_deposit__more_than_allowed__reverts(tournament, numeraire, team, payer, staker):
    numeraire.approve(tournament, NMR, sender=payer)
    with reverts("erc20: insufficient allowance"):
        tournament.deposit(0, NMR + GWEI, staker, sender=payer)


def test_deposit__no_such_model__reverts(tournament, lens, team, staker):
    for owner in (staker, ZERO_ADDRESS):
        with reverts("models: another owner"):
            tournament.deposit(len(team), NMR, owner, sender=staker)
    tournament.register("", ZERO_ADDRESS, sender=staker)
    tournament.deposit(len(team), NMR, staker, sender=staker)
    assert lens.idle_of(tournament, len(team)) == NMR


def test_deposit__model_of_another_than_named__reverts(tournament, team, staker, stranger):
    """As when a guessed id went to somebody who registered first."""
    tournament.register("theirs", stranger, sender=stranger)
    for model, owner in ((len(team), staker), (0, stranger), (0, ZERO_ADDRESS)):
        with reverts("models: another owner"):
            tournament.deposit(model, NMR, owner, sender=staker)
    tournament.deposit(len(team), NMR, stranger, sender=staker)


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (0, "ledger: amount is zero"),
        *[(amount, "ledger: amount finer than a gwei") for amount in (1, GWEI - 1, GWEI + 1, 2**256 - 1)],
        *[
            (HELD + more, "erc20: transfer amount exceeds balance")
            for more in (GWEI - 500 * NMR, 2**60 * GWEI, 2**255 - 2**255 % GWEI)
        ],
    ],
)
def test_deposit__wrong_amount__reverts(tournament, team, staker, amount, reason):
    with reverts(reason):
        tournament.deposit(0, amount, staker, sender=staker)
    assert tournament.idle_total() == 500 * NMR
