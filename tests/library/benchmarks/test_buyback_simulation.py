# SPDX-License-Identifier: MIT
"""The simulated market: what arbitrage does, and that every strategy accounts for what it spends."""

import pytest

from benchmarks.buyback.market import DOLLAR, START, STEPS_A_DAY, Market, feed, walk, worth
from benchmarks.buyback.play import BUDGET, at_once, auction, daily, quiet
from nmr.text.amounts import NMR

DEPTH = 750_000


@pytest.fixture(scope="module")
def prices() -> list[int]:
    return walk(8, seed=3)


@pytest.fixture(scope="module")
def gains(prices) -> list[int]:
    return quiet(prices, DEPTH)


def test_walk__same_seed__is_the_same(prices):
    assert walk(8, seed=3) == prices
    assert len(prices) == 8 * STEPS_A_DAY + 1
    assert prices[0] == START


def test_feed__market_moves_less_than_the_threshold__stays_for_a_day():
    said = list(feed([START, START * 1_009 // 1_000] * STEPS_A_DAY))
    assert set(said[:STEPS_A_DAY]) == {START}
    assert list(feed([START, START * 101 // 100])) == [START, START * 101 // 100]


@pytest.mark.parametrize("change", [997, 1_000, 1_003])
def test_arbitrate__within_the_fee__does_nothing(change):
    market = Market.of_depth(DEPTH)
    before = market.pool
    market.arbitrate(START * change // 1_000)
    assert (market.pool, market.arbitrage) == (before, 0)


@pytest.mark.parametrize("change", [80, 120])
def test_arbitrate__for_a_day__brings_the_pool_to_the_market_and_gains(change):
    market, price = Market.of_depth(DEPTH), START * change // 100
    for _ in range(STEPS_A_DAY):
        market.arbitrate(price)
    assert abs(market.price() - price) * 1_000 <= price * 4
    assert market.arbitrage > 0


def test_auction__lots__stay_below_the_bound_and_the_lot(prices, gains):
    result = auction(prices, DEPTH, 5_000, 6, 200, gains)
    assert 0 < result.spent <= 9 * 5_000 * DOLLAR
    # The premium, the feed's threshold, and the move of one step.
    assert 0 < result.over < 0.035
    assert 0 < result.filler < result.spent // 50


def test_daily__orders__spend_a_day_each(prices, gains):
    result = daily(prices, DEPTH, 5_000, gains)
    assert result.spent == 9 * 5_000 * DOLLAR
    assert result.filler == 0
    assert result.fair == pytest.approx(result.bought * 15 // 10**12, rel=0.4)


def test_daily__sandwiched__pays_its_limit(prices, gains):
    result = daily(prices, DEPTH, 5_000, gains, limit=200)
    assert result.over == pytest.approx(0.02, abs=0.001)
    assert result.filler > 0


def test_at_once__a_shallow_pool__pays_more_than_double(prices, gains):
    result = at_once(prices, DEPTH, gains)
    assert (result.spent, result.days) == (BUDGET, 1)
    assert result.over > 1


def test_worth__any__is_rounded_down():
    assert worth(NMR, START) == 15 * DOLLAR
    assert worth(1, START) == 0
