# SPDX-License-Identifier: MIT
"""A backtest of weekly trades: decided at a close, made at the next one, and held for five days.

Everything is in shares of the net assets and above what cash earns. What a trade is decided on and what it costs is
known at the close of the era's features: volatilities, dollars traded, exposures, scores of eras that are over. The
returns that it earns begin after the trade.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from fund.market.eras import DAYS, GAP, Era, past_of
from fund.market.past import QUARTER
from fund.market.sources import Prices
from fund.portfolio import (
    Costs,
    Limits,
    Market,
    PortfolioError,
    choose,
    exposed,
    forecasts,
    holding_cost,
    trade_cost,
)

DELAY: Final = 2
"""Eras until a score is known: the era before is not over when a trade is decided."""
PRIOR: Final = 0.01
"""CORR that is expected before any is known."""
PRIOR_ERAS: Final = 52
"""How many eras' scores the prior is worth."""
NOBODY: Final[Mapping[int, float]] = MappingProxyType({})


@dataclass(frozen=True)
class Setting:
    """How a fund trades.

    Attributes:
        limits: that a portfolio keeps.
        costs: that it pays.
        aversion: to variance, as of `fund.portfolio.choose`.
        patience: weeks over which the cost of a trade is spread when it is weighed: scores outlive a week.
        gap: days between the close that features know and the trade; 0: on the same close.
        dollars: traded in each market in a day, where the universe has no volumes.
    """

    limits: Limits
    costs: Costs
    aversion: float = 50.0
    patience: int = 4
    gap: int = GAP
    dollars: float = np.inf


@dataclass(frozen=True, eq=False)
class Run:
    """What became of a backtest.

    Attributes:
        dates: datetime64[D] of shape (days,), ascending.
        gross: float64 of shape (days,): earned by what was held, in net assets at the close before.
        trading: of the same shape: spread and impact of the trade at the day's close, in net assets before it.
        financing: of the same shape: borrow and financing since the close before, in net assets then.
        traded: float64 of shape (trades,): bought and sold together, in net assets.
        leverage: of the same shape: long and short together after the trade, in net assets.
        participation: of the same shape: the largest share of a market's typical dollars that the trade took.
        held: float64 of shape (trades, markets): positions after each trade.
        exposed: float64 of shape (trades,): what a trade left in the exposures, as of `fund.portfolio.exposed`.
        skipped: trades that were not made, as no portfolio kept all limits.
    """

    dates: np.ndarray
    gross: np.ndarray
    trading: np.ndarray
    financing: np.ndarray
    traded: np.ndarray
    leverage: np.ndarray
    participation: np.ndarray
    held: np.ndarray
    exposed: np.ndarray
    skipped: int

    @property
    def net(self) -> np.ndarray:
        """Return of each day after costs, before fees: a trade at its close is paid from what the day left."""
        net: np.ndarray = (1 + self.gross - self.financing) * (1 - self.trading) - 1
        return net


def expected_corr(scores: np.ndarray) -> np.ndarray:
    """CORR that may be expected in each era from the scores that are known by then; never below zero.

    Args:
        scores: float64 of shape (eras,): CORR of the meta model.
    """
    known = np.concatenate([[0.0] * DELAY, np.cumsum(scores)[:-DELAY]])[: len(scores)]
    eras = np.maximum(np.arange(len(scores)) + 1 - DELAY, 0)
    expected: np.ndarray = np.maximum((known + PRIOR * PRIOR_ERAS) / (eras + PRIOR_ERAS), 0.0)
    return expected


def known_market(prices: Prices, era: Era, meta: np.ndarray, corr: float, dollars: float) -> Market:
    """What a trade is decided on and what its costs are taken from, all known at the close of the era's features.

    Args:
        meta: float64 of shape (markets,): the meta model of the era's members; a constant expects nothing.
        corr: as of `expected_corr`.
        dollars: as of `Setting`.
    """
    past = past_of(prices, era.known, era.members)
    if past.dollars is None:
        typical = np.full(len(era.members), dollars)
    else:
        typical = np.nanmean(past.dollars[-QUARTER:], axis=0)
    silent = np.ptp(meta) == 0
    forecast = np.zeros(len(meta)) if silent else forecasts(meta, past.volatility, corr, DAYS)
    return Market(forecast, past.volatility, typical, era.exposures)


@dataclass(frozen=True, eq=False)
class Trade:
    """A trade, in net assets before it.

    Attributes:
        cost: of spread and impact.
        size: bought and sold together.
        participation: the largest share of a market's typical dollars that it took.
        held: float64 of shape (markets,): positions after it, in net assets after it.
        exposed: what it left in the exposures, as of `fund.portfolio.exposed`.
        made: False if no portfolio kept all limits, so that the positions stayed.
    """

    cost: float
    size: float
    participation: float
    held: np.ndarray
    exposed: float
    made: bool


class Trader:
    """Positions in the markets of a universe, in net assets, that move with the markets and are traded."""

    def __init__(self, prices: Prices, setting: Setting) -> None:
        self._prices = prices
        self._setting = setting
        # Scores outlive a week, so a trade need not earn its cost in one.
        self._weighed = replace(
            setting.costs,
            half_spread=setting.costs.half_spread / setting.patience,
            impact=setting.costs.impact / setting.patience,
        )
        self.held = np.zeros(len(prices.names))

    def trade(self, era: Era, meta: np.ndarray, corr: float, assets: float) -> Trade:
        """Trade by what is known at an era's close.

        Args:
            meta, corr: as of `known_market`.
            assets: net assets in dollars.
        """
        costs, mine = self._setting.costs, self.held[era.members]
        market = known_market(self._prices, era, meta, corr, self._setting.dollars)
        try:
            chosen, made = (
                choose(market, mine, self._setting.limits, self._weighed, assets, self._setting.aversion),
                True,
            )
        except PortfolioError:
            chosen, made = mine, False
        # What is no longer listed is sold for the spread.
        gone = np.abs(self.held).sum() - np.abs(mine).sum()
        cost = trade_cost(chosen - mine, market, costs, assets) + costs.half_spread * gone
        self.held = np.zeros(len(self.held))
        self.held[era.members] = chosen / (1 - cost)
        size = np.abs(chosen - mine)
        return Trade(
            cost=cost,
            size=size.sum() + gone,
            participation=(size * assets / market.dollars).max(),
            held=self.held,
            exposed=exposed(chosen, market),
            made=made,
        )

    def dilute(self, times: float) -> None:
        """Say that net assets are so many times what they were, so that positions are another share of them."""
        self.held = self.held / times

    def move(self, row: int) -> tuple[float, float]:
        """Let a day of the prices pass; positions stay in the net assets of the close before.

        Returns:
            What it earns before costs, and what holding since the day before costs, both in these net assets.
        """
        dates, returns = self._prices.dates, np.nan_to_num(self._prices.returns[row])
        earned = float(self.held @ returns)
        paid = holding_cost(self.held, self._setting.costs, int((dates[row] - dates[row - 1]).astype(int)))
        self.held = self.held * (1 + returns)
        return earned, paid

    def pass_day(self, row: int) -> tuple[float, float]:
        """The same of a fund that has no other positions: afterwards they are in its net assets of this close."""
        earned, paid = self.move(row)
        self.dilute(1 + earned - paid)
        return earned, paid


def run(
    prices: Prices,
    eras: Sequence[Era],
    metas: Sequence[np.ndarray],
    corr: np.ndarray,
    assets: Callable[[int], float],
    setting: Setting,
    told: Callable[[int], None] = lambda done: None,
    arrivals: Mapping[int, float] = NOBODY,
) -> Run:
    """Trade once an era and hold what is bought until the next trade.

    Args:
        prices: of the universe.
        eras: consecutive ones.
        metas: by era, float64 of shape (members,).
        corr: float64 of shape (eras,), as of `expected_corr`.
        assets: net assets in dollars at each trade, by its number from 0 on.
        told: called after each era with how many are done.
        arrivals: by trade before which cash comes in: how many times the net assets are then what they were.
    """
    first = eras[0].known + setting.gap
    last = min(eras[-1].known + setting.gap + DAYS, len(prices.dates) - 1)
    gross, trading, financing = (np.zeros(last + 1 - first) for _ in range(3))
    trader, trades, leverage = Trader(prices, setting), [], []
    for number, (era, meta) in enumerate(zip(eras, metas, strict=True)):
        start = era.known + setting.gap
        trader.dilute(arrivals.get(number, 1.0))
        trade = trader.trade(era, meta, float(corr[number]), assets(number))
        trading[start - first] = trade.cost
        trades.append(trade)
        leverage.append(np.abs(trader.held).sum())
        for row in range(start + 1, min(start + DAYS, last) + 1):
            gross[row - first], financing[row - first] = trader.pass_day(row)
        told(number + 1)
    return Run(
        dates=prices.dates[first : last + 1],
        gross=gross,
        trading=trading,
        financing=financing,
        traded=np.array([trade.size for trade in trades]),
        leverage=np.array(leverage),
        participation=np.array([trade.participation for trade in trades]),
        held=np.array([trade.held for trade in trades]),
        exposed=np.array([trade.exposed for trade in trades]),
        skipped=sum(not trade.made for trade in trades),
    )
