# SPDX-License-Identifier: MIT
"""What one NMR costs in the demo: a random walk of the market, a feed that lags behind it, and a pool that follows it.

Prices have 18 decimals. Money is an integer; only the walk is drawn as floats.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from nmr.buyback.pool import Pool
from nmr.protocol.reference.buyback import PRICE

START: Final = 15 * PRICE
VOLATILITY: Final = 0.05
"""Standard deviation of a week's logarithmic return."""
LAG: Final = 0.01
"""How far the feed may be from the market: the threshold at which it is told anew."""
FEED_DECIMALS: Final = 8


@dataclass(frozen=True)
class Quote:
    """A week's prices: the market's, and what the feed says, in its own decimals."""

    market: int
    answer: int


@dataclass(frozen=True)
class Trade:
    """A trade with the pool: NMR bought from it, or sold to it, for stablecoin."""

    buys: bool
    nmr: int
    stablecoin: int


def quotes(weeks: int, seed: int) -> list[Quote]:
    """The prices of so many weeks, the same for the same seed."""
    rng = np.random.default_rng(seed)
    walk = np.exp(np.cumsum(rng.normal(0.0, VOLATILITY, weeks)))
    lags = rng.uniform(1 - LAG, 1 + LAG, weeks)
    unit = START // 10**9
    markets = [unit * round(float(step) * 10**9) for step in walk]
    return [
        Quote(market, market * round(float(lag) * 10**9) // 10 ** (9 + 18 - FEED_DECIMALS))
        for market, lag in zip(markets, lags, strict=True)
    ]


def arbitrage(pool: Pool, price: int, decimals: int) -> Trade | None:
    """The trade that earns most while the market's price is another than the pool's; None if no trade earns anything.

    Args:
        decimals: of the stablecoin.
    """
    unit = price * 10**decimals
    bought = pool.best_purchase(unit, 10**36)
    if bought:
        return Trade(True, bought, pool.cost_of(bought))
    sold = pool.best_sale(unit, 10**36)
    return Trade(False, sold, pool.sold_for(sold)) if sold else None
