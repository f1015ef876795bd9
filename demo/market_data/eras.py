# SPDX-License-Identifier: MIT
"""Weekly eras: what could be known about each stock before a week, and how the stock did in that week.

Era e covers the five trading days 5e to 5e + 4, counted from the first day of the prices. Its **features** use prices
up to the close of day 5e - 1 and nothing later. Its **target** uses the days of the era and nothing else. The first era
is the first one with a year (250 days) of prices before it; the last one is the week that follows the last whole week
of prices, whose target is not known yet.

Features are ranks within the era, (rank - 0.5) / stocks, ties sharing the mean rank: strictly between 0 and 1, 0.5 in
the middle. Targets are the rank of the return over the era, cut into Numerai's five bins 0, 0.25, 0.5, 0.75 and 1 that
hold 5%, 20%, 50%, 20% and 5% of the stocks (of 88: 4, 18, 44, 18 and 4). A rank takes the market's move out; nothing
else (beta, sector, size) is taken out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy.stats import rankdata  # type: ignore[import-untyped]

from demo.market_data.prices import SCALE, MarketDataError

DAYS_PER_ERA: Final = 5
HISTORY: Final = 250
FIRST_ERA: Final = HISTORY // DAYS_PER_ERA
BINS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
LOWER_EDGES: Final = (0.05, 0.25)  # an edge itself, which ties can hit, belongs to the bin nearer to the middle
UPPER_EDGES: Final = (0.75, 0.95)


@dataclass(frozen=True, eq=False)
class Era:
    """One week.

    Attributes:
        number: the era; round numbers of a tournament are the caller's to assign.
        first_day: the first trading day of the era; everything in `features` was known at the close before it.
        features: float64 frame of shape (stocks, features), each value strictly between 0 and 1. Index: stock id.
        target: float64 series of shape (stocks,), values from BINS, same index; None while the week is not over.
    """

    number: int
    first_day: int
    features: pd.DataFrame
    target: pd.Series | None


def _growth(relatives: np.ndarray) -> np.ndarray:
    """Price at the end of a span over price before it, per stock."""
    growth: np.ndarray = np.multiply.reduce(relatives, axis=0)
    return growth


def _co_movement(relatives: np.ndarray) -> np.ndarray:
    """Covariance with the mean of all stocks: orders stocks as their market beta does."""
    market = relatives.mean(axis=1)
    covariance: np.ndarray = ((market - market.mean())[:, None] * relatives).mean(axis=0)
    return covariance


def _residual_volatility(relatives: np.ndarray) -> np.ndarray:
    """Variance of daily returns that the mean of all stocks does not explain."""
    market = relatives.mean(axis=1)
    explained = np.divide(_co_movement(relatives) ** 2, market.var(), where=market.var() > 0, out=0.0 * relatives[0])
    residual: np.ndarray = relatives.var(axis=0) - explained
    return residual


def _nearness_to_high(relatives: np.ndarray) -> np.ndarray:
    """Last price over the highest close of the span (George and Hwang, Journal of Finance 59, 2004)."""
    prices = np.multiply.accumulate(relatives, axis=0)
    nearness: np.ndarray = prices[-1] / prices.max(axis=0)
    return nearness


# Each takes the last 250 daily relatives before the era, of shape (250, stocks), oldest first. "w" is a week of 5 days.
# There is no volume in the data; the share of days without a price change stands in for illiquidity (Lesmond, Ogden and
# Trzcinka, Review of Financial Studies 12, 1999).
FEATURES: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "reversal_1d": lambda past: -past[-1],
    "reversal_1w": lambda past: -_growth(past[-5:]),
    "momentum_4w": lambda past: _growth(past[-20:]),
    "momentum_13w": lambda past: _growth(past[-65:]),
    "momentum_26w": lambda past: _growth(past[-130:]),
    "momentum_50w_but_last_4w": lambda past: _growth(past[:-20]),
    "nearness_to_high_50w": _nearness_to_high,
    "volatility_4w": lambda past: past[-20:].std(axis=0),
    "volatility_26w": lambda past: past[-130:].std(axis=0),
    "residual_volatility_26w": lambda past: _residual_volatility(past[-130:]),
    "co_movement_26w": lambda past: _co_movement(past[-130:]),
    "largest_day_4w": lambda past: past[-20:].max(axis=0),
    "unchanged_days_13w": lambda past: (past[-65:] == 1.0).mean(axis=0),
}


def _percentile(values: np.ndarray) -> np.ndarray:
    """Tie-kept percentile rank down axis 0, (rank - 0.5) / count, as numerai-tools' `tie_kept_rank`."""
    percentile: np.ndarray = (rankdata(values, method="average", axis=0) - 0.5) / len(values)
    return percentile


def compute_features(relatives: pd.DataFrame, number: int) -> pd.DataFrame:
    """Compute the features of era `number` from the days before it.

    Args:
        relatives: daily price relatives in parts per million, one row per day from day 0, one column per stock.

    Returns:
        float64 frame of shape (stocks, 13), values strictly between 0 and 1.

    Raises:
        MarketDataError: if there are fewer than 250 days before the era.
    """
    first_day = number * DAYS_PER_ERA
    if number < FIRST_ERA or first_day > len(relatives):
        raise MarketDataError(f"Era {number} has no {HISTORY} days of prices before it.")
    past = relatives.iloc[first_day - HISTORY : first_day].to_numpy() / SCALE
    values = np.column_stack([feature(past) for feature in FEATURES.values()])
    return pd.DataFrame(_percentile(values), index=relatives.columns, columns=list(FEATURES))


def compute_target(relatives: pd.DataFrame, number: int) -> pd.Series | None:
    """Compute the target of era `number` from its own five days; None if they are not all there yet.

    Args:
        relatives: as for `compute_features`.

    Returns:
        float64 series of shape (stocks,), values from BINS: the rank of the return over the era, in bins.
    """
    week = relatives.iloc[number * DAYS_PER_ERA : (number + 1) * DAYS_PER_ERA].to_numpy() / SCALE
    if len(week) < DAYS_PER_ERA:
        return None
    percentile = _percentile(_growth(week))
    bins = np.searchsorted(LOWER_EDGES, percentile, "right") + np.searchsorted(UPPER_EDGES, percentile, "left")
    return pd.Series(np.array(BINS)[bins], index=relatives.columns, name="target")


def build_eras(relatives: pd.DataFrame) -> dict[int, Era]:
    """Build every era with a year of prices before it, the week after the last whole one included.

    Args:
        relatives: as for `compute_features`; `prices.load_relatives()` gives eras 50 to 251, and 251 has no target.

    Returns:
        eras by number, ascending; empty if there are fewer than 250 days.
    """
    numbers = range(FIRST_ERA, len(relatives) // DAYS_PER_ERA + 1)
    return {
        number: Era(
            number=number,
            first_day=number * DAYS_PER_ERA,
            features=compute_features(relatives, number),
            target=compute_target(relatives, number),
        )
        for number in numbers
    }
