# SPDX-License-Identifier: MIT
"""Weekly eras of a universe of markets: features known before, a neutral target after.

An era's features and neutralisers end at a close. The return of the day after that is nobody's: closes of one date are
not simultaneous around the world, and whoever trades on a close trades at the next one. The target is the return of the
five days from there, over the volatility known before, neutral, and in the five bins of Numerai's targets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from fund.market.past import HISTORY, WEEK, Past, exposures, feature_names, features, neutral, percentile
from fund.market.sources import Prices, load_futures, load_stocks
from fund.market.store import MarketError

GAP: Final = 1
"""Days between the close that an era's features know and the close at which its target begins."""
DAYS: Final = WEEK
STALE: Final = 10
"""Days without a price after which a market is not predicted."""

BINS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
# As numerai's: 5, 20, 50, 20 and 5 percent. An edge itself belongs to the bin nearer to the middle.
LOWER_EDGES: Final = (0.05, 0.25)
UPPER_EDGES: Final = (0.75, 0.95)


@dataclass(frozen=True, eq=False)
class Era:
    """A week of a universe.

    Attributes:
        number: from 0 on, ascending.
        known: row of the last day that features and neutralisers know.
        date: of that day.
        members: int of shape (markets,): columns of the universe's prices that take part.
        features: float64 of shape (markets, features), values strictly between 0 and 1.
        exposures: float64 of shape (markets, exposures), as of `fund.market.past`.
        residual: float64 of shape (markets,): the week's return over volatility, neutral to the exposures; None if the
            week is not over.
        target: float64 of shape (markets,), values of BINS by the rank of `residual`; None with it.
    """

    number: int
    known: int
    date: np.datetime64
    members: np.ndarray
    features: np.ndarray
    exposures: np.ndarray
    residual: np.ndarray | None
    target: np.ndarray | None

    @property
    def days(self) -> range:
        """Rows of the returns that make the target."""
        return range(self.known + 1 + GAP, self.known + 1 + GAP + DAYS)


@dataclass(frozen=True, eq=False)
class Universe:
    """Markets that are predicted together.

    Attributes:
        name: short.
        prices: of its markets.
        first: ISO date; no era knows less.
        caution: what has to be said beside each figure.
    """

    name: str
    prices: Prices
    first: str
    caution: str

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the eras' features."""
        return feature_names(self.prices.dollars is not None)


def stocks() -> Universe:
    """431 stocks; eras begin after a year of prices."""
    caution = "431 stocks that were in the S&P 500 at the end and survived ten years: chosen with hindsight"
    return Universe("stocks", load_stocks(), "2008-01-01", caution)


def futures() -> Universe:
    """46 series of futures, those of each era that have a year of prices; eras begin in 1993, with 36 of them."""
    caution = "46 series of unknown origin that look like futures: chosen by somebody who knew which are traded in 2023"
    return Universe("futures", load_futures(), "1993-01-01", caution)


def eras(universe: Universe) -> Iterator[Era]:
    """All eras of a universe, ascending, one every five days of its prices; the last ones may have no target.

    Raises:
        MarketError: if the first era has less than 250 days of prices before it.
    """
    prices = universe.prices
    first = int(np.searchsorted(prices.dates, np.datetime64(universe.first)))
    if first < HISTORY - 1:
        raise MarketError(f"There are no {HISTORY} days of prices before {universe.first}.")
    for number, known in enumerate(range(first, len(prices.dates), DAYS)):
        yield era(prices, number, known)


def era(prices: Prices, number: int, known: int) -> Era:
    """The era whose features know the days up to and including row `known`."""
    members = listed(prices, known)
    past = past_of(prices, known, members)
    exposed = exposures(past)
    week = prices.returns[known + 1 + GAP : known + 1 + GAP + DAYS, members]
    residual = target = None
    if len(week) == DAYS:
        growth = np.prod(1 + np.nan_to_num(week), axis=0) - 1
        residual = neutral(growth / past.volatility, exposed)
        target = binned(residual)
    return Era(number, known, prices.dates[known], members, features(past), exposed, residual, target)


def listed(prices: Prices, known: int) -> np.ndarray:
    """Columns of the markets with 250 prices by a day, one of them in the last ten days."""
    has = ~np.isnan(prices.returns[: known + 1])
    columns: np.ndarray = np.flatnonzero((has.sum(axis=0) >= HISTORY) & has[-STALE:].any(axis=0))
    return columns


def past_of(prices: Prices, known: int, members: np.ndarray) -> Past:
    """The 250 days up to and including row `known` of these columns."""
    rows = slice(known + 1 - HISTORY, known + 1)
    dollars = None if prices.dollars is None else prices.dollars[rows][:, members]
    return Past(np.nan_to_num(prices.returns[rows][:, members]), dollars)


def binned(values: np.ndarray) -> np.ndarray:
    """The bins of values by their rank."""
    ranks = percentile(values)
    bins = np.searchsorted(LOWER_EDGES, ranks, "right") + np.searchsorted(UPPER_EDGES, ranks, "left")
    values_of: np.ndarray = np.array(BINS)[bins]
    return values_of
