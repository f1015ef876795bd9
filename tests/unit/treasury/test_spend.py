# SPDX-License-Identifier: MIT
import pytest

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


@pytest.mark.parametrize(
    ("sender", "to", "amount", "reason"),
    [
        ("owner", "receiver", RESERVE - RESERVED + 1, "treasury: more than is free"),
        ("owner", "receiver", UNLIMITED, "treasury: more than is free"),
        ("owner", "receiver", 0, "treasury: amount is zero"),
        ("owner", "nobody", 1, "treasury: receiver is the zero address"),
        ("owner", "treasury", 1, "treasury: receiver is the treasury"),
        ("owner", "numeraire", 1, "treasury: receiver is the token"),
        *[
            (sender, "receiver", 1, "ownable: caller is not the owner")
            for sender in ("deployer", "tournament_account", "stranger")
        ],
    ],
)
def test_spend__wrong__reverts(reserved_treasury, who, sender, to, amount, reason):
    with reverts(reason):
        reserved_treasury.spend(who[to], amount, sender=who[sender])
