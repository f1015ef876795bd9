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
from fund.desk import CENTS, Desk, DeskError
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


@solves
def test_desk__week_by_week__books_what_a_backtest_and_its_administrator_book(prices, eras, metas):
    desk, assets = Desk(prices, SETTING, CAPITAL), []
    real = backtest.Trader.trade

    def trade(self, era, meta, corr, dollars):
        assets.append((corr, dollars))
        return real(self, era, meta, corr, dollars)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest.Trader, "trade", trade)
        for week, (each, meta) in enumerate(zip(eras, metas, strict=True)):
            desk.trade(each, meta, known(week))
        desk.close()
    corr = expected_corr(np.array(SCORES))
    assert [each for each, _ in assets] == pytest.approx(corr)
    whole = run(prices, eras, metas, corr, lambda number: assets[number][1], SETTING)
    accounts, values = administer(together([whole]), CAPITAL)
    assert [value.day for value in desk.values] == [each.item() for each in whole.dates]
    assert [value.net for value in desk.values] == pytest.approx(values, abs=5)
    assert desk.accounts.waterfall.trading == pytest.approx(accounts.waterfall.trading, abs=5)
    assert desk.accounts.waterfall.financing == pytest.approx(accounts.waterfall.financing, abs=5)
    assert len(desk.accounts.paid) == len(accounts.paid)
    assert [week.leverage for week in desk.weeks] == pytest.approx(whole.leverage)
    assert sum(week.cost for week in desk.weeks) == desk.accounts.waterfall.trading > 0
    assert desk.values[-1].before_fees > desk.values[-1].net


def refused(*arguments):
    raise PortfolioError("No portfolio keeps all limits.")


@pytest.fixture
def idle(prices, monkeypatch):
    """A fund that finds no portfolio, and so needs no solver."""
    monkeypatch.setattr(backtest, "choose", refused)
    return Desk(prices, SETTING, CAPITAL)


def test_desk__no_portfolio_keeps_the_limits__trades_nothing_says_so_and_pays_its_fee(idle, eras, metas):
    idle.trade(eras[0], metas[0], [])
    idle.close()
    [week] = idle.weeks
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
    idle.trade(eras[0], metas[0], [])
    with pytest.raises(
        DeskError, match=rf"^The era of {eras[later].date} does not follow the last one that was traded\.$"
    ):
        idle.trade(eras[later], metas[later], [])


def test_desk__a_score_that_nobody_can_know_yet__one_sentence(idle, eras, metas):
    idle.trade(eras[0], metas[0], [])
    with pytest.raises(DeskError, match=r"^0 scores are known before this trade, and 1 are given\.$"):
        idle.trade(eras[1], metas[1], [0.1])
    idle.trade(eras[1], metas[1], [])
    with pytest.raises(DeskError, match=r"^1 scores are known before this trade, and 0 are given\.$"):
        idle.trade(eras[2], metas[2], [])


def test_desk__capital__is_there_the_day_before_the_first_trade(idle, eras, metas):
    idle.trade(eras[0], metas[0], [])
    first = idle.values[0].day
    assert first == date(2000, 1, 3) + timedelta(days=(KNOWN + SETTING.gap) * 7 // 5)
    # One day of the management fee.
    assert idle.values[0].net == CAPITAL - CAPITAL // 36_500
    assert replace(idle.weeks[0], day=first) == idle.weeks[0]
