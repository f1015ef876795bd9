# SPDX-License-Identifier: MIT
import pytest

RESERVE = 3_000_000 * 10**18
GRANTED = 100
ROUND = 1


@pytest.fixture
def reserved_treasury(treasury, tournament_account):
    """A treasury with `GRANTED` reserved by the tournament account for `ROUND`."""
    treasury.reserve(ROUND, GRANTED, sender=tournament_account)
    return treasury


def test_release__nothing_drawn__gives_all_back(reserved_treasury, numeraire, tournament_account):
    treasury = reserved_treasury
    assert treasury.release.call(ROUND, sender=tournament_account) == GRANTED
    receipt = treasury.release(ROUND, sender=tournament_account)
    assert receipt.events == [treasury.Released(tournament=tournament_account, round=ROUND, amount=GRANTED)]
    assert tuple(treasury.reservation(tournament_account, ROUND)) == (GRANTED, 0, GRANTED)
    assert treasury.reserved() == 0
    assert treasury.free() == RESERVE
    assert numeraire.balanceOf(treasury) == RESERVE


def test_release__some_drawn__gives_the_rest_back(reserved_treasury, tournament_account):
    treasury = reserved_treasury
    treasury.draw(ROUND, 30, sender=tournament_account)
    assert treasury.release.call(ROUND, sender=tournament_account) == 70
    receipt = treasury.release(ROUND, sender=tournament_account)
    assert receipt.events == [treasury.Released(tournament=tournament_account, round=ROUND, amount=70)]
    assert tuple(treasury.reservation(tournament_account, ROUND)) == (GRANTED, 30, 70)
    assert treasury.reserved() == 0


def test_release__all_drawn__gives_and_logs_nothing(reserved_treasury, tournament_account):
    reserved_treasury.draw(ROUND, GRANTED, sender=tournament_account)
    assert reserved_treasury.release.call(ROUND, sender=tournament_account) == 0
    assert reserved_treasury.release(ROUND, sender=tournament_account).events == []


def test_release__twice__gives_and_logs_nothing_more(reserved_treasury, tournament_account):
    reserved_treasury.release(ROUND, sender=tournament_account)
    assert reserved_treasury.release.call(ROUND, sender=tournament_account) == 0
    assert reserved_treasury.release(ROUND, sender=tournament_account).events == []
    assert tuple(reserved_treasury.reservation(tournament_account, ROUND)) == (GRANTED, 0, GRANTED)


def test_release__after_another_reservation__adds_up_and_logs_the_last(reserved_treasury, tournament_account):
    reserved_treasury.release(ROUND, sender=tournament_account)
    reserved_treasury.reserve(ROUND, 7, sender=tournament_account)
    receipt = reserved_treasury.release(ROUND, sender=tournament_account)
    assert receipt.events == [reserved_treasury.Released(tournament=tournament_account, round=ROUND, amount=7)]
    assert tuple(reserved_treasury.reservation(tournament_account, ROUND)) == (GRANTED + 7, 0, GRANTED + 7)
    assert reserved_treasury.reserved() == 0


def test_release__one_round__leaves_the_others(reserved_treasury, tournament_account, other_tournament_account):
    treasury = reserved_treasury
    treasury.reserve(ROUND + 1, 7, sender=tournament_account)
    treasury.reserve(ROUND, 5, sender=other_tournament_account)
    treasury.release(ROUND, sender=tournament_account)
    assert treasury.reserved() == 12
    assert tuple(treasury.reservation(tournament_account, ROUND + 1)) == (7, 0, 0)
    assert tuple(treasury.reservation(other_tournament_account, ROUND)) == (5, 0, 0)


@pytest.mark.parametrize("actor", ["deployer", "owner", "other_tournament_account", "stranger"], indirect=True)
def test_release__by_another__gives_and_logs_nothing(reserved_treasury, actor):
    assert reserved_treasury.release.call(ROUND, sender=actor) == 0
    assert reserved_treasury.release(ROUND, sender=actor).events == []
    assert reserved_treasury.reserved() == GRANTED
