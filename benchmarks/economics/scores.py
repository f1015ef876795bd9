# SPDX-License-Identifier: MIT
"""Attacks by what is predicted, delivered and refused, each played through all weeks of the market."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from benchmarks.economics.market import (
    STAKE,
    Entry,
    Market,
    Outcome,
    Strategy,
    gains,
    goes_with,
    grown,
    opposite,
    rewards,
)
from benchmarks.economics.stage import CLIP
from nmr.protocol import payout

TWINNED: Final = ("forest", "ridge", "momentum", "illiquid", "noise")
"""Models of every skill, whose twins are played."""
LEADERS: Final = ("forest", "elastic-net", "kernel")
"""The models of the crowd with the most gains in all weeks, the best first, which are copied; only hindsight knows."""
BEST: Final = LEADERS[0]
LOSER: Final = "inverse-ridge"
"""The one that lost the most."""
PAIRS: Final = 10
"""Random predictions, each with its twin, of an attacker without skill."""
DAYS: Final = (0, 1, 2, 3, 4, 5)
"""Days of the week that are known when files are delivered."""
LAGS: Final = (0, 1, 2, 4)
"""Rounds that a copy is old."""
HANDED_OVER: Final = 2
"""Rounds until a round can be closed on the demo's ring, and its key and files handed over."""
MEMORY: Final = 8
"""Rounds that a staker looks back on to decide whether to submit."""
ALIKE: Final = 0.5
"""Rank correlation from which on a colluding operator takes a rival out."""
SIZES: Final = (0.5, 1.0, 4.0, 16.0)
"""What a whale has at stake, in what the crowd has."""
LOST: Final = 0.05
"""Of what the crowd has: stakes of lost keys, which go on from round to round for good."""
PARKED: Final = (0.0, LOST, 0.5, 1.0, 4.0, 9.0, 19.0)
"""What is at stake without a submission, in what the crowd has."""

Way = Callable[[Market, str], Strategy]
"""How an attacker divides a capital of `STAKE` between a model and its twin."""


@dataclass(frozen=True)
class Played:
    """A strategy that was played.

    Attributes:
        capital: gwei at stake in every round.
        gains: int64 of shape (eras,): gwei that the attacker gained.
        rewards: int64 of shape (eras,): gwei that the treasury paid to the attacker; burns do not come back to it.
        crowd: int64 of shape (eras, models): gwei that each model of the crowd gained.
    """

    capital: int
    gains: np.ndarray
    rewards: np.ndarray
    crowd: np.ndarray

    @classmethod
    def of(cls, capital: int, outcomes: Mapping[int, Outcome]) -> "Played":
        """The strategy of these rounds."""
        crowd = np.array([list(outcome.crowd.values()) for outcome in outcomes.values()])
        return cls(capital, gains(outcomes), rewards(outcomes), crowd)

    @property
    def returns(self) -> np.ndarray:
        """Gains as shares of the capital, float64 of shape (eras,)."""
        return np.asarray(self.gains / self.capital)

    @property
    def crowd_rewards(self) -> int:
        """Gwei that the crowd won in the rounds that its models won."""
        return int(np.maximum(self.crowd, 0).sum())

    @property
    def crowd_burns(self) -> int:
        """Gwei that the crowd lost in the others, as a positive number."""
        return int(-np.minimum(self.crowd, 0).sum())


def by_gains(crowd: Mapping[str, np.ndarray]) -> list[str]:
    """The models by what they gained in all rounds, the most first."""
    return sorted(crowd, key=lambda name: int(crowd[name].sum()), reverse=True)


# twins: a model and its opposite, of one owner


def halves(market: Market, name: str) -> Strategy:
    """Half on each, restored every round."""
    return lambda era, last: _pair(market, name, era, STAKE // 2, STAKE // 2)


def compounding(market: Market, name: str) -> Strategy:
    """Half on each at first; then each keeps what it won and is not topped up when it lost."""
    return _kept(market, name, STAKE // 2, STAKE // 2)


def alone(market: Market, name: str) -> Strategy:
    """All on the model, compounding, for comparison."""
    return _kept(market, name, STAKE, 0)


def winner(market: Market, name: str) -> Strategy:
    """All on the twin that won the last round: winnings stay, the loser leaves before the next lock."""
    return _all_on_one(market, name, switches=lambda change: change < 0)


def loser(market: Market, name: str) -> Strategy:
    """All on the twin that lost the last round."""
    return _all_on_one(market, name, switches=lambda change: change > 0)


WAYS: Final[dict[str, Way]] = {
    "half on each, restored every round": halves,
    "half on each at first, both compounding": compounding,
    "all on the one that won last": winner,
    "all on the one that lost last": loser,
    "no twin: all on the model, compounding": alone,
}


def twins(market: Market) -> dict[str, dict[str, Played]]:
    """Each model with its twin in all rounds, on a capital of `STAKE`, by way and model."""
    return {
        label: {name: Played.of(STAKE, market.play(way(market, name), 2)) for name in TWINNED}
        for label, way in WAYS.items()
    }


def _pair(market: Market, name: str, era: int, one: int, other: int) -> tuple[Entry, ...]:
    prediction = market.history.predictions[era][name]
    return Entry(one, prediction), Entry(other, opposite(prediction))


def _kept(market: Market, name: str, *first: int) -> Strategy:
    stakes = list(first)

    def strategy(era: int, last: Outcome | None) -> tuple[Entry, ...]:
        for place, change in enumerate(last.attacker if last else ()):
            stakes[place] += change
        return _pair(market, name, era, stakes[0], stakes[1])

    return strategy


def _all_on_one(market: Market, name: str, switches: Callable[[int], bool]) -> Strategy:
    capital, on_twin = STAKE, False

    def strategy(era: int, last: Outcome | None) -> tuple[Entry, ...]:
        nonlocal capital, on_twin
        if last:
            change = sum(last.attacker)
            capital += change
            on_twin ^= switches(change)
        return _pair(market, name, era, 0, capital) if on_twin else _pair(market, name, era, capital, 0)

    return strategy


# files that are delivered late


def late_files(market: Market, seed: int) -> dict[str, dict[int, Played]]:
    """Files that are committed to, of which only those that look right are delivered, by whose they are and days known.

    Each of `PAIRS` random predictions and its twin have a part of a capital of `STAKE` each. The best model's file has
    all of it, and no twin. With no day known it is delivered, and of each pair the first.
    """
    random = np.random.default_rng(seed)
    ids = next(iter(market.history.targets.values())).index.sort_values()
    ranks = (np.arange(len(ids)) + 0.5) / len(ids)
    guesses = {era: [pd.Series(random.permutation(ranks), ids) for _ in range(PAIRS)] for era in market.history.numbers}
    part = STAKE // (2 * PAIRS)

    def pairs(days: int) -> Played:
        def strategy(era: int, last: Outcome | None) -> tuple[Entry, ...]:
            growth = grown(market.relatives, era, days)
            entries: list[Entry] = []
            for guess in guesses[era]:
                right = days == 0 or goes_with(guess, growth)
                entries += [Entry(part, guess if right else None), Entry(part, None if right else opposite(guess))]
            return tuple(entries)

        return Played.of(STAKE, market.play(strategy, 2 * PAIRS))

    def single(days: int) -> Played:
        def strategy(era: int, last: Outcome | None) -> tuple[Entry, ...]:
            prediction = market.history.predictions[era][BEST]
            right = days == 0 or goes_with(prediction, grown(market.relatives, era, days))
            return (Entry(STAKE, prediction if right else None),)

        return Played.of(STAKE, market.play(strategy, 1))

    return {
        "pairs": {days: pairs(days) for days in DAYS},
        BEST: {days: single(days) for days in DAYS},
    }


def sitting_out(market: Market) -> dict[str, np.ndarray]:
    """Mean gain of a staker by when they submit, as a share of the stake, float64 of shape (eras,).

    A round does not depend on those before it, so who sits out gains what the crowd's own rounds say, less those.
    """
    series = np.array([market.crowd(name) for name in market.scored]) / STAKE
    recent = np.array([_looked_back(one) for one in series]) > 0
    return {
        "in every round": series.mean(axis=0),
        f"when the last {MEMORY} outcomes gained in sum": (series * recent).mean(axis=0),
        "when the round will be won (no one can know)": np.maximum(series, 0).mean(axis=0),
    }


def _looked_back(series: np.ndarray) -> np.ndarray:
    total = np.concatenate([[0.0], np.cumsum(series)])
    before = np.arange(len(series))
    return np.asarray(total[before] - total[np.maximum(before - MEMORY, 0)])


# copies


def copies(market: Market) -> dict[int, np.ndarray]:
    """Gain of a copy of what a leader predicts, mean over the leaders, by its age in rounds, as shares of its stake."""
    numbers = market.history.numbers

    def of(name: str, lag: int) -> np.ndarray:
        def strategy(era: int, last: Outcome | None) -> tuple[Entry, ...]:
            older = era - lag
            return (Entry(STAKE, market.history.predictions[older][name] if older in numbers else None),)

        return Played.of(STAKE, market.play(strategy, 1)).returns[max(LAGS) :]

    return {lag: np.mean([of(name, lag) for name in LEADERS], axis=0) for lag in LAGS}


def small_copy(market: Market) -> Played:
    """What a copy of the best model gains in the same round with a stake like that of each model of the crowd."""
    return _on(market, STAKE / market.at_risk, {BEST: 1.0})


# what an operator calls invalid


def refusals(market: Market) -> dict[str, np.ndarray]:
    """What leaders and models of every skill gain more when those that resemble them are refused, by model.

    Each is int64 of shape (eras,), gwei.
    """

    def alike(name: str) -> Callable[[int], Collection[str]]:
        def refused(era: int) -> Collection[str]:
            ranks = market.history.predictions[era][list(market.scored)].rank()
            close = ranks.corrwith(ranks[name]) > ALIKE
            return [other for other in market.scored if other != name and close[other]]

        return refused

    found = {}
    for name in dict.fromkeys((*LEADERS, *TWINNED)):
        outcomes = market.play(lambda era, last: (), 0, refused=alike(name))
        found[name] = np.array([outcome.crowd[name] for outcome in outcomes.values()]) - market.crowd(name)
    return found


# whales


WHALES: Final[dict[str, dict[str, float]]] = {
    f"all on {BEST}": {BEST: 1.0},
    f"3/4 on {BEST}, 1/4 on noise": {BEST: 0.75, "noise": 0.25},
    f"3/4 on {BEST}, 1/4 on {LOSER}": {BEST: 0.75, LOSER: 0.25},
    f"half on {BEST}, half on {LOSER}": {BEST: 0.5, LOSER: 0.5},
}


def whales(market: Market) -> dict[str, dict[float, Played]]:
    """What whales gain that push the meta model away from their best model, by what they do and their size."""
    return {label: {size: _on(market, size, parts) for size in SIZES} for label, parts in WHALES.items()}


def _on(market: Market, size: float, parts: Mapping[str, float]) -> Played:
    capital = round(size * market.at_risk)

    def strategy(era: int, last: Outcome | None) -> tuple[Entry, ...]:
        predictions = market.history.predictions[era]
        return tuple(Entry(round(part * capital), predictions[name]) for name, part in parts.items())

    return Played.of(capital, market.play(strategy, len(parts)))


# stakes without a submission


def parked(market: Market, capped: bool) -> dict[float, Played]:
    """The crowd's rounds beside a stake that never submits, by its size.

    Args:
        market: the weeks.
        capped: whether payouts are limited by the cap a round, which is just what the crowd may ask for, in place of
            the stake threshold.
    """
    cap = payout.wanted(market.at_risk, CLIP)

    def beside(size: float) -> Played:
        capital = round(size * market.at_risk)

        def strategy(era: int, last: Outcome | None) -> tuple[Entry, ...]:
            return (Entry(capital, None),)

        played = market.play(strategy, 1, threshold=0, cap=cap) if capped else market.play(strategy, 1)
        return Played.of(capital, played)

    return {size: beside(size) for size in PARKED}
