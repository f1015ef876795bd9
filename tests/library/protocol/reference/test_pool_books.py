# SPDX-License-Identifier: MIT
"""The books of a pool, worked out by hand: gwei and shares."""

import pytest

from nmr.protocol.reference.pool_books import (
    NO_ORDER,
    EntriesDue,
    EntryBatch,
    ExitsDue,
    Holding,
    Order,
    PoolBooks,
    Queue,
    scaled,
)

MANAGER, BACKER = "manager", "backer"


@pytest.fixture
def books() -> PoolBooks:
    """One place with 1,000 shares, 600 of them the manager's, the rest a backer's."""
    books = PoolBooks.empty(MANAGER, 1)
    place = books.places[0]
    place.shares, place.manager_shares, place.mark = 1_000, 600, 3_000
    books.holdings[0, BACKER] = Holding(shares=400)
    return books


@pytest.mark.parametrize(
    ("mark", "value", "after", "expected"),
    [
        (100, 100, 50, 50),
        (200, 100, 50, 100),
        (201, 100, 33, 67),
        (201, 100, 133, 268),
        (50, 100, 80, 80),
        (0, 7, 0, 0),
    ],
)
def test_scaled__mark__in_proportion_rounded_up(mark: int, value: int, after: int, expected: int) -> None:
    assert scaled(mark, value, after) == expected


def test_cancel_exit__manager__his_order_is_gone_and_the_backers_is_not(books: PoolBooks) -> None:
    books.raise_exit(0, MANAGER, 70, 1)
    books.raise_exit(0, BACKER, 30, 1)
    books.cancel_exit(0, MANAGER, 2)
    assert books.places[0].manager_exit == NO_ORDER
    assert (books.exit_of(0, MANAGER), books.exit_of(0, BACKER)) == (0, 30)
    books.cancel_exit(0, BACKER, 2)
    assert (books.exit_of(0, BACKER), books.places[0].exits) == (0, Queue(fresh=30, at=1))


def test_run_exits__both__gwei_shares_and_mark(books: PoolBooks) -> None:
    books.raise_exit(0, MANAGER, 100, 1)
    books.raise_exit(0, BACKER, 150, 1)
    books.run_exits(0, 2_000, ExitsDue(False, 150, 300, 100, 200), 2)
    place = books.places[0]
    assert (books.owed, books.credit) == (500, 200)
    assert (place.shares, place.manager_shares, place.mark) == (750, 500, 2_250)
    assert (place.manager_exit.amount, place.leaving) == (0, False)
    assert books.collect(0, BACKER) == (Holding(shares=250), 300)


@pytest.mark.parametrize(("backers", "managers"), [(1, 0), (0, 1), (30, 40)])
def test_run_exits__an_order_still_stands__leaving(books: PoolBooks, backers: int, managers: int) -> None:
    """What a backer ordered in the same block waits; so does what of the manager's has to stay."""
    books.raise_exit(0, MANAGER, 100 + managers, 1)
    books.raise_exit(0, BACKER, 150, 1)
    if backers:
        books.raise_exit(0, "another", backers, 2)
    books.run_exits(0, 2_000, ExitsDue(False, 150, 300, 100, 200), 2)
    assert books.places[0].leaving
    assert (books.places[0].exits.total, books.exit_of(0, MANAGER)) == (backers, managers)


def test_end__orders_to_leave__are_gone(books: PoolBooks) -> None:
    books.raise_exit(0, MANAGER, 100, 1)
    books.raise_exit(0, BACKER, 150, 1)
    books.end(0, 2_001, 1_200)
    place = books.places[0]
    assert (books.owed, books.credit) == (2_001, 1_200)
    assert (place.epoch, place.shares, place.manager_shares, place.mark) == (1, 0, 0, 0)
    assert (place.manager_exit, place.leaving) == (NO_ORDER, False)
    assert books.collect(0, BACKER) == (Holding(epoch=1), 801)


def test_run_entries__manager_gets_back_what_was_not_used(books: PoolBooks) -> None:
    books.raise_entry(0, MANAGER, 500, 1)
    books.run_entries(0, 2_000, EntriesDue(0, 0, 0, 500, 0, 0), 7, 2)
    place = books.places[0]
    assert (books.owed, books.credit, books.entry_of(0, MANAGER)) == (500, 500, 0)
    assert (place.shares, place.manager_shares, place.mark) == (1_000, 600, 3_000)
    assert books.pay_manager() == 500
    assert (books.owed, books.credit) == (0, 0)


def test_run_entries__both__shares_mark_and_what_waits_for_a_claim(books: PoolBooks) -> None:
    books.raise_entry(0, MANAGER, 500, 1)
    books.raise_entry(0, BACKER, 101, 1)
    books.run_entries(0, 2_000, EntriesDue(101, 50, 25, 500, 400, 200), 7, 2)
    place = books.places[0]
    assert (books.owed, books.credit) == (151, 100)
    # 3,000 of 2,000 become 3,600 of 2,400, and these 3,675 of 2,450.
    assert (place.shares, place.manager_shares, place.mark) == (1_225, 800, 3_675)
    assert books.entry_batches == {(0, 0): EntryBatch(2, 101, 50, 25, 0, 7)}
    assert books.collect(0, BACKER) == (Holding(shares=425, bought_in=7), 51)


def test_collect__bought_in_a_later_epoch__both_are_paid_for(books: PoolBooks) -> None:
    """Shares of the epoch that ended bring 800 of its pot; of an order of 101, 51 come back."""
    books.raise_entry(0, BACKER, 101, 1)
    books.end(0, 2_000, 1_200)
    books.run_entries(0, 0, EntriesDue(101, 50, 50, 100, 100, 100), 9, 2)
    assert books.collect(0, BACKER) == (Holding(epoch=1, shares=50, bought_in=9), 800 + 51)
    books.end(0, 75, 50)
    assert books.collect(0, BACKER) == (Holding(epoch=2, bought_in=9), 800 + 51 + 25)
    assert books.claim(0, BACKER)[1] == 876
    assert (books.has_claim(0, BACKER), books.collect(0, BACKER)[1]) == (False, 0)


def test_raise_exit__again__order_is_of_the_later_block(books: PoolBooks) -> None:
    assert books.raise_exit(0, MANAGER, 30, 1) == Order(30, 0, 1)
    assert books.raise_exit(0, MANAGER, 40, 2) == Order(70, 0, 2)
    assert books.raise_exit(0, BACKER, 30, 1) == Order(30, 0, 1)
    assert books.raise_exit(0, BACKER, 40, 2) == Order(70, 0, 2)
    assert (books.places[0].exits.ready(2), books.places[0].exits.ready(3)) == (0, 70)
