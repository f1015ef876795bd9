# SPDX-License-Identifier: MIT
"""Seasons of pools: what a place holds, what is the backers', what the manager got, and a manager's second model.

Amounts are gwei. A season is played by the rules of the reference, in integers; for resampled histories the same is
done for all of them at once, in floats.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from benchmarks.economics.market import STAKE, Entry, Market, Outcome, opposite
from benchmarks.economics.scores import BEST, LOSER
from benchmarks.economics.stage import MIN_STAKE
from nmr.protocol.reference.pool_books import PER_GWEI, PoolBooks
from nmr.protocol.reference.pool_rules import BASIS, PoolRules
from nmr.text.amounts import GWEI as WEI_A_GWEI
from nmr.text.amounts import NMR

RING: Final = 4
BACKED: Final = 90 * NMR // WEI_A_GWEI
OWN: Final = 10 * NMR // WEI_A_GWEI
"""What backers and manager put into each place: as much as a skin of 10% takes."""
SKIN: Final = 1_000
FEES: Final = (0, 1_000, 2_000, 3_000)
FEE: Final = 2_000
"""That of the lottery."""
MODELS: Final = ("forest", "elastic-net", "ridge", "momentum", "noise", "inverse-ridge")
"""Models of every skill, the best first; which are the best only hindsight knows."""
PAIRED: Final = ("forest", "ridge", "momentum", "noise")
SKINS: Final = (1_000, 2_500, 5_000)
ITS_OPPOSITE: Final = "its opposite"
PUSHES: Final = (ITS_OPPOSITE, LOSER, "noise")
"""What a manager's pool predicts whose second model is the best."""
EQUAL: Final = 1
RATIOS: Final = (EQUAL, 4, 10)
"""What the second model has at stake, in the manager's own part of the pool."""


@dataclass(frozen=True)
class Season:
    """What came of a pool, gwei: all that backers and manager have at all places, and the manager's of it by fees."""

    backers: int
    manager: int
    fees: int


def season(gains: Sequence[int], fee: int, ring: int = RING) -> Season:
    """Play all rounds of a pool; its places take turns, and each turn has a checkpoint.

    Args:
        gains: of each round, what `STAKE` at stake won or lost.
        fee: 4 decimals.
        ring: how many places there are.
    """
    rules = PoolRules(fee, SKIN, ring, MIN_STAKE)
    books = PoolBooks.empty("manager", ring)
    values = [BACKED + OWN] * ring
    minted = [0] * ring
    for place in books.places:
        place.shares, place.manager_shares, place.mark = (BACKED + OWN) * PER_GWEI, OWN * PER_GWEI, BACKED + OWN
    for index, gain in enumerate(gains):
        number = index % ring
        size = values[number] * abs(gain) // STAKE
        values[number] += size if gain > 0 else -size
        place = books.places[number]
        if values[number] > place.mark:
            due, shares = rules.fee_due(place, values[number])
            books.book(number, values[number], due, shares)
            minted[number] += shares
    whole = [place.shares for place in books.places]
    backers = [BACKED * PER_GWEI * value // shares for value, shares in zip(values, whole, strict=True)]
    fees = [new * value // shares for new, value, shares in zip(minted, values, whole, strict=True)]
    return Season(sum(backers), sum(values) - sum(backers), sum(fees))


def grown(returns: np.ndarray, fee: float, ring: int = RING) -> tuple[np.ndarray, np.ndarray]:
    """What one at stake at each place becomes, and what it becomes for who bought all of it in the beginning.

    Args:
        returns: float64 of shape (..., rounds).
        fee: of what a place gains above its mark.
        ring: how many places there are.

    Returns:
        Two float64 of shape (..., ring): the value, and the part of it that was not minted for fees.
    """
    shape = (*returns.shape[:-1], ring)
    value, mark, held = np.ones(shape), np.ones(shape), np.ones(shape)
    for index in range(returns.shape[-1]):
        here = ..., index % ring
        value[here] *= 1 + returns[..., index]
        held[here] *= 1 + returns[..., index]
        due = fee * np.maximum(value[here] - mark[here], 0)
        held[here] *= 1 - due / value[here]
        mark[here] = np.maximum(mark[here], value[here])
    return value, held


def backers(fee: int) -> Callable[[np.ndarray], np.ndarray]:
    """A figure: what backers gained in all, of what they put in."""
    return lambda returns: np.asarray(grown(returns, fee / BASIS)[1].mean(axis=-1) - 1)


def fees(fee: int) -> Callable[[np.ndarray], np.ndarray]:
    """A figure: what a manager has by fees in the end, as a part of what backers put in."""

    def figure(returns: np.ndarray) -> np.ndarray:
        value, held = grown(returns, fee / BASIS)
        return np.asarray((value - held).mean(axis=-1))

    return figure


def manager(fee: int, skin: int) -> Callable[[np.ndarray], np.ndarray]:
    """A figure: what a manager gained in all of a full pool, of the own NMR in it."""

    def figure(returns: np.ndarray) -> np.ndarray:
        value, held = grown(returns, fee / BASIS)
        others = (BASIS - skin) / skin
        return np.asarray((value + others * (value - held)).mean(axis=-1) - 1)

    return figure


def lottery(fee: int) -> Callable[[np.ndarray], np.ndarray]:
    """A figure: what the manager of two opposite pools has by fees in the end, of what backers put into both."""
    return lambda returns: (fees(fee)(returns) + fees(fee)(-returns)) / 2


def lottery_backers(fee: int) -> Callable[[np.ndarray], np.ndarray]:
    """A figure: what the backers of two opposite pools gained in all, of what they put into both."""
    return lambda returns: (backers(fee)(returns) + backers(fee)(-returns)) / 2


def better(returns: np.ndarray) -> np.ndarray:
    """A figure: what the better of two opposite pools shows in the end, before fees."""
    ends = [grown(each, 0.0)[0].mean(axis=-1) for each in (returns, -returns)]
    return np.asarray(np.maximum(*ends) - 1)


# a manager's second model


@dataclass(frozen=True)
class Second:
    """What a manager's second model and pool did, float64 of shape (eras,).

    Attributes:
        model: what the model gained, of its stake.
        pool: what the pool gained, of what is at stake in it.
    """

    model: np.ndarray
    pool: np.ndarray


class Case(NamedTuple):
    """A manager with a second model.

    Attributes:
        push: what the pool predicts.
        skin: of the pool, 4 decimals; 0 is no pool.
        ratio: what the second model has at stake, in the manager's own part of the pool.
        limited: whether a threshold limits payouts.
    """

    push: str
    skin: int
    ratio: int
    limited: bool


def alone(ratio: int, limited: bool) -> Case:
    """The same second model without a pool."""
    return Case("", 0, ratio, limited)


def second_cases() -> list[Case]:
    """What is played: with a threshold every ratio, and without one equal parts."""
    cases = []
    for ratio, limited in (*((ratio, True) for ratio in RATIOS), (EQUAL, False)):
        cases += [alone(ratio, limited), *(Case(push, skin, ratio, limited) for push in PUSHES for skin in SKINS)]
    return cases


def second_models(market: Market) -> dict[Case, Second]:
    """The best model beside a pool, whose manager has `STAKE` in it and whose backers fill it."""
    return {case: _second(market, case) for case in second_cases()}


def _second(market: Market, case: Case) -> Second:
    stake = STAKE * case.ratio
    size = STAKE * BASIS // case.skin if case.skin else 0

    def strategy(era: int, last: Outcome | None) -> tuple[Entry, ...]:
        predictions = market.history.predictions[era]
        own = Entry(stake, predictions[BEST])
        if not size:
            return (own,)
        pushes = opposite(predictions[BEST]) if case.push == ITS_OPPOSITE else predictions[case.push]
        return own, Entry(size, pushes)

    outcomes = market.play(strategy, 1 + (size > 0), threshold=None if case.limited else 0)
    changes = np.array([outcome.attacker for outcome in outcomes.values()], dtype=np.float64)
    return Second(changes[:, 0] / stake, changes[:, 1] / size if size else np.zeros(len(changes)))


def by_weight(second: Mapping[Case, Second], case: Case) -> np.ndarray:
    """What a pool's weight brought the second model in every round, of its stake."""
    return np.asarray(second[case].model - second[alone(case.ratio, case.limited)].model)


def net(second: Mapping[Case, Second], case: Case) -> np.ndarray:
    """The same with what the manager's own part of the pool gained."""
    return np.asarray(by_weight(second, case) + second[case].pool / case.ratio)
