# SPDX-License-Identifier: MIT
"""A buyback in integers: its limits, its auction, its feed, and what every call moves.

Amounts of stablecoin are in its smallest unit, of NMR in wei; prices are stablecoin for one NMR, both in whole units,
with 18 decimals. Both divisions of the auction round for the treasury: a price down, the NMR that is owed up.
"""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from nmr.errors import require

BASIS: Final = 10_000
"""1.0 in basis points."""
PRICE: Final = 10**18
"""1.0 as a price."""
LARGEST_PRICE: Final = 10**9 * PRICE
"""What a feed's answer may be at most."""
LARGEST_DECIMALS: Final = 36
"""Of a feed's answer."""
UNLIMITED: Final = 2**256 - 1
"""As an allowance, more than any token counts down from."""

LARGEST_PROGRAMME: Final = 10_000_000
"""Whole stablecoins of the lifetime cap, at most."""
LARGEST_LOT: Final = 250_000
"""Whole stablecoins of the lot cap, at most."""
SMALLEST_LOT: Final = 1
"""Whole stablecoins of the smallest lot, at least."""
SHORTEST_LENGTH: Final = 600
LONGEST_LENGTH: Final = 7 * 86_400
SHORTEST_GAP: Final = 600
LONGEST_GAP: Final = 90 * 86_400
SHORTEST_AGE: Final = 60
LONGEST_AGE: Final = 48 * 3_600
LARGEST_DISCOUNT: Final = 2_000
LARGEST_PREMIUM: Final = 500
SHORTEST_RESTART_DELAY: Final = 600
LONGEST_RESTART_DELAY: Final = 86_400


class Programme(NamedTuple):
    """What a buyback may do; it can never be changed. See `IBuyback.Programme`."""

    lifetime_cap: int
    lot_cap: int
    min_lot: int
    length: int
    gap: int
    discount: int
    premium: int
    max_price: int
    max_age: int
    restart_delay: int
    burns: bool

    def curve(self, reference: int, elapsed: int) -> int:
        """The price that a lot offers so many seconds after its kick at a reference price, rounded down."""
        slope = self.discount + self.premium
        weight = (BASIS - self.discount) * self.length + slope * elapsed
        return reference * weight // (BASIS * self.length)

    def bound(self, fresh: int) -> int:
        """What may be paid at most while the reference price is `fresh`, rounded down."""
        return min(self.max_price, fresh * (BASIS + self.premium) // BASIS)

    def price(self, reference: int, fresh: int, elapsed: int) -> int:
        """What is offered for one NMR: the curve from the lower of the kick's reference and the fresh one."""
        return min(self.max_price, self.curve(min(reference, fresh), elapsed))


class Lot(NamedTuple):
    """The lot that was kicked last; a reference of 0 means that it was stopped, or that there was none."""

    number: int = 0
    started_at: int = 0
    reference: int = 0
    left: int = 0


class Answer(NamedTuple):
    """What a feed says: `latestRoundData`, but for the time at which its round began, and `decimals`."""

    answer: int
    decimals: int
    updated_at: int
    round: int = 1
    answered_in: int = 1


class Uptime(NamedTuple):
    """What a feed of an L2's sequencer says: 0 if it is up, and since when it is that or not."""

    answer: int
    started_at: int


UP: Final = Uptime(0, 1)
"""Up for ages."""


@dataclass
class Tokens:
    """One token: who holds how much, and what the buyback may take."""

    held: dict[str, int] = field(default_factory=dict)
    allowed: dict[str, int] = field(default_factory=dict)

    def balance(self, owner: str) -> int:
        """What somebody holds."""
        return self.held.get(owner, 0)

    def move(self, owner: str, receiver: str | None, amount: int) -> None:
        """Move an amount that is there; without a receiver it is burned."""
        self.held[owner] = self.balance(owner) - amount
        if receiver is not None:
            self.held[receiver] = self.balance(receiver) + amount

    def spend(self, owner: str, receiver: str | None, amount: int) -> None:
        """Move an amount out of what `owner` allowed the buyback.

        Raises:
            Refused: the owner has allowed less, or holds less.
        """
        allowed = self.allowed.get(owner, 0)
        require(amount <= allowed, "erc20: insufficient allowance")
        burns = receiver is None
        reason = "erc20: burn amount exceeds balance" if burns else "erc20: transfer amount exceeds balance"
        require(amount <= self.balance(owner), reason)
        if allowed != UNLIMITED:
            self.allowed[owner] = allowed - amount
        self.move(owner, receiver, amount)


def owed_for(paid: int, price: int, decimals: int) -> int:
    """The wei of NMR that are owed for stablecoin of so many decimals at a price, rounded up."""
    unit: int = 10 ** (36 - decimals)
    return -(-paid * unit // price)


def reference_price(answer: Answer | None, now: int, max_age: int) -> int:
    """The price that a feed's answer means; None for a feed that reverts.

    Raises:
        Refused: there is no answer, or it is none to go by.
    """
    require(answer is not None, "feed: no answer")
    assert answer is not None
    require(answer.answer > 0, "feed: price is not positive")
    require(answer.updated_at > 0, "feed: round is not complete")
    require(answer.answered_in >= answer.round, "feed: answer of an earlier round")
    require(answer.updated_at <= now, "feed: answer from the future")
    require(now - answer.updated_at <= max_age, "feed: answer is too old")
    require(answer.decimals <= LARGEST_DECIMALS, "feed: too many decimals")
    unit: int = 10**answer.decimals
    price = answer.answer * PRICE // unit
    require(price <= LARGEST_PRICE, "feed: price is too large")
    require(price > 0, "feed: price is zero")
    return price


def check_uptime(uptime: Uptime | None, delay: int, moment: int) -> None:
    """Make sure that a sequencer was up for `delay` seconds before a moment, and ever since; None: its feed reverts.

    Raises:
        Refused: it was not, or the feed is none to go by.
    """
    require(uptime is not None, "sequencer: no answer")
    assert uptime is not None
    require(uptime.answer == 0, "sequencer: is down")
    require(uptime.started_at > 0, "sequencer: round has not started")
    require(moment - uptime.started_at >= delay, "sequencer: was down too recently")


@dataclass
class Buyback:
    """A programme, its tokens and everything that it emitted.

    Attributes:
        address, treasury, owner, guardian: who is who.
        decimals: of the stablecoin.
        stablecoin, nmr: the tokens; `nmr.allowed` are the fillers' allowances, `stablecoin.allowed` the treasury's.
        events: name and fields, in order.
    """

    programme: Programme
    decimals: int
    address: str
    treasury: str
    owner: str
    guardian: str
    stablecoin: Tokens
    nmr: Tokens
    lot: Lot = field(default_factory=Lot)
    total_paid: int = 0
    total_bought: int = 0
    paused: bool = False
    ended: bool = False
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def next_kick_at(self) -> int:
        """When the next lot is due; 0 before the first."""
        return self.lot.started_at + self.programme.length + self.programme.gap if self.lot.number else 0

    @property
    def next_amount(self) -> int:
        """What a lot would offer that was kicked now, were it due and not smaller than lots may be."""
        if self.ended:
            return 0
        most = self._most
        funds = min(self.stablecoin.allowed.get(self.treasury, 0), self.stablecoin.balance(self.treasury))
        return self.lot.left + min(most - self.lot.left, funds)

    @property
    def _most(self) -> int:
        """What the programme lets the next lot offer."""
        return min(self.programme.lot_cap, self.programme.lifetime_cap - self.total_paid)

    def price(self, answer: Answer | None, now: int, uptime: Uptime | None = UP) -> int:
        """What is offered for one NMR.

        Args:
            answer: what the feed says; None if it reverts.
            now: unix seconds.
            uptime: what the sequencer's feed says, if the programme has a restart delay; None if it reverts.

        Raises:
            Refused: nothing is on offer, or a feed is none to go by.
        """
        require(not self.paused, "buyback: programme is paused")
        require(self.lot.reference > 0, "buyback: no lot is on offer")
        elapsed = now - self.lot.started_at
        require(elapsed <= self.programme.length, "buyback: lot is over")
        fresh = self._reference(answer, now, uptime, self.lot.started_at)
        price = self.programme.price(self.lot.reference, fresh, elapsed)
        require(price > 0, "buyback: price is zero")
        return price

    def kick(self, answer: Answer | None, now: int, uptime: Uptime | None = UP) -> int:
        """Start the next lot; gives what it offers. For the arguments see `price`.

        Raises:
            Refused: not due, too little to spend, or a feed is none to go by.
        """
        require(not self.paused, "buyback: programme is paused")
        require(not self.ended, "buyback: programme has ended")
        require(now >= self.next_kick_at, "buyback: next lot is not due")
        amount = self.next_amount
        require(amount > 0, "buyback: nothing to spend")
        require(amount >= min(self.programme.min_lot, self._most), "buyback: lot is too small")
        drawn = amount - self.lot.left
        reference = self._reference(answer, now, uptime, now)
        self.lot = Lot(self.lot.number + 1, now, reference, amount)
        ends_at = now + self.programme.length
        self._emit("Kicked", lot=self.lot.number, amount=amount, drawn=drawn, reference=reference, ends_at=ends_at)
        self.stablecoin.spend(self.treasury, self.address, drawn)
        return amount

    def take(
        self,
        answer: Answer | None,
        now: int,
        filler: str,
        amount: int,
        min_price: int,
        receiver: str,
        uptime: Uptime | None = UP,
    ) -> tuple[int, int]:
        """Pay stablecoin for NMR; gives both amounts. For answer, now and uptime see `price`.

        Raises:
            Refused: nothing is on offer, or the filler cannot pay; the state is as it was before.
        """
        require(amount > 0, "buyback: amount is zero")
        require(receiver != self.address, "buyback: receiver is the buyback")
        price = self.price(answer, now, uptime)
        require(price >= min_price, "buyback: price is below the caller's")
        paid = min(amount, self.lot.left)
        require(paid > 0, "buyback: nothing is left")
        owed = owed_for(paid, price, self.decimals)
        # The filler pays last on the chain, and if it cannot all is undone; here it pays first.
        self.nmr.spend(filler, None if self.programme.burns else self.treasury, owed)
        self.stablecoin.move(self.address, receiver, paid)
        self.lot = self.lot._replace(left=self.lot.left - paid)
        self.total_paid += paid
        self.total_bought += owed
        self._emit(
            "Filled",
            lot=self.lot.number,
            filler=filler,
            receiver=receiver,
            paid=paid,
            bought=owed,
            price=price,
            left=self.lot.left,
            total_paid=self.total_paid,
            total_bought=self.total_bought,
        )
        return paid, owed

    def pause(self, sender: str) -> None:
        """Stop kick, take and the lot that runs.

        Raises:
            Refused: not the guardian, or paused already.
        """
        require(sender == self.guardian, "buyback: not the guardian")
        require(not self.paused, "pausable: contract is paused")
        self.paused = True
        self._emit("Paused", account=sender)
        self._stop()

    def unpause(self, sender: str) -> None:
        """End a pause.

        Raises:
            Refused: not the owner, or not paused.
        """
        require(sender == self.owner, "ownable: caller is not the owner")
        require(self.paused, "pausable: contract is not paused")
        self.paused = False
        self._emit("Unpaused", account=sender)

    def end(self, sender: str) -> None:
        """End the programme; what it holds stays for `sweep`.

        Raises:
            Refused: not the owner, or ended already.
        """
        require(sender == self.owner, "ownable: caller is not the owner")
        require(not self.ended, "buyback: programme has ended")
        self.ended = True
        self._stop()
        left = self.lot.left
        self.lot = self.lot._replace(left=0)
        self._emit("Ended", left=left, total_paid=self.total_paid, total_bought=self.total_bought)

    def sweep(self, sender: str) -> int:
        """Return all stablecoin to the treasury after the end; gives how much.

        Raises:
            Refused: not the owner, not ended yet, or nothing is held.
        """
        require(sender == self.owner, "ownable: caller is not the owner")
        require(self.ended, "buyback: programme has not ended")
        amount = self.stablecoin.balance(self.address)
        require(amount > 0, "buyback: nothing to sweep")
        self._emit("Swept", amount=amount)
        self.stablecoin.move(self.address, self.treasury, amount)
        return amount

    def _reference(self, answer: Answer | None, now: int, uptime: Uptime | None, moment: int) -> int:
        """The feed's price, if the sequencer was up for a while before a moment and ever since."""
        if self.programme.restart_delay:
            check_uptime(uptime, self.programme.restart_delay, moment)
        return reference_price(answer, now, self.programme.max_age)

    def _stop(self) -> None:
        if self.lot.reference > 0:
            self.lot = self.lot._replace(reference=0)
            self._emit("Stopped", lot=self.lot.number, left=self.lot.left)

    def _emit(self, name: str, **args: Any) -> None:
        self.events.append((name, args))
