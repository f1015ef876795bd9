# SPDX-License-Identifier: MIT
"""The buyback beside the rounds: a lot a week, kicked by a keeper, and taken by whoever earns something by it.

The keeper buys NMR on the pool and takes with it as soon as that leaves enough. A holder of NMR, who asks for a little
more than the market's price, takes the rest once that is offered. What neither wants is offered with the next lot.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from demo.market import Quote, Trade, arbitrage
from demo.results import BuybackResult, LotFill, LotResult
from demo.season import Clock
from nmr.buyback.keeper import Fill, best_fill
from nmr.buyback.pool import Pool
from nmr.protocol.reference.buyback import BASIS, Programme

LOOK: Final = 300
"""Seconds between two looks at a lot; the last is a minute before its end."""
FIRST_LOOK: Final = 240
MARGIN: Final = 50
"""Whole stablecoins that a fill on the pool has to leave to the keeper."""
ASKED: Final = 100
"""Basis points above the market's price for which the holder sells."""


class Handle(Protocol):
    """A buyback on a chain; receipts are the chain's own."""

    decimals: int

    @property
    def programme(self) -> Programme:
        """What it may do."""

    def next_amount(self) -> int:
        """What the next lot would offer."""

    def kick(self, sender: Any) -> Any:
        """Start the next lot."""

    def take(self, paid: int, min_price: int, sender: Any) -> Any:
        """Take with the sender's own NMR."""

    def fill(self, fill: Fill, min_margin: int, sender: Any) -> Any:
        """Take with NMR from the pool."""

    def kicked(self, receipt: Any) -> Any:
        """The kick that a transaction logged."""

    def filled(self, receipt: Any) -> Any:
        """The fill that a transaction logged."""


class Pair(Protocol):
    """A pool of NMR and the stablecoin."""

    def read(self) -> Pool:
        """What it holds."""

    def trade(self, trade: Trade) -> None:
        """Let the market trade with it."""


class Lots:
    """Plays the lots of a programme."""

    def __init__(
        self,
        buyback: Handle,
        pair: Pair | None,
        keeper: Any,
        holder: Any,
        clock: Clock,
        quotes: Sequence[Quote],
        tell_feed: Callable[[int], None],
        reserve: Callable[[], int],
    ) -> None:
        """
        Args:
            buyback: which may spend.
            pair: the filler's; None if there is no filler.
            keeper: who kicks, and fills on the pool.
            holder: who has NMR, and has allowed it to the buyback.
            clock: the chain's.
            quotes: the prices, by week.
            tell_feed: lets the feed answer something else.
            reserve: the NMR that the treasury holds, wei.
        """
        self._buyback = buyback
        self._pair = pair
        # What the pair holds: read again after each trade, as nobody else trades.
        self._pool: Pool | None = None
        self._keeper = keeper
        self._holder = holder
        self._clock = clock
        self._quotes = quotes
        self._tell_feed = tell_feed
        self._reserve = reserve
        self._least = MARGIN * 10**buyback.decimals
        self.result = BuybackResult(buyback.programme, buyback.decimals, on_pool=pair is not None)

    def play(self, week: int, at: int) -> None:
        """Kick a week's lot at a time, and let it be taken."""
        self._clock.pending_timestamp = at
        quote = self._quotes[week]
        self._tell_feed(quote.answer)
        self._move_pool(quote.market)
        if self._buyback.next_amount() == 0:
            return
        before, pool = self._reserve(), None if self._pool is None else self._pool.stablecoin
        receipt = self._buyback.kick(self._keeper)
        self.result.gas["kick"].append(receipt.gas_used)
        kicked = self._buyback.kicked(receipt)
        started_at = int(kicked["ends_at"]) - self._buyback.programme.length
        fills = self._take(started_at, int(kicked["reference"]), int(kicked["amount"]), quote.market)
        self.result.lots.append(
            LotResult(
                number=int(kicked["lot"]),
                week=week,
                market=quote.market,
                reference=int(kicked["reference"]),
                offered=int(kicked["amount"]),
                fills=fills,
                gained=self._reserve() - before,
                pool=pool,
            )
        )

    def _move_pool(self, market: int) -> None:
        """Whoever earns by it brings the pool to the market's price."""
        if self._pair is not None:
            trade = arbitrage(self._pair.read(), market, self._buyback.decimals)
            if trade is not None:
                self._pair.trade(trade)
            self._pool = self._pair.read()

    def _take(self, started_at: int, reference: int, left: int, market: int) -> list[LotFill]:
        """Look at a lot until it is over or nothing is left."""
        programme = self._buyback.programme
        fills: list[LotFill] = []
        for elapsed in range(FIRST_LOOK, programme.length, LOOK):
            price = programme.price(reference, reference, elapsed)
            for take in (self._on_pool, self._by_holder):
                fill = take(price, left, market, started_at + elapsed) if left else None
                if fill is not None:
                    fills.append(fill)
                    left -= fill.paid
        return fills

    def _on_pool(self, price: int, left: int, market: int, now: int) -> LotFill | None:
        """The keeper's take, if it leaves enough."""
        if self._pair is None or self._pool is None:
            return None
        plan = best_fill(price, self._buyback.decimals, left, self._pool, gas=0)
        if plan is None or plan.margin < self._least:
            return None
        self._clock.pending_timestamp = now
        receipt = self._buyback.fill(plan, self._least, self._keeper)
        self._pool = self._pair.read()
        return self._fill("pool", receipt)

    def _by_holder(self, price: int, left: int, market: int, now: int) -> LotFill | None:
        """The holder's take, if the offer is high enough."""
        asked = market * (BASIS + ASKED) // BASIS
        if price < asked:
            return None
        # A fill on the pool may have been a moment before.
        self._clock.pending_timestamp = max(now, self._clock.pending_timestamp)
        receipt = self._buyback.take(left, asked, self._holder)
        return self._fill("holder", receipt)

    def _fill(self, by: str, receipt: Any) -> LotFill:
        self.result.gas["fill on the pool" if by == "pool" else "take"].append(receipt.gas_used)
        event = self._buyback.filled(receipt)
        return LotFill(by, price=int(event["price"]), paid=int(event["paid"]), bought=int(event["bought"]))
