# SPDX-License-Identifier: MIT
"""Rebuild the suite's books from its log alone, and check every figure in it on the way.

Nothing but event data moves the books. What an event says and the books can compute is computed
and compared: amounts of `Entered`, factor and clip of `RoundLocked`, all sums of `Settled`. After
each transaction all NMR that left a tournament or the treasury must be accounted for by events
of theirs, and no tournament may have come nearer to owing more than it holds. Who sent a
transaction, and whether they were allowed to, is not asked: that is the contracts' to guard.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from nmr.errors import AmountError, ChunkError, Mismatch, NeverOpened, Refused, require
from nmr.protocol import chunk_tree
from nmr.protocol.commitments import Commitment
from nmr.protocol.pool_replay import PoolReplay, PoolTerms
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.numeraire import Balances
from nmr.protocol.reference.rounds import FREED, UNDECIDED, Bounds, State, Terms
from nmr.protocol.reference.stakes import Settlement
from nmr.protocol.reference.suite import Deployment
from nmr.protocol.reference.treasury import Limits, Reserves
from nmr.protocol.reference.views import Views
from nmr.protocol.score_words import in_chunk
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, to_gwei

__all__ = ["Event", "Mismatch", "Replay", "replay"]

WITHOUT_EFFECT: Final = frozenset(
    {
        "Allowed",
        "Approval",
        "EIP712DomainChanged",
        "OwnershipTransferStarted",
        "OwnershipTransferred",
        "RoleMinterChanged",
    }
)
"""Events of the suite that say nothing about its books."""

Handler = Callable[[Event, Mapping[str, Any]], None]


def replay(events: Iterable[Event], deployment: Deployment) -> "Replay":
    """The books after these events, which are all that the suite's contracts ever logged.

    Args:
        events: in the order of the chain. Events of other addresses are skipped. An address
            is an opaque string: spell it in one way throughout.
        deployment: the addresses, and what each tournament's constructor fixed.

    Raises:
        Mismatch: the log disagrees with the protocol's arithmetic, or with itself.
    """
    books = Replay(deployment)
    for event in events:
        books.apply(event)
    books.finish()
    return books


class Replay:
    """The books so far. `apply` events in the chain's order, then `finish`."""

    def __init__(self, deployment: Deployment) -> None:
        self.balances = Balances()
        self.reserves = Reserves()
        self.books: dict[str, Books] = {}
        self._deployment = deployment
        self._last: Event | None = None
        # Wei that left an address of the suite for another, less what its events account for.
        self._moved: defaultdict[tuple[str, str], int] = defaultdict(int)
        # Rewards that were settled, by tournament and round, less what was drawn for them.
        self._owed: defaultdict[tuple[str, int], int] = defaultdict(int)
        # Wei that a tournament holds beyond what it owes.
        self.surplus: dict[str, int] = {}
        # What a ceiling left to be granted before a round's grant, by tournament and round.
        self._room_before: dict[tuple[str, int], int] = {}
        # The leaves that were settled, by tournament and round.
        self.leaves: defaultdict[tuple[str, int], dict[int, bytes]] = defaultdict(dict)
        self._handlers: dict[str, dict[str, Handler]] = {
            deployment.numeraire: {"Transfer": self._transfer},
            deployment.treasury: {
                "Authorised": self._authorised,
                "Unlisted": self._unlisted,
                "Reserved": self._reserved,
                "Drawn": self._drawn,
                "Released": self._released,
                "Spent": self._spent,
            },
        }
        for address, setup in deployment.tournaments.items():
            books = Books.empty(setup.ring, setup.first_round, setup.hour, to_gwei(setup.min_stake))
            self.books[address] = books
            self.surplus[address] = 0
            self._handlers[address] = _Tournament(self, address, books).handlers()
        # The pools by their addresses, and by tournament and model.
        self.pools: dict[str, PoolReplay] = {}
        self._pooled: dict[tuple[str, int], PoolReplay] = {}
        # Those that the transaction is about.
        self._touched: set[str] = set()
        for address in deployment.factories:
            self._handlers[address] = {"PoolCreated": self._pool_created}

    def apply(self, event: Event) -> None:
        """Apply the next event.

        Raises:
            Mismatch: out of order, unknown, or at odds with the books.
        """
        handlers = self._handlers.get(event.address)
        if handlers is None or event.name in WITHOUT_EFFECT:
            return
        if self._last is not None and event.transaction != self._last.transaction:
            self.finish()
        before, self._last = self._last, event
        if before is not None and (event.block, event.log_index) <= (before.block, before.log_index):
            self._differ("order of the log", f"after log {before.log_index}", f"log {event.log_index}")
            self._last = before
            return
        if event.name not in handlers:
            self._differ("event", f"one of {sorted(handlers)}", event.name)
            return
        if event.address in self.pools:
            self._touched.add(event.address)
        try:
            handlers[event.name](event, event.args)
        except (Refused, NeverOpened, AmountError, ChunkError) as error:
            self._differ(event.name, "what the books allow", error)

    def finish(self) -> None:
        """Check what has to hold after a whole transaction.

        Raises:
            Mismatch: NMR left without an event, or a tournament owes more than before and holds no more.
        """
        for (sender, receiver), amount in self._moved.items():
            self.expect(f"NMR from {sender} to {receiver} beyond its events", 0, amount)
        self._moved.clear()
        for (tournament, round_id), amount in self._owed.items():
            self.expect(f"rewards of {tournament} in round {round_id} that were not drawn", 0, amount)
        self._owed.clear()
        if self.balances.of(self._deployment.treasury) < self.reserves.reserved:
            balance = self.balances.of(self._deployment.treasury)
            self._differ("treasury", f"at least {self.reserves.reserved} wei that are reserved", balance)
        for address, books in self.books.items():
            owed = (books.stakes.idle_total + sum(books.stakes.staked.values())) * GWEI
            surplus = self.balances.of(address) - owed
            if surplus < self.surplus[address]:
                self._differ(f"surplus of {address}", f"at least {self.surplus[address]} wei", surplus)
            self.surplus[address] = surplus
        for address in self._touched:
            self.pools[address].finish()
        self._touched.clear()

    def expect(self, what: str, expected: object, found: object) -> None:
        """Compare a figure of the log with that of the books.

        Raises:
            Mismatch: they differ.
        """
        if expected != found:
            self._differ(what, expected, found)

    def disagree(self, mismatch: Mismatch) -> None:
        """Give up at a mismatch.

        A subclass may go on instead: a figure that differs is then left as the books have it, and an event that is
        out of order, unknown or refused changes nothing more.

        Raises:
            Mismatch: always.
        """
        raise mismatch

    def _differ(self, what: str, expected: object, found: object) -> None:
        assert self._last is not None, "without an event there is nothing to compare"
        self.disagree(Mismatch(self._last.block, self._last.transaction, what, expected, found))

    # the token

    def _transfer(self, _: Event, args: Mapping[str, Any]) -> None:
        sender, receiver, amount = args["sender"], args["receiver"], args["value"]
        self.balances.move(sender, receiver, amount)
        self._touched |= {sender, receiver} & self.pools.keys()
        if sender in self.books or sender in self.pools or sender == self._deployment.treasury:
            self._moved[sender, receiver] += amount

    # the treasury

    def _authorised(self, event: Event, args: Mapping[str, Any]) -> None:
        limits = Limits(args["cap"], args["ceiling"], args["rate"])
        self.reserves.authorise(args["tournament"], limits, event.timestamp)

    def _unlisted(self, _: Event, args: Mapping[str, Any]) -> None:
        self.reserves.unlist(args["tournament"])

    def _reserved(self, event: Event, args: Mapping[str, Any]) -> None:
        tournament, round_id, amount = args["tournament"], args["round"], args["amount"]
        balance = self.balances.of(self._deployment.treasury)
        grantable = self.reserves.grantable(tournament, round_id, amount, balance, event.timestamp)
        self.expect("grantable", grantable, amount)
        self._room_before[tournament, round_id] = self.reserves.room(tournament, event.timestamp)
        self.reserves.grant(tournament, round_id, amount, event.timestamp)

    def _drawn(self, _: Event, args: Mapping[str, Any]) -> None:
        tournament, round_id, amount = args["tournament"], args["round"], args["amount"]
        self.reserves.draw(tournament, round_id, amount)
        self.account(self._deployment.treasury, tournament, amount)
        self.owe(tournament, round_id, -amount)

    def _released(self, event: Event, args: Mapping[str, Any]) -> None:
        released = self.reserves.release(args["tournament"], args["round"], event.timestamp)
        self.expect("released", released, args["amount"])

    def _spent(self, _: Event, args: Mapping[str, Any]) -> None:
        self.account(self._deployment.treasury, args["receiver"], args["amount"])

    # pools

    def _pool_created(self, event: Event, args: Mapping[str, Any]) -> None:
        tournament = self._deployment.factories[event.address]
        rest = (args[name] for name in ("manager", "model", "fee", "skin", "label"))
        self.add_pool(args["pool"], PoolTerms(tournament, *rest)).check_creation()

    def add_pool(self, address: str, terms: PoolTerms) -> PoolReplay:
        """Know a pool, whose books are empty."""
        pool = PoolReplay(self, address, terms, Views(self.books[terms.tournament]))
        self.pools[address] = self._pooled[terms.tournament, terms.model] = pool
        self._handlers[address] = pool.handlers
        return pool

    def pool_of(self, tournament: str, model: int) -> PoolReplay | None:
        """The pool that owns a model, which something happens to."""
        pool = self._pooled.get((tournament, model))
        if pool is not None:
            self._touched.add(pool.address)
        return pool

    # what tournaments report

    def account(self, sender: str, receiver: str, amount: int) -> None:
        """Account for NMR that left an address of the suite."""
        self._moved[sender, receiver] -= amount

    def owe(self, tournament: str, round_id: int, rewards: int) -> None:
        """Note rewards that have to be drawn in the same transaction."""
        self._owed[tournament, round_id] += rewards

    def check_grant(self, tournament: str, round_id: int, wanted: int, granted: int, now: int) -> None:
        """Compare a grant with what cap, ceiling and balance left room for before it."""
        self.expect("granted", self.reserves.reservation(tournament, round_id).granted, granted)
        free = self.balances.of(self._deployment.treasury) - self.reserves.reserved + granted
        cap = self.reserves.budget(tournament).limits.cap
        room = self._room_before.pop((tournament, round_id), self.reserves.room(tournament, now))
        self.expect("granted", min(wanted, cap, room, free), granted)

    def check_root(self, tournament: str, round_id: int, index: int, chunk: bytes) -> None:
        """Once all chunks of a round were settled, compare their root with the one that was proposed."""
        record = self.books[tournament].rounds[round_id]
        leaves = self.leaves[tournament, round_id]
        leaves[index] = chunk_tree.leaf_of(chunk)
        if len(leaves) == record.chunks:
            tree = chunk_tree.ChunkTree([leaves[chunk] for chunk in range(record.chunks)])
            self.expect("root", record.root, tree.root)
            del self.leaves[tournament, round_id]


class _Tournament:
    """What each event of one tournament does to its books."""

    def __init__(self, replay: Replay, address: str, books: Books) -> None:
        self._replay = replay
        self._address = address
        self._books = books

    def handlers(self) -> dict[str, Handler]:
        """The handler of every event by its name."""
        return {
            "ModelRegistered": self._model_registered,
            "SubmitterSet": self._submitter_set,
            "OwnershipOffered": self._ownership_offered,
            "OwnershipMoved": self._ownership_moved,
            "PolicySet": self._policy_set,
            "Deposited": self._deposited,
            "Withdrawn": self._withdrawn,
            "IdleMoved": self._idle_moved,
            "Staked": self._staked,
            "Left": self._left,
            "Entered": self._entered,
            "RoundOpened": self._round_opened,
            "Submitted": self._submitted,
            "SubmittedSigned": self._submitted_signed,
            "RoundLocked": self._round_locked,
            "SubmissionsOpened": self._submissions_opened,
            "Proposed": self._proposed,
            "Vetoed": self._vetoed,
            "Voided": self._voided,
            "Settled": self._settled,
            "SettledExpired": self._settled_expired,
            "RoundClosed": self._round_closed,
            "OperatorSet": self._operator_set,
            "GuardianSet": self._guardian_set,
            "BoundsSet": self._bounds_set,
            "Paused": self._paused,
            "Unpaused": self._unpaused,
        }

    # models

    def _model_registered(self, _: Event, args: Mapping[str, Any]) -> None:
        model = self._books.register(args["owner"], args["submitter"])
        self._replay.expect("model", model, args["model"])

    def _submitter_set(self, _: Event, args: Mapping[str, Any]) -> None:
        self._books.models.submitters[self._model(args["model"])] = args["submitter"]

    def _ownership_offered(self, _: Event, args: Mapping[str, Any]) -> None:
        model = self._model(args["model"])
        self._replay.expect("owner", self._books.models.owners[model], args["owner"])
        self._books.models.offers[model] = args["to"]

    def _ownership_moved(self, _: Event, args: Mapping[str, Any]) -> None:
        models, model = self._books.models, self._model(args["model"])
        self._replay.expect("previous owner", models.owners[model], args["previous"])
        self._replay.expect("offered to", models.offers[model], args["owner"])
        models.move(model, args["owner"])

    # stakes

    def _policy_set(self, _: Event, args: Mapping[str, Any]) -> None:
        model = self._model(args["model"])
        self._books.stakes.target[model] = to_gwei(args["target"])
        self._books.stakes.compound[model] = args["compound"]

    def _deposited(self, _: Event, args: Mapping[str, Any]) -> None:
        self._books.stakes.credit(self._model(args["model"]), to_gwei(args["amount"]))

    def _withdrawn(self, _: Event, args: Mapping[str, Any]) -> None:
        self._books.stakes.debit(self._model(args["model"]), to_gwei(args["amount"]))
        self._replay.account(self._address, args["receiver"], args["amount"])

    def _idle_moved(self, _: Event, args: Mapping[str, Any]) -> None:
        amount = to_gwei(args["amount"])
        self._books.stakes.debit(self._model(args["source"]), amount)
        self._books.stakes.credit(self._model(args["destination"]), amount)

    def _staked(self, event: Event, args: Mapping[str, Any]) -> None:
        round_id = self._round(event, State.OPEN)
        amount = to_gwei(args["amount"])
        self._books.stakes.stake(round_id, self._model(args["model"]), amount)
        pool = self._replay.pool_of(self._address, args["model"])
        if pool is not None:
            pool.staked(amount)

    def _left(self, event: Event, args: Mapping[str, Any]) -> None:
        round_id = args["round"]
        if not self._books.rounds.can_leave(round_id, event.timestamp):
            found = self._books.state(round_id, event.timestamp).name
            self._replay.expect(f"state of round {round_id}", "OPEN or UNKNOWN", found)
        amount = self._books.stakes.leave(round_id, self._model(args["model"]), to_gwei(args["amount"]))
        self._replay.expect("amount left", amount * GWEI, args["amount"])
        pool = self._replay.pool_of(self._address, args["model"])
        if pool is not None:
            pool.left(round_id, amount)

    def _entered(self, event: Event, args: Mapping[str, Any]) -> None:
        amount = self._books.stakes.enter(self._round(event, State.OPEN), args["groups"])
        self._replay.expect("amount entered", amount * GWEI, args["amount"])

    # rounds

    def _round_opened(self, event: Event, args: Mapping[str, Any]) -> None:
        terms = Terms.of(args["terms"])
        self._books.require_turn(args["round"], event.timestamp)
        self._books.require_terms(terms, event.timestamp)
        self._books.rounds.open(args["round"], terms)

    def _submitted(self, event: Event, args: Mapping[str, Any]) -> None:
        models = [self._model(model) for model in args["models"]]
        self._books.stakes.submit(self._round(event, State.OPEN), models)

    def _submitted_signed(self, event: Event, args: Mapping[str, Any]) -> None:
        commitments = [Commitment.of(commitment) for commitment in args["commitments"]]
        for commitment in commitments:
            if commitment.sequence > event.timestamp:
                self._replay.expect("sequence", f"at most {event.timestamp}", commitment.sequence)
        models = [self._model(commitment.model) for commitment in commitments]
        self._books.stakes.submit(self._round(event, State.OPEN), models)

    def _round_locked(self, event: Event, args: Mapping[str, Any]) -> None:
        round_id, granted = self._round(event, State.ENDED), args["granted"]
        wanted = self._books.wanted(round_id) * GWEI
        self._replay.check_grant(self._address, round_id, wanted, granted, event.timestamp)
        record = self._books.lock(round_id, granted)
        self._replay.expect("at risk", record.at_risk, args["at_risk"])
        self._replay.expect("factor", record.factor, args["factor"])
        self._replay.expect("clip", record.clip, args["clip"])

    def _submissions_opened(self, event: Event, args: Mapping[str, Any]) -> None:
        self._books.rounds.change(self._round(event, State.LOCKED), opened_list=args["opened_list"])

    def _proposed(self, event: Event, args: Mapping[str, Any]) -> None:
        round_id = self._round(event, State.OPENED)
        final_at = event.timestamp + self._books.rounds[round_id].terms.window
        self._replay.expect("final at", final_at, args["final_at"])
        proposed = {name: args[name] for name in ("root", "chunks", "evidence", "final_at")}
        self._books.rounds.change(round_id, **proposed)

    def _vetoed(self, event: Event, args: Mapping[str, Any]) -> None:
        round_id = self._round(event, State.PROPOSED)
        self._replay.expect("vetoed root", self._books.rounds[round_id].root, args["root"])
        self._books.rounds.drop_root(round_id)

    def _voided(self, event: Event, args: Mapping[str, Any]) -> None:
        self._books.void(self._round(event, *UNDECIDED))

    # settlement

    def _settled(self, event: Event, args: Mapping[str, Any]) -> None:
        round_id = self._round(event, State.FINAL)
        index, chunk = args["index"], args["chunk"]
        words = chunk_tree.decode(chunk)
        require(index < self._books.rounds[round_id].chunks, "settlement: not in the root")
        require(in_chunk(index, words), "settlement: not in the chunk")
        self._compare(self._books.settle(round_id, words, event.timestamp), args)
        self._replay.account(self._address, ZERO_ADDRESS, args["burns"])
        self._replay.owe(self._address, round_id, args["rewards"])
        self._replay.check_root(self._address, round_id, index, chunk)

    def _settled_expired(self, event: Event, args: Mapping[str, Any]) -> None:
        done = self._books.settle_expired(self._round(event, *FREED), args["groups"], event.timestamp)
        self._compare(done, {"rewards": 0, "burns": 0, **args})

    def _compare(self, done: Settlement, args: Mapping[str, Any]) -> None:
        self._replay.expect("successor", done.successor, args["successor"])
        for name in ("staked", "rewards", "burns", "idled"):
            self._replay.expect(name, getattr(done, name) * GWEI, args[name])

    def _round_closed(self, event: Event, args: Mapping[str, Any]) -> None:
        round_id = self._round(event, State.CLOSED)
        released = self._replay.reserves.reservation(self._address, round_id).released
        self._replay.expect("released", released, args["released"])

    # roles and bounds

    def _operator_set(self, _: Event, args: Mapping[str, Any]) -> None:
        self._books.operator = args["operator"]

    def _guardian_set(self, _: Event, args: Mapping[str, Any]) -> None:
        self._books.appoint_guardian(args["guardian"])

    def _bounds_set(self, _: Event, args: Mapping[str, Any]) -> None:
        self._books.bounds = Bounds.of(args["bounds"])

    def _paused(self, event: Event, args: Mapping[str, Any]) -> None:
        require(event.timestamp >= self._books.pause.rested_at, "roles: paused too lately")
        self._books.pause.begin(event.timestamp, self._books.rounds.hour)
        self._replay.expect("paused until", self._books.pause.until, args["until"])

    def _unpaused(self, event: Event, _: Mapping[str, Any]) -> None:
        self._books.pause.end(event.timestamp, self._books.rounds.hour)

    # internal

    def _model(self, model: int) -> int:
        require(model < len(self._books.models), "models: no such model")
        return model

    def _round(self, event: Event, *states: State) -> int:
        round_id: int = event.args["round"]
        found = self._books.state(round_id, event.timestamp)
        if found not in states:
            wanted = " or ".join(state.name for state in sorted(states))
            self._replay.expect(f"state of round {round_id}", wanted, found.name)
        return round_id
