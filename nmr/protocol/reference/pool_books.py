# SPDX-License-Identifier: MIT
"""The books of one pool: what every call does once nothing speaks against it, in whole gwei and shares.

`Pool` guards them; a replay applies a log to them. Blocks are told apart by their time.
"""

from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, TypeVar

PER_GWEI: Final = 10**9
"""Shares a gwei that an epoch opens with."""


class Order(NamedTuple):
    """An order: gwei or shares, the batch that was open when it was given, and when that was."""

    amount: int = 0
    batch: int = 0
    at: int = 0


NO_ORDER: Final = Order()


class ExitBatch(NamedTuple):
    """What an exit batch gave: gwei for all its shares."""

    at: int
    shares: int
    paid: int


class EntryBatch(NamedTuple):
    """What an entry batch gave: shares of an epoch, bought in a round, for as many of its gwei as were used."""

    at: int
    ordered: int
    used: int
    shares: int
    epoch: int
    round: int


class Pot(NamedTuple):
    """What the shares of an ended epoch, but for the manager's, redeem."""

    value: int
    shares: int


class ExitsDue(NamedTuple):
    """What leaves a place: shares, and gwei for them. Where the epoch ends, all does."""

    ends: bool
    shares: int
    paid: int
    manager_shares: int
    manager_paid: int


class EntriesDue(NamedTuple):
    """What enters a place. Nothing is ordered where no batch, or no order of the manager's, runs."""

    ordered: int
    used: int
    shares: int
    manager_ordered: int
    manager_used: int
    manager_shares: int


@dataclass
class Queue:
    """The orders of a place and a kind that wait for the open batch: their sum, and how much of it is of time `at`.

    After that time `fresh` counts nothing. It stays, as the contract keeps its word.
    """

    batch: int = 0
    total: int = 0
    fresh: int = 0
    at: int = 0

    def ready(self, now: int) -> int:
        """What is of an earlier block."""
        return self.total - self._fresh(now)

    def raise_by(self, amount: int, order: Order, now: int) -> Order:
        """Add to an order, all of which is of this block then."""
        moved = amount if order.at == now else amount + order.amount
        self.total += amount
        self.fresh, self.at = self._fresh(now) + moved, now
        return Order(order.amount + amount, self.batch, now)

    def take_back(self, order: Order, now: int) -> None:
        """Cancel an order."""
        self.total -= order.amount
        if order.at == now:
            self.fresh -= order.amount

    def close(self, now: int) -> None:
        """Leave what is of this block to the next batch."""
        self.total = self._fresh(now)
        self.batch += 1

    def drop(self) -> None:
        """Forget all orders."""
        if self.total:
            self.total = self.at = 0
            self.batch += 1

    def _fresh(self, now: int) -> int:
        return self.fresh if self.at == now else 0


@dataclass
class PlaceBooks:
    """A place: the shares of its epoch, the mark above which a fee is due, gwei, and what is on order."""

    epoch: int = 0
    shares: int = 0
    manager_shares: int = 0
    mark: int = 0
    fees: int = 0
    exits: Queue = field(default_factory=Queue)
    entries: Queue = field(default_factory=Queue)
    manager_exit: Order = NO_ORDER
    manager_entry: Order = NO_ORDER

    @property
    def leaving(self) -> bool:
        """Whether an exit order stands, the manager's or another's."""
        return self.exits.total > 0 or self.manager_exit.amount > 0


@dataclass
class Holding:
    """What a backer has at a place: shares of an epoch, the round in which the last were bought, and orders."""

    epoch: int = 0
    shares: int = 0
    bought_in: int | None = None
    exit: Order = NO_ORDER
    entry: Order = NO_ORDER


B = TypeVar("B", ExitBatch, EntryBatch)


def over(product: int, divisor: int) -> int:
    """A quotient, rounded up."""
    return -(-product // divisor)


def scaled(mark: int, value: int, after: int) -> int:
    """A mark after a flow that left `after` of `value` at stake: rounded up, and not below what is at stake."""
    return max(over(mark * after, value), after)


@dataclass
class PoolBooks:
    """Places, holdings, batches and pots of one pool.

    Attributes:
        manager: whose orders stand apart, and whose shares the places count.
        credit: gwei that the manager can claim.
        owed: gwei that the pool holds for anyone.
    """

    manager: str
    places: list[PlaceBooks]
    holdings: dict[tuple[int, str], Holding] = field(default_factory=dict)
    exit_batches: dict[tuple[int, int], ExitBatch] = field(default_factory=dict)
    entry_batches: dict[tuple[int, int], EntryBatch] = field(default_factory=dict)
    pots: dict[tuple[int, int], Pot] = field(default_factory=dict)
    credit: int = 0
    owed: int = 0

    @classmethod
    def empty(cls, manager: str, ring: int) -> "PoolBooks":
        """Books before the first event."""
        return cls(manager, [PlaceBooks() for _ in range(ring)])

    # orders

    def raise_entry(self, number: int, holder: str, amount: int, now: int) -> Order:
        """Add gwei that came in to an entry order."""
        place = self.places[number]
        self.owed += amount
        if holder == self.manager:
            place.manager_entry = Order(place.manager_entry.amount + amount, 0, now)
            return place.manager_entry
        holding = self.collect(number, holder)[0]
        order = place.entries.raise_by(amount, holding.entry, now)
        self.holdings[number, holder] = replace(holding, entry=order)
        return order

    def raise_exit(self, number: int, holder: str, shares: int, now: int) -> Order:
        """Add shares to an exit order."""
        place = self.places[number]
        if holder == self.manager:
            place.manager_exit = Order(place.manager_exit.amount + shares, 0, now)
            return place.manager_exit
        holding = self.collect(number, holder)[0]
        order = place.exits.raise_by(shares, holding.exit, now)
        self.holdings[number, holder] = replace(holding, exit=order)
        return order

    def entry_of(self, number: int, holder: str) -> int:
        """Gwei of an entry order that waits."""
        place = self.places[number]
        return (place.manager_entry if holder == self.manager else self.collect(number, holder)[0].entry).amount

    def exit_of(self, number: int, holder: str) -> int:
        """Shares of an exit order that waits."""
        place = self.places[number]
        return (place.manager_exit if holder == self.manager else self.collect(number, holder)[0].exit).amount

    def cancel_entry(self, number: int, holder: str, now: int) -> None:
        """Pay an entry order back."""
        place = self.places[number]
        self.owed -= self.entry_of(number, holder)
        if holder == self.manager:
            place.manager_entry = NO_ORDER
            return
        holding = self.collect(number, holder)[0]
        place.entries.take_back(holding.entry, now)
        self.holdings[number, holder] = replace(holding, entry=NO_ORDER)

    def cancel_exit(self, number: int, holder: str, now: int) -> None:
        """Take an exit order back."""
        place = self.places[number]
        if holder == self.manager:
            place.manager_exit = NO_ORDER
            return
        holding = self.collect(number, holder)[0]
        place.exits.take_back(holding.exit, now)
        self.holdings[number, holder] = replace(holding, exit=NO_ORDER)

    # turns

    def book(self, number: int, value: int, fee: int, minted: int) -> None:
        """Pay a fee in new shares, and move the mark to the value."""
        place = self.places[number]
        place.shares += minted
        place.manager_shares += minted
        place.fees += fee
        place.mark = value

    def run_exits(self, number: int, value: int, due: ExitsDue, now: int) -> None:
        """Take shares out of a place for the gwei that came home for them."""
        place = self.places[number]
        self.owed += due.paid + due.manager_paid
        self.credit += due.manager_paid
        place.shares -= due.shares + due.manager_shares
        place.manager_shares -= due.manager_shares
        place.manager_exit = place.manager_exit._replace(amount=place.manager_exit.amount - due.manager_shares)
        place.mark = scaled(place.mark, value, value - due.paid - due.manager_paid)
        if due.shares:
            self.exit_batches[number, place.exits.batch] = ExitBatch(now, due.shares, due.paid)
            place.exits.close(now)

    def end(self, number: int, value: int, manager_paid: int) -> None:
        """End an epoch, whose whole value came home."""
        place = self.places[number]
        self.owed += value
        self.credit += manager_paid
        self.pots[number, place.epoch] = Pot(value - manager_paid, place.shares - place.manager_shares)
        place.epoch += 1
        place.shares = place.manager_shares = place.mark = 0
        if place.leaving:
            # The time of an order that ran before stays where it is.
            place.manager_exit = NO_ORDER
        place.exits.drop()

    def run_entries(self, number: int, value: int, due: EntriesDue, round_id: int, now: int) -> None:
        """Let entries run at a place with so much at stake before, or come back: the manager's first."""
        place = self.places[number]
        place.mark = scaled(place.mark, value, value + due.manager_used) if place.shares else due.manager_used
        place.shares += due.manager_shares
        place.manager_shares += due.manager_shares
        if due.manager_ordered:
            place.manager_entry = NO_ORDER
            self.credit += due.manager_ordered - due.manager_used
        self.owed -= due.manager_used + due.used
        if due.ordered:
            at_stake = value + due.manager_used
            place.mark = scaled(place.mark, at_stake, at_stake + due.used)
            place.shares += due.shares
            done = EntryBatch(now, due.ordered, due.used, due.shares, place.epoch, round_id)
            self.entry_batches[number, place.entries.batch] = done
            place.entries.close(now)

    # claims

    def holding(self, number: int, holder: str) -> Holding:
        """What a backer has at a place, with what ran not claimed yet."""
        return self.holdings.get((number, holder), Holding())

    def has_claim(self, number: int, holder: str) -> bool:
        """Whether anything ran that a backer could claim."""
        before, after = self.holding(number, holder), self.collect(number, holder)[0]
        return (before.shares, before.exit, before.entry) != (after.shares, after.exit, after.entry)

    def claim(self, number: int, holder: str) -> tuple[Holding, int]:
        """Collect what ran, and pay its gwei out."""
        holding, paid = self.collect(number, holder)
        self.holdings[number, holder] = holding
        self.owed -= paid
        return holding, paid

    def pay_manager(self) -> int:
        """Pay the manager's gwei out."""
        paid, self.credit = self.credit, 0
        self.owed -= paid
        return paid

    def collect(self, number: int, holder: str) -> tuple[Holding, int]:
        """What a holding becomes by what ran since, and the gwei that are paid out."""
        before = self.holding(number, holder)
        place = self.places[number]
        held = Holding(before.epoch, before.shares, before.bought_in, before.exit, before.entry)
        paid = 0
        left = _batch_of(self.exit_batches, number, held.exit)
        if left is not None:
            paid += held.exit.amount * left.paid // left.shares
            held.shares -= held.exit.amount
            held.exit = NO_ORDER
        entered = _batch_of(self.entry_batches, number, held.entry)
        if entered is not None:
            if held.epoch < entered.epoch:
                paid += self._redeem(number, held)
                held.epoch = entered.epoch
            bought = held.entry.amount * entered.shares // entered.ordered
            paid += held.entry.amount - over(held.entry.amount * entered.used, entered.ordered)
            held.shares += bought
            if bought:
                held.bought_in = entered.round
            held.entry = NO_ORDER
        if held.epoch < place.epoch:
            paid += self._redeem(number, held)
            held.epoch = place.epoch
        return held, paid

    def _redeem(self, number: int, held: Holding) -> int:
        """What the shares of an ended epoch bring; no order on them goes on."""
        shares, held.shares, held.exit = held.shares, 0, NO_ORDER
        if shares == 0:
            return 0
        pot = self.pots[number, held.epoch]
        return shares * pot.value // pot.shares


def _batch_of(done: dict[tuple[int, int], B], number: int, order: Order) -> B | None:
    """The batch that an order ran in: not the one that was open when it was given, if that ran in the same block."""
    if order.amount == 0:
        return None
    batch = done.get((number, order.batch))
    if batch is not None and batch.at == order.at:
        batch = done.get((number, order.batch + 1))
    return batch
