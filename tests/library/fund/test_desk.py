# SPDX-License-Identifier: MIT
"""The fund week by week: it earns what a backtest of the same weeks earns, and knows no score too early."""

from dataclasses import replace
from datetime import date, timedelta
from importlib.util import find_spec

import numpy as np
import pytest

from fund import backtest
from fund.administration import administer, together
from fund.backtest import DELAY, Setting, expected_corr, run
from fund.desk import CENTS, Desk, DeskError, Order
from fund.market.eras import DAYS, era
from fund.market.sources import Prices
from fund.portfolio import Costs, Limits, PortfolioError

solves = pytest.mark.skipif(
    find_spec("cvxpy") is None or find_spec("clarabel") is None,
    reason="cvxpy with clarabel is not installed: `make install` brings the group fund",
)
KNOWN, MARKETS, WEEKS = 300, 20, 6
SETTING = Setting(Limits(leverage=2.0, position=0.2), Costs())
CAPITAL = 50_000_000 * CENTS
SCORES = (0.1, 0.2, -0.3, 0.4, 0.5, 0.6)


@pytest.fixture(scope="module")
def prices():
    rng = np.random.default_rng(11)
    days = KNOWN + DAYS * WEEKS + 10
    return Prices(
        dates=np.datetime64("2000-01-03") + np.arange(days) * 7 // 5,
        names=tuple(f"M{number}" for number in range(MARKETS)),
        returns=rng.normal(size=(days, MARKETS)) * 0.01,
        dollars=np.exp(rng.normal(18, 0.3, (days, MARKETS))),
    )


@pytest.fixture(scope="module")
def eras(prices):
    return [era(prices, number, KNOWN + DAYS * number) for number in range(WEEKS)]


@pytest.fixture(scope="module")
def metas():
    rng = np.random.default_rng(5)
    return [rng.random(MARKETS) for _ in range(WEEKS)]


def known(week):
    return SCORES[: max(0, week + 1 - DELAY)]


def trade(desk, era, meta, scores):
    desk.trade({"one": Order(era, meta, scores)})


def close(desk, prices, era):
    """Book the day at whose close the next trade would be, too."""
    desk.close(prices.dates[era.known + SETTING.gap + DAYS].item())


@pytest.fixture(scope="module")
def other():
    """Markets of another calendar, which has the days on which the first has no price, too."""
    rng = np.random.default_rng(12)
    dates = np.datetime64("2000-01-03") + np.arange((KNOWN + DAYS * WEEKS + 10) * 7 // 5)
    return Prices(dates, ("A", "B", "C"), rng.normal(size=(len(dates), 3)) * 0.01)


def given(monkeypatch, targets):
    """Let each trade be to these positions, by the number of markets, in turn."""
    left = {markets: list(each) for markets, each in targets.items()}
    monkeypatch.setattr(backtest, "choose", lambda market, held, *rest: left[len(held)].pop(0))


def test_desk__two_sleeves_on_two_calendars__is_one_fund_whose_assets_each_trade_knows(
    prices, other, eras, metas, monkeypatch
):
    """Positions, assets and books are those that follow day by day from the trades and the prices."""
    first = np.where(np.arange(MARKETS) % 2, 0.04, -0.04)
    second = np.array([0.3, -0.2, -0.1])
    given(monkeypatch, {MARKETS: [first, first * 0.5], 3: [second, -second]})
    free = Setting(SETTING.limits, Costs(half_spread=0.001, impact=0.0, borrow=0.0, financing=0.0))
    desk, assets = Desk({"one": (prices, free), "two": (other, replace(free, dollars=1e9))}, CAPITAL), []
    real = backtest.Trader.trade

    def noted(self, era, meta, corr, dollars):
        assets.append(dollars)
        return real(self, era, meta, corr, dollars)

    monkeypatch.setattr(backtest.Trader, "trade", noted)
    for week in range(2):
        day = prices.dates[eras[week].known]
        theirs = era(other, week, int(np.searchsorted(other.dates, day)))
        desk.trade({"one": Order(eras[week], metas[week], []), "two": Order(theirs, np.arange(3.0), [])})
    desk.close(desk.weeks["one"][1].day)

    # By hand, in dollars: a trade is one day of its own calendar after the features.
    value, held, mine, costs = CAPITAL / CENTS, {"one": np.zeros(MARKETS), "two": np.zeros(3)}, [], 0.0
    targets = {"one": [first, first * 0.5], "two": [second, -second]}
    trades = {name: [week.day for week in weeks] for name, weeks in desk.weeks.items()}
    assert trades["two"][0] == other.dates[np.searchsorted(other.dates, prices.dates[KNOWN]) + 1].item()
    assert trades["one"][0] == prices.dates[KNOWN + 1].item()
    earned = dict.fromkeys(held, 0.0)
    for each in np.arange(trades["two"][0], trades["one"][1] + timedelta(days=1)):
        for name, universe in (("one", prices), ("two", other)):
            row = int(np.searchsorted(universe.dates, each))
            if universe.dates[row] == each:
                gained = held[name] * universe.returns[row]
                held[name] = held[name] + gained
                earned[name] += gained.sum()
                value += gained.sum()
        for name in held:
            if each.item() in trades[name]:
                mine.append(value)
                wanted = targets[name][trades[name].index(each.item())] * value
                cost = 0.001 * np.abs(wanted - held[name]).sum()
                value, held[name], costs = value - cost, wanted, costs + cost
    # But for the management fee, which takes 27 millionths of all positions a day.
    assert assets == pytest.approx(mine, rel=0.001)
    assert desk.accounts.waterfall.trading == pytest.approx(costs * CENTS, rel=0.001)
    for name, share in desk.shares.items():
        assert share.gross == pytest.approx(earned[name] * CENTS, abs=CAPITAL * 2e-6)
        assert share.trading == sum(week.cost for week in desk.weeks[name])
    assert sum(share.gross for share in desk.shares.values()) == desk.accounts.waterfall.gross
    assert desk.accounts.equity + desk.accounts.waterfall.management == pytest.approx(value * CENTS, rel=1e-5)


@solves
def test_desk__week_by_week__books_what_a_backtest_and_its_administrator_book(prices, eras, metas):
    desk, assets = Desk({"one": (prices, SETTING)}, CAPITAL), []
    real = backtest.Trader.trade

    def noted(self, era, meta, corr, dollars):
        assets.append((corr, dollars))
        return real(self, era, meta, corr, dollars)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest.Trader, "trade", noted)
        for week, (each, meta) in enumerate(zip(eras, metas, strict=True)):
            trade(desk, each, meta, known(week))
        close(desk, prices, eras[-1])
    corr = expected_corr(np.array(SCORES))
    assert [each for each, _ in assets] == pytest.approx(corr)
    whole = run(prices, eras, metas, corr, lambda number: assets[number][1], SETTING)
    accounts, values = administer(together([whole]), CAPITAL)
    assert [value.day for value in desk.values] == [each.item() for each in whole.dates]
    assert [value.net for value in desk.values] == pytest.approx(values, abs=5)
    assert desk.accounts.waterfall.trading == pytest.approx(accounts.waterfall.trading, abs=5)
    assert desk.accounts.waterfall.financing == pytest.approx(accounts.waterfall.financing, abs=5)
    assert len(desk.accounts.paid) == len(accounts.paid)
    assert [week.leverage for week in desk.weeks["one"]] == pytest.approx(whole.leverage)
    assert sum(week.cost for week in desk.weeks["one"]) == desk.accounts.waterfall.trading > 0
    assert desk.values[-1].before_fees > desk.values[-1].net


def refused(*arguments):
    raise PortfolioError("No portfolio keeps all limits.")


@pytest.fixture
def idle(prices, monkeypatch):
    """A fund that finds no portfolio, and so needs no solver."""
    monkeypatch.setattr(backtest, "choose", refused)
    return Desk({"one": (prices, SETTING)}, CAPITAL)


def test_desk__no_portfolio_keeps_the_limits__trades_nothing_says_so_and_pays_its_fee(idle, prices, eras, metas):
    trade(idle, eras[0], metas[0], [])
    close(idle, prices, eras[0])
    [week] = idle.weeks["one"]
    assert (week.made, week.traded, week.cost, week.leverage) == (False, 0, 0, 0.0)
    assert len(idle.values) == DAYS + 1
    assert idle.accounts.waterfall.management > 0
    assert idle.values[-1].before_fees == CAPITAL
    assert idle.values[-1].net == CAPITAL - idle.accounts.waterfall.management


def test_desk__books_before_the_first_trade__one_sentence(idle):
    with pytest.raises(DeskError, match=r"^The fund has no books before its first trade\.$"):
        _ = idle.accounts


@pytest.mark.parametrize("later", [0, 2])
def test_desk__another_week_than_the_next__one_sentence(idle, eras, metas, later):
    trade(idle, eras[0], metas[0], [])
    with pytest.raises(
        DeskError, match=rf"^The era of {eras[later].date} does not follow the last one that was traded\.$"
    ):
        trade(idle, eras[later], metas[later], [])


def test_desk__a_score_that_nobody_can_know_yet__one_sentence(idle, eras, metas):
    trade(idle, eras[0], metas[0], [])
    with pytest.raises(DeskError, match=r"^0 scores are known before this trade, and 1 are given\.$"):
        trade(idle, eras[1], metas[1], [0.1])
    trade(idle, eras[1], metas[1], [])
    with pytest.raises(DeskError, match=r"^1 scores are known before this trade, and 0 are given\.$"):
        trade(idle, eras[2], metas[2], [])


def test_desk__capital__is_there_the_day_before_the_first_trade(idle, eras, metas):
    trade(idle, eras[0], metas[0], [])
    first = idle.values[0].day
    assert first == date(2000, 1, 3) + timedelta(days=(KNOWN + SETTING.gap) * 7 // 5)
    # One day of the management fee.
    assert idle.values[0].net == CAPITAL - CAPITAL // 36_500
    assert replace(idle.weeks["one"][0], day=first) == idle.weeks["one"][0]
