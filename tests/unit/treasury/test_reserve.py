# SPDX-License-Identifier: MIT
import pytest

CAP = 10_000 * 10**18
RESERVE = 3_000_000 * 10**18
UNLIMITED = 2**256 - 1
ROUND = 1


@pytest.fixture
def short_treasury(treasury, owner, receiver):
    """A treasury that has half a cap left."""
    treasury.spend(receiver, RESERVE - CAP // 2, sender=owner)
    return treasury


def test_reserve__within_the_cap__grants_it_all(treasury, numeraire, tournament_account):
    assert treasury.reserve.call(ROUND, 5, sender=tournament_account) == 5
    receipt = treasury.reserve(ROUND, 5, sender=tournament_account)
    assert receipt.events == [treasury.Reserved(tournament=tournament_account, round=ROUND, amount=5)]
    assert tuple(treasury.reservation(tournament_account, ROUND)) == (5, 0, 0)
    assert treasury.reserved() == 5
    assert treasury.free() == RESERVE - 5
    assert numeraire.balanceOf(treasury) == RESERVE


def test_reserve__exactly_the_cap__grants_it_all(treasury, tournament_account):
    assert treasury.reserve.call(ROUND, CAP, sender=tournament_account) == CAP


@pytest.mark.parametrize("amount", [CAP + 1, UNLIMITED])
def test_reserve__more_than_the_cap__grants_the_cap(treasury, tournament_account, amount):
    assert treasury.reserve.call(ROUND, amount, sender=tournament_account) == CAP
    receipt = treasury.reserve(ROUND, amount, sender=tournament_account)
    assert receipt.events == [treasury.Reserved(tournament=tournament_account, round=ROUND, amount=CAP)]
    assert treasury.reserved() == CAP


def test_reserve__twice_for_a_round__counts_what_was_granted(treasury, tournament_account):
    treasury.reserve(ROUND, CAP - 2, sender=tournament_account)
    assert treasury.reserve.call(ROUND, 3, sender=tournament_account) == 2
    receipt = treasury.reserve(ROUND, 3, sender=tournament_account)
    assert receipt.events == [treasury.Reserved(tournament=tournament_account, round=ROUND, amount=2)]
    assert tuple(treasury.reservation(tournament_account, ROUND)) == (CAP, 0, 0)
    assert treasury.reserved() == CAP


def test_reserve__cap_used_up__grants_and_logs_nothing(treasury, tournament_account):
    treasury.reserve(ROUND, CAP, sender=tournament_account)
    assert treasury.reserve.call(ROUND, 1, sender=tournament_account) == 0
    assert treasury.reserve(ROUND, 1, sender=tournament_account).events == []
    assert treasury.reserved() == CAP


def test_reserve__cap_drawn_and_released__grants_nothing_again(treasury, tournament_account):
    treasury.reserve(ROUND, CAP, sender=tournament_account)
    treasury.draw(ROUND, 1, sender=tournament_account)
    treasury.release(ROUND, sender=tournament_account)
    assert treasury.reserve.call(ROUND, 1, sender=tournament_account) == 0


def test_reserve__after_a_release__adds_to_what_is_left(treasury, tournament_account):
    treasury.reserve(ROUND, 10, sender=tournament_account)
    treasury.draw(ROUND, 4, sender=tournament_account)
    treasury.release(ROUND, sender=tournament_account)
    treasury.reserve(ROUND, 7, sender=tournament_account)
    assert tuple(treasury.reservation(tournament_account, ROUND)) == (17, 4, 6)
    assert treasury.reserved() == 7


@pytest.mark.parametrize("other_round", [0, 2, UNLIMITED])
def test_reserve__another_round__has_its_own_cap(treasury, tournament_account, other_round):
    treasury.reserve(ROUND, CAP, sender=tournament_account)
    treasury.reserve(other_round, CAP, sender=tournament_account)
    assert treasury.reservation(tournament_account, other_round).granted == CAP
    assert treasury.reserved() == 2 * CAP


def test_reserve__another_tournament__has_its_own_reservation(treasury, tournament_account, other_tournament_account):
    treasury.reserve(ROUND, 5, sender=tournament_account)
    treasury.reserve(ROUND, 7, sender=other_tournament_account)
    assert tuple(treasury.reservation(tournament_account, ROUND)) == (5, 0, 0)
    assert tuple(treasury.reservation(other_tournament_account, ROUND)) == (7, 0, 0)
    assert treasury.reserved() == 12


def test_reserve__short_treasury__grants_what_is_free(short_treasury, tournament_account):
    assert short_treasury.reserve.call(ROUND, CAP, sender=tournament_account) == CAP // 2
    receipt = short_treasury.reserve(ROUND, CAP, sender=tournament_account)
    assert receipt.events == [short_treasury.Reserved(tournament=tournament_account, round=ROUND, amount=CAP // 2)]
    assert short_treasury.free() == 0


def test_reserve__all_reserved_by_another__grants_nothing(short_treasury, tournament_account, other_tournament_account):
    short_treasury.reserve(ROUND, CAP, sender=tournament_account)
    assert short_treasury.reserve.call(ROUND, 1, sender=other_tournament_account) == 0
    assert short_treasury.reserve(ROUND, 1, sender=other_tournament_account).events == []


def test_reserve__nothing__grants_and_logs_nothing(treasury, tournament_account):
    assert treasury.reserve.call(ROUND, 0, sender=tournament_account) == 0
    assert treasury.reserve(ROUND, 0, sender=tournament_account).events == []
    assert tuple(treasury.reservation(tournament_account, ROUND)) == (0, 0, 0)


@pytest.mark.parametrize("actor", ["deployer", "owner", "stranger"], indirect=True)
def test_reserve__by_no_tournament__grants_and_logs_nothing(treasury, actor):
    assert treasury.reserve.call(ROUND, UNLIMITED, sender=actor) == 0
    assert treasury.reserve(ROUND, UNLIMITED, sender=actor).events == []
    assert treasury.reserved() == 0
