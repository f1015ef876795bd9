# SPDX-License-Identifier: MIT
"""What bounds the grants of a tournament over time: a ceiling, and a rate that frees what is used."""

import pytest

from nmr.text.amounts import NMR, SUPPLY

DAY = 86_400
CAP, CEILING, RATE = 10 * NMR, 25 * NMR, 4 * NMR


@pytest.fixture
def limited(treasury, owner, tournament_account):
    """The tournament's treasury under a cap of 10, a ceiling of 25 and a rate of 4 a day."""
    treasury.authorise(tournament_account, CAP, CEILING, RATE, sender=owner)
    return treasury


@pytest.fixture
def used_up(treasury, owner, tournament_account):
    """Its treasury with all of the ceiling used in three rounds, and the time from which on the rate frees some."""
    treasury.authorise(tournament_account, CAP, CEILING, 0, sender=owner)
    for round_id, granted in ((1, 10), (2, 10), (3, 5)):
        receipt = treasury.reserve(round_id, CAP, sender=tournament_account)
        assert [event.amount for event in receipt.events] == [granted * NMR]
    assert treasury.reserve(4, CAP, sender=tournament_account).events == []
    return treasury, treasury.authorise(tournament_account, CAP, CEILING, RATE, sender=owner).timestamp


@pytest.fixture
def used(treasury, tournament_account):
    """What is stored as used, and since when."""

    def told() -> tuple[int, int]:
        budget = treasury.budget_of(tournament_account)
        return budget.used, budget.at

    return told


def test_budget_of__authorised__tells_limits_and_what_is_used(limited, tournament_account, used):
    assert tuple(limited.budget_of(tournament_account).limits) == (CAP, CEILING, RATE)
    at = limited.reserve(1, 3 * NMR, sender=tournament_account).timestamp
    assert used() == (3 * NMR, at)
    assert limited.room_of(tournament_account) == 22 * NMR


def test_room_of__stranger__is_none(treasury, stranger):
    assert treasury.room_of(stranger) == 0
    assert tuple(treasury.budget_of(stranger).limits) == (0, 0, 0)


def test_reserve__ceiling_used_up__grants_nothing_until_time_frees_some(used_up, chain, tournament_account, used):
    treasury, at = used_up
    chain.pending_timestamp = at + DAY // 4
    receipt = treasury.reserve(4, CAP, sender=tournament_account)
    assert [event.amount for event in receipt.events] == [NMR]
    assert used() == (CEILING, at + DAY // 4)


def test_reserve__days_later__grants_what_the_rate_freed(used_up, chain, tournament_account):
    treasury, at = used_up
    chain.pending_timestamp = at + 2 * DAY
    receipt = treasury.reserve(4, CAP, sender=tournament_account)
    assert [event.amount for event in receipt.events] == [8 * NMR]


@pytest.mark.parametrize("days", [7, 100, 100_000])
def test_reserve__idle_for_long__time_is_no_credit(used_up, chain, tournament_account, used, days):
    """Never more than the ceiling at once, however long nothing was used."""
    treasury, at = used_up
    chain.pending_timestamp = at + days * DAY
    granted = []
    for round_id in range(4, 9):
        receipt = treasury.reserve(round_id, CAP, sender=tournament_account)
        granted += [event.amount for event in receipt.events]
    assert CEILING <= sum(granted) < CEILING + NMR // 1_000
    assert granted[:2] == [CAP, CAP]
    assert used()[0] <= CEILING


def test_release__what_is_left__is_room_again(used_up, tournament_account, used):
    treasury, at = used_up
    treasury.draw(1, 4 * NMR, sender=tournament_account)
    # A draw frees nothing.
    assert used() == (CEILING, at)
    receipt = treasury.release(1, sender=tournament_account)
    freed = RATE * (receipt.timestamp - at) // DAY
    assert used() == (CEILING - freed - 6 * NMR, receipt.timestamp)


def test_release__after_time_freed_it_all__stops_at_nothing(used_up, chain, tournament_account, used):
    """Else a release would underflow, or count as credit."""
    treasury, at = used_up
    chain.pending_timestamp = at + 6 * DAY
    treasury.release(1, sender=tournament_account)
    assert used()[0] == 0
    for round_id in (2, 3):
        treasury.release(round_id, sender=tournament_account)
    assert used()[0] == 0
    assert treasury.room_of(tournament_account) == CEILING


def test_authorise__lower_ceiling__keeps_what_is_used(used_up, owner, tournament_account, used):
    treasury, _ = used_up
    treasury.authorise(tournament_account, CAP, NMR, 0, sender=owner)
    assert used()[0] > 24 * NMR
    assert treasury.room_of(tournament_account) == 0
    assert treasury.reserve(4, 1, sender=tournament_account).events == []
    treasury.release(1, sender=tournament_account)
    assert treasury.room_of(tournament_account) == 0


def test_authorise__higher_ceiling__adds_the_difference_alone(treasury, owner, tournament_account):
    treasury.authorise(tournament_account, CAP, CAP, 0, sender=owner)
    treasury.reserve(1, CAP, sender=tournament_account)
    for _ in range(2):
        treasury.authorise(tournament_account, CAP, CAP + 3, 0, sender=owner)
        assert treasury.room_of(tournament_account) == 3
    receipt = treasury.reserve(2, CAP, sender=tournament_account)
    assert [event.amount for event in receipt.events] == [3]


def test_authorise__new_rate__frees_from_now_on(treasury, owner, chain, tournament_account, used):
    treasury.authorise(tournament_account, CAP, CAP, 0, sender=owner)
    at = treasury.reserve(1, CAP, sender=tournament_account).timestamp
    chain.pending_timestamp = at + 10 * DAY
    treasury.authorise(tournament_account, CAP, CAP, RATE, sender=owner)
    assert used() == (CAP, at + 10 * DAY)
    chain.pending_timestamp = at + 11 * DAY
    receipt = treasury.reserve(2, CAP, sender=tournament_account)
    assert [event.amount for event in receipt.events] == [RATE]


def test_authorise__old_rate__freed_until_now(used_up, owner, chain, tournament_account, used):
    treasury, at = used_up
    chain.pending_timestamp = at + DAY
    treasury.authorise(tournament_account, CAP, CEILING, 0, sender=owner)
    assert used() == (CEILING - RATE, at + DAY)


def test_reserve__largest_rate_for_ages__does_not_overflow(treasury, owner, chain, tournament_account):
    treasury.authorise(tournament_account, SUPPLY, SUPPLY, SUPPLY, sender=owner)
    at = treasury.reserve(1, NMR, sender=tournament_account).timestamp
    chain.pending_timestamp = at + 40_000 * DAY
    assert len(treasury.reserve(2, NMR, sender=tournament_account).events) == 1


def test_reserve__another_tournament__has_a_ceiling_of_its_own(used_up, tournament_account, other_tournament_account):
    treasury, _ = used_up
    receipt = treasury.reserve(4, 7, sender=other_tournament_account)
    assert [event.amount for event in receipt.events] == [7]
