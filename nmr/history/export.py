# SPDX-License-Identifier: MIT
"""A tournament's past, written into a folder as Parquet; run again, it goes on from where it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from nmr.chain.contracts import Contract
from nmr.client.session import Session
from nmr.history.chain import shown_addresses
from nmr.history.frames import frames_of
from nmr.history.kept import keep_log, log_of, require_own, write_table
from nmr.history.past import read_past


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        block: the last block that it tells of.
        read: how many logs were read now.
        frames: the tables by name.
    """

    block: int
    read: int
    frames: dict[str, pl.DataFrame]


def export(
    session: Session, tournament: Contract, folder: Path, progress: Callable[[int], None] = lambda block: None
) -> Export:
    """Write all tables of a tournament up to the newest block, and the log that they come from.

    Args:
        session: of the suite.
        tournament: which.
        folder: where to; what an earlier run left there need not be read again.
        progress: told the last block of each part of the log that was read.

    Raises:
        ExportInvalid: the folder holds something else.
        LogIncomplete: the node's log does not account for what the tournament holds.
        NodeError, NodeUnreachable: the node does not answer.
        FileError: the folder cannot be written.
    """
    require_own(folder)
    # The tables need no other logs; a page that is written from the folder does.
    others = shown_addresses(session.record)
    past = read_past(session, tournament, others, lambda start: log_of(folder, start), progress)
    frames = frames_of(past)
    keep_log(folder, past.log)
    for name, frame in frames.items():
        write_table(folder / f"{name}.parquet", frame)
    return Export(past.log.mark.block, len(past.log.logs) - past.log.known, frames)
