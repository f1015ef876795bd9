# SPDX-License-Identifier: MIT
"""What a chain says about a round's submissions, as plain values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nmr.protocol import chunk_tree
from nmr.protocol.commitments import Commitment, Ledgered
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import EMPTY_BYTES32, Round
from nmr.protocol.score_words import Score, decode_words

if TYPE_CHECKING:
    from nmr.sealing.envelope import Purpose


@dataclass(frozen=True)
class RoundOnChain:
    """A round from its lock on.

    Attributes:
        chain_id, tournament, round: which one.
        sealing_key: the public key that its submissions are sealed to.
        commitments: model -> hash of its file that counts, from the log.
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
    opened_list: bytes = EMPTY_BYTES32
    root: bytes = EMPTY_BYTES32
    chunks: int = 0
    evidence: bytes = EMPTY_BYTES32
    settled: Mapping[int, Score] = field(default_factory=dict)

    @classmethod
    def of_round(
        cls,
        chain_id: int,
        tournament: str,
        round_id: int,
        info: Round,
        *,
        commitments: Mapping[int, bytes],
        stakes: Mapping[int, int],
        settled: Mapping[int, Score],
    ) -> "RoundOnChain":
        """The facts of a round as the tournament's `round_info` gives it."""
        return cls(
            chain_id=chain_id,
            tournament=tournament,
            round=round_id,
            sealing_key=bytes(info.terms.sealing_key),
            commitments=commitments,
            stakes=stakes,
            opened_list=bytes(info.opened_list),
            root=bytes(info.root),
            chunks=info.chunks,
            evidence=bytes(info.evidence),
            settled=settled,
        )

    def purpose(self, model: int) -> "Purpose":
        """What a model's submission has to be for."""
        # What reads a chain needs neither numpy nor pandas.
        from nmr.sealing.envelope import Purpose

        return Purpose(self.chain_id, self.tournament, self.round, model)


def ledgered(events: Iterable[Event], times: Mapping[int, int]) -> Iterator[Ledgered]:
    """The commitments in a round's `Submitted` and `SubmittedSigned` events, in the chain's order.

    Args:
        events: in any order.
        times: unix seconds of the blocks that have a `Submitted`, by number.
    """
    for event in sorted(events, key=lambda event: (event.block, event.log_index)):
        if event.name == "SubmittedSigned":
            yield from (Ledgered(Commitment.of(each), True) for each in event.args["commitments"])
        else:
            pairs = zip(event.args["models"], map(bytes, event.args["hashes"]), strict=True)
            yield from (Ledgered(Commitment(model, file, times[event.block]), False) for model, file in pairs)


def settled_scores(settled: Iterable[Event]) -> dict[int, Score]:
    """Model -> (primary, contribution) in the chunks of a round's `Settled` events, blanks too."""
    words = [word for event in settled for word in chunk_tree.decode(event.args["chunk"])]
    # Of two words for a group the first counts.
    return decode_words(reversed(words))
