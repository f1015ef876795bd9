# SPDX-License-Identifier: MIT
"""A log that is read on from where it ended, less what a reorganisation took."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from nmr.audit.pools import created_pools
from nmr.chain.logs import RawLog, read_logs
from nmr.client.session import Session
from nmr.errors import NmrError
from nmr.history.log import KeptLog, Mark

ATTEMPTS: Final = 5
"""How often a log is read anew since the chain changed below it."""


class Moving(NmrError, RuntimeError):
    """The chain changes faster than it is read."""


def follow(
    session: Session, start: Mark, kept: KeptLog, progress: Callable[[int], None] = lambda block: None
) -> KeptLog:
    """A log up to the newest block.

    Args:
        session: of the suite.
        start: the log when nothing of it was read: its block is the one before the first.
        kept: what was read of it before.
        progress: told the last block of each part that was read.

    Raises:
        NodeError, NodeUnreachable: the node does not give the logs.
        Moving: the chain changes again and again while it is read.
    """
    for _ in range(ATTEMPTS):
        kept = _standing(session, kept, start)
        last = session.latest
        if last <= kept.mark.block:
            return KeptLog(kept.mark, kept.logs, kept.times, len(kept.logs))
        last_hash = session.block_hash(last)
        logs = _read(session, kept, last, progress)
        times = session.timestamps(sorted({last, *(log.block for log in logs)}))
        mark = replace(kept.mark, block=last, block_hash=last_hash, timestamp=times[last])
        found = KeptLog(mark, [*kept.logs, *logs], kept.times | times, len(kept.logs))
        if _holds(session, last, last_hash):
            return found
    raise Moving("The chain was reorganised again and again while its log was read: try later.")


def _read(session: Session, kept: KeptLog, last: int, progress: Callable[[int], None]) -> list[RawLog]:
    """The logs after those that are kept, up to a block."""
    first, pools = kept.mark.block + 1, created_pools(kept.logs)
    logs = read_logs(session.rpc, [*kept.mark.addresses, *pools], first, last, progress=progress)
    made = created_pools(logs)
    if made:
        logs += read_logs(session.rpc, made, first, last)
    return sorted(logs, key=lambda log: (log.block, log.log_index))


def _standing(session: Session, kept: KeptLog, start: Mark) -> KeptLog:
    """The part of a log that is still the chain's."""
    if kept.mark.block == start.block or _holds(session, kept.mark.block, kept.mark.block_hash):
        return kept
    blocks: Sequence[tuple[int, str]] = sorted({(log.block, log.block_hash) for log in kept.logs})
    low, high = 0, len(blocks)
    # Where a block is the chain's, all before it are.
    while low < high:
        middle = (low + high) // 2
        if _holds(session, *blocks[middle]):
            low = middle + 1
        else:
            high = middle
    return kept.until(*blocks[low - 1]) if low else KeptLog(start, [], {})


def _holds(session: Session, block: int, block_hash: str) -> bool:
    """Whether a block is the chain's."""
    return block <= session.latest and session.block_hash(block) == block_hash
