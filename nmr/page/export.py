# SPDX-License-Identifier: MIT
"""A snapshot of a suite: its log replayed, and all that the page shows of it in compressed files.

Files: `summary.json.gz`, `log-<n>.json.gz`, and of each tournament `<tournament>/models-<n>.json.gz`,
`<tournament>/round-<id>.json.gz` and `<tournament>/pool-<model>.json.gz`.
docs/page.md has the format. The same chain gives the same bytes.
"""

import gzip
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from nmr.audit.buyback import BuybackSetup
from nmr.audit.chain import LogReads
from nmr.audit.fetch import LogRange, Reorganised, read_ranges, require_unchanged
from nmr.audit.pools import find_pools
from nmr.audit.run import Abis, NoSuchBlock, deployment_of, require_chain
from nmr.chain import builds
from nmr.chain.headers import Header
from nmr.chain.logs import RawLog, decode_logs
from nmr.deploy.record import PartRecord, Record, plain_record
from nmr.errors import NmrError
from nmr.page.books import MODELS_EACH, PageBooks
from nmr.protocol.reference.events import Event
from nmr.tvl.figures import Price, PriceStatus

FORMAT: Final = "nmr page snapshot"
VERSION: Final = 3
SUMMARY: Final = "summary.json.gz"
LOG_BYTES: Final = 2 * 2**20
"""Bytes of event data in a shard of the log, about."""
SHOWN: Final = frozenset({"Numeraire", "Treasury", "Tournament", "PoolFactory", "Buyback"})
"""Contracts whose log the page reads, beside that of the pools."""
_LEVEL: Final = 6


class SnapshotFailed(NmrError, RuntimeError):
    """A chain whose log cannot be followed to its end."""


@dataclass(frozen=True)
class Snapshot:
    """A suite at a block.

    Attributes:
        summary: what the first view needs.
        books: the replay.
        ranges: of blocks, with all their logs.
        addresses: of the contracts, in the order in which the logs number them.
    """

    summary: dict[str, Any]
    books: PageBooks
    ranges: list[LogRange]
    addresses: list[str]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file; the summary comes last, so that whoever finds it finds all others."""
        for name, tournament in self.books.tournaments.items():
            for number, shard in enumerate(tournament.model_shards()):
                yield f"{name}/models-{number}.json.gz", _packed(shard)
            for round_id, rows in tournament.round_rows():
                yield f"{name}/round-{round_id}.json.gz", _packed(rows)
            for pool in tournament.pools:
                yield f"{name}/pool-{pool.model}.json.gz", _packed(pool.shard())
        count = 0
        for content in self._log_shards():
            yield f"log-{count}.json.gz", _packed(content)
            count += 1
        yield SUMMARY, _packed({**self.summary, "log": {"shards": count, "addresses": self.addresses}})

    def _log_shards(self) -> Iterator[dict[str, Any]]:
        numbers = {address: index for index, address in enumerate(self.addresses)}
        blocks: dict[int, list[Any]] = {}
        logs: list[list[Any]] = []
        size = 0
        for span in self.ranges:
            for log in span.logs:
                header = span.headers[log.block]
                blocks[log.block] = [header.number, header.hash, header.timestamp]
                logs.append(_log_row(log, numbers[log.address]))
                size += len(log.data)
                if size >= LOG_BYTES:
                    yield {"blocks": list(blocks.values()), "logs": logs}
                    blocks, logs, size = {}, [], 0
        if logs:
            yield {"blocks": list(blocks.values()), "logs": logs}


def take_snapshot(
    chain: LogReads,
    record: Record,
    abis: Abis,
    *,
    block: int | None = None,
    price_at: Callable[[int], Price | None] = lambda block: None,
    feed: str | None = None,
    told: Callable[[int, int], None] = lambda done, total: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Snapshot:
    """Replay a suite's log to a block.

    Args:
        chain: where it is read.
        record: where the suite is.
        abis: the events of its contracts.
        block: the last block; the latest if left out.
        price_at: the price of an NMR at a block, if one is known.
        feed: the address of the feed that says it; none where somebody named it.
        told: told how many blocks were read, and how many there are.
        sleep: waits so many seconds.

    Raises:
        OtherChain: the chain has another id than the record.
        NoSuchBlock: there is no such block, or it is before the suite's last part.
        SnapshotFailed: the chain was reorganised meanwhile.
        Mismatch: the log disagrees with the rules; an audit says where.
        NodeError, NodeUnreachable: the node did not answer after all retries, or its answer is false.
    """
    require_chain(chain, record)
    head = chain.head()
    last = head if block is None else block
    if not 0 <= last <= head:
        raise NoSuchBlock(f"There is no block {last} yet: the chain's latest is {head}.")
    shown = {name: part for name, part in record.parts.items() if part.contract in SHOWN and part.block <= last}
    if any(part.block > last for part in record.parts.values() if part.contract in ("Tournament", "Numeraire")):
        raise NoSuchBlock(f"At block {last} the suite was not there yet.")
    [header] = chain.headers([last])
    named = {part.address: name for name, part in shown.items()}
    tournaments = {part.address: name for name, part in record.tournaments.items()}
    buybacks = {part.address: name for name, part in shown.items() if part.contract == "Buyback"}
    books = PageBooks(deployment_of(record), tournaments, buybacks)
    ranges = []
    try:
        factories = [part.address for part in shown.values() if part.contract == "PoolFactory"]
        pools = find_pools(chain, factories, record.first_block, last, sleep)
        of_suite = {address: abis[shown[name].contract] for address, name in named.items()}
        kinds = of_suite | dict.fromkeys(pools, abis["Pool"])
        for span in read_ranges(chain, list(kinds), record.first_block, last, sleep):
            for event in _events(span, kinds):
                books.apply(event)
            ranges.append(span)
            told(span.last - record.first_block + 1, last - record.first_block + 1)
        books.finish()
        require_unchanged(chain, header)
    except Reorganised as error:
        raise SnapshotFailed(f"The chain was reorganised while it was read: {error}. Try again.") from error
    decimals = _decimals(chain, shown, last)
    return Snapshot(_summary(record, header, books, _price(price_at(last), feed), decimals), books, ranges, list(kinds))


def _decimals(chain: LogReads, shown: Mapping[str, PartRecord], block: int) -> dict[str, int]:
    """Decimals of each buyback's stablecoin, by the buyback's name."""
    parts = {name: part for name, part in shown.items() if part.contract == "Buyback"}
    codes = chain.codes([part.address for part in parts.values()], block) if parts else []
    return {
        name: BuybackSetup.of(part, code, builds.build("Buyback")).decimals
        for (name, part), code in zip(parts.items(), codes, strict=True)
    }


def _events(span: LogRange, abis: Mapping[str, Any]) -> Iterator[Event]:
    return decode_logs(span.logs, abis, lambda number: span.headers[number].timestamp)


def _price(price: Price | None, feed: str | None) -> list[Any] | None:
    """Answer, decimals, when it was said, and by which feed; none unless it is known."""
    if price is None or price.status is not PriceStatus.KNOWN:
        return None
    return [str(price.answer), price.decimals, price.updated_at, feed or ""]


def _summary(
    record: Record, header: Header, books: PageBooks, price: list[Any] | None, decimals: dict[str, int]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "block": {"number": header.number, "hash": header.hash, "timestamp": header.timestamp},
        "price": price,
        "record": plain_record(record),
        "decimals": decimals,
        "models_each": MODELS_EACH,
        "books": books.content(),
    }


def _log_row(log: RawLog, address: int) -> list[Any]:
    """A log in short: block, index, transaction, the number of its address, topics, data."""
    topics = [f"0x{topic.hex()}" for topic in log.topics]
    return [log.block, log.log_index, log.transaction, address, topics, f"0x{log.data.hex()}"]


def _packed(content: Any) -> bytes:
    return gzip.compress(orjson.dumps(content), _LEVEL, mtime=0)
