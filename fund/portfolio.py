# SPDX-License-Identifier: MIT
"""From a meta model to positions: a convex problem, solved by clarabel through cvxpy.

Positions are in shares of the fund's net assets. Everything comes in as known at the close before the trade.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from nmr.errors import NmrError

SOLVED: Final = ("optimal", "optimal_inaccurate")
SMALLEST: Final = 1e-7
"""Positions below it are none: a hundred-millionth of the assets is where the solver stops to look."""
CHARGE: Final = 1.0
"""What an exposure of the size of the net assets is charged where limits leave some: far above what a week earns."""


class PortfolioError(NmrError, RuntimeError):
    """A portfolio that could not be found."""


@dataclass(frozen=True)
class Limits:
    """What a portfolio has to keep.

    Attributes:
        leverage: most long and short together, in net assets.
        position: most in one market, in net assets.
        participation: most of a market's typical dollars that a day's trade takes.
        turnover: most that is bought and sold together in a trade, in net assets.
    """

    leverage: float = 4.0
    position: float = 0.02
    participation: float = 0.05
    turnover: float = 1.0


@dataclass(frozen=True)
class Costs:
    """What trading and holding cost.

    Attributes:
        half_spread: of what is traded.
        impact: of a trade of a whole day's dollars, in daily volatilities; a smaller one pays by the square root.
        borrow: of what is short, a year.
        financing: of what is long beyond the net assets, a year.
    """

    half_spread: float = 0.0005
    impact: float = 1.0
    borrow: float = 0.005
    financing: float = 0.01

    def doubled(self) -> "Costs":
        """Each of them twice."""
        return Costs(2 * self.half_spread, 2 * self.impact, 2 * self.borrow, 2 * self.financing)


@dataclass(frozen=True, eq=False)
class Market:
    """What is known of the markets at the close before a trade.

    Attributes:
        forecast: float64 of shape (markets,): expected return until the next trade.
        volatility: float64 of shape (markets,): daily.
        dollars: float64 of shape (markets,): typically traded in a day; infinite where no impact is assumed.
        exposures: float64 of shape (markets, exposures): what the portfolio must have none of.
    """

    forecast: np.ndarray
    volatility: np.ndarray
    dollars: np.ndarray
    exposures: np.ndarray


def forecasts(meta: np.ndarray, volatility: np.ndarray, corr: float, days: int) -> np.ndarray:
    """Expected returns from a meta model, float64 of shape (markets,): skill × volatility of the time × score.

    Args:
        meta: of shape (markets,), of any scale.
        corr: correlation that one may expect, from eras that are over.
        days: until the next trade.
    """
    spread = meta.std()
    if not np.isfinite(meta).all() or spread == 0:
        raise PortfolioError("The meta model has no opinion.")
    expected: np.ndarray = corr * volatility * np.sqrt(days) * (meta - meta.mean()) / spread
    return expected


def trade_cost(traded: np.ndarray, market: Market, costs: Costs, assets: float) -> float:
    """What a trade costs, in net assets: half the spread, and impact by the square root of participation.

    Args:
        traded: float64 of shape (markets,), in net assets.
        assets: net assets in dollars.
    """
    size = np.abs(traded)
    impact = costs.impact * market.volatility * np.sqrt(assets * size / market.dollars)
    return float((size * (costs.half_spread + impact)).sum())


def holding_cost(held: np.ndarray, costs: Costs, days: int) -> float:
    """What calendar days of holding cost, in net assets: borrow of what is short, financing beyond the assets."""
    short = -np.minimum(held, 0.0).sum()
    beyond = max(0.0, np.maximum(held, 0.0).sum() - 1.0)
    return float((short * costs.borrow + beyond * costs.financing) * days / 365)


def exposed(positions: np.ndarray, market: Market) -> float:
    """The share of a portfolio's variance that is in the exposures, from 0 to 1, if all markets moved on their own."""
    risk = market.volatility * positions
    left = risk - market.exposures @ np.linalg.lstsq(market.exposures, risk, rcond=None)[0]
    total = float(risk @ risk)
    return max(0.0, 1 - float(left @ left) / total) if total else 0.0


def choose(
    market: Market, held: np.ndarray, limits: Limits, costs: Costs, assets: float, aversion: float
) -> np.ndarray:
    """The positions to trade to, float64 of shape (markets,), in net assets.

    They earn most by the forecast, less trading, a week's borrow, and `aversion` × the variance of what the exposures
    leave, among those that are neutral and keep the limits. A position above its limit is brought down as far as a
    trade may. Exposures change by the week: where no trade within the limits makes what is held neutral again, it
    becomes as neutral as they allow.

    Args:
        held: float64 of shape (markets,): positions before the trade.
        assets: net assets in dollars.
        aversion: to variance, per day.

    Raises:
        PortfolioError: if nothing keeps the limits.
    """
    # Here and not above: it takes two seconds to import, and only a trade needs it.
    import cvxpy

    # Neutral in dollars: exposures are of returns over volatility, positions of returns.
    neutral = np.column_stack([np.ones(len(held)), market.exposures * market.volatility[:, np.newaxis]])
    neutral /= np.linalg.norm(neutral, axis=0)
    largest = np.minimum(limits.participation * market.dollars / assets, limits.turnover)
    bound = np.maximum(limits.position, np.abs(held) - largest)
    positions = cvxpy.Variable(len(held))
    size = cvxpy.abs(positions - held)
    impact = costs.impact * market.volatility * np.sqrt(assets / market.dollars)
    gain = (
        market.forecast @ positions
        - aversion * cvxpy.sum_squares(cvxpy.multiply(market.volatility, positions))
        - costs.half_spread * cvxpy.sum(size)
        - impact @ cvxpy.power(size, 1.5)
        - costs.borrow / 52 * cvxpy.sum(cvxpy.neg(positions))
    )
    within = [
        cvxpy.norm1(positions) <= limits.leverage,
        cvxpy.norm1(positions - held) <= limits.turnover,
        cvxpy.abs(positions) <= bound,
        size <= largest,
    ]
    left = neutral.T @ positions
    if not _solved(cvxpy.Problem(cvxpy.Maximize(gain), [left == 0, *within])) and not _solved(
        cvxpy.Problem(cvxpy.Maximize(gain - CHARGE * cvxpy.norm1(left)), within)
    ):
        raise PortfolioError("No portfolio keeps all limits.")
    chosen: np.ndarray = np.where(np.abs(positions.value) < SMALLEST, 0.0, positions.value)
    return chosen


def _solved(problem: Any) -> bool:
    """Whether a problem has a solution, which its variables then have.

    Raises:
        PortfolioError: the solver does not know.
    """
    import cvxpy

    try:
        problem.solve(solver=cvxpy.CLARABEL)
    except cvxpy.error.SolverError as error:
        raise PortfolioError("The solver gave up on the portfolio.") from error
    return problem.status in SOLVED
