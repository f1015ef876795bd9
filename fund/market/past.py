# SPDX-License-Identifier: MIT
"""What is known at a close: features of each market, and what targets and predictions are made neutral to.

Everything here takes a `Past`, the last 250 days up to and including the close, and nothing later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.stats import rankdata  # type: ignore[import-untyped]

HISTORY: Final = 250
"""Days that a feature may look back."""
FACTORS: Final = 8
"""Principal components."""
HALF_YEAR: Final = 130
QUARTER: Final = 65
MONTH: Final = 20
WEEK: Final = 5
SMALLEST: Final = 1e-12
"""Added to a denominator that may be zero: a market that did not move has no direction."""


@dataclass(frozen=True, eq=False)
class Past:
    """The last 250 days before a close, oldest first.

    Attributes:
        returns: float64 of shape (250, markets); 0 where a day has no price.
        dollars: float64 of the same shape, dollars traded, not a number where unknown; None where nothing is known.
    """

    returns: np.ndarray
    dollars: np.ndarray | None = None

    @cached_property
    def volatility(self) -> np.ndarray:
        """Standard deviation of the daily returns of half a year, of shape (markets,)."""
        deviation: np.ndarray = self.returns[-HALF_YEAR:].std(axis=0) + SMALLEST
        return deviation

    @cached_property
    def scaled(self) -> np.ndarray:
        """Returns over their volatility of the whole past, of shape (250, markets)."""
        scaled: np.ndarray = self.returns / (self.returns.std(axis=0) + SMALLEST)
        return scaled

    @cached_property
    def components(self) -> np.ndarray:
        """The first 8 principal components of the correlations, orthonormal columns of shape (markets, 8)."""
        centred = self.scaled - self.scaled.mean(axis=0)
        days = np.linalg.eigh(centred @ centred.T)[1][:, : -FACTORS - 1 : -1]
        loadings = centred.T @ days
        orthonormal: np.ndarray = loadings / np.linalg.norm(loadings, axis=0)
        return orthonormal

    @cached_property
    def residuals(self) -> np.ndarray:
        """What the 8 components do not explain of the scaled returns, of shape (250, markets)."""
        components, scaled = self.components, self.scaled
        residuals: np.ndarray = scaled - (scaled @ components) @ components.T
        return residuals


def _growth(past: Past, first: int, last: int | None = None) -> np.ndarray:
    """Logarithmic growth from day `first` to before day `last`, over volatility: momentum of unlike markets alike."""
    growth: np.ndarray = np.log1p(past.returns[first:last]).sum(axis=0) / past.volatility
    return growth


def _residual_growth(past: Past, first: int) -> np.ndarray:
    growth: np.ndarray = past.residuals[first:].sum(axis=0)
    return growth


def _distance(past: Past, extreme: Callable[..., np.ndarray]) -> np.ndarray:
    """From the last price to the highest or lowest close of the past, over volatility."""
    path = np.log1p(past.returns).cumsum(axis=0)
    distance: np.ndarray = (path[-1] - extreme(path, axis=0)) / past.volatility
    return distance


def _skew(past: Past) -> np.ndarray:
    days = past.returns[-HALF_YEAR:]
    cubes = ((days - days.mean(axis=0)) ** 3).mean(axis=0)
    skew: np.ndarray = cubes / past.volatility**3
    return skew


def _autocorrelation(past: Past) -> np.ndarray:
    days = past.returns[-HALF_YEAR:] - past.returns[-HALF_YEAR:].mean(axis=0)
    autocorrelation: np.ndarray = (days[1:] * days[:-1]).mean(axis=0) / past.volatility**2
    return autocorrelation


def _common(past: Past) -> np.ndarray:
    """Share of a market's variance that the 8 components explain."""
    common: np.ndarray = 1 - (past.residuals**2).mean(axis=0)
    return common


FEATURES: Final[Mapping[str, Callable[[Past], np.ndarray]]] = {
    "return_1d": lambda past: _growth(past, -1),
    "return_1w": lambda past: _growth(past, -WEEK),
    "return_4w": lambda past: _growth(past, -MONTH),
    "return_13w": lambda past: _growth(past, -QUARTER),
    "return_26w": lambda past: _growth(past, -HALF_YEAR),
    "return_50w_but_last_4w": lambda past: _growth(past, -HISTORY, -MONTH),
    "return_a_year_ago_4w": lambda past: _growth(past, -HISTORY, -HISTORY + MONTH),
    "residual_return_1w": lambda past: _residual_growth(past, -WEEK),
    "residual_return_4w": lambda past: _residual_growth(past, -MONTH),
    "residual_return_26w": lambda past: _residual_growth(past, -HALF_YEAR),
    "below_high_50w": lambda past: _distance(past, np.max),
    "above_low_50w": lambda past: _distance(past, np.min),
    "volatility_26w": lambda past: past.volatility,
    "volatility_4w_over_26w": lambda past: past.returns[-MONTH:].std(axis=0) / past.volatility,
    "skew_26w": _skew,
    "largest_day_4w": lambda past: past.returns[-MONTH:].max(axis=0) / past.volatility,
    "smallest_day_4w": lambda past: past.returns[-MONTH:].min(axis=0) / past.volatility,
    "autocorrelation_26w": _autocorrelation,
    "common_share": _common,
}


def _typical_dollars(dollars: np.ndarray, days: int) -> np.ndarray:
    """Median of the dollars traded in a day."""
    typical: np.ndarray = np.nanmedian(dollars[-days:], axis=0)
    return typical


DOLLAR_FEATURES: Final[Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "dollars_13w": lambda returns, dollars: _typical_dollars(dollars, QUARTER),
    "dollars_1w_over_13w": lambda returns, dollars: (
        _typical_dollars(dollars, WEEK) / _typical_dollars(dollars, QUARTER)
    ),
    "dollars_4w_over_50w": lambda returns, dollars: (
        _typical_dollars(dollars, MONTH) / _typical_dollars(dollars, HISTORY)
    ),
    "move_per_dollar_13w": lambda returns, dollars: np.nanmean(np.abs(returns[-QUARTER:]) / dollars[-QUARTER:], axis=0),
}
"""Features of markets whose volumes are known."""


def feature_names(with_dollars: bool) -> tuple[str, ...]:
    """The features' names, in the order of their columns."""
    return (*FEATURES, *(DOLLAR_FEATURES if with_dollars else ()))


def features(past: Past) -> np.ndarray:
    """All features as ranks, (rank − 0.5) / markets, ties sharing the mean, of shape (markets, features)."""
    columns = [feature(past) for feature in FEATURES.values()]
    if past.dollars is not None:
        columns += [feature(past.returns, past.dollars) for feature in DOLLAR_FEATURES.values()]
    return percentile(np.column_stack(columns))


def percentile(values: np.ndarray) -> np.ndarray:
    """Ranks down axis 0 from worst to best, (rank − 0.5) / count, ties sharing the mean rank."""
    ranks: np.ndarray = (rankdata(values, method="average", axis=0) - 0.5) / len(values)
    return ranks


def exposures(past: Past) -> np.ndarray:
    """What a neutral portfolio has none of, float64 of shape (markets, 11 or 12).

    Columns: a constant (dollars long and short), 8 principal components, beta, volatility and, where volumes are known,
    dollars traded. Targets and predictions are of returns over volatility, so each column is of those, too: a portfolio
    that holds prediction / volatility of each market is neutral in dollars of risk.
    """
    scaled = past.scaled
    market = scaled.mean(axis=1) - scaled.mean()
    beta = market @ scaled / (market @ market)
    columns = [np.ones(len(beta)), *past.components.T, beta, np.log(past.volatility)]
    if past.dollars is not None:
        columns.append(np.log(_typical_dollars(past.dollars, QUARTER)))
    stacked = np.column_stack(columns)
    # So that no column is lost beside another's size.
    stacked[:, 1:] -= stacked[:, 1:].mean(axis=0)
    scale: np.ndarray = stacked / np.linalg.norm(stacked, axis=0)
    return scale


def neutral(values: np.ndarray, neutraliser: np.ndarray) -> np.ndarray:
    """What is left of values of shape (markets,) or (markets, columns) without their best fit by exposures."""
    left: np.ndarray = values - neutraliser @ np.linalg.lstsq(neutraliser, values, rcond=None)[0]
    return left
