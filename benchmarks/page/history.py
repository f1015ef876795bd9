# SPDX-License-Identifier: MIT
"""A long history of a large tournament, played by the reference model, as a snapshot of the page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_utils.abi import collapse_if_tuple

from nmr.audit.fetch import LogRange
from nmr.audit.run import deployment_of
from nmr.chain.builds import abi
from nmr.chain.headers import Header
from nmr.chain.logs import RawLog, topic_of
from nmr.deploy.record import Argument, Compiler, PartRecord, Record, plain_record
from nmr.page.books import MODELS_EACH, PageBooks
from nmr.page.export import FORMAT, VERSION, Snapshot
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.chunk_tree import encode as encode_chunk
from nmr.protocol.lanes import group_count
from nmr.protocol.reference import Bounds, Limits, ReferenceSuite, Roles, Terms, Tournament
from nmr.protocol.reference.events import Event
from nmr.protocol.score_words import Score, encode_chunks
from nmr.text.addresses import ZERO_ADDRESS, checksummed
from nmr.text.amounts import NMR, RATIO, SCORE, SUPPLY

HOUR: Final = 3_600
START: Final = 1_700_000_000
RING: Final = 4
OWNERS: Final = 2_000
TARGET: Final = 8 * NMR
RESERVE: Final = 3_000_000 * NMR
BOUNDS: Final = Bounds(50_000, 50_000, RATIO // 2, 0, 2 * HOUR, 100 * HOUR, 1_000 * HOUR, 500 * HOUR, 24 * HOUR)
LIMITS: Final = Limits(100_000 * NMR, 600_000 * NMR, 100_000 * NMR)
TOGETHER: Final = 128
"""Models in one submission, as many as fit."""
ENTERED: Final = 256
"""Groups in one call of `enter`, as many as fit."""


def _address(name: str) -> str:
    return checksummed(f"0x{keccak(name.encode())[12:].hex()}")


CONTRACTS: Final = {
    "timelock": "Timelock",
    "treasury": "Treasury",
    "numeraire": "Numeraire",
    "terms-check": "TermsCheck",
    "classic": "Tournament",
    "lens": "Lens",
}
OPERATOR: Final = _address("operator")
GUARDIAN: Final = _address("guardian")
MARKET: Final = _address("market")


@dataclass
class LongHistory:
    """All models register; those that stake are in every round, half of them compounding, and submit each time.

    Attributes:
        models: how many register.
        staking: how many of them stake, the first.
        rounds: how many are settled, one after the other.
    """

    models: int
    staking: int
    rounds: int

    def play(self, told: Callable[[str], None]) -> ReferenceSuite:
        """The suite after all rounds."""
        record = self.record
        self._now, self._random = START, Random(19)  # noqa: S311 - no secret is made of it
        distribution = {record.parts["treasury"].address: RESERVE, MARKET: SUPPLY - RESERVE}
        tournament = record.parts["classic"].address
        suite = ReferenceSuite.deploy(
            deployment_of(record),
            roles=Roles(record.parts["timelock"].address, OPERATOR, GUARDIAN),
            bounds=BOUNDS,
            distribution=distribution,
            limits={tournament: LIMITS},
            now=self._now,
        )
        suite.numeraire.approve(tournament, 2**256 - 1, sender=MARKET, now=self._now)
        self._register(suite.tournaments[tournament])
        for number in range(self.rounds):
            told(f"playing round {number + 1} of {self.rounds}")
            self._round(suite.tournaments[tournament], number)
        return suite

    @property
    def record(self) -> Record:
        """Of a suite that is nowhere."""
        arguments: dict[str, Argument] = {"ring": RING, "first_round": RING, "min_stake": NMR, "hour": HOUR}
        parts = {
            name: PartRecord(
                contract,
                _address(name),
                f"0x{keccak(name.encode()).hex()}",
                0,
                arguments if contract == "Tournament" else {},
                f"0x{64 * '0'}",
            )
            for name, contract in CONTRACTS.items()
        }
        return Record(31_337, "ethereum", "local", OPERATOR, 0, Compiler("vyper", "0.4.3", "prague", "gas"), parts)

    def _register(self, tournament: Tournament) -> None:
        owners = [_address(f"owner {number}") for number in range(OWNERS)]
        for model in range(self.models):
            owner = owners[model % OWNERS] if model >= self.staking else MARKET
            tournament.register(f"model {model}", ZERO_ADDRESS, sender=owner, now=self._now)
        for model in range(self.staking):
            tournament.deposit(model, 2 * RING * TARGET, MARKET, sender=MARKET, now=self._now)
            tournament.set_policy(model, TARGET, model % 2 == 0, sender=MARKET, now=self._now)

    def _round(self, tournament: Tournament, number: int) -> None:
        round_id, random = RING + number, self._random
        locks_at = self._now + 24 * HOUR
        resolves_at = locks_at + 48 * HOUR
        threshold = TARGET * self.staking * 9 // 10
        told = Terms(
            20_000,
            10_000,
            RATIO // 20,
            threshold,
            b"\7" * 32,
            locks_at,
            resolves_at,
            resolves_at + 96 * HOUR,
            24 * HOUR,
        )

        def call(function: str, *arguments: Any, sender: str = OPERATOR) -> None:
            getattr(tournament, function)(*arguments, sender=sender, now=self._now)

        call("open_round", round_id, told, b"\1" * 32)
        if number < RING:
            groups = range(group_count(self.staking))
            for first in range(0, len(groups), ENTERED):
                call("enter", list(groups[first : first + ENTERED]))
        for first in range(0, self.staking, TOGETHER):
            models = list(range(first, min(first + TOGETHER, self.staking)))
            call("submit", models, [random.randbytes(32) for _ in models], sender=MARKET)
        self._now = locks_at
        call("lock", round_id)
        call("publish_opened", round_id, b"\2" * 32)
        self._now = resolves_at
        chunks = encode_chunks({model: self._score() for model in range(self.staking)})
        tree = ChunkTree.of(chunks)
        call("propose", round_id, tree.root, len(chunks), b"\3" * 32)
        self._now += 24 * HOUR
        for index, chunk in enumerate(chunks):
            call("settle", round_id, index, encode_chunk(chunk), tree.proof(index))

    def _score(self) -> Score:
        return round(self._random.gauss(0, 0.02) * SCORE), round(self._random.gauss(0, 0.01) * SCORE)


def snapshot_of(history: LongHistory, suite: ReferenceSuite, told: Callable[[str], None]) -> Snapshot:
    """What `nmr page` would export of a history."""
    record = history.record
    named = {part.address: name for name, part in record.parts.items()}
    tournaments = {part.address: name for name, part in record.tournaments.items()}
    books = PageBooks(deployment_of(record), tournaments, {})
    told("replaying the log")
    for event in suite.events:
        books.apply(event)
    books.finish()
    told("encoding the log")
    last = suite.events[-1]
    header = _header(last)
    summary = {
        "format": FORMAT,
        "version": VERSION,
        "block": {"number": header.number, "hash": header.hash, "timestamp": header.timestamp},
        "price": [str(12_500_000_000_000_000_000), 18, 0, ""],
        "record": plain_record(record),
        "decimals": {},
        "models_each": MODELS_EACH,
        "books": books.content(),
    }
    logs = list(_logs(suite.events, named))
    headers = {event.block: _header(event) for event in suite.events}
    return Snapshot(summary, books, [LogRange(last.block, logs, headers)], list(named))


def _header(event: Event) -> Header:
    return Header(event.block, f"0x{keccak(event.transaction.encode()).hex()}", event.timestamp, None)


def _logs(events: list[Event], named: dict[str, str]) -> Iterator[RawLog]:
    """The events as a node tells their logs."""
    kinds = {
        (address, item["name"]): item
        for address, name in named.items()
        for item in abi(CONTRACTS[name])
        if item["type"] == "event"
    }
    topics = {key: topic_of(item) for key, item in kinds.items()}
    for event in events:
        key = event.address, event.name
        fields = kinds[key]["inputs"]
        plain = [field for field in fields if not field["indexed"]]
        values = [_plain(event.args[field["name"]]) for field in plain]
        indexed = (encode([field["type"]], [event.args[field["name"]]]) for field in fields if field["indexed"])
        data = encode([collapse_if_tuple(dict(field)) for field in plain], values)
        found = (topics[key], *indexed)
        yield RawLog(event.address, found, data, event.block, event.log_index, event.transaction, "")


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, tuple | list) else value
