# SPDX-License-Identifier: MIT
"""A tournament's past, written into a folder as Parquet; run again, it goes on from where it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from nmr.chain.contracts import Contract
from nmr.chain.logs import decode_logs
from nmr.chain.node import LATEST
from nmr.client.lens import BUYBACK
from nmr.client.results import held_by, require_complete
from nmr.client.rounds import Rounds
from nmr.client.session import Session
from nmr.client.stakes import Stakes
from nmr.history.chain import shown_addresses
from nmr.history.kept import KeptLog, Mark, follow, keep_log, require_own, write_table
from nmr.history.tables import Tables
from nmr.protocol.reference.rounds import State


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
    log, frames = read_tables(session, tournament, folder, progress)
    keep_log(folder, log)
    for name, frame in frames.items():
        write_table(folder / f"{name}.parquet", frame)
    return Export(log.mark.block, len(log.logs) - log.known, frames)


def read_tables(
    session: Session,
    tournament: Contract,
    folder: Path | None = None,
    progress: Callable[[int], None] = lambda block: None,
) -> tuple[KeptLog, dict[str, pl.DataFrame]]:
    """The log of a tournament up to the newest block, and the tables that follow from it.

    Args:
        session: of the suite.
        tournament: which.
        folder: what an export left there need not be read again.
        progress: told the last block of each part of the log that was read.

    Raises:
        ExportInvalid: the folder holds something else.
        LogIncomplete: the node's log does not account for what the tournament holds.
        NodeError, NodeUnreachable: the node does not answer.
    """
    contracts = [tournament, *([session.part(BUYBACK)] if session.has(BUYBACK) else [])]
    watched = [contract.address for contract in contracts]
    # The tables need no other logs; a page that is written from the folder does.
    others = [] if folder is None else shown_addresses(session.record)
    ring, min_stake = session.read_many(tournament, [("RING",), ("MIN_STAKE",)])
    first = session.record.first_block
    addresses = tuple(dict.fromkeys([*watched, *others]))
    start = Mark(session.chain_id, addresses, ring, min_stake, first - 1, "", 0, _codes(session))
    log = follow(session, start, folder, progress)
    # At once: a node may keep the state of few blocks.
    held = held_by(Stakes(session, tournament), log.mark.block)
    opened = Rounds(session, tournament).at(log.mark.block).opened()
    states = session.read_many(tournament, [("state", number) for number in opened])
    tables = replay(log, contracts)
    require_complete(tables.history, held)
    return log, tables.frames({number: State(state) for number, state in zip(opened, states, strict=True)})


def _codes(session: Session) -> dict[str, str]:
    """The runtime code of the suite's buybacks, by their addresses."""
    parts = [part.address for part in session.record.parts.values() if part.contract == "Buyback"]
    codes = session.rpc.ask_all("eth_getCode", [(address, LATEST) for address in parts]) if parts else []
    return {address: str(code).removeprefix("0x") for address, code in zip(parts, codes, strict=True)}


def replay(log: KeptLog, contracts: list[Contract]) -> Tables:
    """The tables of a log.

    Raises:
        LogIncomplete: it lacks something.
    """
    abis = {contract.address: contract.events for contract in contracts}
    events = list(decode_logs(log.logs, abis, log.times.__getitem__))
    models = sum(event.name == "ModelRegistered" for event in events)
    tables = Tables(log.mark.ring, log.mark.min_stake, models)
    for event in events:
        tables.apply(event)
    return tables
