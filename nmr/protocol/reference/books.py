# SPDX-License-Identifier: MIT
"""The books of one tournament: what every state-changing call does once nothing speaks against it.

`Tournament` guards them; the replay applies a log to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nmr.errors import require
from nmr.protocol import payout
from nmr.protocol.reference.models import Models
from nmr.protocol.reference.rounds import DONE, MAX_ROUND, NO_BOUNDS, Bounds, Pause, Round, RoundBook, State, Terms
from nmr.protocol.reference.stakes import Settlement, Stakes
from nmr.protocol.score_words import GROUP_SHIFT
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
    pause: Pause = field(default_factory=Pause)

    @classmethod
    def empty(cls, ring: int, first_round: int, hour: int, min_stake: int) -> "Books":
        """Books before the first event.

        Args:
            ring: how many rounds may be unresolved at once.
            first_round: the lowest id.
            hour: seconds in an hour of the hard limits.
            min_stake: what every position is at least, gwei.
        """
        return cls(Models(), Stakes(ring, min_stake), RoundBook(ring, first_round, hour))

    def staked(self, round_id: int) -> int:
        """Gwei at stake in a round, or waiting for it to open."""
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

    def is_blocked(self, round_id: int, now: int) -> bool:
        """Whether the next round of a place cannot open yet: its place is not done with earlier ones, or out of ids."""
        rounds = self.rounds
        before = round_id - rounds.ring
        unresolved = before >= rounds.first_round and self.state(before, now) not in DONE
        before -= rounds.ring
        unsettled = before >= rounds.first_round and self.state(before, now) != State.CLOSED
        return round_id > MAX_ROUND or unresolved or unsettled

    def due_round(self, now: int) -> int | None:
        """The id whose turn it is to open; None while every place is blocked."""
        rounds = self.rounds
        places = ((rounds.last_opened + 1 + step) % rounds.ring for step in range(rounds.ring))
        turns = (rounds.next_round(place) for place in places)
        return next((round_id for round_id in turns if not self.is_blocked(round_id, now)), None)

    def require_turn(self, round_id: int, now: int) -> None:
        """Refuse to open a round while another is open, or out of turn.

        Raises:
            Refused: with what is in the way.
        """
        require(not self.rounds.is_open(self.rounds.last_opened, now), "rounds: another round is open")
        require(round_id == self.due_round(now), "rounds: not its turn")

    def require_terms(self, terms: Terms, now: int) -> None:
        """Refuse terms that bounds and hard limits do not allow.

        Raises:
            Refused: with the term that is wrong.
        """
        terms.check(self.bounds, now, self.rounds.hour)

    def appoint_guardian(self, guardian: str) -> None:
        """Name the guardian: another one need not wait for what the one before paused."""
        if guardian != self.guardian:
            self.guardian = guardian
            self.pause.rested_at = 0

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

    def settle(self, round_id: int, words: Sequence[int], now: int) -> Settlement:
        """Pay or burn the groups of score words, send them where their policies say and return the sums in gwei."""
        record = self.rounds[round_id]
        terms = record.terms
        rule = payout.Rule(terms.primary, terms.contribution, record.factor, record.clip)
        return self.stakes.settle(round_id, words, rule, self.rounds.successor(round_id, now))

    def settle_expired(self, round_id: int, groups: Sequence[int], now: int) -> Settlement:
        """As `settle`, by blank scores: nothing is won or lost."""
        return self.settle(round_id, [group << GROUP_SHIFT for group in groups], now)
