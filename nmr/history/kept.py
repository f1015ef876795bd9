# SPDX-License-Identifier: MIT
"""A log that is kept in a folder, as Parquet, with a mark of what it is and how far it goes."""

import io
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import polars as pl

from nmr.chain.logs import RawLog
from nmr.errors import NmrError
from nmr.history.log import KeptLog, Mark
from nmr.text.files import put_file, read_up_to

LOG: Final = "log.parquet"
MARK: Final = "export.json"
LARGEST_MARK: Final = 2**20

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


def log_of(folder: Path, start: Mark) -> KeptLog:
    """What a folder holds of a log, or nothing of it.

    Args:
        folder: where it is kept.
        start: the log when nothing of it was read.

    Raises:
        ExportInvalid: the folder holds something else.
    """
    kept = read_log(folder) if (folder / MARK).exists() else KeptLog(start, [], {})
    if (kept.mark.chain_id, kept.mark.addresses) != (start.chain_id, start.addresses):
        raise ExportInvalid(f"{folder} holds the export of another tournament or chain: choose another folder.")
    return kept


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
