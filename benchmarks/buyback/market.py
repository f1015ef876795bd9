# SPDX-License-Identifier: MIT
"""The market of the buyback's simulation: a random walk of the price, a pool, and arbitrage that brings it back.

Prices have 18 decimals, stablecoin 6, NMR 18: money is an integer, and only the walk of the price is drawn as floats.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from nmr.buyback.pool import Pool
from nmr.protocol.reference.buyback import PRICE
from nmr.text.amounts import NMR

DOLLAR: Final = 10**6
STEP: Final = 300
"""Seconds between two prices of the walk."""
DAY: Final = 86_400
STEPS_A_DAY: Final = DAY // STEP
START: Final = 15 * PRICE
VOLATILITY: Final = 0.04
"""Standard deviation of a day's logarithmic return."""
HALF_LIFE: Final = 1_800
"""Seconds in which arbitrage closes half of a gap between the pool and the market."""
SHARE: Final = round((1 - 0.5 ** (STEP / HALF_LIFE)) * 10_000)
"""What it closes in a step, in basis points."""
THRESHOLD: Final = 100
"""Basis points by which the market has to move until the feed follows; it does once a day in any case."""


def walk(days: int, seed: int) -> list[int]:
    """The market's price at every step of so many days."""
    steps = np.random.default_rng(seed).normal(0.0, VOLATILITY / sqrt(STEPS_A_DAY), days * STEPS_A_DAY)
    logarithms = np.concatenate(([0.0], np.cumsum(steps)))
    return [int(START // 10**9 * round(float(value) * 10**9)) for value in np.exp(logarithms)]


def feed(prices: list[int]) -> Iterator[int]:
    """What a feed with a threshold and a heartbeat of a day says at every step."""
    said, since = prices[0], 0
    for step, price in enumerate(prices):
        if abs(price - said) * 10_000 >= said * THRESHOLD or step - since >= STEPS_A_DAY:
            said, since = price, step
        yield said


@dataclass
class Market:
    """The pool, and what arbitrage has made of it.

    Attributes:
        pool: what it holds.
        arbitrage: what arbitrage has gained, in stablecoin at the market's price.
    """

    pool: Pool
    arbitrage: int = 0

    @classmethod
    def of_depth(cls, dollars: int) -> "Market":
        """A pool at the first price with so many dollars, and as much in NMR."""
        return cls(Pool(dollars * DOLLAR, dollars * NMR * PRICE // START))

    def price(self) -> int:
        """The pool's price without its fee."""
        return self.pool.stablecoin * NMR * PRICE // (self.pool.nmr * DOLLAR)

    def arbitrate(self, price: int) -> None:
        """Let others trade a part of what would earn them most at the market's price."""
        bought = self.pool.best_purchase(price * DOLLAR, 10**36) * SHARE // 10_000
        if bought:
            cost = self.pool.cost_of(bought)
            self.pool = self.pool.after_purchase(cost, bought)
            self.arbitrage += worth(bought, price) - cost
            return
        sold = self.pool.best_sale(price * DOLLAR, 10**36) * SHARE // 10_000
        if sold:
            proceeds = self.pool.sold_for(sold)
            self.pool = self.pool.after_sale(sold, proceeds)
            self.arbitrage += proceeds - worth(sold, price)


def worth(nmr: int, price: int) -> int:
    """Stablecoin for NMR at a price, rounded down."""
    return nmr * price * DOLLAR // 10**36
