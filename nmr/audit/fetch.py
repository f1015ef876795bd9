# SPDX-License-Identifier: MIT
"""All logs of some contracts, range by range, from a node that may limit ranges, time out or reorganise."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nmr.audit.chain import LogReads
from nmr.chain.headers import Header
from nmr.chain.logs import RawLog
from nmr.chain.node import NodeError, NodeUnreachable, pauses
from nmr.errors import NmrError

FIRST_RANGE: Final = 128
"""Blocks in the first request."""
LARGEST_RANGE: Final = 100_000
MANY_LOGS: Final = 10_000
"""Logs in an answer, which are in memory at once, above which the next range is half as long."""


class Reorganised(NmrError, RuntimeError):
    """The chain changed below the block that an audit is pinned to while it was read."""


@dataclass(frozen=True)
class LogRange:
    """The logs of a range of blocks.

    Attributes:
        last: the last block of the range.
        logs: all logs in it.
        headers: the blocks that have logs, by number.
    """

    last: int
    logs: list[RawLog]
    headers: dict[int, Header]

    def blocks(self) -> dict[int, list[RawLog]]:
        """The logs by the number of their block."""
        by_block: dict[int, list[RawLog]] = {}
        for log in self.logs:
            by_block.setdefault(log.block, []).append(log)
        return by_block


def read_ranges(
    chain: LogReads, addresses: Sequence[str], first: int, last: int, sleep: Callable[[float], None]
) -> Iterator[LogRange]:
    """The logs of contracts in blocks `first` to `last`, in ranges that cover each block once and in order.

    A range that the node refuses, or is too slow to answer, is halved; one that it answers is doubled.

    Raises:
        NodeError, NodeUnreachable: the node does not even give the logs of one block.
        Reorganised: a log is in a block that is not the chain's any more.
    """
    size = FIRST_RANGE
    waits, silences = pauses(), pauses()
    while first <= last:
        end = min(first + size - 1, last)
        try:
            found = chain.logs(addresses, first, end)
        except (NodeError, NodeUnreachable) as error:
            # The way down to a single block takes none of the attempts that this block has.
            if end == first:
                if not waits:
                    raise
                sleep(waits.pop(0))
            elif isinstance(error, NodeUnreachable) and silences:
                sleep(silences.pop(0))
            size = max(1, (end - first + 1) // 2)
            continue
        yield LogRange(end, found, _headers(chain, found))
        first = end + 1
        waits, silences = pauses(), pauses()
        size = max(1, size // 2) if len(found) > MANY_LOGS else min(2 * size, LARGEST_RANGE)


def require_unchanged(chain: LogReads, header: Header) -> None:
    """Make sure that a block is still the chain's.

    Raises:
        Reorganised: another block has its number now, or none.
    """
    try:
        [now] = chain.headers([header.number])
    except NodeError as error:
        raise Reorganised(f"block {header.number} is gone") from error
    if now.hash != header.hash:
        raise Reorganised(f"block {header.number} was {header.hash} and is {now.hash} now")


def _headers(chain: LogReads, logs: Sequence[RawLog]) -> dict[int, Header]:
    """The blocks of logs, each of which names the block's hash."""
    numbers = list(dict.fromkeys(log.block for log in logs))
    headers = {header.number: header for header in chain.headers(numbers)} if numbers else {}
    for log in logs:
        header = headers[log.block]
        if header.hash != log.block_hash:
            raise Reorganised(f"block {header.number} was {log.block_hash} and is {header.hash} now")
    return headers
