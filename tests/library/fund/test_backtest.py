# SPDX-License-Identifier: MIT
"""Backtests: nothing of a trade knows the future, and its profit is what another simulator says."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from fund import backtest
from fund.backtest import DELAY, PRIOR, Setting, Trader, expected_corr, known_market, run
from fund.market.eras import DAYS, GAP, Universe, era, eras
from fund.market.past import QUARTER
from fund.market.sources import Prices
from fund.portfolio import Costs, Limits, PortfolioError, trade_cost

solves = pytest.mark.skipif(
    find_spec("cvxpy") is None or find_spec("clarabel") is None,
    reason="cvxpy with clarabel is not installed: `make install` brings the group fund",
)
KNOWN, DAYS_THERE, MARKETS, ASSETS = 300, 345, 30, 50e6
SETTING = Setting(Limits(leverage=2.0, position=0.2), Costs(financing=0.0))


def prices(with_dollars=True, seed=3):
    rng = np.random.default_rng(seed)
    scale = np.exp(rng.normal(-4.2, 0.3, MARKETS))
    common = rng.normal(size=(DAYS_THERE, 2)) @ rng.normal(size=(2, MARKETS))
    returns = np.clip((common + rng.normal(size=(DAYS_THERE, MARKETS))) * scale / 2, -0.5, 0.5)
    return Prices(
        dates=np.datetime64("2000-01-03") + np.arange(DAYS_THERE) * 7 // 5,
        names=tuple(f"M{number}" for number in range(MARKETS)),
        returns=returns,
        dollars=np.exp(rng.normal(18, 0.3, (DAYS_THERE, MARKETS))) if with_dollars else None,
    )


def weeks(here, count=6):
    return [era(here, number, KNOWN + DAYS * number) for number in range(count)]


def metas(count=6, seed=5):
    rng = np.random.default_rng(seed)
    return [rng.random(MARKETS) for _ in range(count)]


def played(here, setting=SETTING, count=6, assets=ASSETS, corr=0.3):
    return run(here, weeks(here, count), metas(count), np.full(count, corr), lambda number: assets, setting)


@pytest.fixture(scope="module")
def base():
    return played(prices())


# nothing of a trade knows the future


def with_another_future(real, after, what):
    changed = getattr(real, what).copy()
    changed[after + 1 :] = np.random.default_rng(9).permutation(changed[after + 1 :] * 3 + 0.01, axis=0)
    return replace(real, **{what: changed})


@pytest.mark.parametrize("what", ["returns", "dollars"])
@pytest.mark.parametrize("part", ["forecast", "volatility", "dollars", "exposures"])
def test_known_market__another_future__changes_nothing(what, part):
    real = prices()
    other = with_another_future(real, KNOWN, what)
    assert not np.array_equal(getattr(real, what), getattr(other, what))
    seen = [known_market(each, era(each, 0, KNOWN), metas()[0], 0.02, np.inf) for each in (real, other)]
    assert np.array_equal(getattr(seen[0], part), getattr(seen[1], part))


@pytest.mark.parametrize("what", ["returns", "dollars"])
def test_known_market__another_past__changes_volatility_or_dollars(what):
    real = prices()
    other = with_another_future(real, KNOWN - 1, what)
    seen = [known_market(each, era(each, 0, KNOWN), metas()[0], 0.02, np.inf) for each in (real, other)]
    part = "volatility" if what == "returns" else "dollars"
    assert not np.array_equal(getattr(seen[0], part), getattr(seen[1], part))


@pytest.mark.parametrize("what", ["returns", "dollars"])
def test_trade_cost__another_future__costs_the_same(what):
    trade = np.full(MARKETS, 0.01)
    real = prices()
    other = with_another_future(real, KNOWN, what)
    cost = [
        trade_cost(trade, known_market(each, era(each, 0, KNOWN), metas()[0], 0.02, np.inf), Costs(), ASSETS)
        for each in (real, other)
    ]
    assert cost[0] == cost[1]


@solves
@pytest.mark.parametrize("what", ["returns", "dollars"])
def test_run__another_future__same_trades_and_days_until_then(base, what):
    trade = 3
    known = KNOWN + DAYS * trade
    other = played(with_another_future(prices(), known, what))
    days = GAP + DAYS * trade
    assert np.array_equal(base.held[:trade], other.held[:trade])
    assert np.array_equal(base.net[: days - GAP], other.net[: days - GAP])
    assert np.allclose(base.held[trade + 1], other.held[trade + 1]) is False


@solves
def test_run__another_return_of_the_day_between__earns_what_was_held_and_changes_no_decision():
    """The day between the features' close and the trade moves positions, and nothing that is decided on."""
    real = prices()
    changed = real.returns.copy()
    changed[KNOWN + 1] = 0.3
    one, other = (played(each, count=1) for each in (real, replace(real, returns=changed)))
    assert np.array_equal(one.held, other.held)
    assert np.array_equal(one.net, other.net)


def test_expected_corr__scores__are_used_two_eras_later():
    scores = np.linspace(0.01, 0.05, 10)
    later = scores.copy()
    later[6:] = 9.0
    assert expected_corr(scores)[: 6 + DELAY] == pytest.approx(expected_corr(later)[: 6 + DELAY])
    assert expected_corr(scores)[6 + DELAY] != pytest.approx(expected_corr(later)[6 + DELAY])


def test_expected_corr__nothing_known_or_a_bad_past__the_prior_and_never_below_zero():
    assert expected_corr(np.full(5, -9.0))[:DELAY] == pytest.approx(PRIOR)
    assert expected_corr(np.full(5, -9.0))[DELAY] == 0
    assert expected_corr(np.full(200, 0.03))[-1] == pytest.approx((198 * 0.03 + 52 * PRIOR) / 250)
    assert expected_corr(np.array([0.5])) == pytest.approx([PRIOR])


# what it earns


def test_known_market__volumes__mean_of_a_quarter_and_an_assumption_without_them():
    real = prices()
    typical = known_market(real, era(real, 0, KNOWN), metas()[0], 0.02, np.inf).dollars
    assert typical == pytest.approx(real.dollars[KNOWN + 1 - QUARTER : KNOWN + 1].mean(axis=0))
    bare = prices(with_dollars=False)
    assert set(known_market(bare, era(bare, 0, KNOWN), metas()[0], 0.02, 1e9).dollars) == {1e9}


def test_known_market__a_constant_meta_model__expects_nothing():
    real = prices()
    assert not known_market(real, era(real, 0, KNOWN), np.full(MARKETS, 0.5), 0.02, np.inf).forecast.any()


@solves
def test_run__a_week__earns_from_the_day_after_the_trade(base):
    real = prices()
    one = played(real, count=1)
    first = KNOWN + GAP
    held, gross = one.held[0], []
    for row in range(first + 1, first + 1 + DAYS):
        gross.append(held @ real.returns[row])
        held = held * (1 + real.returns[row]) / (1 + gross[-1] - one.financing[row - first])
    assert one.dates.tolist() == real.dates[first : first + DAYS + 1].tolist()
    assert one.gross == pytest.approx([0.0, *gross])
    assert (one.trading > 0).tolist() == [True] + [False] * DAYS
    assert np.allclose(one.held[0], base.held[0])


@solves
def test_run__no_gap__trades_on_the_close_of_the_features():
    real = prices()
    same = played(real, replace(SETTING, gap=0), count=1)
    assert same.dates[0] == real.dates[KNOWN]
    assert np.array_equal(same.held, played(real, count=1).held)


@solves
def test_run__ten_times_the_assets_or_costs_doubled__costs_more_for_each_dollar_traded(base):
    larger, dearer = played(prices(), assets=10 * ASSETS), played(prices(), replace(SETTING, costs=Costs().doubled()))
    price = [each.trading.sum() / each.traded.sum() for each in (base, larger, dearer)]
    assert price[0] < price[1] and price[0] < price[2]
    assert larger.traded.sum() < base.traded.sum()


@solves
def test_run__a_market_that_is_no_longer_listed__is_sold(monkeypatch):
    real = prices()
    some = weeks(real, 2)
    fewer = np.arange(1, MARKETS)
    without = era(replace(real, returns=real.returns[:, 1:], dollars=real.dollars[:, 1:]), 1, KNOWN + DAYS)
    some[1] = replace(without, members=fewer)
    outcome = run(real, some, [metas()[0], metas()[1][1:]], np.full(2, 0.3), lambda number: ASSETS, SETTING)
    assert outcome.held[0][0] != 0
    assert outcome.held[1][0] == 0


def test_run__no_portfolio_keeps_the_limits__holds_what_it_has_and_counts_it(monkeypatch):
    def refuse(*arguments):
        raise PortfolioError("No portfolio keeps all limits.")

    monkeypatch.setattr(backtest, "choose", refuse)
    outcome = played(prices(), count=3)
    assert outcome.skipped == 3
    assert not outcome.held.any() and not outcome.net.any()


def test_run__cash_comes_in__positions_are_a_smaller_share_until_they_are_bought(monkeypatch):
    first = np.where(np.arange(MARKETS) % 2, 0.01, -0.01)

    def kept(market, held, *arguments):
        return held if held.any() else first

    monkeypatch.setattr(backtest, "choose", kept)
    here, scores = prices(), np.full(6, 0.3)
    plain, joined = (
        run(here, weeks(here), metas(), scores, lambda number: ASSETS, SETTING, arrivals=arrivals)
        for arrivals in ({}, {3: 2.0})
    )
    assert np.array_equal(plain.held[2], joined.held[2])
    # Where nothing is traded, half of what it was; the markets' own moves come on top of it later.
    assert joined.held[3] == pytest.approx(plain.held[3] / 2)
    assert joined.leverage[5] == pytest.approx(plain.leverage[5] / 2, rel=0.02)


def test_eras__of_a_backtest__are_a_week_apart():
    """So each trade is held until the next."""
    rows = [each.known for each in eras(Universe("made-up", prices(), "2001-01-01", "nothing real"))]
    assert set(np.diff(rows)) == {DAYS}


# the same trades in another simulator

oracle = pytest.mark.skipif(
    find_spec("cvxportfolio") is None,
    reason="cvxportfolio (GPL-3.0) is not installed: docs/development.md tells how",
)


@solves
@oracle
def test_trader__trades__earn_what_cvxportfolio_says(tmp_path):
    """It gets the trades, and the volatilities and volumes that the impact is taken from; the rest is its own."""
    import cvxportfolio
    import pandas as pd

    real, count, costs = prices(), 6, SETTING.costs
    first = KNOWN + GAP
    days = pd.DatetimeIndex(real.dates[first : first + DAYS * count + 1]).tz_localize("UTC")
    returns = pd.DataFrame(real.returns[first + 1 : first + 1 + len(days)], index=days, columns=list(real.names))
    trades = pd.DataFrame(0.0, index=days[: DAYS * count : DAYS], columns=list(real.names))
    volumes, sigmas = (pd.DataFrame(1.0, index=days, columns=list(real.names)) for _ in range(2))
    trader, value, ours = Trader(real, SETTING), 1.0, []
    for number, week in enumerate(weeks(real, count)):
        row, meta = DAYS * number, metas()[number]
        market = known_market(real, week, meta, 0.3, np.inf)
        volumes.iloc[row], sigmas.iloc[row] = market.dollars, market.volatility
        ours.append(value)
        before = trader.held
        trade = trader.trade(week, meta, 0.3, ASSETS * value)
        trades.iloc[number] = trade.held * (1 - trade.cost) - before
        value *= 1 - trade.cost
        for day in range(DAYS):
            earned, paid = trader.pass_day(first + row + day + 1)
            value *= 1 + earned - paid
            ours += [value] * (day < DAYS - 1)
    ours.append(value)
    simulator = cvxportfolio.MarketSimulator(
        market_data=cvxportfolio.UserProvidedMarketData(
            returns=returns.assign(cash=0.0),
            volumes=volumes,
            cash_key="cash",
            min_history=pd.Timedelta(0),
            base_location=tmp_path,
        ),
        costs=[
            cvxportfolio.TransactionCost(a=costs.half_spread, b=costs.impact, sigma=sigmas, exponent=1.5),
            cvxportfolio.HoldingCost(short_fees=100 * costs.borrow),
        ],
        round_trades=False,
        base_location=tmp_path,
    )
    theirs = simulator.backtest(
        cvxportfolio.FixedTrades(trades.assign(cash=-trades.sum(axis=1))),
        start_time=days[0],
        end_time=days[-1],
        initial_value=ASSETS,
    )
    # Both are before a day's trade. Of a year's borrow theirs compounds, and has 365.24 days.
    assert theirs.v.to_numpy() / ASSETS == pytest.approx(np.array(ours), abs=2e-6)
    assert abs(value - 1) > 0.01
