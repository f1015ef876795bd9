# SPDX-License-Identifier: MIT
"""Seasons of pools: what a place holds, what is the backers', what the manager got, and a manager's second model.

Amounts are gwei. A season is played by the rules of the reference, in integers; for resampled histories the same is
done for all of them at once, in floats.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.economics.market import STAKE, Entry, Market, Outcome, opposite
from benchmarks.economics.scores import BEST, LOSER
from benchmarks.economics.stage import MIN_STAKE
from benchmarks.meta_model.figures import Interval, interval, mean
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


def second_models(market: Market) -> dict[tuple[str, int, bool], Second]:
    """The best model beside a pool, by what the pool predicts, its skin, and whether a threshold limits payouts.

    The manager has `STAKE` on the model and as much in the pool, whose backers fill it. A skin of 0 is no pool.
    """
    found = {}
    for limited in (True, False):
        for push in PUSHES:
            for skin in SKINS:
                found[push, skin, limited] = _second(market, push, skin, limited)
        alone = _second(market, "", 0, limited)
        found |= {(push, 0, limited): alone for push in PUSHES}
    return found


def _second(market: Market, push: str, skin: int, limited: bool) -> Second:
    size = STAKE * BASIS // skin if skin else 0

    def strategy(era: int, last: Outcome | None) -> tuple[Entry, ...]:
        predictions = market.history.predictions[era]
        own = Entry(STAKE, predictions[BEST])
        if not skin:
            return (own,)
        return own, Entry(size, opposite(predictions[BEST]) if push == ITS_OPPOSITE else predictions[push])

    outcomes = market.play(strategy, 1 + (skin > 0), threshold=None if limited else 0)
    changes = np.array([outcome.attacker for outcome in outcomes.values()], dtype=np.float64)
    return Second(changes[:, 0] / STAKE, changes[:, 1] / size if skin else np.zeros(len(changes)))


@dataclass(frozen=True)
class Gained:
    """What a pool's weight did to a manager, a round, of the stake of the second model.

    Attributes:
        by_mmc: what the model gained more without a threshold, where the factor is 1 throughout.
        by_factor: what the factor made of that, where a threshold limits payouts.
        skin: what the manager's own part of the pool gained.
        net: all of it, where a threshold limits payouts.
    """

    by_mmc: Interval
    by_factor: Interval
    skin: Interval
    net: Interval


def gained(second: Mapping[tuple[str, int, bool], Second], push: str, skin: int, drawn: np.ndarray) -> Gained:
    """Compare a manager's rounds with a pool to those without one."""
    unlimited = second[push, skin, False].model - second[push, 0, False].model
    limited = second[push, skin, True].model - second[push, 0, True].model
    own = second[push, skin, True].pool
    series = unlimited, limited - unlimited, own, limited + own
    return Gained(*(interval(mean, each, drawn) for each in series))
