# SPDX-License-Identifier: MIT
"""A fund that trades week by week and keeps its books by the day, as its meta model becomes known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from fund.accounts import Accounts
from fund.backtest import DELAY, Setting, Trader, expected_corr
from fund.market.eras import DAYS, Era
from fund.market.sources import Prices
from nmr.errors import NmrError

CENTS: Final = 100


class DeskError(NmrError, ValueError):
    """A week that the fund cannot trade."""


@dataclass(frozen=True)
class Week:
    """A week of the fund, in cents.

    Attributes:
        day: of the trade.
        traded: bought and sold together.
        leverage: long and short together after the trade, in net assets.
        participation: the largest share of a stock's typical dollars that the trade took.
        cost: of the trade.
        made: False if no portfolio kept all limits.
    """

    day: date
    traded: int
    leverage: float
    participation: float
    cost: int
    made: bool


@dataclass(frozen=True)
class Value:
    """What the fund is worth at a day's end, in cents: net of all fees, and with what they took."""

    day: date
    net: int
    before_fees: int


class Desk:
    """Trades a week when its meta model is known, and books every day."""

    def __init__(self, prices: Prices, setting: Setting, cents: int) -> None:
        """
        Args:
            prices: of the universe.
            setting: how it trades.
            cents: subscribed on the day before the first trade.
        """
        self._prices = prices
        self._setting = setting
        self._cents = cents
        self._trader = Trader(prices, setting)
        self._accounts: Accounts | None = None
        # The row of the next trade.
        self._due = 0
        self.weeks: list[Week] = []
        self.values: list[Value] = []

    @property
    def accounts(self) -> Accounts:
        """The books.

        Raises:
            DeskError: nothing was traded yet.
        """
        if self._accounts is None:
            raise DeskError("The fund has no books before its first trade.")
        return self._accounts

    def trade(self, era: Era, meta: np.ndarray, scores: Sequence[float]) -> None:
        """Trade by an era's meta model, and hold until the day before the next trade.

        Args:
            era: the first one, or that after the last.
            meta: float64 of shape (members,): the meta model; a constant expects nothing.
            scores: CORR of the meta models of all eras that are over when this trade is decided, ascending.

        Raises:
            DeskError: the era does not follow the last one, or other scores than those are known.
        """
        row = era.known + self._setting.gap
        if self._accounts is None:
            self._accounts = Accounts(self._day(row) - timedelta(days=1))
            self._accounts.subscribe(self._cents)
            earned = paid = 0.0
        elif row == self._due:
            earned, paid = self._trader.pass_day(row)
        else:
            raise DeskError(f"The era of {era.date} does not follow the last one that was traded.")
        known = max(0, len(self.weeks) + 1 - DELAY)
        if len(scores) != known:
            raise DeskError(f"{known} scores are known before this trade, and {len(scores)} are given.")
        corr = float(expected_corr(np.array([*scores, *[0.0] * DELAY])[: len(self.weeks) + 1])[-1])
        owned = self._accounts.equity
        left = owned * (1 + earned - paid)
        trade = self._trader.trade(era, meta, corr, left / CENTS)
        cost = round(left * trade.cost)
        self._book(row, round(owned * earned), cost, round(owned * paid))
        self.weeks.append(
            Week(
                day=self._day(row),
                traded=round(left * trade.size),
                leverage=float(np.abs(trade.held).sum()),
                participation=float(trade.participation),
                cost=cost,
                made=trade.made,
            )
        )
        self._due = row + DAYS
        for held in range(row + 1, self._due):
            self._pass_day(held)

    def close(self) -> None:
        """Book the day at whose close the next trade would be."""
        self._pass_day(self._due)

    def _pass_day(self, row: int) -> None:
        earned, paid = self._trader.pass_day(row)
        owned = self.accounts.equity
        self._book(row, round(owned * earned), 0, round(owned * paid))

    def _book(self, row: int, gross: int, trading: int, financing: int) -> None:
        accounts = self.accounts
        accounts.book(self._day(row), gross, trading, financing)
        taken = accounts.waterfall.management + accounts.waterfall.performance
        due = accounts.equity - accounts.net
        self.values.append(Value(self._day(row), accounts.net, accounts.net + taken + due))

    def _day(self, row: int) -> date:
        day: date = self._prices.dates[row].item()
        return day
