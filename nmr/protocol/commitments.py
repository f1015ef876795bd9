# SPDX-License-Identifier: MIT
"""Which of a model's commitments counts in a round, as `docs/protocol.md` says under "Submissions"."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

SEQUENCE_BITS: Final = 64
"""Of a sequence, in the contract's structs; a model's number in a stamp has as many."""


class Commitment(NamedTuple):
    """A model's sealed file, and the unix seconds that order it among others of the model."""

    model: int
    hash: bytes
    sequence: int

    @classmethod
    def of(cls, value: Mapping[str, Any] | Sequence[Any]) -> Self:
        """A commitment from the contract's struct, as a mapping by name or the values in order."""
        stamp, digest = (value["stamp"], value["hash"]) if isinstance(value, Mapping) else value
        return cls(stamp & 2**SEQUENCE_BITS - 1, digest, stamp >> SEQUENCE_BITS)

    def struct(self) -> tuple[int, bytes]:
        """The contract's struct: the sequence and the model in one word, and the hash."""
        return self.sequence << SEQUENCE_BITS | self.model, self.hash


class Ledgered(NamedTuple):
    """A commitment as it stands in the log of a round: by a signature, or by its owner's or submitter's own call."""

    commitment: Commitment
    signed: bool


def counting(entries: Iterable[Ledgered]) -> dict[int, Commitment]:
    """By model, the commitment that counts: the one of the highest sequence.

    One that was sent directly, whose sequence is its block's time, wins a tie with signed ones; among direct ones the
    later in the log wins, among signed ones the larger hash, so that nobody who holds two signatures has the choice.

    Args:
        entries: all of a round, in the order of the chain.
    """
    best: dict[int, Ledgered] = {}
    for entry in entries:
        model = entry.commitment.model
        if model not in best or _rank(entry) >= _rank(best[model]):
            best[model] = entry
    return {model: entry.commitment for model, entry in best.items()}


def _rank(entry: Ledgered) -> tuple[int, bool, bytes]:
    return entry.commitment.sequence, not entry.signed, entry.commitment.hash if entry.signed else b""
