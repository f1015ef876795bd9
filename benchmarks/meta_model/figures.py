# SPDX-License-Identifier: MIT
"""Figures of a series of CORR, and how sure they are: a circular block bootstrap over eras."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

BLOCK: Final = 8
"""Eras that are drawn together, so that what lasts for some weeks is kept."""
RESAMPLES: Final = 10_000
COVERED: Final = 0.95

Figure = Callable[[np.ndarray], np.ndarray]
"""From float64 of shape (..., eras) to one number for each series."""


class Interval(NamedTuple):
    """A figure with its bootstrap interval."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether zero is outside."""
        return self.low > 0 or self.high < 0


def mean(corr: np.ndarray) -> np.ndarray:
    """The mean."""
    return np.asarray(corr.mean(axis=-1))


def deviation(corr: np.ndarray) -> np.ndarray:
    """The standard deviation over eras, of the population."""
    return np.asarray(corr.std(axis=-1))


def sharpe(corr: np.ndarray) -> np.ndarray:
    """Mean over standard deviation, an era at a time, not annualised; 0 for a series that never moves."""
    spread = deviation(corr)
    return np.asarray(np.divide(mean(corr), spread, where=spread > 0, out=np.zeros_like(spread)))


def drawdown(corr: np.ndarray) -> np.ndarray:
    """How far the sum of CORR fell below its highest value before, where the sum begins with 0; never negative."""
    total = np.cumsum(corr, axis=-1)
    highest = np.maximum(np.maximum.accumulate(total, axis=-1), 0.0)
    return np.asarray((highest - total).max(axis=-1))


def resampled_eras(eras: int, seed: int, block: int = BLOCK, resamples: int = RESAMPLES) -> np.ndarray:
    """Draw blocks of neighbouring eras with replacement, the first era following the last one.

    Returns:
        int64 of shape (resamples, eras): positions from 0 to eras - 1.
    """
    starts = np.random.default_rng(seed).integers(0, eras, (resamples, -(-eras // block)))
    drawn = (starts[:, :, None] + np.arange(block)) % eras
    return drawn.reshape(resamples, -1)[:, :eras]


def interval(figure: Figure, corr: np.ndarray, drawn: np.ndarray) -> Interval:
    """A figure of one series, and the middle 95% of it over the resampled histories."""
    return _interval(figure(corr), figure(corr[drawn]))


def interval_of_difference(figure: Figure, one: np.ndarray, other: np.ndarray, drawn: np.ndarray) -> Interval:
    """How much higher a figure of one series is than of the other; both see the same eras in every resample."""
    return _interval(figure(one) - figure(other), figure(one[drawn]) - figure(other[drawn]))


def _interval(value: np.ndarray, resampled: np.ndarray) -> Interval:
    low, high = np.quantile(resampled, [(1 - COVERED) / 2, (1 + COVERED) / 2])
    return Interval(float(value), float(low), float(high))


def best_so_far(corr: np.ndarray, delay: int, before: np.ndarray) -> np.ndarray:
    """CORR of following the model with the best mean so far, known without hindsight.

    Args:
        corr: float64 of shape (eras, models); not a number for what was not scored.
        delay: eras until an outcome is known: with 2, era e follows the best of the eras up to e - 2.
        before: float64 of shape (eras,): what is followed until one outcome is known.

    Returns:
        float64 of shape (eras,).
    """
    known = np.where(np.isnan(corr), -np.inf, corr)
    # Every mean so far has the same number of eras, so sums order the models as means do.
    leaders = np.cumsum(known, axis=0).argmax(axis=1)
    followed = before.copy()
    followed[delay:] = corr[np.arange(delay, len(corr)), leaders[:-delay]]
    return followed
