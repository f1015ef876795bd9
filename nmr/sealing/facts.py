"""What a chain says about a round's submissions, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from nmr.score_words import Score
from nmr.sealing.envelope import Purpose

EMPTY: Final = bytes(32)


@dataclass(frozen=True)
class RoundFacts:
    """A round from its lock on.

    Attributes:
        chain_id, tournament, round: which one.
        sealing_key: the public key that its submissions are sealed to.
        commitments: model -> hash of its file, the last before the lock, from the log.
        stakes: model -> gwei at stake at the lock, for those that had a stake.
        opened_list: hash of the opening list; 32 zero bytes before it is published.
        root, chunks, evidence: of the scores that stand proposed; zero while none do.
        settled: model -> (primary, contribution) in the chunks that were settled, blanks too, from the log.
    """

    chain_id: int
    tournament: str
    round: int
    sealing_key: bytes
    commitments: Mapping[int, bytes]
    stakes: Mapping[int, int]
    opened_list: bytes = EMPTY
    root: bytes = EMPTY
    chunks: int = 0
    evidence: bytes = EMPTY
    settled: Mapping[int, Score] = field(default_factory=dict)

    def purpose(self, model: int) -> Purpose:
        """What a model's submission has to be for."""
        return Purpose(self.chain_id, self.tournament, self.round, model)
