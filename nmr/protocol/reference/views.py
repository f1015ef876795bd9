# SPDX-License-Identifier: MIT
"""What a call to the contract's views would tell, read from a tournament's books: amounts are wei."""

from typing import NamedTuple

from nmr.protocol.lanes import LANES, place_of
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.rounds import FREED, Round, State
from nmr.protocol.reference.stakes import EMPTY
from nmr.text.amounts import GWEI


class Policy(NamedTuple):
    """The contract's struct: NMR a round in wei, and whether what a round adds stays at stake."""

    target: int
    compound: bool


class Stake(NamedTuple):
    """The contract's struct: wei at stake, which come free, if the model leaves, between these times."""

    round: int
    amount: int
    free_from: int
    free_by: int


class Views:
    """The views of ITournament over a tournament's books, which a replay has too."""

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
    def next_round(self) -> int:
        """The id of the next round to open."""
        return self.books.rounds.next_round

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
        """What a model has at stake in a round that is not settled for it."""
        return self.books.stakes.position(round_id, model) * GWEI

    def stakes_of(self, model: int, now: int) -> list[Stake]:
        """All that a model has at stake, in the order of the places."""
        group, _ = place_of(model)
        rounds = [tags[group] for tags in self.books.stakes.tags if group < len(tags) and tags[group] != EMPTY]
        return [self._stake(round_id, model, now) for round_id in rounds if self.position(round_id, model)]

    def idle_total(self) -> int:
        """What is idle in all models."""
        return self.books.stakes.idle_total * GWEI

    def staked(self, round_id: int) -> int:
        """What still waits at stake in a round."""
        return self.books.staked(round_id) * GWEI

    def staked_total(self) -> int:
        """What waits at stake in all rounds."""
        return sum(self.books.stakes.staked.values()) * GWEI

    def position_words(self, place: int, first: int, count: int) -> list[int]:
        """Canonical position words of groups [first, first + count) at a place, modulo the ring."""
        stakes = self.books.stakes
        place %= len(stakes.tags)
        known = range(len(stakes.tags[place]))
        return [stakes.position_word(place, group) if group in known else 0 for group in range(first, first + count)]

    def idle_words(self, first: int, count: int) -> list[int]:
        """Idle words of groups [first, first + count)."""
        stakes = self.books.stakes
        known = range(len(stakes.idle) // LANES)
        return [stakes.idle_word(group) if group in known else 0 for group in range(first, first + count)]

    def waiting_groups(self, round_id: int, first: int, count: int) -> list[int]:
        """Groups of [first, first + count) with stakes that wait for a round."""
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
        amount = self.position(round_id, model)
        if self.state(round_id, now) in FREED:
            return Stake(round_id, amount, now, now)
        record = self.books.rounds[round_id]
        free_from = record.final_at or max(record.terms.resolves_at, now) + record.terms.window
        free_by = record.terms.expires_at
        return Stake(round_id, amount, min(free_from, free_by), free_by)
