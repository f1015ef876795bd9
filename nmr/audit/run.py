# SPDX-License-Identifier: MIT
"""An audit from beginning to end: fetch, replay, compare, and start again where a chain was reorganised meanwhile."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eth_abi.exceptions import DecodingError
from eth_typing import ABIEvent
from eth_utils.abi import event_abi_to_log_topic

from nmr.audit.books import AuditBooks
from nmr.audit.buyback import BuybackSetup
from nmr.audit.chain import ChainReads, LogReads
from nmr.audit.checkpoint import Checkpoints, NoCheckpoints
from nmr.audit.compare import compare_codes, compare_roots, compare_words
from nmr.audit.evidence import NEEDED, NO_ROOTS, AuditEvidence, parts_after, prove_history, read_state
from nmr.audit.expected import expected_words
from nmr.audit.fetch import Reorganised, read_ranges, require_unchanged
from nmr.audit.findings import Disagreement, Tally
from nmr.audit.pools import find_pools, with_pools
from nmr.audit.proving import digest_of_logs, require_header
from nmr.audit.report import Report, build_report
from nmr.chain import builds
from nmr.chain.headers import Header
from nmr.chain.logs import Decoder, RawLog
from nmr.deploy.code import BuildOf
from nmr.deploy.record import Record, hash_of
from nmr.errors import NmrError
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.suite import Deployment, Setup

AUDITED: Final = frozenset(
    {"Timelock", "Treasury", "Numeraire", "Tournament", "PoolFactory", "Pool", "Buyback", "UniswapV2TwapFeed"}
)
"""Contracts whose log is replayed; others keep nothing."""
RESTARTS: Final = 3
"""How often an audit starts again because the chain was reorganised while it was read."""
SAVE_EVERY: Final = 20.0
"""Seconds between two checkpoints."""

Abis = Mapping[str, Sequence[ABIEvent]]
"""The events of each kind of contract, by the contract's name."""


class OtherChain(NmrError, LookupError):
    """A chain that is not the one of the record."""


class NoSuchBlock(NmrError, ValueError):
    """A block that the suite does not have, or the chain."""


class Unsettled(NmrError, RuntimeError):
    """A chain that is reorganised again and again."""


@dataclass
class Progress:
    """What an audit is doing, for people who wait; and what took how long, in seconds.

    Attributes:
        told: told what is being done, how much of it is done, and how much there is.
        said: told what somebody should know about, in a sentence.
        clock: seconds that only go forward.
        replaying_cpu: seconds of this process's own work in `replaying`.
    """

    told: Callable[[str, int, int], None] = lambda what, done, total: None
    said: Callable[[str], None] = lambda sentence: None
    clock: Callable[[], float] = time.monotonic
    fetching: float = 0.0
    replaying: float = 0.0
    comparing: float = 0.0
    replaying_cpu: float = 0.0


def require_chain(chain: LogReads, record: Record) -> None:
    """Make sure that a chain is the one of a record.

    Raises:
        OtherChain: it has another id.
    """
    found = chain.chain_id()
    if found != record.chain_id:
        raise OtherChain(f"The suite was deployed on chain {record.chain_id}, and this is chain {found}.")


def audit_suite(
    chain: ChainReads,
    record: Record,
    abis: Abis,
    *,
    build: BuildOf = builds.build,
    block: int | None = None,
    block_hash: str | None = None,
    confirmations: int = 0,
    every_receipt: bool = False,
    checkpoints: Checkpoints | None = None,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Audit a suite from its first block to a block.

    Args:
        chain: where it is read.
        record: where the suite is.
        abis: the events of its contracts.
        build: what a contract's sources compile to, by its name.
        block: the last block to look at.
        block_hash: its hash, from which the state has to follow; nothing else is trusted then.
        confirmations: without a block, how many blocks before the latest to stop.
        every_receipt: whether the receipts of all blocks with logs are compared, and linked to the last block.
        checkpoints: where to go on from, and where to save how far it came.
        progress: who is told.
        sleep: waits so many seconds.

    Raises:
        OtherChain: the chain has another id than the record.
        NoSuchBlock: there is no such block, or it is before the suite's first.
        NotProved: the state does not follow from the hash.
        Unsettled: the chain was reorganised again and again.
        NodeError, NodeUnreachable: the node did not answer after all retries, or its answer is false.
    """
    progress = progress or Progress()
    require_chain(chain, record)
    for _ in range(RESTARTS + 1):
        header = _target(chain, block, block_hash, confirmations)
        there = parts_after(record, header.number)
        if there is None:
            last = max(part.block for part in record.parts.values() if part.contract in NEEDED)
            raise NoSuchBlock(
                f"Block {header.number} cannot be audited: the suite begins with block {record.first_block} "
                f"and is whole with block {last}."
            )
        audit = _Audit(chain, record, there, header, build, checkpoints or NoCheckpoints(), progress, sleep)
        try:
            return audit.run(abis, trusted=block_hash is not None, every_receipt=every_receipt)
        except Reorganised as error:
            progress.said(f"The chain was reorganised while it was read: {error}. The audit starts again.")
    raise Unsettled(f"The chain was reorganised {RESTARTS + 1} times while it was read: audit an older block.")


def deployment_of(record: Record) -> Deployment:
    """The addresses of a recorded suite, as the reference model takes them."""
    return Deployment(
        numeraire=record.only("Numeraire")[1].address,
        treasury=record.only("Treasury")[1].address,
        tournaments={
            part.address: Setup(
                ring=part.number("ring"),
                first_round=part.number("first_round"),
                min_stake=part.number("min_stake"),
                hour=part.number("hour"),
            )
            for part in record.tournaments.values()
        },
        factories=factories_of(record),
    )


def factories_of(record: Record) -> dict[str, str]:
    """The tournaments of a recorded suite's factories of pools, by the factories' addresses."""
    parts = (part for part in record.parts.values() if part.contract == "PoolFactory")
    return {part.address: part.address_of("tournament") for part in parts}


def _target(chain: ChainReads, block: int | None, block_hash: str | None, confirmations: int) -> Header:
    if block_hash is not None:
        return require_header(chain, block_hash)
    head = chain.head()
    if block is None and confirmations > head:
        raise NoSuchBlock(f"{confirmations} confirmations are more than the chain has blocks: its latest is {head}.")
    last = head - confirmations if block is None else block
    if not 0 <= last <= head:
        raise NoSuchBlock(f"Block {last} cannot be audited: the chain's latest is {head}.")
    [header] = chain.headers([last])
    return header


@dataclass
class _Audit:
    """One try of an audit to a block.

    Attributes:
        chain: where it is read.
        record: of the suite, with parts that may have come after the block.
        there: of the suite after the block.
        header: the block.
        build: what a contract's sources compile to.
        checkpoints: where to go on from, and where to save how far it came.
        progress: who is told.
        sleep: waits so many seconds.
    """

    chain: ChainReads
    record: Record
    there: Record
    header: Header
    build: BuildOf
    checkpoints: Checkpoints
    progress: Progress
    sleep: Callable[[float], None]

    def run(self, abis: Abis, *, trusted: bool, every_receipt: bool) -> Report:
        """The report."""
        header, progress = self.header, self.progress
        books = self._replay(abis)
        begun = progress.clock()
        whole = with_pools(self.there, books.pools, books.names, books.created, self.build)
        words = list(expected_words(whole, books))
        done = 0

        def told(count: int) -> None:
            nonlocal done
            done += count
            progress.told("comparing storage", done, len(words))

        compared = compare_words(words, self.chain, header.number, books, told)
        evidence = AuditEvidence(trusted, header.roots is not None)
        state = read_state(self.chain, whole, header, evidence)
        if state.roots is None:
            progress.said(NO_ROOTS)
        else:
            evidence.believed += compare_roots(
                compared, self.chain, whole, header.number, state.roots, proved=evidence.state
            )
        creations = prove_history(self.chain, self.there, header, books, evidence, every_receipt=every_receipt)
        codes = compare_codes(whole, state.codes, state.facts, creations, self.build)
        self._compare_later(codes)
        require_unchanged(self.chain, header)
        self.checkpoints.save(books, header)
        progress.comparing += progress.clock() - begun
        return build_report(whole, header, books, compared, codes, evidence, self.build)

    def _compare_later(self, codes: Tally) -> None:
        """Make sure that nothing is yet where later parts will be."""
        later = {name: part for name, part in self.record.parts.items() if name not in self.there.parts}
        found = self.chain.codes([part.address for part in later.values()], self.header.number) if later else []
        for (name, part), code in zip(later.items(), found, strict=True):
            if code:
                what = f"code before block {part.block}, in which it was created"
                codes.add(Disagreement("code", name, what, "none", hash_of(code)))

    def _replay(self, abis: Abis) -> AuditBooks:
        """The books after the whole log."""
        chain, record, header, progress = self.chain, self.record, self.header, self.progress
        names = {part.address: name for name, part in record.parts.items() if part.contract in AUDITED}
        begun = progress.clock()
        books = AuditBooks(deployment_of(record), names, self._buybacks(), _feeds(record))
        first = self.checkpoints.resume(books, chain, header, record.first_block, progress.said)
        found = find_pools(chain, list(factories_of(record)), first, header.number, self.sleep)
        pools = list(dict.fromkeys([*books.pools, *found]))
        decode = _Decoding(record, abis, books, pools)
        saved = last = progress.clock()
        progress.fetching += last - begun
        for span in read_ranges(chain, [*names, *pools], first, header.number, self.sleep):
            now, worked = progress.clock(), time.process_time()
            progress.fetching += now - last
            for number, logs in span.blocks().items():
                books.blocks[number] = digest_of_logs(logs)
            for log in span.logs:
                decode.apply(log, span.headers[log.block].timestamp)
            books.close()
            last = progress.clock()
            progress.replaying += last - now
            progress.replaying_cpu += time.process_time() - worked
            done, blocks = span.last - record.first_block + 1, header.number - record.first_block + 1
            progress.told("replaying the log", done, blocks)
            if last - saved > SAVE_EVERY:
                [reached] = chain.headers([span.last])
                # If the target still stands, so do all blocks before it, and the hash is that of what was replayed.
                require_unchanged(chain, header)
                self.checkpoints.save(books, reached)
                saved = last
        progress.fetching += progress.clock() - last
        return books

    def _buybacks(self) -> dict[str, BuybackSetup]:
        """What the constructors of buybacks fixed, by their addresses."""
        parts = [part for part in self.record.parts.values() if part.contract == "Buyback"]
        codes = self.chain.codes([part.address for part in parts], self.header.number) if parts else []
        return {
            part.address: BuybackSetup.of(part, code, self.build(part.contract))
            for part, code in zip(parts, codes, strict=True)
        }


def _feeds(record: Record) -> dict[str, int]:
    """The windows of TWAP feeds, by their addresses."""
    feeds = (part for part in record.parts.values() if part.contract == "UniswapV2TwapFeed")
    return {part.address: part.number("window") for part in feeds}


class _Decoding:
    """Decodes logs and gives them to the books; one that cannot be decoded is a disagreement."""

    def __init__(self, record: Record, abis: Abis, books: AuditBooks, pools: Sequence[str]) -> None:
        self._books = books
        contracts = {part.address: part.contract for part in record.parts.values()} | dict.fromkeys(pools, "Pool")
        self._decoders: dict[str, dict[bytes, Decoder]] = {
            address: {event_abi_to_log_topic(event): Decoder(event) for event in abis[contract]}
            for address, contract in contracts.items()
            if contract in AUDITED
        }

    def apply(self, log: RawLog, timestamp: int) -> None:
        """Give a log to the books."""
        event = self._event(log, timestamp)
        if event is not None:
            self._books.apply(event)

    def _event(self, log: RawLog, timestamp: int) -> Event | None:
        decoders = self._decoders.get(log.address, {})
        topic = log.topics[0] if log.topics else b""
        if topic in decoders and log.address in self._books.names:
            try:
                return decoders[topic].decode(log, timestamp)
            except (DecodingError, OverflowError, ValueError):
                pass
        part = self._books.names.get(log.address, log.address)
        what, found = "log", f"topic 0x{topic.hex()}, {len(log.data)} bytes"
        self._books.tally.add(
            Disagreement("log", part, what, "an event of the contract", found, log.block, log.transaction)
        )
        return None
