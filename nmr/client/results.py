# SPDX-License-Identifier: MIT
"""What rounds brought models, read from the log of a tournament and compared with what the chain says they have."""

from collections.abc import Collection
from dataclasses import dataclass

from nmr.client.rounds import Rounds
from nmr.client.stakes import StakesOnChain
from nmr.protocol.lifetimes import EVENTS, LogIncomplete
from nmr.protocol.reference.rounds import State
from nmr.rounds.history import History, Played, Standing
from nmr.text.amounts import format_nmr


@dataclass(frozen=True)
class LeaderboardPlace:
    """A model's place on the leaderboard."""

    standing: Standing
    label: str
    owner: str


def read_history(stakes: StakesOnChain, model: int) -> list[Played]:
    """The rounds of a model, by number. Raises as `read_histories` does."""
    return read_histories(stakes, [model])


def read_histories(stakes: StakesOnChain, models: Collection[int]) -> list[Played]:
    """The rounds of models, by number and model.

    Raises:
        NoSuchModel: one was never registered.
        LogIncomplete: the node's log does not account for what the models have.
    """
    stakes.require_models(list(models))
    session, tournament = stakes.session, stakes.tournament
    block = session.latest
    opened = Rounds(session, tournament).at(block).opened()
    history = _history(stakes, block, models)
    views = [(view, tournament.address, model) for model in models for view in ("idle_of", "stakes_of")]
    answers = session.read_many(stakes.lens, views, block)
    held = sum(idle + sum(amount for _, amount, *_ in each) for idle, each in zip(*[iter(answers)] * 2, strict=True))
    require_complete(history, held)
    states = session.read_many(tournament, [("state", number) for number in opened])
    return history.rounds({number: State(state) for number, state in zip(opened, states, strict=True)})


def read_leaderboard(stakes: StakesOnChain, last: int) -> list[LeaderboardPlace]:
    """The models that had a stake or a score in the last settled rounds, the best first.

    Raises:
        LogIncomplete: the node's log does not account for what the models have.
    """
    session, tournament = stakes.session, stakes.tournament
    block = session.latest
    models = range(session.read(tournament, "model_count", block=block))
    held = held_by(stakes, block)
    history = _history(stakes, block, models)
    require_complete(history, held)
    standings = history.standings(last)
    owners = stakes.each("owner_of", [standing.model for standing in standings])
    return [LeaderboardPlace(each, history.lives[each.model].label, owners[each.model]) for each in standings]


def held_by(stakes: StakesOnChain, block: int) -> int:
    """What a tournament holds for its models at a block, wei."""
    rounds = Rounds(stakes.session, stakes.tournament).at(block)
    following = [("next_round", place) for place in range(rounds.ring)]
    holding = [*rounds.recent(), *stakes.session.read_many(stakes.tournament, following, block)]
    calls = [("idle_total",), *(("staked", number) for number in holding)]
    return sum(stakes.session.read_many(stakes.tournament, calls, block))


def _history(stakes: StakesOnChain, block: int, models: Collection[int]) -> History:
    ring = int(stakes.session.read(stakes.tournament, "RING"))
    history = History(ring, stakes.min_stake, models)
    for event in stakes.events(EVENTS, block, frozenset(models)):
        history.apply(event)
    return history


def require_complete(history: History, found: int) -> None:
    """Refuse a log that does not account for these wei, all that the models have."""
    told = sum(life.left for life in history.lives.values())
    if told != found:
        raise LogIncomplete(
            f"The node's log accounts for {format_nmr(told)} NMR, and there are {format_nmr(found)}: ask a node that "
            "keeps all logs."
        )
