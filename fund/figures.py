# SPDX-License-Identifier: MIT
"""Figures of a series of returns, by week; a year has 52."""

from typing import Final

import numpy as np
from scipy.stats import kurtosis, norm, skew  # type: ignore[import-untyped]

WEEKS: Final = 52


def yearly(returns: np.ndarray) -> np.ndarray:
    """Mean return of a year, not compounded; from float64 of shape (..., weeks)."""
    return np.asarray(returns.mean(axis=-1) * WEEKS)


def volatility(returns: np.ndarray) -> np.ndarray:
    """Standard deviation of a year's return."""
    return np.asarray(returns.std(axis=-1, ddof=1) * np.sqrt(WEEKS))


def sharpe(returns: np.ndarray) -> np.ndarray:
    """Return over volatility, of a year; 0 for a series that never moves."""
    spread = volatility(returns)
    return np.asarray(np.divide(yearly(returns), spread, where=spread > 0, out=np.zeros_like(spread)))


def drawdown(returns: np.ndarray) -> np.ndarray:
    """The largest fall from a high before, as a share of it."""
    value = np.cumprod(1 + returns, axis=-1)
    highest = np.maximum(np.maximum.accumulate(value, axis=-1), 1.0)
    return np.asarray((1 - value / highest).max(axis=-1))


def romad(returns: np.ndarray) -> np.ndarray:
    """Return of a year over the largest drawdown; 0 without a drawdown."""
    fall = drawdown(returns)
    return np.asarray(np.divide(yearly(returns), fall, where=fall > 0, out=np.zeros_like(fall)))


def deflated_sharpe(returns: np.ndarray, tried: np.ndarray) -> float:
    """The chance that a Sharpe ratio is above the best that chance alone gives to so many variants.

    Bailey and López de Prado, The deflated Sharpe ratio, 2014.

    Args:
        returns: float64 of shape (weeks,): of the variant that is judged.
        tried: float64 of shape (variants,): Sharpe ratios of a year of all that were tried, at least two.
    """
    count, weekly = len(tried), float(sharpe(returns)) / np.sqrt(WEEKS)
    spread = float(tried.std(ddof=1)) / np.sqrt(WEEKS)
    best = spread * ((1 - np.euler_gamma) * norm.ppf(1 - 1 / count) + np.euler_gamma * norm.ppf(1 - 1 / (count * np.e)))
    error = np.sqrt(1 - skew(returns) * weekly + (kurtosis(returns, fisher=False) - 1) / 4 * weekly**2)
    return float(norm.cdf((weekly - best) * np.sqrt(len(returns) - 1) / error))


def by_week(dates: np.ndarray, returns: np.ndarray) -> np.ndarray:
    """Compounded returns of calendar weeks, Friday to Thursday, of those that have a day.

    Args:
        dates: datetime64[D] of shape (days,), ascending.
        returns: float64 of the same shape.
    """
    # The first of January 1970 was a Thursday: these weeks begin with a Friday.
    weeks = (dates.astype(int) - 1) // 7
    starts = np.flatnonzero(np.diff(weeks, prepend=weeks[0] - 1))
    compounded: np.ndarray = np.expm1(np.add.reduceat(np.log1p(returns), starts))
    return compounded
