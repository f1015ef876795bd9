# SPDX-License-Identifier: MIT
"""A tournament's past: its log read and replayed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nmr.chain.contracts import Contract
from nmr.chain.logs import decode_logs
from nmr.chain.node import LATEST
from nmr.client.lens import BUYBACK
from nmr.client.results import held_by, require_complete
from nmr.client.rounds import Rounds
from nmr.client.session import Session
from nmr.client.stakes import StakesOnChain
from nmr.history.following import follow
from nmr.history.log import KeptLog, Mark
from nmr.history.tables import Row, Tables
from nmr.protocol.reference.rounds import State


@dataclass(frozen=True)
class Past:
    """A tournament's past.

    Attributes:
        log: that it comes from.
        tables: what the log tells.
        states: of every round that was opened, at the log's last block.
    """

    log: KeptLog
    tables: Tables
    states: dict[int, State]

    def rows(self) -> dict[str, list[Row]]:
        """The rows of all tables but the positions, as `Tables.rows` gives them."""
        return self.tables.rows(self.states)


def read_past(
    session: Session,
    tournament: Contract,
    others: Sequence[str] = (),
    known: Callable[[Mark], KeptLog] = lambda start: KeptLog(start, [], {}),
    progress: Callable[[int], None] = lambda block: None,
) -> Past:
    """A tournament's past up to the newest block.

    Args:
        session: of the suite.
        tournament: which.
        others: contracts whose logs are read, too; the tables need none.
        known: gives what was read of a log before, by the mark of its beginning.
        progress: told the last block of each part of the log that was read.

    Raises:
        LogIncomplete: the node's log does not account for what the tournament holds.
        NodeError, NodeUnreachable: the node does not answer.
        Moving: the chain changes again and again while it is read.
    """
    contracts = [tournament, *([session.part(BUYBACK)] if session.has(BUYBACK) else [])]
    ring, min_stake = session.read_many(tournament, [("RING",), ("MIN_STAKE",)])
    addresses = tuple(dict.fromkeys([*(contract.address for contract in contracts), *others]))
    start = Mark(session.chain_id, addresses, ring, min_stake, session.record.first_block - 1, "", 0, _codes(session))
    log = follow(session, start, known(start), progress)
    # At once: a node may keep the state of few blocks.
    held = held_by(StakesOnChain(session, tournament), log.mark.block)
    opened = Rounds(session, tournament).at(log.mark.block).opened()
    states = session.read_many(tournament, [("state", number) for number in opened])
    tables = tables_of(log, contracts)
    require_complete(tables.history, held)
    return Past(log, tables, {number: State(state) for number, state in zip(opened, states, strict=True)})


def _codes(session: Session) -> dict[str, str]:
    """The runtime code of the suite's buybacks, by their addresses."""
    parts = [part.address for part in session.record.parts.values() if part.contract == "Buyback"]
    codes = session.rpc.ask_all("eth_getCode", [(address, LATEST) for address in parts]) if parts else []
    return {address: str(code).removeprefix("0x") for address, code in zip(parts, codes, strict=True)}


def tables_of(log: KeptLog, contracts: list[Contract]) -> Tables:
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
