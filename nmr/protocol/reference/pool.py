# SPDX-License-Identifier: MIT
"""Pools: the executable form of `docs/pools.md`. A pool owns one model; its backers hold shares, place by place.

Amounts are wei in arguments and events and gwei inside, as in `Tournament`. An order runs in a later block than its
own: blocks are told apart by their time, so `now` stands for both. A refused call raises `Refused` and changes nothing.
"""

from typing import Any, Final, NamedTuple

from nmr.errors import AmountError, Refused, require
from nmr.protocol.lanes import place_of
from nmr.protocol.reference.events import Log, transaction
from nmr.protocol.reference.numeraire import UNLIMITED, Numeraire
from nmr.protocol.reference.pool_books import PER_GWEI, Holding, PlaceBooks, PoolBooks
from nmr.protocol.reference.pool_rules import LARGEST_FEE, LARGEST_SKIN, SMALLEST_SKIN, PoolRules
from nmr.protocol.reference.rounds import FREED
from nmr.protocol.reference.tournament import ALL_IDLE, Tournament
from nmr.protocol.reference.views import Position
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, to_gwei

ALL: Final = 2**256 - 1
"""As shares of an exit order: all that may be ordered."""


class PlaceView(NamedTuple):
    """The contract's struct: what a place holds, wei and shares, and when its value is exact again."""

    round: int
    value: int
    free: bool
    free_from: int
    free_by: int
    epoch: int
    shares: int
    manager_shares: int
    mark: int
    fee_due: int
    fees: int
    exit_orders: int
    entry_orders: int
    exit_batch: int
    entry_batch: int
    manager_exit: int
    manager_entry: int


class HoldingView(NamedTuple):
    """The contract's struct: what somebody has at a place, wei and shares, with all claimed that can be."""

    epoch: int
    shares: int
    value: int
    exit_order: int
    exit_value: int
    entry_order: int
    entry_shares: int
    claimable: int
    bought_now: bool


class Pool:
    """One pool: its guards, its books and its events."""

    def __init__(
        self,
        address: str,
        tournament: Tournament,
        *,
        manager: str,
        fee: int,
        skin: int,
        submitter: str,
        label: str = "pool",
        now: int,
    ) -> None:
        require(manager != ZERO_ADDRESS, "pool: no manager")
        require(fee <= LARGEST_FEE, "pool: fee is too large")
        require(SMALLEST_SKIN <= skin <= LARGEST_SKIN, "pool: skin is out of range")
        self.address = address
        self.log: Log = tournament.log
        self.numeraire: Numeraire = tournament.numeraire
        self.tournament = tournament
        self.manager = manager
        self.ring: int = tournament.books.rounds.ring
        self.min_stake: int = tournament.books.stakes.min_stake
        self.rules = PoolRules(fee, skin, self.ring, self.min_stake)
        self.books = PoolBooks.empty(manager, self.ring)
        with self.log.transaction(now):
            chosen = manager if submitter == ZERO_ADDRESS else submitter
            self.model: int = tournament.register(label, chosen, sender=address, now=now)
            tournament.set_policy(self.model, GWEI, True, sender=address, now=now)
            self.numeraire.approve(tournament.address, UNLIMITED, sender=address, now=now)

    @property
    def places(self) -> list[PlaceBooks]:
        """The places of the ring."""
        return self.books.places

    # orders

    @transaction
    def enter_order(self, number: int, amount: int, *, sender: str, now: int) -> None:
        """Order shares for NMR of the sender, which waits in the pool."""
        self._place(number)
        gwei = _gwei(amount)
        require(gwei >= self.min_stake, "pool: below the smallest stake")
        self.numeraire.transfer_from(sender, self.address, amount, sender=self.address, now=now)
        self._claim(number, sender, now)
        order = self.books.raise_entry(number, sender, gwei, now)
        self._emit("EntryOrdered", place=number, holder=sender, batch=order.batch, amount=order.amount * GWEI)

    @transaction
    def exit_order(self, number: int, shares: int, *, sender: str, now: int) -> None:
        """Order shares of the sender to be paid out; with `ALL`, all that are not on order."""
        place = self._place(number)
        require(shares > 0, "pool: no shares")
        held = place.manager_shares if sender == self.manager else self.holding(number, sender).shares
        free = held - self.books.exit_of(number, sender)
        added = free if shares == ALL else shares
        require(0 < added <= free, "pool: more than you hold")
        require(not self._bought_now(number, sender, now), "pool: bought in this round")
        self._claim(number, sender, now)
        order = self.books.raise_exit(number, sender, added, now)
        self._emit("ExitOrdered", place=number, holder=sender, batch=order.batch, shares=order.amount)

    @transaction
    def cancel_entry(self, number: int, *, sender: str, now: int) -> None:
        """Take an entry order back, before it ran."""
        self._place(number)
        amount = self.books.entry_of(number, sender)
        require(amount > 0, "pool: no such order")
        self._claim(number, sender, now)
        self.books.cancel_entry(number, sender, now)
        self._emit("EntryCancelled", place=number, holder=sender, amount=amount * GWEI)
        self._send(sender, amount, now)

    @transaction
    def cancel_exit(self, number: int, *, sender: str, now: int) -> None:
        """Take an exit order back, before it ran."""
        self._place(number)
        shares = self.books.exit_of(number, sender)
        require(shares > 0, "pool: no such order")
        self._claim(number, sender, now)
        self.books.cancel_exit(number, sender, now)
        self._emit("ExitCancelled", place=number, holder=sender, shares=shares)

    @transaction
    def claim(self, number: int, *, sender: str, now: int) -> int:
        """Collect what batches and ended epochs of a place gave the sender; the manager, of all places."""
        self._place(number)
        if sender == self.manager:
            require(self.books.credit > 0, "pool: nothing to claim")
            paid = self.books.pay_manager()
            self._send(sender, paid, now)
            self._emit("ManagerPaid", amount=paid * GWEI)
            return paid * GWEI
        require(self.books.has_claim(number, sender), "pool: nothing to claim")
        return self._pay(number, sender, now) * GWEI

    # what anyone may call

    @transaction
    def checkpoint(self, number: int, *, sender: str, now: int) -> None:
        """Book the fee and run the exits of a place, while its value is exact."""
        position = self._free(number, now)
        require(self._checkpoint(number, position, now), "pool: nothing to do")

    @transaction
    def fill(self, number: int, *, sender: str, now: int) -> None:
        """As `checkpoint`, and then run the entries, while the place's round is open."""
        position = self._free(number, now)
        rounds = self.tournament.books.rounds
        here = rounds.last_opened % self.ring == number and rounds.is_open(rounds.last_opened, now)
        require(here and (position.open or position.amount == 0), "pool: round is not open")
        require(not self.rules.is_last(rounds.last_opened), "pool: too few ids are left")
        require(not self.tournament.paused(now), "pool: tournament is paused")
        if position.amount == 0 and self._may_open_epoch(number, now):
            # Nothing else can keep `stake` from going through.
            self.tournament.books.stakes.require_settled(rounds.last_opened, place_of(self.model)[0])
        changed = self._checkpoint(number, position, now)
        changed |= self._enter(number, rounds.last_opened, now)
        require(changed, "pool: nothing to do")

    @transaction
    def sweep(self, *, sender: str, now: int) -> int:
        """Burn what is nobody's: idle of the model, and NMR of the pool above its books."""
        if self.tournament.idle_of(self.model):
            self.tournament.withdraw(self.model, ALL_IDLE, self.address, sender=self.address, now=now)
        burned = self.numeraire.balance_of(self.address) - self.books.owed * GWEI
        require(burned > 0, "pool: nothing to sweep")
        self.numeraire.burn(burned, sender=self.address, now=now)
        self._emit("Swept", amount=burned)
        return burned

    @transaction
    def set_submitter(self, submitter: str, *, sender: str, now: int) -> None:
        """Change who submits for the model; the zero address for the manager."""
        require(sender == self.manager, "pool: not the manager")
        chosen = self.manager if submitter == ZERO_ADDRESS else submitter
        self.tournament.set_submitter(self.model, chosen, sender=self.address, now=now)

    # views

    def value(self, number: int, now: int) -> int:
        """Gwei at stake at a place, exact while `place_view` says that it is free."""
        return self.tournament.place_of(self.model, number, now).amount // GWEI

    def holding(self, number: int, holder: str) -> Holding:
        """What a backer has at a place, with all that he could claim claimed."""
        return self.books.collect(number, holder)[0]

    def claimable(self, number: int, holder: str) -> int:
        """Gwei that `claim` would pay a backer."""
        return self.books.collect(number, holder)[1]

    def place_view(self, number: int, now: int) -> PlaceView:
        """What a place holds, owes and waits for."""
        place = self._place(number)
        position = self.tournament.place_of(self.model, number, now)
        free = self._exact(position, number)
        times = (now, now) if free else self._next_free(position.round, now)
        return PlaceView(
            position.round,
            position.amount,
            free,
            *times,
            place.epoch,
            place.shares,
            place.manager_shares,
            place.mark * GWEI,
            self.rules.fee_due(place, position.amount // GWEI)[0] * GWEI,
            place.fees * GWEI,
            place.exits.total,
            place.entries.total * GWEI,
            place.exits.batch,
            place.entries.batch,
            place.manager_exit.amount,
            place.manager_entry.amount * GWEI,
        )

    def holding_view(self, number: int, holder: str, now: int) -> HoldingView:
        """What somebody has at a place."""
        place = self._place(number)
        position = self.tournament.place_of(self.model, number, now)
        value = position.amount // GWEI
        minted = self.rules.fee_due(place, value)[1]
        whole = place.shares + minted
        if holder == self.manager:
            own = place.manager_shares + minted
            held = Holding(place.epoch, own, None, place.manager_exit, place.manager_entry)
            paid = self.books.credit
        else:
            held, paid = self.holding(number, holder), self.claimable(number, holder)
        bought = held.entry.amount * PER_GWEI
        if place.shares:
            bought = held.entry.amount * whole // value if value else 0
        return HoldingView(
            held.epoch,
            held.shares,
            held.shares * value // whole * GWEI if whole else 0,
            held.exit.amount,
            held.exit.amount * value // whole * GWEI if whole else 0,
            held.entry.amount * GWEI,
            bought,
            paid * GWEI,
            bool(held.shares) and self._bought_now(number, holder, now),
        )

    # checkpoint and fill

    def _checkpoint(self, number: int, position: Position, now: int) -> bool:
        place, value = self.places[number], position.amount // GWEI
        booked = self._book(number, value)
        dormant = self.rules.is_dormant(self.tournament.books.rounds, now)
        due = self.rules.exits_due(place, value, position.round, now, dormant=dormant)
        if due is None:
            return booked
        self._take(position.round, due.paid + due.manager_paid, now)
        if due.ends:
            self._emit(
                "EpochEnded",
                place=number,
                epoch=place.epoch,
                value=value * GWEI,
                shares=place.shares,
                manager_shares=due.manager_shares,
                manager_paid=due.manager_paid * GWEI,
            )
            self.books.end(number, value, due.manager_paid)
            return True
        self._emit(
            "ExitsRun",
            place=number,
            epoch=place.epoch,
            batch=place.exits.batch,
            value=value * GWEI,
            shares=due.shares,
            paid=due.paid * GWEI,
            manager_shares=due.manager_shares,
            manager_paid=due.manager_paid * GWEI,
        )
        self.books.run_exits(number, value, due, now)
        return True

    def _book(self, number: int, value: int) -> bool:
        place = self.places[number]
        if value <= place.mark:
            return False
        fee, minted = self.rules.fee_due(place, value)
        self.books.book(number, value, fee, minted)
        self._emit("Booked", place=number, epoch=place.epoch, value=value * GWEI, fee=fee * GWEI, shares=minted)
        return True

    def _enter(self, number: int, round_id: int, now: int) -> bool:
        place, value = self.places[number], self.value(number, now)
        due = self.rules.entries_due(place, value, now)
        if due is None:
            return False
        if due.used + due.manager_used:
            amount = (due.used + due.manager_used) * GWEI
            self.tournament.stake(self.model, amount, sender=self.address, now=now)
        self._emit(
            "EntriesRun",
            place=number,
            epoch=place.epoch,
            round=round_id,
            batch=place.entries.batch,
            value=value * GWEI,
            ordered=due.ordered * GWEI,
            used=due.used * GWEI,
            shares=due.shares,
            manager_ordered=due.manager_ordered * GWEI,
            manager_used=due.manager_used * GWEI,
            manager_shares=due.manager_shares,
        )
        self.books.run_entries(number, value, due, round_id, now)
        return True

    def _take(self, round_id: int, amount: int, now: int) -> None:
        """Bring NMR of the model home to the pool."""
        if amount:
            self.tournament.leave(self.model, round_id, amount * GWEI, sender=self.address, now=now)
            self.tournament.withdraw(self.model, amount * GWEI, self.address, sender=self.address, now=now)

    # claims

    def _claim(self, number: int, holder: str, now: int) -> None:
        """Pay out what a backer can claim, if that is anything."""
        if holder != self.manager and self.books.has_claim(number, holder):
            self._pay(number, holder, now)

    def _pay(self, number: int, holder: str, now: int) -> int:
        """Pay out what a backer can claim, and give the gwei."""
        holding, paid = self.books.claim(number, holder)
        self._emit("Claimed", place=number, holder=holder, epoch=holding.epoch, shares=holding.shares, paid=paid * GWEI)
        self._send(holder, paid, now)
        return paid

    # internal

    def _place(self, number: int) -> PlaceBooks:
        require(number < self.ring, "pool: no such place")
        return self.places[number]

    def _free(self, number: int, now: int) -> Position:
        self._place(number)
        position = self.tournament.place_of(self.model, number, now)
        require(self._exact(position, number), "pool: value is not exact")
        return position

    def _exact(self, position: Position, number: int) -> bool:
        return position.amount == 0 or position.open or position.round >= self.tournament.next_round(number)

    def _next_free(self, round_id: int, now: int) -> tuple[int, int]:
        """From when on, and by when, anyone can settle what is at stake in a round."""
        if self.tournament.state(round_id, now) in FREED:
            return now, now
        record = self.tournament.round_info(round_id)
        free_from = record.final_at or max(record.terms.resolves_at, now) + record.terms.window
        return min(free_from, record.terms.expires_at), record.terms.expires_at

    def _may_open_epoch(self, number: int, now: int) -> bool:
        """Whether an order of the manager's runs that is large enough for it."""
        order = self.places[number].manager_entry
        return order.at < now and order.amount >= self.rules.floor

    def _bought_now(self, number: int, holder: str, now: int) -> bool:
        """Whether a backer bought shares in the round of the position; the manager may leave all the same."""
        position = self.tournament.place_of(self.model, number, now)
        bought = position.amount > 0 and self.holding(number, holder).bought_in == position.round
        return bought and holder != self.manager

    def _send(self, receiver: str, amount: int, now: int) -> None:
        if amount:
            self.numeraire.transfer(receiver, amount * GWEI, sender=self.address, now=now)

    def _emit(self, name: str, **args: Any) -> None:
        self.log.emit(self.address, name, **args)


def _gwei(amount: int) -> int:
    try:
        return to_gwei(amount)
    except AmountError as error:
        raise Refused("pool: amount finer than a gwei") from error
