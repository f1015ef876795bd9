# SPDX-License-Identifier: MIT
"""What pools brought those who stayed in them, and which pools win what another loses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Final

from nmr.rounds.history import Played

LEAST_COMMON: Final = 20
"""Rounds that two pools both had a payout in, before their payouts are compared."""
OPPOSITE: Final = -0.7
"""A correlation of payouts at which two pools offset each other; of independent ones chance brings 20 rounds there in
1 of 3,400 pairs, and more rounds in fewer."""


@dataclass(frozen=True)
class Growth:
    """What became of 1 NMR that was put into each place of a pool when it was first opened, and stayed.

    Attributes:
        places: by place, after fees: 1.05 for 5% won; None where nobody ever was.
    """

    places: tuple[float | None, ...]

    @property
    def total(self) -> float | None:
        """The same of equal amounts at all places that were opened."""
        opened = [each for each in self.places if each is not None]
        return sum(opened) / len(opened) if opened else None


@dataclass(frozen=True)
class Opposites:
    """Two pools whose payouts offset each other, by their models.

    Attributes:
        models: of the pools.
        rounds: how many both had a payout in.
        correlation: of their payouts by stake.
    """

    models: tuple[int, int]
    rounds: int
    correlation: float


def growth(ended: Sequence[Sequence[tuple[int, int]]], running: Sequence[tuple[int, int]]) -> Growth:
    """What became of a pool's first NMR: an epoch opens with a share a wei, times 10**9 a gwei.

    Args:
        ended: by place, value (wei) and shares of each epoch at its end.
        running: by place, those of the running epoch, the fee that is due taken off; no shares without one.
    """
    found: list[float | None] = []
    for epochs, now in zip(ended, running, strict=True):
        product, looks = 1.0, [each for each in (*epochs, now) if each[1]]
        for value, shares in looks:
            product *= value / shares
        found.append(product if looks else None)
    return Growth(tuple(found))


def rates(rows: Iterable[Played]) -> dict[int, dict[int, float]]:
    """Payout by stake of each settled round, by model and round."""
    found: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for row in rows:
        if row.stake and row.payout is not None:
            found[row.model][row.round] = row.payout / row.stake
    return dict(found)


def drawdown(by_round: Mapping[int, float], ring: int) -> float:
    """The largest fall of a place from its peak, before fees: 0.1 for 10%.

    Args:
        by_round: payout by stake.
        ring: how many places there are.
    """
    worth, peak, deepest = [1.0] * ring, [1.0] * ring, 0.0
    for number, rate in sorted(by_round.items()):
        place = number % ring
        worth[place] *= 1 + rate
        peak[place] = max(peak[place], worth[place])
        deepest = max(deepest, 1 - worth[place] / peak[place])
    return deepest


def opposites(by_model: Mapping[int, Mapping[int, float]]) -> list[Opposites]:
    """All pairs of pools that offset each other, whoever manages them; the most opposite first.

    Args:
        by_model: payout by stake, by the pool's model and round.
    """
    found = []
    for first, second in combinations(sorted(by_model), 2):
        common = sorted(by_model[first].keys() & by_model[second].keys())
        if len(common) >= LEAST_COMMON:
            pair = [[by_model[model][number] for number in common] for model in (first, second)]
            correlation = _correlation(*pair)
            if correlation is not None and correlation <= OPPOSITE:
                found.append(Opposites((first, second), len(common), correlation))
    return sorted(found, key=lambda each: each.correlation)


def _correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's; None where one of the two is always the same."""
    count = len(first)
    means = sum(first) / count, sum(second) / count
    pairs = [(one - means[0], other - means[1]) for one, other in zip(first, second, strict=True)]
    spread = sqrt(sum(one * one for one, _ in pairs) * sum(other * other for _, other in pairs))
    return sum(one * other for one, other in pairs) / spread if spread > 0 else None
