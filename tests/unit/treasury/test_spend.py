# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts

RESERVE = 3_000_000 * 10**18
UNLIMITED = 2**256 - 1
RESERVED = 100
ROUND = 1


@pytest.fixture
def reserved_treasury(treasury, tournament_account):
    """A treasury with `RESERVED` set aside."""
    treasury.reserve(ROUND, RESERVED, sender=tournament_account)
    return treasury


def test_spend__part_of_what_is_free__pays_it(reserved_treasury, numeraire, owner, receiver):
    treasury = reserved_treasury
    receipt = treasury.spend(receiver, 5, sender=owner)
    assert receipt.events == [
        treasury.Spent(receiver=receiver, amount=5),
        numeraire.Transfer(sender=treasury, receiver=receiver, value=5),
    ]
    assert numeraire.balanceOf(receiver) == 5
    assert treasury.free() == RESERVE - RESERVED - 5
    assert treasury.reserved() == RESERVED


def test_spend__all_that_is_free__leaves_what_is_reserved_drawable(
    reserved_treasury, numeraire, owner, receiver, tournament_account
):
    reserved_treasury.spend(receiver, RESERVE - RESERVED, sender=owner)
    assert reserved_treasury.free() == 0
    assert numeraire.balanceOf(reserved_treasury) == RESERVED
    reserved_treasury.draw(ROUND, RESERVED, sender=tournament_account)
    assert numeraire.balanceOf(tournament_account) == RESERVED


def test_spend__what_was_released__pays_it(reserved_treasury, numeraire, owner, receiver, tournament_account):
    reserved_treasury.release(ROUND, sender=tournament_account)
    reserved_treasury.spend(receiver, RESERVE, sender=owner)
    assert numeraire.balanceOf(receiver) == RESERVE


@pytest.mark.parametrize("amount", [RESERVE - RESERVED + 1, UNLIMITED])
def test_spend__what_is_reserved__reverts(reserved_treasury, owner, receiver, amount):
    with reverts("treasury: more than is free"):
        reserved_treasury.spend(receiver, amount, sender=owner)


def test_spend__nothing__reverts(treasury, owner, receiver):
    with reverts("treasury: amount is zero"):
        treasury.spend(receiver, 0, sender=owner)


def test_spend__to_zero__reverts(treasury, owner):
    with reverts("treasury: receiver is the zero address"):
        treasury.spend(ZERO_ADDRESS, 1, sender=owner)


def test_spend__to_the_treasury__reverts(treasury, owner):
    with reverts("treasury: receiver is the treasury"):
        treasury.spend(treasury, 1, sender=owner)


def test_spend__to_the_token__reverts(treasury, numeraire, owner):
    with reverts("treasury: receiver is the token"):
        treasury.spend(numeraire, 1, sender=owner)


@pytest.mark.parametrize("actor", ["deployer", "tournament_account", "stranger"], indirect=True)
def test_spend__by_another__reverts(treasury, actor, receiver):
    with reverts("ownable: caller is not the owner"):
        treasury.spend(receiver, 1, sender=actor)
