# SPDX-License-Identifier: MIT
"""What a call to the views of a tournament, or of the lens about it, would tell: amounts are wei."""

from enum import IntEnum
from typing import NamedTuple

from nmr.protocol.lanes import LANES, place_of
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.rounds import DONE, FREED, MAX_RING, MAX_ROUND, Round, State
from nmr.protocol.reference.stakes import EMPTY
from nmr.text.amounts import GWEI


class Policy(NamedTuple):
    """The contract's struct: NMR a round in wei, and whether what a round adds stays at stake."""

    target: int
    compound: bool


class Position(NamedTuple):
    """The contract's struct: what a model has at a place, wei, and whether its round is open; round 0 for nothing."""

    round: int
    amount: int
    open: bool


class Stake(NamedTuple):
    """The lens's struct: wei at stake or waiting, which their owner can have back between these times."""

    round: int
    amount: int
    waiting: bool
    free_from: int
    free_by: int


class PlaceStatus(IntEnum):
    """Whether the next round of a place can open, by the values of ILens's flag."""

    DUE = 1
    LATER = 2
    UNRESOLVED = 4
    UNSETTLED = 8
    ENDED = 16


class Place(NamedTuple):
    """The lens's struct: what opens next at a place."""

    next: int
    status: PlaceStatus


IDLE_ROW = MAX_RING
"""The row of `words` with what is idle."""
POLICY_ROW = MAX_RING + 1
"""The row of `words` with targets and what compounds."""


class Views:
    """The views of a tournament over its books, which a replay has too."""

    def __init__(self, books: Books) -> None:
        self.books = books

    @property
    def operator(self) -> str:
        """Who opens rounds and proposes scores."""
        return self.books.operator

    @property
    def guardian(self) -> str:
        """Who vetoes, voids and pauses."""
        return self.books.guardian

    @property
    def model_count(self) -> int:
        """Models that were registered."""
        return len(self.books.models)

    @property
    def last_opened(self) -> int:
        """The round opened last, or an id in front of the first turn."""
        return self.books.rounds.last_opened

    def next_round(self, place: int) -> int:
        """The id that opens next at a place."""
        return self.books.rounds.next_round(place % self.books.rounds.ring)

    def due_round(self, now: int) -> int | None:
        """The id whose turn it is to open, or None."""
        return self.books.due_round(now)

    def places(self, now: int) -> list[Place]:
        """What opens next at each place, in the order of their turns."""
        rounds = self.books.rounds
        ids = [self.next_round(rounds.last_opened + step) for step in range(1, rounds.ring + 1)]
        return [Place(round_id, self._status(round_id, now)) for round_id in ids]

    def paused(self, now: int) -> bool:
        """Whether a pause is running."""
        return now < self.books.pause.until

    @property
    def paused_until(self) -> int:
        """When the last pause ended or lapses."""
        return self.books.pause.until

    @property
    def rested_at(self) -> int:
        """From when on the guardian may pause again; 0 for one who never did."""
        return self.books.pause.rested_at

    def owner_of(self, model: int) -> str:
        """Who owns a model, or the zero address."""
        return self.books.models.owner(model)

    def submitter_of(self, model: int) -> str:
        """Who may submit for a model besides its owner, or the zero address."""
        return self.books.models.submitter(model)

    def offered_to(self, model: int) -> str:
        """To whom a model is offered, or the zero address."""
        return self.books.models.offered_to(model)

    def policy_of(self, model: int) -> Policy:
        """What a model keeps at stake in every round."""
        if model >= self.model_count:
            return Policy(0, False)
        return Policy(self.books.stakes.target[model] * GWEI, self.books.stakes.compound[model])

    def idle_of(self, model: int) -> int:
        """What a model can withdraw now."""
        return self.books.stakes.idle[model] * GWEI if model < self.model_count else 0

    def position(self, round_id: int, model: int) -> int:
        """What a model has at stake in a round, or waiting for it."""
        return self.books.stakes.position(round_id, model) * GWEI

    def place_of(self, model: int, place: int, now: int) -> Position:
        """What a model has at a place."""
        rounds, (group, _) = self.books.rounds, place_of(model)
        tags = self.books.stakes.tags[place % rounds.ring]
        round_id = tags[group] if group < len(tags) else EMPTY
        amount = self.position(round_id, model) if round_id != EMPTY else 0
        return Position(round_id, amount, rounds.is_open(round_id, now)) if amount else Position(0, 0, False)

    def stakes_of(self, model: int, now: int) -> list[Stake]:
        """All that a model has at stake or waiting, in the order of the places."""
        group, _ = place_of(model)
        rounds = [tags[group] for tags in self.books.stakes.tags if group < len(tags) and tags[group] != EMPTY]
        return [self._stake(round_id, model, now) for round_id in rounds if self.position(round_id, model)]

    def idle_total(self) -> int:
        """What is idle in all models."""
        return self.books.stakes.idle_total * GWEI

    def staked(self, round_id: int) -> int:
        """What is at stake in a round, or waits for it to open."""
        return self.books.staked(round_id) * GWEI

    def staked_total(self) -> int:
        """What is at stake or waits in all rounds."""
        return sum(self.books.stakes.staked.values()) * GWEI

    def words(self, row: int, first: int, count: int) -> list[int]:
        """Canonical words of groups [first, first + count): positions at a place, `IDLE_ROW` or `POLICY_ROW`."""
        stakes = self.books.stakes
        known = range(len(stakes.idle) // LANES)
        groups = range(first, first + count)
        if row == IDLE_ROW:
            return [stakes.idle_word(group) if group in known else 0 for group in groups]
        if row == POLICY_ROW:
            return [stakes.policy_word(group) if group in known else 0 for group in groups]
        return [stakes.position_word(row, group) if group in known else 0 for group in groups]

    def waiting_groups(self, round_id: int, first: int, count: int) -> list[int]:
        """Groups of [first, first + count) with stakes in a round, or waiting for it."""
        return [group for group in range(first, first + count) if self.books.stakes.waits(round_id, group)]

    def round_info(self, round_id: int) -> Round:
        """All that is fixed and running of a round."""
        return self.books.round_info(round_id)

    def state(self, round_id: int, now: int) -> State:
        """Where a round is at a time."""
        return self.books.state(round_id, now)

    def submitted(self, round_id: int, model: int) -> bool:
        """Whether a model submitted in a round whose bitmap was not reused."""
        return self.books.stakes.submitted(round_id, model)

    def _stake(self, round_id: int, model: int, now: int) -> Stake:
        amount, state = self.position(round_id, model), self.state(round_id, now)
        if state in FREED | {State.UNKNOWN, State.OPEN}:
            return Stake(round_id, amount, state == State.UNKNOWN, now, now)
        record = self.books.rounds[round_id]
        free_from = record.final_at or max(record.terms.resolves_at, now) + record.terms.window
        free_by = record.terms.expires_at
        return Stake(round_id, amount, False, min(free_from, free_by), free_by)

    def _status(self, round_id: int, now: int) -> PlaceStatus:
        rounds = self.books.rounds
        if round_id == self.due_round(now):
            return PlaceStatus.DUE
        if not self.books.is_blocked(round_id, now):
            return PlaceStatus.LATER
        if round_id > MAX_ROUND:
            return PlaceStatus.ENDED
        resolved = self.state(round_id - rounds.ring, now) in DONE
        return PlaceStatus.UNSETTLED if resolved else PlaceStatus.UNRESOLVED
