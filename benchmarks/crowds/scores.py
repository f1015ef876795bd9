# SPDX-License-Identifier: MIT
"""Predictions of a universe, ranked and scored once: CORR and MMC by the formulas of `nmr.sealing.scoring`."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from fund.market.walk import Walk
from nmr.sealing.scoring import META_MODEL_DECIMALS, gaussian_ranks, signed_power

INVERSE: Final = "inverse of "
NOISE: Final = "more noise "


@dataclass(frozen=True, eq=False)
class Scored:
    """Columns of predictions that crowds are made of.

    Attributes:
        columns: their names: the models, then the inverse of each, then more noise.
        models: how many of them are models.
        gaussian: by era, float64 of shape (markets, columns): gaussianised ranks; zeros for what cannot be scored.
        targets: by era, float64 of shape (markets,).
        corr: float64 of shape (eras, columns), not a number for what cannot be scored.
    """

    columns: tuple[str, ...]
    models: int
    gaussian: tuple[np.ndarray, ...]
    targets: tuple[np.ndarray, ...]
    corr: np.ndarray

    @classmethod
    def of(cls, walk: Walk, noises: int, seed: int) -> "Scored":
        """Rank and score what a crowd predicted, its inverses, and so many columns of random numbers."""
        gaussian, targets, scores = [], [], []
        for era, predictions in zip(walk.eras, walk.predictions, strict=True):
            assert era.target is not None  # a walk has no others
            noise = np.random.default_rng([seed, era.number]).random((len(predictions), noises))
            ranked = gaussian_ranks(np.hstack([predictions, 1 - predictions, noise]))
            ranked[:, np.ptp(ranked, axis=0) == 0] = 0.0
            gaussian.append(ranked)
            targets.append(era.target)
            scores.append(corr(ranked, era.target))
        names = [*walk.models, *(INVERSE + name for name in walk.models)]
        columns = (*names, *(f"{NOISE}{number}" for number in range(1, noises + 1)))
        return cls(columns, len(walk.models), tuple(gaussian), tuple(targets), np.array(scores))

    def since(self, era: int) -> "Scored":
        """The same without the first eras."""
        return Scored(self.columns, self.models, self.gaussian[era:], self.targets[era:], self.corr[era:])


def corr(gaussian: np.ndarray, target: np.ndarray) -> np.ndarray:
    """CORR of gaussianised ranks of shape (markets, columns), one a column; not a number for a constant."""
    outcome = signed_power(target - target.mean())
    outcome -= outcome.mean()
    powered = signed_power(gaussian)
    powered = powered - powered.mean(axis=0)
    spread = np.sqrt((powered**2).sum(axis=0) * (outcome @ outcome))
    scores: np.ndarray = np.divide(outcome @ powered, spread, where=spread > 0, out=np.full(spread.shape, np.nan))
    return scores


def mmc(gaussian: np.ndarray, meta: np.ndarray, target: np.ndarray) -> np.ndarray:
    """MMC of gaussianised ranks of shape (markets, columns) beside a meta model of shape (markets,)."""
    ranked = gaussian_ranks(meta[:, np.newaxis])[:, 0]
    outcome = target * 4
    outcome = outcome - outcome.mean()
    scores: np.ndarray = (outcome @ gaussian - (ranked @ gaussian) * ((outcome @ ranked) / (ranked @ ranked))) / len(
        meta
    )
    return scores


def weighted(gaussian: np.ndarray, weights: np.ndarray) -> np.ndarray | None:
    """The weighted meta model, of shape (markets,); None if there is no weight or weights cancel out."""
    total = weights.sum()
    if total <= 0:
        return None
    meta = (gaussian @ (weights / total)).round(META_MODEL_DECIMALS)
    return None if np.ptp(meta) == 0 else meta


def meta_corr(gaussian: np.ndarray, weights: np.ndarray, target: np.ndarray) -> float:
    """CORR of the weighted meta model; 0 if there is none."""
    meta = weighted(gaussian, weights)
    if meta is None:
        return 0.0
    return float(corr(gaussian_ranks(meta[:, np.newaxis]), target)[0])
