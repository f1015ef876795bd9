# SPDX-License-Identifier: MIT
"""Steps of a round on the devnet's suite, for tests of the commands."""

from typing import Any

from nmr.deploy.local import HOUR, OPERATOR
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.score_words import Score, encode_chunks
from tests.support.terms import terms


class RoundWalk:
    """Opens, locks and resolves rounds by calls of the contracts, each step from where the one before it ended."""

    def __init__(self, tournament: Any, accounts: Any, chain: Any) -> None:
        self.tournament = tournament
        self.operator = accounts[OPERATOR]
        self.chain = chain

    def until(self, timestamp: int) -> None:
        """Let the next block have this time, if it is not past already."""
        self.chain.pending_timestamp = max(timestamp, self.chain.pending_timestamp)

    def terms(self, **changes: Any) -> Terms:
        """CORR × 0.5 + MMC × 2, a clip of 5%, open for ten hours of the devnet's."""
        times = {"opens_for": 10 * HOUR, "resolves_in": 24 * HOUR, "expires_in": 200 * HOUR}
        return terms(self.chain.pending_timestamp, HOUR, **times | changes)

    def open(self, **changes: Any) -> int:
        """Open the next round."""
        number: int = self.tournament.due_round()
        self.tournament.open_round(number, tuple(self.terms(**changes)), b"\x44" * 32, sender=self.operator)
        return number

    def lock(self, number: int) -> None:
        """Lock a round when it is due, and publish its opened list unless it was empty and is closed now."""
        self.until(self.tournament.round_info(number).terms.locks_at)
        self.tournament.lock(number, sender=self.operator)
        if self.tournament.staked(number):
            self.tournament.publish_opened(number, b"\x22" * 32, sender=self.operator)

    def finalise(self, number: int, scores: dict[int, Score]) -> list[list[int]]:
        """Let a root over scores of a locked round stand through its window, and return its chunks."""
        self.until(self.tournament.round_info(number).terms.resolves_at)
        chunks = encode_chunks(scores)
        self.tournament.propose(number, ChunkTree.of(chunks).root, len(chunks), b"\x33" * 32, sender=self.operator)
        self.until(self.tournament.round_info(number).final_at)
        self.chain.mine()
        return chunks

    def settle(self, number: int, chunks: list[list[int]]) -> None:
        """Settle all chunks."""
        tree = ChunkTree.of(chunks)
        for index, words in enumerate(chunks):
            self.tournament.settle(number, index, encode(words), tree.proof(index), sender=self.operator)
