# SPDX-License-Identifier: MIT
"""The reference model with the face that Ape gives to contracts and their chain.

So tests of a contract ask the reference the same: what it returns, logs and refuses, and when.
"""

import inspect
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from nmr.errors import Refused
from nmr.protocol.reference import UNLIMITED, Bounds, Event, ReferenceSuite, Terms, Tournament, Treasury
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI

UNTOLD: Final = frozenset({"Approval", "OwnershipTransferStarted", "OwnershipTransferred", "RoleMinterChanged"})
"""Events of contracts that the reference leaves out: they say nothing about its books."""
_CALLED: Final = {
    "transferFrom": "transfer_from",
    "burnFrom": "burn_from",
    "balanceOf": "balance_of",
    "totalSupply": "total_supply",
}
_TRUE: Final = frozenset({"transfer", "transferFrom", "approve"})
"""Functions of the token that return true, which the reference leaves out."""


class Account(str):
    """An address that looks like an account of Ape's."""

    @property
    def address(self) -> str:
        """Itself."""
        return str(self)


@dataclass(frozen=True)
class Entry:
    """A log entry; its arguments are attributes, too."""

    contract_address: str
    event_name: str
    event_arguments: Mapping[str, Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and vars(self) == vars(other)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.event_arguments[name]


class Entries(list[Entry]):
    """What a call logged. Of entries that it is compared with, those that the reference leaves out do not count."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and list(self) == [each for each in other if each.event_name not in UNTOLD]


class Receipt(SimpleNamespace):
    """What came of a transaction: `events`, `timestamp`, `return_value`."""


class ReferenceChain:
    """A clock and the suite that lives by it; every call, and `mine`, is a block."""

    def __init__(self, suite: ReferenceSuite, now: int) -> None:
        self.suite = suite
        self._now, self._next = now, 0

    @property
    def blocks(self) -> SimpleNamespace:
        """The latest block, as `blocks.head`."""
        return SimpleNamespace(head=SimpleNamespace(timestamp=self._now))

    @property
    def pending_timestamp(self) -> int:
        """Unix seconds of the next block."""
        return max(self._next, self._now + 1)

    @pending_timestamp.setter
    def pending_timestamp(self, timestamp: int) -> None:
        assert timestamp > self._now, "time does not go back"
        self._next = timestamp

    def mine(self) -> int:
        """End a block and return its time."""
        self._now = self.pending_timestamp
        return self._now

    def snapshot(self) -> bytes:
        """All that there is."""
        return pickle.dumps((self.suite, self._now, self._next))

    def restore(self, snapshot: bytes) -> None:
        """Go back to what there was."""
        self.suite, self._now, self._next = pickle.loads(snapshot)

    def books(self) -> SimpleNamespace:
        """A copy of everything that a refused call must leave alone."""
        suite: ReferenceSuite = pickle.loads(pickle.dumps(self.suite))
        return SimpleNamespace(
            tournaments={at: (each.books, each.owner) for at, each in suite.tournaments.items()},
            reserves=suite.treasury.books,
            balances=suite.numeraire.balances,
            allowances={pair: amount for pair, amount in suite.numeraire.allowances.items() if amount},
            events=suite.events,
        )


class Contract:
    """One part of the suite by its address: functions, views and events by the contract's names."""

    def __init__(self, chain: ReferenceChain, address: str) -> None:
        self._chain = chain
        self.address = Account(address)

    def __eq__(self, other: object) -> bool:
        return plain(other) == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name[0].isupper() and not name.isupper():
            return EventOf(self.address, name)
        return Method(self, name)

    @property
    def reference(self) -> Any:
        """The part itself, as it is now."""
        suite = self._chain.suite
        parts = {suite.numeraire.address: suite.numeraire, suite.treasury.address: suite.treasury, **suite.tournaments}
        return parts[self.address]


class Lens:
    """What the lens tells of a tournament, which the reference's tournament has as views of its own."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda tournament, *arguments: getattr(tournament, name)(*arguments)


@dataclass(frozen=True)
class EventOf:
    """Makes the log entries of an event that are expected, and finds those that there are."""

    address: str
    name: str

    def __call__(self, **arguments: Any) -> Entry:
        return Entry(self.address, self.name, _arguments(arguments))

    def from_receipt(self, receipt: Receipt) -> list[Entry]:
        """The entries of this event in a receipt."""
        return [
            entry for entry in receipt.events if (entry.contract_address, entry.event_name) == (self.address, self.name)
        ]


@dataclass(frozen=True)
class Method:
    """A function of a contract, or a view."""

    contract: Contract
    name: str

    def __call__(self, *arguments: Any, sender: Any = None) -> Any:
        """Send a transaction and return its receipt; without a sender, ask a view at the latest block.

        Raises:
            Refused: the reference refuses.
        """
        chain = self.contract._chain
        if sender is None:
            return self._view([plain(argument) for argument in arguments])
        now, books = chain.mine(), chain.books()
        try:
            value = self._send(arguments, sender, now)
        except Refused:
            assert chain.books() == books, "a refused call changes nothing"
            raise
        events = chain.suite.events[len(books.events) :]
        return Receipt(events=Entries(map(_entry, events)), timestamp=now, return_value=value)

    def call(self, *arguments: Any, sender: Any) -> Any:
        """What a transaction would return at the latest block."""
        chain = self.contract._chain
        before = chain.snapshot()
        try:
            return self._send(arguments, sender, chain.blocks.head.timestamp)
        finally:
            chain.restore(before)

    def encode_input(self, *arguments: Any) -> tuple[str, tuple[Any, ...]]:
        """A call as `multicall` takes it."""
        return self.name, arguments

    def _send(self, arguments: tuple[Any, ...], sender: Any, now: int) -> Any:
        reference = self.contract.reference
        method = getattr(reference, _CALLED.get(self.name, self.name))
        given = [plain(argument) for argument in arguments]
        if self.name == "open_round":
            given = [given[0], Terms(*given[1]), given[2]]
        elif self.name == "set_bounds":
            given = [Bounds(*given[0])]
        elif self.name == "multicall":
            given = [_calls(reference, arguments[0])]
        elif self.name == "deposit_with_permit":
            # Model, amount, owner and allowance; a signature of zeros is none.
            given = [*given[:4], any(given[6])]
        value = method(*given, sender=plain(sender), now=now)
        return True if self.name in _TRUE else value

    def _view(self, arguments: list[Any]) -> Any:
        reference, name = self.contract.reference, self.name
        now = self.contract._chain.blocks.head.timestamp
        match reference, name:
            case Tournament(), "FIRST_ROUND" | "RING" | "HOUR":
                return getattr(reference.books.rounds, name.lower())
            case Tournament(), "bounds":
                return reference.books.bounds
            case Tournament(), "MIN_STAKE":
                return reference.books.stakes.min_stake * GWEI
            case Tournament(), "due_round":
                due = reference.due_round(now)
                return UNLIMITED if due is None else due
            case Tournament(), "state" | "stakes_of" | "place_of" | "paused" | "places":
                arguments.append(now)
            case Treasury(), "room_of":
                arguments.append(now)
            case Treasury(), "tournament_count":
                return len(reference.tournaments())
            case Treasury(), "tournament_at":
                return dict(enumerate(reference.tournaments())).get(*arguments, ZERO_ADDRESS)
        view = getattr(reference, _CALLED.get(name, name))
        return view(*arguments) if callable(view) else view


def _calls(reference: Any, calls: Sequence[tuple[str, tuple[Any, ...]]]) -> list[tuple[str, dict[str, Any]]]:
    """Encoded calls with their arguments by name."""
    named = []
    for name, values in calls:
        names = list(inspect.signature(getattr(reference, name)).parameters)[: len(values)]
        given = [_calls(reference, values[0])] if name == "multicall" else [plain(value) for value in values]
        named.append((name, dict(zip(names, given, strict=True))))
    return named


def _entry(event: Event) -> Entry:
    return Entry(event.address, event.name, _arguments(event.args))


def plain(value: Any) -> Any:
    """A value with addresses for contracts, and sequences and structs as tuples."""
    if isinstance(value, Contract):
        return str(value.address)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return plain(tuple(value.values()))
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    return value


def _arguments(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in named.items()}
