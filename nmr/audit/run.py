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
from nmr.audit.chain import ChainReads, Header
from nmr.audit.checkpoint import Checkpoints, NoCheckpoints
from nmr.audit.compare import compare_codes, compare_roots, compare_words
from nmr.audit.expected import expected_words
from nmr.audit.fetch import Reorganised, read_parts, require_unchanged
from nmr.audit.findings import Disagreement
from nmr.audit.report import Report, build_report
from nmr.chain.logs import Decoder, RawLog
from nmr.deploy.record import Record
from nmr.errors import NmrError
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.suite import Deployment, Setup

AUDITED: Final = frozenset({"Timelock", "Treasury", "Numeraire", "Tournament", "Buyback"})
"""Contracts that keep books; of others, only the code is compared."""
RESTARTS: Final = 3
"""How often an audit starts again because the chain was reorganised while it was read."""
SAVE_EVERY: Final = 20.0
"""Seconds between two checkpoints."""

NO_ROOTS: Final = "This node gives no roots of storage (eth_getProof): that nothing else is stored was not checked."

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


def audit_suite(
    chain: ChainReads,
    record: Record,
    abis: Abis,
    *,
    builds: Mapping[str, bytes] | None = None,
    block: int | None = None,
    confirmations: int = 0,
    checkpoints: Checkpoints | None = None,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Audit a suite from its first block to a block.

    Args:
        chain: where it is read.
        record: where the suite is.
        abis: the events of its contracts.
        builds: the runtime code that the sources give, by contract; without it, the record's hashes are all there is.
        block: the last block to look at.
        confirmations: without a block, how many blocks before the latest to stop.
        checkpoints: where to go on from, and where to save how far it came.
        progress: who is told.
        sleep: waits so many seconds.

    Raises:
        OtherChain: the chain has another id than the record.
        NoSuchBlock: there is no such block, or it is before the suite's first.
        Unsettled: the chain was reorganised again and again.
        NodeError, NodeUnreachable: the node did not answer after all retries.
    """
    progress = progress or Progress()
    checkpoints = checkpoints or NoCheckpoints()
    found = chain.chain_id()
    if found != record.chain_id:
        raise OtherChain(f"The suite was deployed on chain {record.chain_id}, and this is chain {found}.")
    for _ in range(RESTARTS + 1):
        header = _target(chain, record, block, confirmations)
        try:
            books = _replay(chain, record, abis, header, checkpoints, progress, sleep)
            return _compare(chain, record, builds or {}, header, books, checkpoints, progress)
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
    )


def _target(chain: ChainReads, record: Record, block: int | None, confirmations: int) -> Header:
    head = chain.head()
    last = head - confirmations if block is None else block
    if not record.first_block <= last <= head:
        raise NoSuchBlock(
            f"Block {last} cannot be audited: the suite begins with block {record.first_block}, "
            f"and the chain's latest is {head}."
        )
    [header] = chain.headers([last])
    return header


def _buybacks(chain: ChainReads, record: Record, block: int) -> dict[str, BuybackSetup]:
    """What the constructors of buybacks fixed, by their addresses."""
    parts = [part for part in record.parts.values() if part.contract == "Buyback"]
    codes = chain.codes([part.address for part in parts], block) if parts else []
    return {part.address: BuybackSetup.of(part, code) for part, code in zip(parts, codes, strict=True)}


def _replay(
    chain: ChainReads,
    record: Record,
    abis: Abis,
    header: Header,
    checkpoints: Checkpoints,
    progress: Progress,
    sleep: Callable[[float], None],
) -> AuditBooks:
    """The books after the whole log."""
    names = {part.address: name for name, part in record.parts.items() if part.contract in AUDITED}
    begun = progress.clock()
    books = AuditBooks(deployment_of(record), names, _buybacks(chain, record, header.number))
    first = checkpoints.resume(books, chain, header, record.first_block, progress.said)
    decode = _Decoding(record, abis, books)
    saved = last = progress.clock()
    progress.fetching += last - begun
    for part in read_parts(chain, list(names), first, header.number, sleep):
        now, worked = progress.clock(), time.process_time()
        progress.fetching += now - last
        for log in part.logs:
            decode.apply(log, part.timestamps[log.block])
        books.close()
        last = progress.clock()
        progress.replaying += last - now
        progress.replaying_cpu += time.process_time() - worked
        progress.told("replaying the log", part.last - record.first_block + 1, header.number - record.first_block + 1)
        if last - saved > SAVE_EVERY:
            [reached] = chain.headers([part.last])
            # If the target still stands, so do all blocks before it, and the hash is that of what was replayed.
            require_unchanged(chain, header)
            checkpoints.save(books, reached)
            saved = last
    progress.fetching += progress.clock() - last
    return books


def _compare(
    chain: ChainReads,
    record: Record,
    builds: Mapping[str, bytes],
    header: Header,
    books: AuditBooks,
    checkpoints: Checkpoints,
    progress: Progress,
) -> Report:
    """The report of comparing the books with storage and code."""
    begun = progress.clock()
    done = 0
    words = list(expected_words(record, books))

    def told(count: int) -> None:
        nonlocal done
        done += count
        progress.told("comparing storage", done, len(words))

    compared = compare_words(words, chain, header.number, books, told)
    if not compare_roots(compared, chain, header.number, books.names):
        progress.said(NO_ROOTS)
    codes = compare_codes(record, builds, chain, header.number)
    require_unchanged(chain, header)
    checkpoints.save(books, header)
    progress.comparing += progress.clock() - begun
    return build_report(record, header, books, compared, codes)


class _Decoding:
    """Decodes logs and gives them to the books; one that cannot be decoded is a disagreement."""

    def __init__(self, record: Record, abis: Abis, books: AuditBooks) -> None:
        self._books = books
        self._decoders: dict[str, dict[bytes, Decoder]] = {
            part.address: {event_abi_to_log_topic(event): Decoder(event) for event in abis[part.contract]}
            for part in record.parts.values()
            if part.contract in AUDITED
        }

    def apply(self, log: RawLog, timestamp: int) -> None:
        """Give a log to the books."""
        event = self._event(log, timestamp)
        if event is not None:
            self._books.apply(event)

    def _event(self, log: RawLog, timestamp: int) -> Event | None:
        decoders = self._decoders.get(log.address, {})
        topic = log.topics[0] if log.topics else b""
        if topic in decoders:
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
