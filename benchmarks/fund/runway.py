# SPDX-License-Identifier: MIT
"""How much of the float the fees buy, and how long the treasury lasts: a simulation by the week, in integers.

Cents, stablecoin of six decimals, wei. Nobody knows a price of NMR in years to come: it is a random walk, as in
`make fund`, and purchases do not move it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from demo.market import quotes
from demo.play_buyback import DECIMALS, POOL_DOLLARS
from fund.accounts import FeePaid
from fund.loop import Payment, payment, to_units
from nmr.protocol.reference.buyback import BASIS, LARGEST_PROGRAMME, owed_for
from nmr.text.amounts import NMR, SUPPLY

YEAR: Final = 52
"""Weeks."""
YEARS: Final = 40
"""Longest that is played."""
WALKS: Final = 200
RESERVE: Final = 3_000_000 * NMR
REWARDS: Final = tuple(each * NMR for each in (150_000, 300_000, 600_000))
"""What the treasury pays in a year, less nothing: assumptions. The one in the middle is a tenth of the treasury."""
USUAL: Final = REWARDS[1]
OVER_MARKET: Final = 123
"""Basis points above the market's price: lots of an hour with a premium of 2% in docs/buyback-simulation.md."""
DAILY: Final = POOL_DOLLARS * 70 // BASIS
"""What is spent in a day at most: 0.7% of the pool's stablecoin."""
YEARLY: Final = LARGEST_PROGRAMME * 10**DECIMALS
"""A programme a year, of the largest that the contract allows."""


@dataclass(frozen=True)
class Year:
    """A year of the treasury: stablecoin in its smallest unit, wei.

    Attributes:
        received: of the fees.
        spent: on NMR.
        unspent: at the year's end.
        bought: wei.
        circulating: outside of the treasury at the year's beginning, wei.
        treasury: at the year's end, wei.
    """

    received: int
    spent: int
    unspent: int
    bought: int
    circulating: int
    treasury: int


@dataclass(frozen=True)
class Course:
    """What became of a treasury.

    Attributes:
        years: whole ones, until it could not pay.
        lasted: weeks that it paid; None if it paid to the end.
    """

    years: tuple[Year, ...]
    lasted: int | None


def weekly_parts(paid: Sequence[FeePaid], first: date, weeks: int) -> list[int]:
    """The treasury's part of fees in the weeks since a day, in stablecoin's smallest unit.

    Args:
        paid: within these weeks.
    """
    parts = [0] * weeks
    payments: list[Payment] = []
    for fee in paid:
        payments.append(payment(fee, (fee.day - first).days // 7, payments))
        parts[payments[-1].week] += to_units(payments[-1].treasury, DECIMALS)
    return parts


def play(parts: Sequence[int], rewards: int, prices: Sequence[int]) -> Course:
    """Pay rewards and buy NMR week by week; what the float does not have cannot be bought.

    Args:
        parts: what comes in by week, again and again; empty for no buyback.
        rewards: of a year, wei.
        prices: of the market by week, 18 decimals.
    """
    treasury, circulating, cash = RESERVE, SUPPLY - RESERVE, 0
    years: list[Year] = []
    received = spent = bought = 0
    before = circulating
    for week, price in enumerate(prices):
        due = rewards * (week + 1) // YEAR - rewards * week // YEAR
        if treasury < due:
            return Course(tuple(years), week)
        treasury, circulating = treasury - due, circulating + due
        if parts:
            came = parts[week % len(parts)]
            received, cash = received + came, cash + came
            lot = min(cash, 7 * DAILY, YEARLY - spent)
            wei = owed_for(lot, price * (BASIS + OVER_MARKET) // BASIS, DECIMALS)
            if wei > circulating:
                lot = wei = 0
            cash, spent, bought = cash - lot, spent + lot, bought + wei
            treasury, circulating = treasury + wei, circulating - wei
        if (week + 1) % YEAR == 0:
            years.append(Year(received, spent, cash, bought, before, treasury))
            received = spent = bought = 0
            before = circulating
    return Course(tuple(years), None)


@dataclass(frozen=True)
class Runway:
    """Courses over all walks of the price.

    Attributes:
        courses: by assets of the fund and yearly rewards, one for each walk.
        without: by yearly rewards.
    """

    courses: Mapping[tuple[str, int], Sequence[Course]]
    without: Mapping[int, Course]


def simulate(parts: Mapping[str, Sequence[int]], walks: int = WALKS, years: int = YEARS) -> Runway:
    """Play each fund's fees against each rate of rewards, on so many walks of the price.

    Args:
        parts: by assets, as of `play`.
    """
    prices = [[quote.market for quote in quotes(years * YEAR, seed)] for seed in range(walks)]
    courses = {
        (name, rewards): [play(each, rewards, walk) for walk in prices]
        for name, each in parts.items()
        for rewards in REWARDS
    }
    return Runway(courses, {rewards: play([], rewards, prices[0]) for rewards in REWARDS})


def middle(values: Sequence[int], percent: int = 50) -> int:
    """The value that so many percent are below, of an odd or even number of them: one of them in any case."""
    return sorted(values)[(len(values) - 1) * percent // 100]
