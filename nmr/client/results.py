# SPDX-License-Identifier: MIT
"""What rounds brought models, read from the log of a tournament and compared with what the chain says they have."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from nmr.client.stakes import Stakes
from nmr.protocol.lifetimes import EVENTS, LogIncomplete
from nmr.protocol.reference.rounds import State
from nmr.rounds.history import History, Played, Standing
from nmr.text.amounts import format_nmr


@dataclass(frozen=True)
class Place:
    """A model's place on the leaderboard."""

    standing: Standing
    label: str
    owner: str


def read_history(stakes: Stakes, model: int) -> list[Played]:
    """The rounds of a model, by number. Raises as `read_histories` does."""
    return read_histories(stakes, [model])


def read_histories(stakes: Stakes, models: Collection[int]) -> list[Played]:
    """The rounds of models, by number and model.

    Raises:
        NoSuchModel: one was never registered.
        LogIncomplete: the node's log does not account for what the models have.
    """
    stakes.require_models(list(models))
    session, tournament = stakes.session, stakes.tournament
    block = session.latest
    ring = _Ring.read(stakes, block)
    history = _history(stakes, block, ring, models)
    views = [(view, tournament.address, model) for model in models for view in ("idle_of", "stakes_of")]
    answers = session.read_many(stakes.lens, views, block)
    held = sum(idle + sum(amount for _, amount, *_ in each) for idle, each in zip(*[iter(answers)] * 2, strict=True))
    _compare(history, held)
    opened = ring.opened
    states = session.read_many(tournament, [("state", number) for number in opened])
    return history.rounds({number: State(state) for number, state in zip(opened, states, strict=True)})


def read_leaderboard(stakes: Stakes, last: int) -> list[Place]:
    """The models that had a stake or a score in the last settled rounds, the best first.

    Raises:
        LogIncomplete: the node's log does not account for what the models have.
    """
    session, tournament = stakes.session, stakes.tournament
    block = session.latest
    ring = _Ring.read(stakes, block)
    models = range(session.read(tournament, "model_count", block=block))
    history = _history(stakes, block, ring, models)
    calls = [("idle_total",), *(("staked", number) for number in ring.held)]
    _compare(history, sum(session.read_many(tournament, calls, block)))
    standings = history.standings(last)
    owners = stakes.each("owner_of", [standing.model for standing in standings])
    return [Place(each, history.lives[each.model].label, owners[each.model]) for each in standings]


@dataclass(frozen=True)
class _Ring:
    """The places of a tournament.

    Attributes:
        first_round: the id of the first round.
        min_stake: what every position is at least, wei.
        following: the id that opens next, by place.
    """

    first_round: int
    min_stake: int
    following: tuple[int, ...]

    @classmethod
    def read(cls, stakes: Stakes, block: int) -> Self:
        session, tournament = stakes.session, stakes.tournament
        getters = ("RING", "FIRST_ROUND", "MIN_STAKE")
        ring, first, min_stake = session.read_many(tournament, [(getter,) for getter in getters], block)
        following = session.read_many(tournament, [("next_round", place) for place in range(ring)], block)
        return cls(first, min_stake, tuple(following))

    @property
    def size(self) -> int:
        return len(self.following)

    @property
    def opened(self) -> list[int]:
        """All rounds that were opened, in rising order."""
        return sorted(
            number
            for following in self.following
            for number in range(following - self.size, self.first_round - 1, -self.size)
        )

    @property
    def held(self) -> list[int]:
        """The rounds that can hold stakes: of each place the latest, the one before, and the next to open."""
        around = (following - turns * self.size for following in self.following for turns in range(3))
        return [number for number in around if number >= self.first_round]


def _history(stakes: Stakes, block: int, ring: _Ring, models: Collection[int]) -> History:
    history = History(ring.size, ring.min_stake, models)
    for event in stakes.events(EVENTS, block, frozenset(models)):
        history.apply(event)
    return history


def _compare(history: History, found: int) -> None:
    """Refuse a log that does not account for these wei, all that the models have."""
    told = sum(life.left for life in history.lives.values())
    if told != found:
        raise LogIncomplete(
            f"The node's log accounts for {format_nmr(told)} NMR, and there are {format_nmr(found)}: ask a node that "
            "keeps all logs."
        )
