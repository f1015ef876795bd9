# SPDX-License-Identifier: MIT
"""What rounds brought models, read from the log of a tournament and compared with what the chain says they have."""

from collections.abc import Collection
from dataclasses import dataclass

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
    """The rounds of a model, by number.

    Raises:
        NoSuchModel: it was never registered.
        LogIncomplete: the node's log does not account for what the model has.
    """
    stakes.require_models([model])
    session, tournament = stakes.session, stakes.tournament
    block = session.latest
    rounds = _rounds(stakes, block)
    history = _history(stakes, block, rounds.ring, [model])
    calls = [("idle_of", model), *(("position", number, model) for number in rounds.waiting)]
    _compare(history, sum(session.read_many(tournament, calls, block)))
    states = session.read_many(tournament, [("state", number) for number in rounds.opened])
    return history.rounds({number: State(state) for number, state in zip(rounds.opened, states, strict=True)})


def read_leaderboard(stakes: Stakes, last: int) -> list[Place]:
    """The models that had a stake or a score in the last settled rounds, the best first.

    Raises:
        LogIncomplete: the node's log does not account for what the models have.
    """
    session, tournament = stakes.session, stakes.tournament
    block = session.latest
    rounds = _rounds(stakes, block)
    history = _history(stakes, block, rounds.ring, range(session.read(tournament, "model_count", block=block)))
    calls = [("idle_total",), *(("staked", number) for number in rounds.waiting)]
    _compare(history, sum(session.read_many(tournament, calls, block)))
    standings = history.standings(last)
    owners = stakes.each("owner_of", [standing.model for standing in standings])
    return [Place(each, history.lives[each.model].label, owners[each.model]) for each in standings]


@dataclass(frozen=True)
class _Rounds:
    """The length of the ring, rounds that were opened, and those in which stakes may wait."""

    ring: int
    opened: range
    waiting: range


def _rounds(stakes: Stakes, block: int) -> _Rounds:
    getters = ("RING", "FIRST_ROUND", "next_round")
    ring, first, following = stakes.session.read_many(stakes.tournament, [(each,) for each in getters], block)
    # Before a round opens, that of two rings earlier is closed; and stakes may wait for a round to come.
    return _Rounds(ring, range(first, following), range(max(first, following - 2 * ring), following + ring))


def _history(stakes: Stakes, block: int, ring: int, models: Collection[int]) -> History:
    history = History(ring, models)
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
