# SPDX-License-Identifier: MIT
"""The strategies of the buyback's simulation on one walk of the price: by auction, in one order, and in daily ones."""

from dataclasses import dataclass
from typing import Final

from benchmarks.buyback.market import DAY, DOLLAR, START, STEP, STEPS_A_DAY, Market, feed, worth
from nmr.buyback.keeper import best_fill
from nmr.buyback.pool import Pool
from nmr.protocol.reference.buyback import Programme

BUDGET: Final = 1_000_000 * DOLLAR
FILLER_WANTS: Final = 2 * DOLLAR
"""What a filler wants for a fill, beside its gas: others are content with as little."""
GAS: Final = DOLLAR
"""What the gas of a fill costs: 218,733 at 1.5 gwei and $3,000 for an ether."""


@dataclass(frozen=True)
class Result:
    """What a strategy came to; stablecoin in its smallest unit, NMR in wei.

    Attributes:
        spent, bought: in all.
        fair: what was bought, at the market's price of each moment.
        filler: what fillers kept, gas included, or a sandwich.
        arbitrage: what arbitrage gained more than without a buyback.
        impact: the largest rise of the pool above the market, in basis points.
        days: until the budget was spent, or the walk ended.
    """

    spent: int
    bought: int
    fair: int
    filler: int
    arbitrage: int
    impact: int
    days: int

    @property
    def over(self) -> float:
        """The average price over the market's, as a share."""
        return self.spent / self.fair - 1

    @property
    def lost(self) -> float:
        """What fillers and arbitrage gained, as a share of what was spent."""
        return (self.filler + self.arbitrage) / self.spent


class _Tally:
    def __init__(self, market: Market) -> None:
        self.market = market
        self.spent = self.bought = self.fair = self.filler = self.impact = 0

    def buy(self, paid: int, nmr: int, cost: int, price: int) -> None:
        """NMR for what was paid, bought on the pool for `cost`."""
        self.market.pool = self.market.pool.after_purchase(cost, nmr)
        self.spent += paid
        self.bought += nmr
        self.fair += worth(nmr, price)
        self.filler += paid - cost
        self.impact = max(self.impact, (self.market.price() - price) * 10_000 // price)

    def result(self, quiet: int, step: int) -> Result:
        days = -(-step * STEP // DAY)
        arbitrage = self.market.arbitrage - quiet
        return Result(self.spent, self.bought, self.fair, self.filler, arbitrage, self.impact, days)


def quiet(prices: list[int], depth: int) -> list[int]:
    """What arbitrage gains by each step without a buyback."""
    market, gained = Market.of_depth(depth), []
    for price in prices:
        market.arbitrate(price)
        gained.append(market.arbitrage)
    return gained


def auction(prices: list[int], depth: int, lot: int, hours: int, premium: int, gains: list[int]) -> Result:
    """One lot a day, of so many dollars and hours, filled from the pool as soon as that pays a filler.

    Args:
        prices: the market's, at every step.
        depth: dollars in the pool at the beginning.
        premium: basis points.
        gains: what arbitrage gains by each step without a buyback.
    """
    programme = Programme(
        lifetime_cap=BUDGET,
        lot_cap=lot * DOLLAR,
        min_lot=DOLLAR,
        length=hours * 3_600,
        gap=DAY - hours * 3_600,
        discount=500,
        premium=premium,
        max_price=10 * START,
        max_age=25 * 3_600,
        restart_delay=0,
        burns=False,
    )
    tally = _Tally(Market.of_depth(depth))
    reference = left = 0
    for step, (price, said) in enumerate(zip(prices, feed(prices), strict=True)):
        tally.market.arbitrate(price)
        elapsed = step % STEPS_A_DAY * STEP
        if elapsed == 0:
            reference, left = said, min(programme.lot_cap, BUDGET - tally.spent)
        if left and elapsed <= programme.length:
            offer = programme.price(reference, said, elapsed)
            fill = best_fill(offer, 6, left, tally.market.pool, GAS)
            if fill is not None and fill.profit >= FILLER_WANTS:
                tally.buy(fill.paid, fill.owed, fill.cost, price)
                left -= fill.paid
        if tally.spent >= BUDGET:
            break
    return tally.result(gains[step], step)


def at_once(prices: list[int], depth: int, gains: list[int]) -> Result:
    """All of it in one order on the pool; arbitrage has a day to bring the pool back."""
    return daily(prices, depth, BUDGET // DOLLAR, gains)


def daily(prices: list[int], depth: int, order: int, gains: list[int], limit: int = 0) -> Result:
    """An order of so many dollars on the pool every day, whatever the price; a day more for arbitrage.

    Args:
        limit: basis points above the market that the order accepts, all of which a sandwich takes; 0 for no sandwich.
    """
    tally = _Tally(Market.of_depth(depth))
    for step, price in enumerate(prices):
        tally.market.arbitrate(price)
        if step % STEPS_A_DAY == 0:
            amount = min(order * DOLLAR, BUDGET - tally.spent)
            if amount == 0:
                break
            sandwich = _Sandwich.around(tally.market.pool, amount, price, limit) if limit else None
            if sandwich is not None:
                tally.market.pool = sandwich.pushed
            tally.buy(amount, tally.market.pool.bought_with(amount), amount, price)
            if sandwich is not None:
                pool = tally.market.pool
                proceeds = pool.sold_for(sandwich.bought)
                tally.market.pool = pool.after_sale(sandwich.bought, proceeds)
                tally.filler += proceeds - sandwich.paid
    return tally.result(gains[step], step)


@dataclass(frozen=True)
class _Sandwich:
    """A purchase before somebody's order, sold after it."""

    paid: int
    bought: int
    pushed: Pool

    @classmethod
    def around(cls, pool: Pool, order: int, price: int, limit: int) -> "_Sandwich | None":
        """The largest that an order takes which accepts so many basis points above the market; None if it pays not."""
        least = order * 10**36 * 10_000 // (price * (10_000 + limit) * DOLLAR)
        low, high = 0, pool.stablecoin
        while low < high:
            middle = (low + high + 1) // 2
            pushed = pool.after_purchase(middle, pool.bought_with(middle))
            low, high = (middle, high) if pushed.bought_with(order) >= least else (low, middle - 1)
        if low == 0:
            return None
        bought = pool.bought_with(low)
        pushed = pool.after_purchase(low, bought)
        after = pushed.after_purchase(order, pushed.bought_with(order))
        return cls(low, bought, pushed) if after.sold_for(bought) > low else None
