# SPDX-License-Identifier: MIT
"""Seasons: one round an era, stakes by the protocol's own ledger, beside the plain mean of the same entrants."""

from dataclasses import dataclass

import numpy as np

from benchmarks.crowds.crowd import Crowd
from benchmarks.crowds.scores import Scored, meta_corr, mmc, weighted
from benchmarks.meta_model.stakes import Ledger, Rules
from nmr.sealing.scoring import to_fixed


@dataclass(frozen=True, eq=False)
class Season:
    """What came of a season.

    Attributes:
        meta: float64 of shape (eras,): CORR of the stake-weighted meta model.
        plain: float64 of shape (eras,): CORR of the mean of all who take part.
        shares: float64 of shape (eras, entrants): of what is at stake at the lock of each era and can be scored.
        clipped: share of the payouts and burns that the clip cut.
    """

    meta: np.ndarray
    plain: np.ndarray
    shares: np.ndarray
    clipped: float


def play(scored: Scored, crowd: Crowd, rules: Rules) -> Season:
    """Play one round an era."""
    columns = [scored.columns.index(entrant.column) for entrant in crowd.entrants]
    joins = np.array([entrant.joins for entrant in crowd.entrants])
    ledger = Ledger(rules, len(columns), [entrant.stake for entrant in crowd.entrants], joins.tolist())
    for model, entrant in enumerate(crowd.entrants):
        if entrant.compound is not None:
            ledger.stakes.compound[model] = entrant.compound
    used, place = np.unique(columns, return_inverse=True)
    valid = ~np.isnan(scored.corr)
    metas, plains, shares = [], [], []
    for round_id, (gaussian, target) in enumerate(zip(scored.gaussian, scored.targets, strict=True)):
        there = (joins <= round_id) & valid[round_id, columns]
        stakes = np.where(there, np.array(ledger.open(round_id), dtype=np.float64), 0.0)
        total = np.bincount(place, stakes, len(used))
        mine = gaussian[:, used]
        meta = weighted(mine, total)
        contribution = np.zeros(len(used)) if meta is None else mmc(mine, meta, target)
        words = [
            (to_fixed(primary) if known else 0, to_fixed(added) if known else 0)
            for primary, added, known in zip(
                scored.corr[round_id, used], contribution, valid[round_id, used], strict=True
            )
        ]
        ledger.resolve(round_id, {model: words[column] for model, column in enumerate(place)})
        metas.append(meta_corr(mine, total, target))
        plains.append(meta_corr(mine, np.bincount(place, there.astype(np.float64), len(used)), target))
        shares.append(stakes / max(stakes.sum(), 1.0))
    return Season(np.array(metas), np.array(plains), np.array(shares), ledger.clipped / max(ledger.paid, 1))
