# SPDX-License-Identifier: MIT
"""An export in place of a node: its log, for who replays a whole suite."""

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

from nmr.chain.headers import Header
from nmr.chain.logs import RawLog
from nmr.deploy.record import Record
from nmr.history.kept import ExportInvalid, read_log
from nmr.history.log import KeptLog
from nmr.page.export import SHOWN


class KeptChain:
    """The `LogReads` of an export: a chain whose last block is the last that was exported."""

    def __init__(self, log: KeptLog) -> None:
        self._mark = log.mark
        self._logs = log.logs
        self._blocks = [each.block for each in log.logs]
        self._headers = {each.block: Header(each.block, each.block_hash, log.times[each.block]) for each in log.logs}
        self._headers[log.mark.block] = Header(log.mark.block, log.mark.block_hash, log.mark.timestamp)

    @classmethod
    def of(cls, folder: Path, record: Record) -> "KeptChain":
        """The export of a suite in a folder.

        Raises:
            ExportInvalid: there is none, or that of another suite.
        """
        log = read_log(folder)
        if (log.mark.chain_id, set(log.mark.addresses)) != (record.chain_id, set(shown_addresses(record))):
            raise ExportInvalid(f"{folder} holds the export of another suite or chain: export this one.")
        return cls(log)

    def chain_id(self) -> int:
        """The chain's id."""
        return self._mark.chain_id

    def head(self) -> int:
        """The last block that was exported."""
        return self._mark.block

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """Blocks that have logs, and the last one; without their roots."""
        return [self._headers[number] for number in numbers]

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[RawLog]:
        """The logs of contracts in blocks `first` to `last`."""
        wanted = set(addresses)
        found = self._logs[bisect_left(self._blocks, first) : bisect_left(self._blocks, last + 1)]
        return [log for log in found if log.address in wanted]

    def codes(self, addresses: Sequence[str], block: int) -> list[bytes]:
        """The runtime code of buybacks."""
        return [bytes.fromhex(self._mark.codes[address]) for address in addresses]


def shown_addresses(record: Record) -> list[str]:
    """The contracts of a suite whose logs its page shows, pools left out."""
    return [part.address for part in record.parts.values() if part.contract in SHOWN]
