# SPDX-License-Identifier: MIT
"""A log as far as it was read."""

from dataclasses import dataclass, replace

from nmr.chain.logs import RawLog


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
