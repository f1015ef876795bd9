# SPDX-License-Identifier: MIT
"""The books of a pool from its log, each figure of which is computed once more and compared."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from nmr.errors import require
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.numeraire import Balances
from nmr.protocol.reference.pool_books import ExitsDue, PoolBooks
from nmr.protocol.reference.pool_rules import LARGEST_FEE, LARGEST_SKIN, SMALLEST_SKIN, PoolRules
from nmr.protocol.reference.views import Policy, Position, Views
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, to_gwei


class PoolTerms(NamedTuple):
    """What the factory logs of a pool: fee and skin with 4 decimals."""

    tournament: str
    manager: str
    model: int
    fee: int
    skin: int
    label: str


class Comparing(Protocol):
    """The replay that a pool's books are part of."""

    balances: Balances

    def expect(self, what: str, expected: object, found: object) -> None:
        """Compare a figure of the log with that of the books."""

    def account(self, sender: str, receiver: str, amount: int) -> None:
        """Account for NMR that left an address of the suite."""


class PoolReplay:
    """One pool. The tournament's events of its model come first, and these have to account for them."""

    def __init__(self, replay: Comparing, address: str, terms: PoolTerms, views: Views) -> None:
        rounds, stakes = views.books.rounds, views.books.stakes
        self.address = address
        self.terms = terms
        self.rules = PoolRules(terms.fee, terms.skin, rounds.ring, stakes.min_stake)
        self.books = PoolBooks.empty(terms.manager, rounds.ring)
        # Wei that the pool holds beyond what it owes.
        self.surplus = 0
        self._replay = replay
        self._views = views
        # What the tournament said of the model and no event of the pool accounts for yet: a round and gwei.
        self._left: tuple[int, int] | None = None
        self._staked = 0
        # Places whose fee was booked in this transaction, and what is to leave them then.
        self._booked: dict[int, ExitsDue | None] = {}

    def check_creation(self) -> None:
        """Compare what the pool was created with. Raises `Refused`."""
        terms, expect = self.terms, self._replay.expect
        require(terms.manager != ZERO_ADDRESS, "pool: no manager")
        require(terms.fee <= LARGEST_FEE, "pool: fee is too large")
        require(SMALLEST_SKIN <= terms.skin <= LARGEST_SKIN, "pool: skin is out of range")
        expect("owner of the model", self.address, self._views.owner_of(terms.model))
        expect("policy of the model", Policy(GWEI, True), self._views.policy_of(terms.model))

    @property
    def handlers(self) -> dict[str, Callable[[Event, Mapping[str, Any]], None]]:
        """The handler of every event by its name."""
        return {
            "EntryOrdered": self._entry_ordered,
            "ExitOrdered": self._exit_ordered,
            "EntryCancelled": self._entry_cancelled,
            "ExitCancelled": self._exit_cancelled,
            "Claimed": self._claimed,
            "ManagerPaid": self._manager_paid,
            "Booked": self._book,
            "ExitsRun": self._exits_run,
            "EpochEnded": self._epoch_ended,
            "EntriesRun": self._entries_run,
            "Swept": self._swept,
        }

    def left(self, round_id: int, amount: int) -> None:
        """Note that gwei of the model went home from a round."""
        self._replay.expect("stake that left before, and that no exit accounts for", None, self._left)
        self._left = round_id, amount

    def staked(self, amount: int) -> None:
        """Note that gwei were staked on the model."""
        self._staked += amount

    def finish(self) -> None:
        """Check what has to hold after a whole transaction."""
        expect = self._replay.expect
        expect("stake that left, and that no exit accounts for", None, self._left)
        expect("stake that no entry accounts for", 0, self._staked)
        expect("exits that were due, and did not run", {}, {n: due for n, due in self._booked.items() if due})
        self._left, self._staked, self._booked = None, 0, {}
        surplus = self._replay.balances.of(self.address) - self.books.owed * GWEI
        if surplus < self.surplus:
            expect("surplus of the pool", f"at least {self.surplus} wei", surplus)
        self.surplus = surplus

    # orders

    def _entry_ordered(self, event: Event, args: Mapping[str, Any]) -> None:
        number, holder = self._place(args), args["holder"]
        self._require_claimed(number, holder)
        added = to_gwei(args["amount"]) - self.books.entry_of(number, holder)
        require(added >= self.rules.min_stake, "pool: below the smallest stake")
        order = self.books.raise_entry(number, holder, added, event.timestamp)
        self._replay.expect("batch of the order", order.batch, args["batch"])

    def _exit_ordered(self, event: Event, args: Mapping[str, Any]) -> None:
        number, holder = self._place(args), args["holder"]
        self._require_claimed(number, holder)
        held = self.books.holding(number, holder)
        manages = holder == self.terms.manager
        shares = self.books.places[number].manager_shares if manages else held.shares
        require(self.books.exit_of(number, holder) < args["shares"] <= shares, "pool: more than you hold")
        position = self._position(number, event.timestamp)
        bought = position.amount > 0 and held.bought_in == position.round and not manages
        require(not bought, "pool: bought in this round")
        added = args["shares"] - self.books.exit_of(number, holder)
        order = self.books.raise_exit(number, holder, added, event.timestamp)
        self._replay.expect("batch of the order", order.batch, args["batch"])

    def _entry_cancelled(self, event: Event, args: Mapping[str, Any]) -> None:
        number, holder = self._place(args), args["holder"]
        self._require_claimed(number, holder)
        amount = self.books.entry_of(number, holder)
        require(amount > 0, "pool: no such order")
        self._replay.expect("amount of the order", amount * GWEI, args["amount"])
        self.books.cancel_entry(number, holder, event.timestamp)
        self._replay.account(self.address, holder, amount * GWEI)

    def _exit_cancelled(self, event: Event, args: Mapping[str, Any]) -> None:
        number, holder = self._place(args), args["holder"]
        self._require_claimed(number, holder)
        shares = self.books.exit_of(number, holder)
        require(shares > 0, "pool: no such order")
        self._replay.expect("shares of the order", shares, args["shares"])
        self.books.cancel_exit(number, holder, event.timestamp)

    def _claimed(self, _: Event, args: Mapping[str, Any]) -> None:
        number, holder = self._place(args), args["holder"]
        require(self.books.has_claim(number, holder), "pool: nothing to claim")
        held, paid = self.books.claim(number, holder)
        self._compare({"epoch": held.epoch, "shares": held.shares, "paid": paid * GWEI}, args)
        self._replay.account(self.address, holder, paid * GWEI)

    def _manager_paid(self, _: Event, args: Mapping[str, Any]) -> None:
        require(self.books.credit > 0, "pool: nothing to claim")
        paid = self.books.pay_manager()
        self._compare({"amount": paid * GWEI}, args)
        self._replay.account(self.address, self.terms.manager, paid * GWEI)

    # turns

    def _book(self, event: Event, args: Mapping[str, Any]) -> None:
        number = self._place(args)
        place, position = self.books.places[number], self._position(number, event.timestamp)
        exact = position.open or position.round >= self._views.next_round(number)
        require(exact, "pool: value is not exact")
        value = position.amount // GWEI
        require(bool(place.shares) and value > place.mark, "pool: nothing to do")
        fee, minted = self.rules.fee_due(place, value)
        told = {"epoch": place.epoch, "value": value * GWEI, "fee": fee * GWEI, "shares": minted}
        self._compare(told, args)
        self.books.book(number, value, fee, minted)
        self._booked[number] = self._due(number, value, position.round, event.timestamp)

    def _exits_run(self, event: Event, args: Mapping[str, Any]) -> None:
        number = self._place(args)
        place = self.books.places[number]
        round_id, gone = self._taken(number)
        value = self._position(number, event.timestamp).amount // GWEI + gone
        due = self._exits(number, value, round_id, event.timestamp)
        require(due is not None and not due.ends, "pool: nothing to do")
        assert due is not None
        told = {
            "epoch": place.epoch,
            "batch": place.exits.batch,
            "value": value * GWEI,
            "shares": due.shares,
            "paid": due.paid * GWEI,
            "manager_shares": due.manager_shares,
            "manager_paid": due.manager_paid * GWEI,
        }
        self._compare(told, args)
        self._replay.expect("stake that left", due.paid + due.manager_paid, gone)
        self.books.run_exits(number, value, due, event.timestamp)

    def _epoch_ended(self, event: Event, args: Mapping[str, Any]) -> None:
        number = self._place(args)
        place = self.books.places[number]
        round_id, value = self._taken(number)
        self._replay.expect("at stake", 0, self._position(number, event.timestamp).amount)
        due = self._exits(number, value, round_id, event.timestamp)
        require(due is not None and due.ends, "pool: nothing to do")
        assert due is not None
        told = {
            "epoch": place.epoch,
            "value": value * GWEI,
            "shares": place.shares,
            "manager_shares": due.manager_shares,
            "manager_paid": due.manager_paid * GWEI,
        }
        self._compare(told, args)
        self.books.end(number, value, due.manager_paid)

    def _entries_run(self, event: Event, args: Mapping[str, Any]) -> None:
        number, now = self._place(args), event.timestamp
        place, views = self.books.places[number], self._views
        entered, self._staked = self._staked, 0
        round_id = views.last_opened
        open_here = round_id % self.rules.ring == number and views.books.rounds.is_open(round_id, now)
        require(open_here, "pool: round is not open")
        require(not self.rules.is_last(round_id), "pool: too few ids are left")
        require(not views.paused(now), "pool: tournament is paused")
        value = self._position(number, now).amount // GWEI - entered
        self._replay.expect("exits that were due, and did not run", None, self._exits(number, value, round_id, now))
        due = self.rules.entries_due(place, value, now)
        require(due is not None, "pool: nothing to do")
        assert due is not None
        told = {"epoch": place.epoch, "round": round_id, "batch": place.entries.batch, "value": value * GWEI}
        amounts = {name: amount * GWEI for name, amount in due._asdict().items() if not name.endswith("shares")}
        self._compare({**told, **amounts, "shares": due.shares, "manager_shares": due.manager_shares}, args)
        self._replay.expect("stake that entered", due.used + due.manager_used, entered)
        self.books.run_entries(number, value, due, round_id, now)
        self._replay.account(self.address, self.terms.tournament, entered * GWEI)

    def _swept(self, _: Event, args: Mapping[str, Any]) -> None:
        require(args["amount"] > 0, "pool: nothing to sweep")
        self._replay.expect("balance", self.books.owed * GWEI, self._replay.balances.of(self.address))
        self._replay.account(self.address, ZERO_ADDRESS, args["amount"])
        self.surplus = 0

    # internal

    def _exits(self, number: int, value: int, round_id: int, now: int) -> ExitsDue | None:
        """What is due once the fee is booked."""
        require(value <= self.books.places[number].mark, "pool: the fee is not booked")
        self._booked.pop(number, None)
        return self._due(number, value, round_id, now)

    def _due(self, number: int, value: int, round_id: int, now: int) -> ExitsDue | None:
        dormant = self.rules.is_dormant(self._views.books.rounds, now)
        return self.rules.exits_due(self.books.places[number], value, round_id, now, dormant=dormant)

    def _taken(self, number: int) -> tuple[int, int]:
        """The round and gwei that just left for the exits of a place."""
        taken, self._left = self._left or (number, 0), None
        self._replay.expect("place of the round that was left", number, taken[0] % self.rules.ring)
        return taken

    def _position(self, number: int, now: int) -> Position:
        return self._views.place_of(self.terms.model, number, now)

    def _place(self, args: Mapping[str, Any]) -> int:
        number: int = args["place"]
        require(number < self.rules.ring, "pool: no such place")
        return number

    def _require_claimed(self, number: int, holder: str) -> None:
        self._replay.expect("claim before the order", False, self.books.has_claim(number, holder))

    def _compare(self, told: Mapping[str, object], args: Mapping[str, Any]) -> None:
        for name, value in told.items():
            self._replay.expect(name.replace("_", " "), value, args[name])
