# SPDX-License-Identifier: MIT
"""A log that is kept in a folder: read on from where it ended, less what a reorganisation took."""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from nmr.audit.pools import created_pools
from nmr.chain.logs import RawLog, read_logs
from nmr.client.session import Session
from nmr.errors import NmrError
from nmr.text.files import put_file, read_up_to

LOG: Final = "log.parquet"
MARK: Final = "export.json"
LARGEST_MARK: Final = 2**20
ATTEMPTS: Final = 5
"""How often a log is read anew since the chain changed below it."""

_WORD: Final = 32
_COLUMNS: Final = {
    "address": pl.String,
    "topics": pl.Binary,
    "data": pl.Binary,
    "block": pl.Int64,
    "log_index": pl.Int64,
    "transaction": pl.String,
    "block_hash": pl.String,
    "time": pl.Int64,
}


class ExportInvalid(NmrError, ValueError):
    """A folder that holds no export, or that of another tournament."""


class Moving(NmrError, RuntimeError):
    """The chain changes faster than it is read."""


@dataclass(frozen=True)
class Mark:
    """Of what an export is, and how far it goes.

    Attributes:
        chain_id: of the chain.
        addresses: of the contracts whose logs it has, the tournament first.
        ring: of the tournament: how many rounds may be unresolved at once.
        min_stake: what every position is at least, wei.
        block, block_hash, timestamp: the last block that was read.
        codes: the runtime code of buybacks as hex, by their addresses; what they trade in stands nowhere else.
    """

    chain_id: int
    addresses: tuple[str, ...]
    ring: int
    min_stake: int
    block: int
    block_hash: str
    timestamp: int
    codes: dict[str, str]


@dataclass(frozen=True)
class KeptLog:
    """The logs of some contracts up to a block, and of the pools that these made, in the order of the chain.

    Attributes:
        mark: of what, and how far.
        logs: as a node gives them.
        times: unix seconds of each block that has logs, by number.
        known: how many of them were known before the last run.
    """

    mark: Mark
    logs: list[RawLog]
    times: dict[int, int]
    known: int = 0

    def until(self, block: int, block_hash: str) -> "KeptLog":
        """The same log up to an earlier block."""
        mark = replace(self.mark, block=block, block_hash=block_hash, timestamp=self.times[block])
        logs = [log for log in self.logs if log.block <= block]
        return KeptLog(mark, logs, {number: at for number, at in self.times.items() if number <= block})


def follow(
    session: Session, start: Mark, folder: Path | None, progress: Callable[[int], None] = lambda block: None
) -> KeptLog:
    """The log up to the newest block, what is kept in the folder included; the folder is left as it is.

    Args:
        session: of the suite.
        start: the log when nothing of it was read: its block is the one before the first.
        folder: where it is kept; None if nowhere.
        progress: told the last block of each part that was read.

    Raises:
        ExportInvalid: the folder holds something else.
        NodeError, NodeUnreachable: the node does not give the logs.
        Moving: the chain changes again and again while it is read.
    """
    kept = KeptLog(start, [], {})
    if folder is not None and (folder / MARK).exists():
        kept = read_log(folder)
    if (kept.mark.chain_id, kept.mark.addresses) != (start.chain_id, start.addresses):
        raise ExportInvalid(f"{folder} holds the export of another tournament or chain: choose another folder.")
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


def keep_log(folder: Path, log: KeptLog) -> None:
    """Write a log into a folder, and then how far it goes.

    Raises:
        FileError: it cannot be written.
    """
    rows = {
        "address": [each.address for each in log.logs],
        "topics": [b"".join(each.topics) for each in log.logs],
        "data": [each.data for each in log.logs],
        "block": [each.block for each in log.logs],
        "log_index": [each.log_index for each in log.logs],
        "transaction": [each.transaction for each in log.logs],
        "block_hash": [each.block_hash for each in log.logs],
        "time": [log.times[each.block] for each in log.logs],
    }
    write_table(folder / LOG, pl.DataFrame(rows, schema=_COLUMNS))
    put_file(folder / MARK, json.dumps(asdict(log.mark)).encode())


def read_log(folder: Path) -> KeptLog:
    """The log in a folder.

    Raises:
        ExportInvalid: there is none.
    """
    mark = read_mark(folder)
    # If a run was ended between the two files, the log goes further than the mark.
    frame = _read_rows(folder).filter(pl.col("block") <= mark.block)
    logs = [
        RawLog(
            row["address"],
            tuple(row["topics"][i : i + _WORD] for i in range(0, len(row["topics"]), _WORD)),
            row["data"],
            row["block"],
            row["log_index"],
            row["transaction"],
            row["block_hash"],
        )
        for row in frame.iter_rows(named=True)
    ]
    return KeptLog(mark, logs, dict(zip(frame["block"], frame["time"], strict=True)))


def read_mark(folder: Path) -> Mark:
    """Of what an export is, and how far it goes.

    Raises:
        ExportInvalid: the folder holds none.
    """
    try:
        content: Any = json.loads(read_up_to(folder / MARK, LARGEST_MARK))
        return Mark(**{**content, "addresses": tuple(content["addresses"])})
    except (OSError, ValueError, TypeError, KeyError):
        raise ExportInvalid(f"{folder} holds no export.") from None


def require_own(folder: Path) -> None:
    """Refuse a folder of somebody else's: one without a mark, unless it is empty or has a first log alone.

    Raises:
        ExportInvalid: it holds something else.
    """
    if not folder.is_dir() or (folder / MARK).exists():
        return
    others = {path.name for path in folder.iterdir() if not path.name.startswith((f".{LOG}.", f".{MARK}."))}
    if others == {LOG}:
        with suppress(ExportInvalid):
            _read_rows(folder)
            return
    if others:
        raise ExportInvalid(f"{folder} holds something else than an export: name another folder.")


def write_table(path: Path, frame: pl.DataFrame) -> None:
    """Write a table as Parquet. Raises `FileError`."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    put_file(path, buffer.getvalue())


def _read_rows(folder: Path) -> pl.DataFrame:
    """The rows of the log in a folder.

    Raises:
        ExportInvalid: it cannot be read, or is another table.
    """
    try:
        frame = pl.read_parquet(folder / LOG)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ExportInvalid(f"{folder / LOG} cannot be read: {str(error).splitlines()[0]}.") from None
    if frame.schema != _COLUMNS:
        raise ExportInvalid(f"{folder / LOG} has other columns than a log.")
    return frame


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
