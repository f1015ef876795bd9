# SPDX-License-Identifier: MIT
"""The price in the lens: a feed that answers, and each way in which one fails."""

import pytest

from nmr.text.amounts import NMR, SUPPLY
from nmr.tvl.figures import UNASKED, Price, PriceStatus

EIGHT = 8
DOLLARS = 1_250 * 10**6
"""12.50 with eight decimals."""
REVERTING, BURNING, SHORT, WORDLESS = 2, 4, 8, 16
"""Moods of the mock."""


@pytest.fixture
def price_feed(project, seen, chain):
    """A feed that said $12.50 in the latest block."""
    price_feed = seen.anybody.deploy(project.Feed, EIGHT)
    price_feed.set(5, DOLLARS, chain.blocks.head.timestamp, 5, sender=seen.anybody)
    return price_feed


def test_price__no_feed__is_unasked(seen):
    assert seen.figures().price == UNASKED


def test_price__honest_feed__is_told_with_its_decimals_and_age(seen, price_feed, chain):
    updated_at = chain.blocks.head.timestamp
    price_feed.set(5, DOLLARS, updated_at, 5, sender=seen.anybody)
    chain.pending_timestamp += 100
    chain.mine()
    price = seen.figures(price_feed).price
    assert price.status is PriceStatus.KNOWN
    assert (price.answer, price.decimals, price.updated_at) == (DOLLARS, EIGHT, updated_at)
    assert price.age == chain.blocks.head.timestamp - updated_at >= 100


@pytest.mark.parametrize(
    ("wei", "answer", "decimals", "dollars"),
    [
        (2 * NMR, DOLLARS, EIGHT, 25_000_000),
        (10**9, DOLLARS, EIGHT, 0),
        # 1 NMR at $0.0000019999 is a millionth of a dollar, and not two.
        (NMR, 199, 8, 1),
        (NMR, 19, 0, 19_000_000),
        (SUPPLY // 2_000, 10**18 + 1, 18, 5_500_000_000),
        (3 * NMR, 10**36 - 1, 36, 2_999_999),
    ],
)
def test_dollars__amount_times_price__is_rounded_down_once(seen, price_feed, chain, wei, answer, decimals, dollars):
    seen.deposit(seen.classic, wei)
    price_feed.set(5, answer, chain.blocks.head.timestamp, 5, sender=seen.anybody)
    price_feed.set_decimals(decimals, sender=seen.anybody)
    figures = seen.figures(price_feed)
    assert figures.dollars == dollars
    assert figures.price.dollars(figures.tvl) == dollars


def unknown(seen, price_feed, status: PriceStatus) -> bool:
    """Whether the price is unknown for this reason, and all else is told."""
    figures = seen.figures(price_feed)
    return figures.price == Price(status) and figures.dollars == 0 and figures.supply == SUPPLY and figures.agrees


@pytest.mark.parametrize("answer", [0, -1, -(2**255)])
def test_price__answer_that_is_not_positive__is_unknown(seen, price_feed, chain, answer):
    price_feed.set(5, answer, chain.blocks.head.timestamp, 5, sender=seen.anybody)
    assert unknown(seen, price_feed, PriceStatus.NOT_POSITIVE)


def test_price__round_without_a_time__is_unknown(seen, price_feed):
    price_feed.set(5, DOLLARS, 0, 5, sender=seen.anybody)
    assert unknown(seen, price_feed, PriceStatus.INCOMPLETE)


def test_price__answer_of_an_earlier_round__is_unknown(seen, price_feed, chain):
    price_feed.set(5, DOLLARS, chain.blocks.head.timestamp, 4, sender=seen.anybody)
    assert unknown(seen, price_feed, PriceStatus.INCOMPLETE)


def test_price__from_the_future__is_unknown(seen, price_feed, chain):
    price_feed.set(5, DOLLARS, chain.pending_timestamp + 1_000, 5, sender=seen.anybody)
    assert unknown(seen, price_feed, PriceStatus.INCOMPLETE)


def test_price__of_this_moment__is_known(seen, price_feed, chain):
    now = chain.pending_timestamp + 1_000
    price_feed.set(5, DOLLARS, now, 5, sender=seen.anybody)
    chain.mine(timestamp=now)
    price = seen.figures(price_feed).price
    assert (price.status, price.updated_at, price.age) == (PriceStatus.KNOWN, now, 0)


@pytest.mark.parametrize("mood", [REVERTING, BURNING, SHORT, WORDLESS])
def test_price__feed_that_fails__is_unknown(seen, price_feed, mood):
    price_feed.set_mood(mood, sender=seen.anybody)
    assert unknown(seen, price_feed, PriceStatus.UNANSWERED)


@pytest.mark.parametrize("answer", [2**128, 2**255 - 1])
def test_price__answer_that_is_no_price__is_unknown(seen, price_feed, chain, answer):
    price_feed.set(5, answer, chain.blocks.head.timestamp, 5, sender=seen.anybody)
    assert unknown(seen, price_feed, PriceStatus.UNANSWERED)


def test_price__largest_answer__is_known(seen, price_feed, chain):
    seen.deposit(seen.classic, 10_000 * NMR)
    price_feed.set(5, 2**128 - 1, chain.blocks.head.timestamp, 5, sender=seen.anybody)
    assert seen.figures(price_feed).dollars == 10_000 * (2**128 - 1) // 100


@pytest.mark.parametrize("decimals", [37, 2**256 - 1])
def test_price__decimals_that_no_feed_has__is_unknown(seen, price_feed, decimals):
    price_feed.set_decimals(decimals, sender=seen.anybody)
    assert unknown(seen, price_feed, PriceStatus.UNANSWERED)


def test_price__plain_account_as_feed__is_unknown(seen):
    assert unknown(seen, seen.operator, PriceStatus.UNANSWERED)


def test_price__contract_that_is_no_feed__is_unknown(seen):
    assert unknown(seen, seen.numeraire, PriceStatus.UNANSWERED)
    assert unknown(seen, seen.classic, PriceStatus.UNANSWERED)
