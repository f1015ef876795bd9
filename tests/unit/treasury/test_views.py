# SPDX-License-Identifier: MIT
import pytest

RESERVE = 3_000_000 * 10**18
ROUND = 1


def test_reservation__never_reserved__is_empty(treasury, tournament_account):
    assert tuple(treasury.reservation(tournament_account, ROUND)) == (0, 0, 0)


def test_cap_of__stranger__is_zero(treasury, stranger):
    assert treasury.cap_of(stranger) == 0


def test_free__donation__is_free(treasury, numeraire, staker, tournament_account):
    treasury.reserve(ROUND, 5, sender=tournament_account)
    numeraire.transfer(treasury, 7, sender=staker)
    assert treasury.free() == RESERVE + 2
    assert treasury.reserved() == 5


def test_reserved__many_reservations__is_the_sum_of_what_is_left(
    treasury, tournament_account, other_tournament_account
):
    treasury.reserve(1, 100, sender=tournament_account)
    treasury.reserve(2, 20, sender=tournament_account)
    treasury.reserve(1, 3, sender=other_tournament_account)
    treasury.draw(1, 60, sender=tournament_account)
    treasury.release(2, sender=tournament_account)
    assert treasury.reserved() == 43
    assert treasury.free() == RESERVE - 103


@pytest.mark.contract
def test_abi__always__takes_no_ether(treasury):
    assert not any(method.is_payable for method in treasury.contract_type.methods)
    assert treasury.contract_type.fallback is None
