# SPDX-License-Identifier: MIT
import pytest

from tests.support.refusals import reverts

RESERVE = 3_000_000 * 10**18
UNLIMITED = 2**256 - 1
GRANTED = 100
ROUND = 1


@pytest.fixture
def reserved_treasury(treasury, tournament_account):
    """A treasury with `GRANTED` reserved by the tournament account for `ROUND`."""
    treasury.reserve(ROUND, GRANTED, sender=tournament_account)
    return treasury


def test_draw__part__pays_the_tournament(reserved_treasury, numeraire, tournament_account):
    treasury = reserved_treasury
    receipt = treasury.draw(ROUND, 30, sender=tournament_account)
    assert receipt.events == [
        treasury.Drawn(tournament=tournament_account, round=ROUND, amount=30),
        numeraire.Transfer(sender=treasury, receiver=tournament_account, value=30),
    ]
    assert numeraire.balanceOf(tournament_account) == 30
    assert numeraire.balanceOf(treasury) == RESERVE - 30
    assert tuple(treasury.reservation(tournament_account, ROUND)) == (GRANTED, 30, 0)
    assert treasury.reserved() == GRANTED - 30
    assert treasury.free() == RESERVE - GRANTED


def test_draw__in_parts__adds_up(reserved_treasury, numeraire, tournament_account):
    reserved_treasury.draw(ROUND, 30, sender=tournament_account)
    reserved_treasury.draw(ROUND, 70, sender=tournament_account)
    assert numeraire.balanceOf(tournament_account) == GRANTED
    assert tuple(reserved_treasury.reservation(tournament_account, ROUND)) == (GRANTED, GRANTED, 0)
    assert reserved_treasury.reserved() == 0


def test_draw__nothing__changes_and_logs_nothing(reserved_treasury, tournament_account):
    assert reserved_treasury.draw(ROUND, 0, sender=tournament_account).events == []
    assert reserved_treasury.reserved() == GRANTED


def test_draw__more_than_is_left__reverts(reserved_treasury, tournament_account):
    reserved_treasury.draw(ROUND, 60, sender=tournament_account)
    with reverts("treasury: more than is reserved"):
        reserved_treasury.draw(ROUND, 41, sender=tournament_account)


def test_draw__after_a_release__reverts(reserved_treasury, tournament_account):
    reserved_treasury.release(ROUND, sender=tournament_account)
    with reverts("treasury: more than is reserved"):
        reserved_treasury.draw(ROUND, 1, sender=tournament_account)


@pytest.mark.parametrize(
    ("sender", "round_id", "amount"),
    [
        ("tournament_account", ROUND, GRANTED + 1),
        ("tournament_account", ROUND, UNLIMITED),
        ("tournament_account", ROUND + 1, 1),
        *[(sender, ROUND, 1) for sender in ("deployer", "owner", "other_tournament_account", "stranger")],
    ],
)
def test_draw__more_than_the_senders_reservation__reverts(reserved_treasury, who, sender, round_id, amount):
    with reverts("treasury: more than is reserved"):
        reserved_treasury.draw(round_id, amount, sender=who[sender])
