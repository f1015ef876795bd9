# SPDX-License-Identifier: MIT
"""The callback of a take: what the filler is told, and what it cannot do meanwhile."""

import ape
import pytest

from nmr.text.amounts import NMR
from tests.support.programme import BUDGET, DOLLAR, PROGRAMME, fill_in

LOT = PROGRAMME.lot_cap
DATA = b"\x01" * 1_024


@pytest.fixture
def contract(project, deployer, numeraire, buyback, filler):
    """A filler that is a contract, with 2,000 NMR that it allows to the buyback: enough for a lot."""
    contract = deployer.deploy(project.CallingFiller)
    numeraire.transfer(contract, 2_000 * NMR, sender=filler)
    contract.call(numeraire, numeraire.approve.encode_input(buyback, 2**256 - 1), sender=filler)
    return contract


def test_take__with_data__calls_the_filler_back(buyback, stablecoin, kicked, contract, stranger):
    event = fill_in(contract.take(buyback, 500 * DOLLAR, DATA, sender=stranger), buyback)
    assert contract.called()
    assert (contract.paid(), contract.owed()) == (event.paid, event.bought) == (500 * DOLLAR, event.bought)
    assert contract.data() == DATA
    assert stablecoin.balanceOf(contract) == 500 * DOLLAR


def test_take__without_data__calls_nobody_back(buyback, kicked, contract, stranger):
    contract.take(buyback, 500 * DOLLAR, b"", sender=stranger)
    assert not contract.called()


def test_take__callback_of_a_plain_account__reverts(buyback, kicked, filler):
    with ape.reverts():
        buyback.take(DOLLAR, 0, filler, b"\x01", sender=filler)
    assert buyback.lot().left == LOT


def test_take__callback_pays_itself__has_the_stablecoin_before_the_nmr_is_due(
    buyback, stablecoin, kicked, contract, receiver, stranger
):
    contract.arm(stablecoin, stablecoin.transfer.encode_input(receiver, 500 * DOLLAR), sender=stranger)
    contract.take(buyback, 500 * DOLLAR, b"\x01", sender=stranger)
    assert contract.succeeded()
    assert stablecoin.balanceOf(receiver) == 500 * DOLLAR


def test_take__callback_gives_its_nmr_away__reverts_as_a_whole(
    buyback, stablecoin, numeraire, kicked, contract, receiver, stranger
):
    contract.arm(numeraire, numeraire.transfer.encode_input(receiver, 2_000 * NMR), sender=stranger)
    with ape.reverts("erc20: transfer amount exceeds balance"):
        contract.take(buyback, 500 * DOLLAR, b"\x01", sender=stranger)
    assert stablecoin.balanceOf(buyback) == buyback.lot().left == LOT
    assert numeraire.balanceOf(receiver) == 0


# Re-entering

CALLS = {
    "take": lambda buyback, who: buyback.take.encode_input(DOLLAR, 0, who, b""),
    "kick": lambda buyback, who: buyback.kick.encode_input(),
    "end": lambda buyback, who: buyback.end.encode_input(),
    "sweep": lambda buyback, who: buyback.sweep.encode_input(),
    "pause": lambda buyback, who: buyback.pause.encode_input(),
    "unpause": lambda buyback, who: buyback.unpause.encode_input(),
    "set_guardian": lambda buyback, who: buyback.set_guardian.encode_input(who),
    "price": lambda buyback, who: buyback.price.encode_input(),
    "quote": lambda buyback, who: buyback.quote.encode_input(1),
    "lot": lambda buyback, who: buyback.lot.encode_input(),
    "next_amount": lambda buyback, who: buyback.next_amount.encode_input(),
    "next_kick_at": lambda buyback, who: buyback.next_kick_at.encode_input(),
    "total_paid": lambda buyback, who: buyback.total_paid.encode_input(),
}


@pytest.fixture
def mighty(buyback, contract, owner):
    """The same contract as guardian and as owner: the lock holds against those, too."""
    buyback.set_guardian(contract, sender=owner)
    buyback.transfer_ownership(contract, sender=owner)
    accept = buyback.accept_ownership.encode_input()
    contract.call(buyback, accept, sender=owner)
    return contract


@pytest.mark.parametrize("name", CALLS)
def test_take__callback_re_enters__is_locked_out(buyback, stablecoin, kicked, mighty, stranger, name):
    mighty.arm(buyback, CALLS[name](buyback, mighty), sender=stranger)
    event = fill_in(mighty.take(buyback, 500 * DOLLAR, b"\x01", sender=stranger), buyback)
    assert mighty.called()
    assert not mighty.succeeded()
    assert stablecoin.balanceOf(mighty) == event.paid == 500 * DOLLAR
    assert stablecoin.balanceOf(buyback) == buyback.lot().left == LOT - 500 * DOLLAR
    assert not buyback.ended()


@pytest.mark.parametrize("name", ["take", "end", "pause", "set_guardian", "price", "lot", "next_amount"])
def test_take__same_call_from_outside__goes_through(buyback, kicked, mighty, stranger, name):
    mighty.call(buyback, CALLS[name](buyback, mighty), sender=stranger)
    assert mighty.succeeded()


@pytest.mark.parametrize("method", ["spend", "draw", "reserve", "release", "allow"])
def test_take__callback_calls_the_treasury__gains_nothing(
    buyback, stablecoin, numeraire, treasury, kicked, contract, stranger, method
):
    calls = {
        "spend": treasury.spend.encode_input(contract, 1),
        "draw": treasury.draw.encode_input(0, 1),
        "reserve": treasury.reserve.encode_input(0, NMR),
        "release": treasury.release.encode_input(0),
        "allow": treasury.allow.encode_input(stablecoin, contract, BUDGET * DOLLAR),
    }
    reserve = numeraire.balanceOf(treasury)
    contract.arm(treasury, calls[method], sender=stranger)
    event = fill_in(contract.take(buyback, 500 * DOLLAR, b"\x01", sender=stranger), buyback)
    # A stranger may reserve and release, and is granted nothing.
    assert contract.succeeded() == (method in ("reserve", "release"))
    assert int.from_bytes(contract.response()[-32:], "big") == 0 or not contract.succeeded()
    assert treasury.reserved() == 0
    assert numeraire.balanceOf(treasury) == reserve + event.bought
    assert stablecoin.balanceOf(treasury) == BUDGET * DOLLAR - LOT
    assert stablecoin.allowance(treasury, contract) == 0
