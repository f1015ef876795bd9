# SPDX-License-Identifier: MIT
"""The treasury's runway: nothing is lost week by week, limits are kept, and the page says what was simulated."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fund import treasury_page
from benchmarks.fund.runway import (
    DAILY,
    OVER_MARKET,
    RESERVE,
    REWARDS,
    USUAL,
    YEAR,
    YEARLY,
    YEARS,
    Course,
    middle,
    play,
    simulate,
    weekly_parts,
)
from fund.accounts import FeePaid
from nmr.protocol.reference.buyback import BASIS, PRICE, owed_for
from nmr.text.amounts import NMR, SUPPLY

DOLLAR = 10**6
FLAT = [15 * PRICE] * (YEARS * YEAR)


def test_weekly_parts__fees_of_two_quarters__a_fifth_in_their_weeks_and_the_cent_that_was_left():
    paid = [FeePaid(date(2012, 7, 2), 1_004, 0), FeePaid(date(2012, 10, 1), 1, 0), FeePaid(date(2012, 10, 8), 5, 5)]
    parts = weekly_parts(paid, date(2012, 6, 6), 20)
    assert {week: part for week, part in enumerate(parts) if part} == {3: 2_000_000, 16: 10_000, 17: 20_000}


@pytest.mark.parametrize(("rewards", "years"), zip(REWARDS, (20, 10, 5), strict=True))
def test_play__no_fees__lasts_what_the_reserve_is_worth(rewards, years):
    course = play([], rewards, FLAT)
    assert course.lasted == years * YEAR
    assert [year.treasury for year in course.years] == [RESERVE - rewards * (number + 1) for number in range(years)]
    assert not any(year.spent or year.bought or year.received for year in course.years)


def test_play__a_million_a_year__buys_at_the_price_above_the_market_and_lasts_longer():
    # A quarter of a million in the first week of each quarter: more than a week spends.
    parts = [250_000 * DOLLAR if week % 13 == 0 else 0 for week in range(YEAR)]
    course = play(parts, USUAL, FLAT)
    first = course.years[0]
    price = 15 * PRICE * (BASIS + OVER_MARKET) // BASIS
    lots = [7 * DAILY, 250_000 * DOLLAR - 7 * DAILY] * 4
    assert first.bought == sum(owed_for(lot, price, 6) for lot in lots)
    assert (first.received, first.spent, first.unspent) == (1_000_000 * DOLLAR, 1_000_000 * DOLLAR, 0)
    assert first.circulating == SUPPLY - RESERVE
    assert course.lasted > play([], USUAL, FLAT).lasted


def test_play__more_than_a_programme_a_year__stays_within_its_bounds_and_is_unspent():
    course = play([20_000_000 * DOLLAR // YEAR], USUAL, FLAT[: 3 * YEAR])
    assert course.lasted is None
    assert [year.spent for year in course.years] == [YEARLY] * 3
    assert course.years[2].unspent == 3 * (20_000_000 * DOLLAR // YEAR * YEAR - YEARLY)


def test_play__a_float_that_is_bought_up__nothing_is_bought_that_is_not_there():
    course = play([YEARLY // YEAR], REWARDS[0], [PRICE] * (3 * YEAR))
    last = course.years[-1]
    assert last.treasury <= SUPPLY
    assert last.unspent > 0


@settings(deadline=None, max_examples=20)
@given(
    parts=st.lists(st.integers(0, 10**13), min_size=1, max_size=30),
    prices=st.lists(st.integers(PRICE // 100, 1_000 * PRICE), min_size=YEAR, max_size=3 * YEAR),
)
def test_play__any_fees_and_prices__every_unit_and_every_wei_is_somewhere(parts, prices):
    years = play(parts, USUAL, prices).years
    received = spent = 0
    treasury = RESERVE
    for year in years:
        received, spent = received + year.received, spent + year.spent
        treasury += year.bought - USUAL
        assert year.unspent == received - spent >= 0
        assert year.treasury == treasury
        assert year.spent <= min(YEARLY, 7 * DAILY * YEAR)


def test_middle__few_values__is_one_of_them():
    assert [middle([30, 10, 20], percent) for percent in (0, 10, 50, 90, 100)] == [10, 10, 20, 20, 30]
    assert middle([2, 1]) == 1


@pytest.fixture(scope="module")
def runway():
    parts = [250_000 * DOLLAR] + [0] * 12
    return simulate({"$50M": [each // 10 for each in parts], "$500M": parts}, walks=5, years=12)


def test_sections__a_runway__has_a_row_for_each_year_rate_and_size(runway):
    page = "\n".join(treasury_page.sections(runway, "$500M"))
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    years = [row for row in rows if row[0].isdigit()]
    assert [row[0] for row in years] == [str(number) for number in range(1, 11)]
    assert {row[1] for row in years} == {"$1,000,000"}
    assert [row[-1] for row in years] == [f"{3_000_000 - 300_000 * year:,}" for year in range(1, 11)]
    lasts = {row[0]: row[1:] for row in rows if row[0].endswith(" NMR")}
    assert lasts["600,000 NMR"][0] == "5.0"
    assert lasts["300,000 NMR"][0] == "10.0"
    assert {row[0]: row[1] for row in rows if row[0].startswith("$")} == {"$50M": "$100,000", "$500M": "$1,000,000"}


def test_verdict__a_runway__says_the_first_year_and_how_long(runway):
    first = [course.years[0] for course in runway.courses["$500M", USUAL]]
    bought = sorted(year.bought for year in first)[2] // NMR
    sentence = treasury_page.verdict(runway, "$500M")
    assert sentence.startswith(f"- At $500M a fifth of the fees buys {bought:,} NMR in a first year, 0.")
    assert "lasts 10.0 years without it and " in sentence


def test_sections__a_treasury_that_never_ends__lasts_over_all_years(runway, monkeypatch):
    forever = Course(runway.without[USUAL].years, None)
    monkeypatch.setitem(runway.courses, ("$500M", USUAL), [forever] * 5)
    assert f"without it and over {YEARS} with it." in treasury_page.verdict(runway, "$500M")
