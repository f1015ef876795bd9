# SPDX-License-Identifier: MIT
"""A fund that trades sleeves week by week and keeps one set of books by the day, as its meta models become known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from fund.accounts import Accounts
from fund.backtest import DELAY, Setting, Trader, expected_corr
from fund.market.eras import Era
from fund.market.sources import Prices
from nmr.errors import NmrError

CENTS: Final = 100


class DeskError(NmrError, ValueError):
    """A week that the fund cannot trade."""


@dataclass(frozen=True, eq=False)
class Order:
    """What a sleeve trades by.

    Attributes:
        era: its week.
        meta: float64 of shape (members,): the meta model; a constant expects nothing.
        scores: CORR of the meta models of all eras that are over when this trade is decided, ascending.
    """

    era: Era
    meta: np.ndarray
    scores: Sequence[float]


@dataclass(frozen=True)
class Week:
    """A week of a sleeve, in cents.

    Attributes:
        day: of the trade.
        traded: bought and sold together.
        leverage: long and short together after the trade, in net assets of the fund.
        participation: the largest share of a market's typical dollars that the trade took.
        cost: of the trade.
        made: False if no portfolio kept all limits.
    """

    day: date
    traded: int
    leverage: float
    participation: float
    cost: int
    made: bool


@dataclass
class Share:
    """What a sleeve made of the fund's net assets so far, in cents, as of `fund.accounts.Waterfall`."""

    gross: int = 0
    trading: int = 0
    financing: int = 0


@dataclass(frozen=True)
class Value:
    """What the fund is worth at a day's end, in cents: net of all fees, and with what they took."""

    day: date
    net: int
    before_fees: int


class Desk:
    """Trades each week's orders when the meta models are known, and books every day that any sleeve has.

    All sleeves trade on the same net assets. On a day on which two of them trade, the one named first does so first.
    """

    def __init__(self, sleeves: Mapping[str, tuple[Prices, Setting]], cents: int) -> None:
        """
        Args:
            sleeves: by name, prices and how they are traded.
            cents: subscribed on the day before the first trade.
        """
        self._sleeves = sleeves
        self._cents = cents
        self._traders = {name: Trader(*each) for name, each in sleeves.items()}
        self._accounts: Accounts | None = None
        # The era of the last trade.
        self._number: int | None = None
        self.weeks: dict[str, list[Week]] = {name: [] for name in sleeves}
        self.shares = {name: Share() for name in sleeves}
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

    def trade(self, orders: Mapping[str, Order]) -> None:
        """Book all days up to a week's trades, and make these.

        Args:
            orders: by sleeve, of the first week or of that after the last.

        Raises:
            DeskError: an era does not follow the last one, or other scores than those are known.
        """
        due = {name: self._day(name, order.era.known + self._sleeves[name][1].gap) for name, order in orders.items()}
        for name, order in orders.items():
            follows = self._number is None or order.era.number == self._number + 1
            if not follows or (self._accounts is not None and due[name] <= self._accounts.today):
                raise DeskError(f"The era of {order.era.date} does not follow the last one that was traded.")
            known = max(0, len(self.weeks[name]) + 1 - DELAY)
            if len(order.scores) != known:
                raise DeskError(f"{known} scores are known before this trade, and {len(order.scores)} are given.")
        if self._accounts is None:
            self._accounts = Accounts(min(due.values()) - timedelta(days=1))
            self._accounts.subscribe(self._cents)
        self._number = max(order.era.number for order in orders.values())
        for day in self._days(max(due.values())):
            self._book(day, {name: order for name, order in orders.items() if due[name] == day})

    def close(self, until: date) -> None:
        """Book all days up to one."""
        for day in self._days(until):
            self._book(day, {})

    def _days(self, until: date) -> list[date]:
        """The days after the last one that was booked, up to one, on which a sleeve has prices."""
        after = np.datetime64(self.accounts.today)
        dates = np.unique(np.concatenate([prices.dates for prices, _ in self._sleeves.values()]))
        days: list[date] = dates[(dates > after) & (dates <= np.datetime64(until))].tolist()
        return days

    def _book(self, day: date, orders: Mapping[str, Order]) -> None:
        """Let a day pass, trade at its close, and book it."""
        accounts = self.accounts
        owned = accounts.equity
        earned, paid = 0.0, 0.0
        gross, trading, financing = 0, 0, 0
        for name, trader in self._traders.items():
            dates = self._sleeves[name][0].dates
            row = int(np.searchsorted(dates, np.datetime64(day)))
            if row < len(dates) and dates[row] == np.datetime64(day):
                moved = trader.move(row)
                earned, paid = earned + moved[0], paid + moved[1]
                here, due = (round(owned * each) for each in moved)
                self.shares[name].gross += here
                self.shares[name].financing += due
                gross, financing = gross + here, financing + due
        self._dilute(1 + earned - paid)
        left = owned * (1 + earned - paid)
        for name, order in orders.items():
            week = self._trade(name, day, order, left)
            left -= week.cost
            self.shares[name].trading += week.cost
            trading += week.cost
        accounts.book(day, gross, trading, financing)
        taken = accounts.waterfall.management + accounts.waterfall.performance
        self.values.append(Value(day, accounts.net, accounts.equity + taken))

    def _trade(self, name: str, day: date, order: Order, left: float) -> Week:
        """Trade a sleeve at a day's close.

        Args:
            left: net assets before, in cents.
        """
        weeks = self.weeks[name]
        corr = float(expected_corr(np.array([*order.scores, *[0.0] * DELAY])[: len(weeks) + 1])[-1])
        trade = self._traders[name].trade(order.era, order.meta, corr, left / CENTS)
        self._dilute(1 - trade.cost, but=name)
        weeks.append(
            Week(
                day=day,
                traded=round(left * trade.size),
                leverage=float(np.abs(trade.held).sum()),
                participation=float(trade.participation),
                cost=round(left * trade.cost),
                made=trade.made,
            )
        )
        return weeks[-1]

    def _dilute(self, times: float, but: str | None = None) -> None:
        """Say of all sleeves, but for one that knows it, that net assets are so many times what they were."""
        for name, trader in self._traders.items():
            if name != but:
                trader.dilute(times)

    def _day(self, name: str, row: int) -> date:
        day: date = self._sleeves[name][0].dates[row].item()
        return day
