# SPDX-License-Identifier: MIT
"""What an audit finds: single disagreements, and how many comparisons there were."""

from dataclasses import dataclass
from typing import Final, NamedTuple

LISTED: Final = 1_000
"""Disagreements that a report lists of each source; all are counted."""


class Touch(NamedTuple):
    """Where the log last spoke of something."""

    block: int
    transaction: str


@dataclass(frozen=True)
class Disagreement:
    """Two figures that should be the same.

    Attributes:
        source: `log`, where an event disagrees with the books before it; `storage` or `code`, where the chain disagrees
            with the books after the last event.
        part: the contract's name in the deployment record.
        what: what differs, with its unit.
        expected: what the rules, or the books, say.
        found: what the event, or the chain, says.
        block, transaction: of the event; for storage, of the last event that changed this. None where no event did.
        model: which model it is about, if it is about one.
    """

    source: str
    part: str
    what: str
    expected: str
    found: str
    block: int | None = None
    transaction: str | None = None
    model: int | None = None


class Tally:
    """Disagreements of one source: the first of them, and how many there are."""

    def __init__(self) -> None:
        self.count = 0
        self.listed: list[Disagreement] = []

    def add(self, disagreement: Disagreement) -> None:
        """Count a disagreement, and list it if there is room."""
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append(disagreement)
