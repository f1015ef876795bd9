# SPDX-License-Identifier: MIT
"""The fund's books: each cent is somewhere, and fees are 1 and 20."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.accounts import SHARE, Accounts, AccountsError, FeePaid, shared

NEW_YEAR = date(2020, 1, 1)
MILLION = 1_000_000_00


def opened(*cents):
    accounts = Accounts(NEW_YEAR)
    for each in cents:
        accounts.subscribe(each)
    return accounts


def test_subscribe__a_million__ten_thousand_shares_at_a_hundred():
    series = opened(MILLION).series[0]
    assert (series.shares, series.equity, series.mark, series.price) == (10_000 * SHARE, MILLION, MILLION, 100_00)


def test_book__a_year_of_days_without_profit__one_percent_as_if_paid_from_what_is_left():
    accounts = opened(MILLION)
    for days in range(1, 366):
        accounts.book(NEW_YEAR + timedelta(days), 0)
    # (1 − 0.01 / 365)^365, and less than a cent is carried from day to day.
    assert accounts.series[0].equity == pytest.approx(MILLION * (1 - 0.01 / 365) ** 365, abs=2)
    assert accounts.waterfall.management == MILLION - accounts.series[0].equity


@pytest.mark.parametrize(("days", "cents"), [(1, 2_739), (3, 8_219), (73, 200_000)])
def test_book__several_days_at_once__actual_days_over_365(days, cents):
    accounts = opened(MILLION)
    accounts.book(NEW_YEAR + timedelta(days), 0)
    assert accounts.payable == accounts.waterfall.management == cents


def test_book__too_small_for_a_cent_a_day__the_rest_is_carried():
    accounts = opened(100_00)
    for days in range(1, 75):
        accounts.book(NEW_YEAR + timedelta(days), 0)
    # 100 dollars × 1% × 74 / 365 are 20.27 cents: 0.274 cents a day.
    assert accounts.waterfall.management == 20


def test_book__first_day_of_a_quarter__pays_the_management_fee_of_the_last_and_no_performance_fee():
    accounts = opened(MILLION)
    accounts.book(date(2020, 3, 31), 50_000_00)
    due = accounts.payable
    accounts.book(date(2020, 4, 2), 0)
    assert accounts.paid == [FeePaid(date(2020, 4, 2), due, 0)]
    assert accounts.payable == accounts.waterfall.management - due > 0


def test_book__first_day_of_a_year__pays_a_fifth_of_what_is_above_the_mark_and_moves_it():
    accounts = opened(MILLION)
    accounts.book(date(2020, 12, 31), 100_000_00)
    series = accounts.series[0]
    above = series.equity - MILLION
    due = series.performance_due
    assert due == above // 5
    assert series.net == series.equity - due
    accounts.book(date(2021, 1, 4), 0)
    assert accounts.paid[-1].performance == due
    assert series.mark == MILLION + above - due
    assert series.performance_due == 0


def test_book__gains_after_a_loss__cost_nothing_up_to_the_mark():
    accounts = opened(MILLION)
    accounts.book(date(2020, 12, 31), -200_000_00)
    accounts.book(date(2021, 12, 31), 150_000_00)
    accounts.book(date(2022, 1, 3), 0)
    assert accounts.waterfall.performance == 0
    assert accounts.series[0].mark == MILLION


def test_book__two_series__who_came_after_the_loss_pays_for_the_recovery():
    accounts = opened(MILLION)
    accounts.book(date(2020, 6, 30), -200_000_00)
    accounts.subscribe(MILLION)
    accounts.book(date(2020, 12, 31), 180_000_00)
    first, second = accounts.series
    assert first.performance_due == 0
    assert second.performance_due > 10_000_00


def test_book__profit_and_costs__are_shared_by_what_each_owns_and_told_apart():
    accounts = opened(MILLION, 3 * MILLION)
    accounts.book(date(2020, 1, 2), 50_000, trading=9_000, financing=1_000)
    first, second = accounts.series
    assert first.equity + 2_740 == MILLION + 10_000
    assert second.equity + 8_220 == 3 * MILLION + 30_000
    fall = accounts.waterfall
    assert (fall.gross, fall.trading, fall.financing, fall.management) == (50_000, 9_000, 1_000, 10_960)
    assert fall.net == 50_000 - 9_000 - 1_000 - 10_960


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda books: books.subscribe(0), "A subscription must be above zero."),
        (lambda books: books.book(NEW_YEAR, 0), "2020-01-01 does not come after 2020-01-01."),
        (lambda books: books.book(date(2020, 1, 2), 0, trading=-1), "Trading costs cannot be below zero."),
        (lambda books: books.book(date(2020, 1, 2), -100_00_01), "The fund lost more than it owns."),
        (lambda books: Accounts(NEW_YEAR).book(date(2020, 1, 2), 1), "A profit or loss without anybody who owns it."),
    ],
)
def test_accounts__what_an_administrator_would_refuse__one_sentence_and_nothing_booked(act, reason):
    books = opened(100_00_00)
    with pytest.raises(AccountsError) as raised:
        act(books)
    assert str(raised.value) == reason
    assert books == opened(100_00_00)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**11), max_size=6))
def test_shared__any_cents__add_up_within_a_cent_of_the_exact_share(cents, owned):
    parts, total = shared(cents, owned), sum(owned)
    assert sum(parts) == (cents if total else 0)
    for part, each in zip(parts, owned, strict=True):
        assert total == 0 or abs(part * total - cents * each) < total
        assert -cents > total or part >= -each


events = st.one_of(
    st.tuples(st.just("book"), st.integers(1, 120), st.integers(-20, 25)),
    st.tuples(st.just("subscribe"), st.integers(1, 10**9), st.just(0)),
)


@settings(max_examples=200)
@given(st.lists(events, max_size=40))
def test_accounts__any_history__each_cent_is_somewhere(history):
    accounts = opened(7_654_321_09)
    for what, one, other in history:
        if what == "book":
            gross = accounts.equity * other // 100
            accounts.book(accounts.today + timedelta(one), gross, trading=abs(gross) // 50)
        else:
            accounts.subscribe(one)
    fall = accounts.waterfall
    assert accounts.equity == fall.owned
    assert sum(fee.performance for fee in accounts.paid) == fall.performance
    assert sum(fee.management for fee in accounts.paid) + accounts.payable == fall.management
    assert all(series.equity >= 0 and series.mark >= 0 and series.net <= series.equity for series in accounts.series)
