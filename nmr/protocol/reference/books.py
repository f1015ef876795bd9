# SPDX-License-Identifier: MIT
"""The books of one tournament: what every state-changing call does once nothing speaks against it.

`Tournament` guards them; the replay applies a log to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from nmr.errors import require
from nmr.protocol import payout
from nmr.protocol.reference.models import Models
from nmr.protocol.reference.rounds import DONE, NO_BOUNDS, ROUND_IDS, Bounds, Round, RoundBook, State, Terms
from nmr.protocol.reference.stakes import Settlement, Stakes
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI


@dataclass
class Books:
    """Models, stakes, rounds and roles of one tournament."""

    models: Models
    stakes: Stakes
    rounds: RoundBook
    operator: str = ZERO_ADDRESS
    guardian: str = ZERO_ADDRESS
    bounds: Bounds = NO_BOUNDS

    @classmethod
    def empty(cls, ring: int, first_round: int, hour: int) -> "Books":
        """Books before the first event."""
        return cls(Models(), Stakes(ring), RoundBook(ring, first_round, hour, first_round))

    def staked(self, round_id: int) -> int:
        """Gwei that still wait at stake in a round."""
        return self.stakes.staked.get(round_id, 0)

    def state(self, round_id: int, now: int) -> State:
        """The state of a round at a time."""
        return self.rounds.state(round_id, self.staked(round_id), now)

    def round_info(self, round_id: int) -> Round:
        """A round as the contract returns it, in wei."""
        return self.rounds[round_id]._replace(staked=self.staked(round_id) * GWEI)

    def register(self, owner: str, submitter: str) -> int:
        """Append a model and return its id."""
        model = self.models.add(owner, submitter)
        self.stakes.make_room(len(self.models))
        return model

    def require_place(self, now: int) -> None:
        """Refuse to open the next round before its turn and before its place is done with earlier rounds.

        Raises:
            Refused: with what is in the way.
        """
        rounds = self.rounds
        require(rounds.next_round < ROUND_IDS - rounds.ring, "rounds: no id is left")
        require(self.state(rounds.next_round - 1, now) != State.OPEN, "rounds: previous round is open")
        before = rounds.next_round - rounds.ring
        if before >= rounds.first_round:
            require(self.state(before, now) in DONE, "rounds: place is not resolved")
        before -= rounds.ring
        if before >= rounds.first_round:
            require(self.state(before, now) == State.CLOSED, "rounds: place is not settled")

    def require_terms(self, terms: Terms, now: int) -> None:
        """Refuse terms that bounds and hard limits do not allow.

        Raises:
            Refused: with the term that is wrong.
        """
        terms.check(self.bounds, now, self.rounds.hour)

    def void(self, round_id: int) -> None:
        """End a round without burns and rewards, and drop a root that stands."""
        self.rounds.drop_root(round_id)
        self.rounds.change(round_id, void=True)

    def wanted(self, round_id: int) -> int:
        """Gwei that a round asks the treasury for at its lock."""
        return payout.wanted(self.staked(round_id), self.rounds[round_id].terms.clip)

    def lock(self, round_id: int, granted: int) -> Round:
        """Fix what a round pays by, from the wei that the treasury granted, and return the round."""
        terms = self.rounds[round_id].terms
        at_risk = self.staked(round_id)
        self.rounds.change(
            round_id,
            locked=True,
            at_risk=at_risk * GWEI,
            factor=payout.factor(terms.threshold // GWEI, at_risk),
            clip=payout.effective_clip(terms.clip, granted // GWEI, at_risk),
            granted=granted,
        )
        return self.rounds[round_id]

    def restakes(self, round_id: int, now: int) -> bool:
        """Whether values settled at this time stay at stake in the place's next round."""
        return self.state(round_id + self.rounds.ring, now) == State.OPEN

    def settle(self, round_id: int, words: Sequence[int], restaked: bool) -> Settlement:
        """Pay or burn a chunk, whose shape and proof are right, and return the sums in gwei."""
        record = self.rounds[round_id]
        terms = record.terms
        rule = payout.Rule(terms.primary, terms.contribution, record.factor, record.clip)
        min_stake = self.rounds[round_id + self.rounds.ring].terms.min_stake // GWEI if restaked else None
        return self.stakes.settle(round_id, words, rule, min_stake)
