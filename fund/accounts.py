# SPDX-License-Identifier: MIT
"""What an administrator keeps of the fund: series of shares, their net asset value, fees and the way from gross to net.

Money is whole cents, shares are whole millionths, so that each cent is somewhere: subscriptions + gross profit −
costs − fees = what the series own. Fees are 1 and 20: 1% a year, accrued each day on what a series owns
(actual days / 365) and paid at the end of each quarter; 20% of what a series owns above its high-water mark, without a
hurdle, paid at the end of each year. Nobody redeems. Each subscription is a series of its own, so nobody pays
for gains that came before, nor goes free for gains after a loss of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from nmr.errors import NmrError

SHARE: Final = 1_000_000
"""Units of a share."""
FIRST_PRICE: Final = 100_00
"""Cents for which a share is issued."""
MANAGEMENT_BASIS_POINTS: Final = 100
PERFORMANCE_PERCENT: Final = 20
BASIS_POINTS: Final = 10_000
DAYS_A_YEAR: Final = 365


class AccountsError(NmrError, ValueError):
    """A booking that an administrator would refuse."""


@dataclass
class Series:
    """Shares that were issued together.

    Attributes:
        number: from 0 on, in the order of issue.
        shares: millionths outstanding.
        equity: cents that they own, after management fees that are accrued, before a performance fee.
        mark: cents that they owned at the high-water mark.
        carry: of the management fee: what is less than a cent, in units of 1 / (365 × 10,000) cent.
    """

    number: int
    shares: int
    equity: int
    mark: int
    carry: int = 0

    @property
    def performance_due(self) -> int:
        """Cents of performance fee if it were paid now, rounded down."""
        return max(0, self.equity - self.mark) * PERFORMANCE_PERCENT // 100

    @property
    def net(self) -> int:
        """Net asset value in cents: what is left after a performance fee now."""
        return self.equity - self.performance_due

    @property
    def price(self) -> int:
        """Cents a share, net, rounded down."""
        return self.net * SHARE // self.shares


@dataclass
class Waterfall:
    """From gross to net, in cents, each since the fund began."""

    subscribed: int = 0
    gross: int = 0
    trading: int = 0
    financing: int = 0
    management: int = 0
    performance: int = 0

    @property
    def net(self) -> int:
        """Profit of the investors after all costs, and after the fees that are paid or accrued."""
        return self.gross - self.trading - self.financing - self.management - self.performance

    @property
    def owned(self) -> int:
        """What the series must own together."""
        return self.subscribed + self.net


@dataclass(frozen=True)
class FeePaid:
    """Fees paid to the manager on a day, in cents."""

    day: date
    management: int
    performance: int


@dataclass
class Accounts:
    """The books of a fund.

    Attributes:
        today: the last day that was booked.
        series: all of them.
        waterfall: totals since the beginning.
        payable: cents of management fee that are accrued and not paid.
        paid: the fees paid, ascending by day.
    """

    today: date
    series: list[Series] = field(default_factory=list)
    waterfall: Waterfall = field(default_factory=Waterfall)
    payable: int = 0
    paid: list[FeePaid] = field(default_factory=list)

    @property
    def equity(self) -> int:
        """Cents that all series own, before performance fees."""
        return sum(series.equity for series in self.series)

    @property
    def net(self) -> int:
        """Net asset value of the fund in cents."""
        return sum(series.net for series in self.series)

    def subscribe(self, cents: int) -> Series:
        """Issue a series for so much, today, after today's profit was booked.

        Raises:
            AccountsError: if the amount is not above zero.
        """
        if cents <= 0:
            raise AccountsError("A subscription must be above zero.")
        series = Series(len(self.series), cents * SHARE // FIRST_PRICE, cents, cents)
        self.series.append(series)
        self.waterfall.subscribed += cents
        return series

    def book(self, day: date, gross: int, trading: int = 0, financing: int = 0) -> None:
        """Book a day: its profit and costs, then the management fee, then what is due at a quarter's or a year's end.

        Profit and costs are shared by what each series owned before; the fee is for the days since the last booking, on
        what each owns after. A quarter ends with the first booking after its last day, so a holiday delays no fee's
        amount, only its payment.

        Args:
            gross: cents earned or, below zero, lost.
            trading: cents of spread and impact.
            financing: cents of borrow and financing.

        Raises:
            AccountsError: if the day is not after the last one, a cost is below zero, nobody owns anything, or more is
                lost than the fund owns.
        """
        if day <= self.today:
            raise AccountsError(f"{day} does not come after {self.today}.")
        if trading < 0:
            raise AccountsError("Trading costs cannot be below zero.")
        profit = gross - trading - financing
        if profit and self.equity == 0:
            raise AccountsError("A profit or loss without anybody who owns it.")
        if self.equity + profit < 0:
            raise AccountsError("The fund lost more than it owns.")
        if _quarter(day) != _quarter(self.today):
            self._pay(day, year_is_over=day.year != self.today.year)
        for series, share in zip(self.series, shared(profit, [each.equity for each in self.series]), strict=True):
            series.equity += share
        self.waterfall.gross += gross
        self.waterfall.trading += trading
        self.waterfall.financing += financing
        days = (day - self.today).days
        for series in self.series:
            due = series.equity * MANAGEMENT_BASIS_POINTS * days + series.carry
            fee, series.carry = divmod(due, BASIS_POINTS * DAYS_A_YEAR)
            series.equity -= fee
            self.payable += fee
            self.waterfall.management += fee
        self.today = day

    def _pay(self, day: date, year_is_over: bool) -> None:
        """Pay what is due of the quarter that is over."""
        performance = 0
        if year_is_over:
            for series in self.series:
                fee = series.performance_due
                series.equity -= fee
                series.mark = max(series.mark, series.equity)
                performance += fee
        self.waterfall.performance += performance
        if self.payable or performance:
            self.paid.append(FeePaid(day, self.payable, performance))
        self.payable = 0


def shared(cents: int, owned: Sequence[int]) -> list[int]:
    """Share cents in proportion to what each owns, exactly: what rounding leaves goes to the largest remainders.

    Of a loss nobody bears more than it owns. Without owners everybody gets nothing.

    Args:
        cents: of either sign.
        owned: not below zero.
    """
    total = sum(owned)
    if total == 0:
        return [0] * len(owned)
    size, sign = abs(cents), 1 if cents >= 0 else -1
    parts = [divmod(size * each, total) for each in owned]
    left = size - sum(whole for whole, _ in parts)
    order = sorted(range(len(owned)), key=lambda number: (-parts[number][1], number))
    extra = set(order[:left])
    return [sign * (whole + (number in extra)) for number, (whole, _) in enumerate(parts)]


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3
