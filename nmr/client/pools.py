# SPDX-License-Identifier: MIT
"""What backers and managers of pools do and see, over one place of the ring or all, checked before anything is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

from nmr.chain.builds import abi
from nmr.chain.contracts import Contract
from nmr.chain.logs import decode_logs, read_logs, topic_of
from nmr.chain.node import NodeError
from nmr.client.session import MethodCall, Receipt, Reverts, Session, Signer
from nmr.client.stakes import CannotDo
from nmr.client.staking import LabelError, require_label
from nmr.deploy.genuine import NotGenuine, require_whole
from nmr.deploy.suite import pools_of
from nmr.protocol.lifetimes import LogIncomplete
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.pool import HoldingView, PlaceView
from nmr.protocol.reference.pool_rules import BASIS, FLOOR
from nmr.rounds.pool_places import why_no_checkpoint, why_no_fill, with_fee
from nmr.text.addresses import ZERO_ADDRESS, parse_address
from nmr.text.amounts import GWEI, format_nmr
from nmr.text.reasons import explain
from nmr.text.selection import ModelName, name_ids

ALL_SHARES: Final = 2**256 - 1
"""As shares of an exit order: all that are not on order."""


NOTHING_TO_DO: Final = "pool: nothing to do"
"""What a pool says where neither a fee nor an order is due."""


class NoSuchPool(CannotDo, LookupError):
    """A pool that the factory did not create, or a suite without a factory."""


class PoolOf(NamedTuple):
    """A pool as its factory logged it: fee and skin with 4 decimals."""

    address: str
    manager: str
    model: int
    fee: int
    skin: int
    label: str
    block: int


@dataclass(frozen=True)
class PoolView:
    """A pool at a block; wei.

    Attributes:
        pool: which.
        submitter: who submits for its model.
        owed: what waits in it, as orders and claims.
        credit: what of that is the manager's to claim.
        places: of the ring.
    """

    pool: PoolOf
    submitter: str
    owed: int
    credit: int
    places: tuple[PlaceView, ...]

    @property
    def staked(self) -> int:
        """What is at stake at all places, or waits for their rounds."""
        return sum(place.value for place in self.places)

    @property
    def manager_staked(self) -> int:
        """What of that is the manager's, with the fees that are due."""
        held = [(place.value // GWEI, with_fee(place)) for place in self.places]
        return sum(value * split.manager_shares // split.shares * GWEI for value, split in held if split.shares)


@dataclass(frozen=True)
class PoolChange:
    """What a command did.

    Attributes:
        receipts: of its transactions.
        events: what the pool logged in them.
        approved: wei that the pool was allowed to take before, in the first of the transactions.
        notes: what else a person wants to know.
    """

    receipts: tuple[Receipt, ...]
    events: tuple[Event, ...] = ()
    approved: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def transactions(self) -> list[str]:
        """The hashes of its transactions."""
        return [receipt.transaction for receipt in self.receipts]

    def noting(self, notes: Sequence[str]) -> "PoolChange":
        """The same, with other notes before its own."""
        return replace(self, notes=(*notes, *self.notes))


class Pools:
    """The pools of one tournament, as anybody sees them."""

    def __init__(self, session: Session, tournament: Contract) -> None:
        """
        Raises:
            NoSuchPool: the recorded suite has no factory.
        """
        self.session = session
        self.tournament = tournament
        [name] = [name for name, part in session.record.tournaments.items() if part.address == tournament.address]
        if not session.has(pools_of(name)):
            raise NoSuchPool(f"The suite of this record has no factory of pools for {name}.")
        self.factory = session.part(pools_of(name))

    @cached_property
    def ring(self) -> int:
        """How many places there are."""
        return int(self.session.read(self.tournament, "RING"))

    @cached_property
    def min_stake(self) -> int:
        """What every order to enter is at least, wei."""
        return int(self.session.read(self.tournament, "MIN_STAKE"))

    def all(self) -> list[PoolOf]:
        """Every pool, the oldest first.

        Raises:
            LogIncomplete: the node's log lacks some.
        """
        session, factory = self.session, self.factory
        event = factory.event("PoolCreated")
        first, last = session.record.first_block, session.latest
        logs = read_logs(session.rpc, [factory.address], first, last, [topic_of(event)])
        found = [_pool_of(each) for each in decode_logs(logs, {factory.address: [event]})]
        count = session.read(factory, "pool_count", block=last)
        if count != len(found):
            raise LogIncomplete(
                f"The node's log tells of {len(found)} pools, and there are {count}: ask a node that keeps all logs."
            )
        return found

    def named(self, name: ModelName, manager: str | None = None) -> PoolOf:
        """A pool by its address, the id of its model, or its label.

        Args:
            name: which.
            manager: whose pools are looked through first for a label, so that nobody else's stands in the way.

        Raises:
            NoSuchPool: there is none, or several have the label.
        """
        pools = self.all()
        if isinstance(name, int):
            found = [pool for pool in pools if pool.model == name]
        elif name.startswith("0x"):
            address = parse_address(name)
            found = [pool for pool in pools if pool.address == address]
        else:
            found = [pool for pool in pools if pool.label == name]
            found = [pool for pool in found if pool.manager == manager] or found
        if len(found) > 1:
            models = name_ids([pool.model for pool in found])
            raise NoSuchPool(f"The pools of {models} have the label {name!r}: name one by its model or address.")
        if not found:
            what = f"owns model {name}" if isinstance(name, int) else f"is {name!r}, by its label or address"
            raise NoSuchPool(f"No pool {what}: see pool list.")
        return found[0]

    def view(self, pool: PoolOf) -> PoolView:
        """A pool with all its places."""
        [found] = self.views([pool])
        return found

    def views(self, pools: Sequence[PoolOf]) -> list[PoolView]:
        """Pools with all their places, at one block."""
        ring, block, calls = self.ring, self.session.latest, []
        for pool in pools:
            contract = contract_of(pool)
            calls += [(self.tournament, "submitter_of", pool.model), (contract, "owed"), (contract, "credit")]
            calls += [(contract, "place_view", place) for place in range(ring)]
        answers = iter(self.session.read_each(calls, block))
        views = []
        for pool in pools:
            submitter, owed, credit = (next(answers) for _ in range(3))
            places = tuple(PlaceView(*next(answers)) for _ in range(ring))
            views.append(PoolView(pool, submitter, owed, credit, places))
        return views

    def holdings(self, pool: PoolOf, holder: str) -> list[HoldingView]:
        """What somebody has at each place of a pool; what the manager can claim is of all places, the same at each."""
        calls = [("holding_view", place, holder) for place in range(self.ring)]
        return [HoldingView(*answer) for answer in self.session.read_many(contract_of(pool), calls)]

    def require_places(self, places: Sequence[int]) -> None:
        """Refuse places that the ring does not have.

        Raises:
            CannotDo: with their numbers.
        """
        unknown = [place for place in places if place >= self.ring]
        if unknown:
            raise CannotDo(
                f"There is no {name_ids(unknown, 'place')}: the tournament has the places 0 to {self.ring - 1}."
            )


class Backer(Pools):
    """One account's dealings with pools."""

    def __init__(self, session: Session, tournament: Contract, account: Signer) -> None:
        super().__init__(session, tournament)
        self.account = account

    def create(self, label: str, fee: int, skin: int, submitter: str | None) -> tuple[PoolOf, PoolChange]:
        """Create a pool whose manager is the account.

        Args:
            label: of its model, for people.
            fee: of what a place gains above its mark, 4 decimals.
            skin: the manager's least part of each place, 4 decimals.
            submitter: who submits for the model; None for the account.

        Raises:
            LabelError: no pool can have that label.
        """
        require_label(label)
        if label.startswith("0x"):
            raise LabelError(f"The label {label!r} could not be typed for its pool: it would be taken for an address.")
        notes = self._taken(label)
        arguments = (fee, skin, submitter or ZERO_ADDRESS, label)
        receipt = self.session.send(self.factory, "create", *arguments, sender=self.account)
        [event] = self.session.events(self.factory, [receipt], "PoolCreated")
        return _pool_of(event), PoolChange((receipt,), notes=notes)

    def enter(self, pool: PoolOf, amounts: Mapping[int, int]) -> PoolChange:
        """Order shares for NMR of the account, which waits in the pool until a `fill`.

        Args:
            pool: which.
            amounts: wei by place.

        Raises:
            CannotDo: the account holds too little, or an amount is below MIN_STAKE.
            NotGenuine: the suite or the pool is not what it claims; nothing was approved.
        """
        self.require_places(list(amounts))
        small = [place for place, amount in amounts.items() if amount < self.min_stake]
        if small:
            raise CannotDo(f"An order is {format_nmr(self.min_stake)} NMR at least, the tournament's MIN_STAKE.")
        session, token, needed = self.session, self.session.only("Numeraire"), sum(amounts.values())
        mine = [("balanceOf", self.account.address), ("allowance", self.account.address, pool.address)]
        balance, allowance = session.read_many(token, mine)
        if balance < needed:
            raise CannotDo(f"The account holds {format_nmr(balance)} NMR, and {format_nmr(needed)} are needed.")
        approvals: list[Receipt] = []
        if allowance < needed:
            require_whole(session.rpc, session.record)
            if not session.read(self.factory, "is_pool", pool.address):
                raise NotGenuine(f"{pool.address} is no pool of the factory: nothing is approved for it.")
            approvals = [session.send(token, "approve", pool.address, needed, sender=self.account)]
        calls = [MethodCall(place, "enter_order", (place, amount)) for place, amount in amounts.items()]
        done = self._send(pool, calls, "EntryOrdered", "Claimed")
        approved = needed if approvals else None
        notes = self._short_of_the_floor(pool, list(amounts)) if self.account.address == pool.manager else ()
        return PoolChange((*approvals, *done.receipts), done.events, approved, notes)

    def exit(self, pool: PoolOf, shares: Mapping[int, int]) -> PoolChange:
        """Order shares of the account to be paid out at the next `checkpoint`, by place; `ALL_SHARES` for all."""
        self.require_places(list(shares))
        calls = [MethodCall(place, "exit_order", (place, number)) for place, number in shares.items()]
        return self._send(pool, calls, "ExitOrdered", "Claimed")

    def exit_part(self, pool: PoolOf, places: Sequence[int], part: int = BASIS) -> PoolChange:
        """Order a part of the shares out that are not on order, 4 decimals, all if left out.

        Places where there are none are skipped, and, with a note, those at which the account bought shares in the
        round that they are at stake in.

        Raises:
            CannotDo: there are none, or they are all at such places.
        """
        self.require_places(places)
        held = self.holdings(pool, self.account.address)
        manages = self.account.address == pool.manager
        here = self.view(pool).places if manages else ()
        # A manager's holding counts the shares of a fee that is due, and none is there before it is booked.
        own = [place.manager_shares for place in here] if manages else [view.shares for view in held]
        free = {place: left for place in places if (left := own[place] - held[place].exit_order)}
        stuck = [place for place in free if held[place].bought_now]
        at = name_ids(stuck, "place")
        note = f"Shares were bought in this round at {at}: none there are ordered out before it is settled."
        ready = {place: left for place, left in free.items() if place not in stuck}
        if not ready:
            raise CannotDo(note if stuck else "The account has no shares there that are not on order.")
        shares = {place: ALL_SHARES if part == BASIS else left * part // BASIS for place, left in ready.items()}
        told: tuple[str, ...] = (note,) if stuck else ()
        if manages and part == BASIS:
            told = _fees_to_come(pool, {place: here[place] for place in ready})
        return self.exit(pool, shares).noting(told)

    def cancel(self, pool: PoolOf, places: Sequence[int], *, entries: bool, exits: bool) -> PoolChange:
        """Take orders back that did not run.

        Args:
            pool: which.
            places: where; a place without an order is skipped.
            entries, exits: which orders.

        Raises:
            CannotDo: there is no such order.
        """
        self.require_places(places)
        held = self.holdings(pool, self.account.address)
        calls = []
        for place in places:
            if entries and held[place].entry_order:
                calls.append(MethodCall(place, "cancel_entry", (place,)))
            if exits and held[place].exit_order:
                calls.append(MethodCall(place, "cancel_exit", (place,)))
        if not calls:
            raise CannotDo("The account has no such order that waits: see pool show.")
        return self._send(pool, calls, "EntryCancelled", "ExitCancelled", "Claimed")

    def claim(self, pool: PoolOf, places: Sequence[int]) -> PoolChange:
        """Collect what batches and ended epochs gave, NMR and shares; the manager's NMR is that of all places.

        Raises:
            CannotDo: there is nothing to collect.
        """
        self.require_places(places)
        if self.account.address == pool.manager:
            places = places[:1]
        return self._wherever(pool, "claim", places, "Claimed", "ManagerPaid")

    def checkpoint(self, pool: PoolOf, places: Sequence[int]) -> PoolChange:
        """Book fees and run exits at places whose value is exact; anyone may.

        Raises:
            CannotDo: nothing is due at any of them.
        """
        self.require_places(places)
        return self._wherever(pool, "checkpoint", places, "Booked", "ExitsRun", "EpochEnded")

    def fill(self, pool: PoolOf, places: Sequence[int]) -> PoolChange:
        """As `checkpoint`, and then run entries at the place whose round is open; anyone may. Raises as it does."""
        self.require_places(places)
        return self._wherever(pool, "fill", places, "Booked", "ExitsRun", "EpochEnded", "EntriesRun")

    def sweep(self, pool: PoolOf) -> PoolChange:
        """Burn NMR of a pool that is nobody's; anyone may."""
        receipt = self.session.send(contract_of(pool), "sweep", sender=self.account)
        return self._done(pool, [receipt], "Swept")

    def set_submitter(self, pool: PoolOf, submitter: str | None) -> PoolChange:
        """Change who submits for the pool's model; None for the manager, who alone may."""
        sent = submitter or ZERO_ADDRESS
        return PoolChange((self.session.send(contract_of(pool), "set_submitter", sent, sender=self.account),))

    def _taken(self, label: str) -> tuple[str, ...]:
        """A note about a label that is not new."""
        try:
            same = [pool.model for pool in self.all() if pool.label == label]
        except (LogIncomplete, NodeError):
            return ("The node's log does not tell whether the label is taken.",)
        if not same:
            return ()
        has = "has" if len(same) == 1 else "have"
        return (f"The pool of {name_ids(same)} {has} the label {label!r} already: backers need the model or address.",)

    def _short_of_the_floor(self, pool: PoolOf, places: Sequence[int]) -> tuple[str, ...]:
        """A sentence on empty places that the manager's orders do not open, if there are any."""
        floor, view = FLOOR * self.min_stake, self.view(pool)
        short = [
            place for place in places if not view.places[place].shares and view.places[place].manager_entry < floor
        ]
        if not short:
            return ()
        where = name_ids(short, "place")
        return (f"An order of the manager's opens an empty place from {format_nmr(floor)} NMR on: not yet {where}.",)

    def _why_idle(self, pool: PoolOf, method: str, places: Sequence[int]) -> dict[str, list[int]]:
        """Why a checkpoint or a fill has nothing to do at some places: sentences, and where each is so."""
        found: dict[str, list[int]] = {}
        view = self.view(pool)
        for place in places:
            there = view.places[place]
            fills = method == "fill"
            why = why_no_fill(there, pool.skin, self.min_stake) if fills else why_no_checkpoint(there, pool.skin)
            found.setdefault(why, []).append(place)
        return found

    def _wherever(self, pool: PoolOf, method: str, places: Sequence[int], *events: str) -> PoolChange:
        """Make a call at those of some places where the pool takes it."""
        contract, ready = contract_of(pool), []
        refused: dict[str, list[int]] = {}
        for place in places:
            try:
                self.session.try_call(contract, method, place, sender=self.account.address)
                ready.append(place)
            except Reverts as error:
                refused.setdefault(error.reason, []).append(place)
        if not ready:
            idle = refused.pop(NOTHING_TO_DO, [])
            if len(refused) == 1 and not idle:
                raise Reverts(next(iter(refused)))
            why = {explain(reason): at for reason, at in refused.items()} | self._why_idle(pool, method, idle)
            if len(why) == 1:
                raise CannotDo(next(iter(why)))
            told = (f"{name_ids(at, 'place').capitalize()}: {sentence}" for sentence, at in why.items())
            raise CannotDo(" ".join(["Nothing can be done at any place.", *told]))
        return self._send(pool, [MethodCall(place, method, (place,)) for place in ready], *events)

    def _send(self, pool: PoolOf, calls: Sequence[MethodCall], *events: str) -> PoolChange:
        receipts = self.session.send_all(contract_of(pool), calls, sender=self.account, what="place")
        return self._done(pool, receipts, *events)

    def _done(self, pool: PoolOf, receipts: Sequence[Receipt], *events: str) -> PoolChange:
        contract = contract_of(pool)
        logs = [log for receipt in receipts for log in receipt.logs]
        told = [each for each in decode_logs(logs, {contract.address: contract.events}) if each.name in events]
        return PoolChange(tuple(receipts), tuple(told))


def contract_of(pool: PoolOf) -> Contract:
    """A pool's contract."""
    return Contract("Pool", pool.address, abi("Pool"))


def _fees_to_come(pool: PoolOf, ordered: Mapping[int, PlaceView]) -> tuple[str, ...]:
    """A sentence to a manager who ordered all shares out, on the fees that the order cannot have; or none."""
    places = [number for number, place in ordered.items() if place.fee_due or (pool.fee and not place.free)]
    if not places:
        return ()
    fees = f"Fees of the next checkpoint at {name_ids(places, 'place')} are new shares and not of this order"
    return (f"{fees}: after it, order out what is left.",)


def _pool_of(event: Event) -> PoolOf:
    args = event.args
    terms = args["manager"], args["model"], args["fee"], args["skin"], args["label"]
    return PoolOf(args["pool"], *terms, event.block)
