# SPDX-License-Identifier: MIT
"""Attempts to make the meta model of the honest crowd better by the protocol's own settings."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.crowds.crowd import Crowd
from benchmarks.meta_model.stakes import Rules
from nmr.text.amounts import RATIO

BASE: Final = Rules()
RULES: Final[Mapping[str, Rules]] = {
    "clip 1%": Rules(clip=RATIO // 100),
    "clip 25%": Rules(clip=RATIO // 4),
    "CORR alone": Rules(contribution=0),
    "MMC alone": Rules(primary=0),
    "ring of 2": Rules(ring=2),
    "ring of 13": Rules(ring=13),
    "no threshold": Rules(threshold=0),
    "on target instead of compounding": Rules(compound=False),
}
"""Seasons of the honest crowd by other rules."""

LEAST: Final = 0.1
MOST: Final = 2.0


def every_other_on_target(crowd: Crowd) -> Crowd:
    """The same crowd; each second one takes gains home and tops burns up."""
    changed = [replace(entrant, compound=number % 2 == 0) for number, entrant in enumerate(crowd.entrants)]
    return Crowd("every other on target", tuple(changed))


def sized(crowd: Crowd, history: np.ndarray) -> Crowd:
    """The same crowd, each with a stake by its mean CORR so far: from a tenth to twice the usual, on average about one.

    Args:
        history: float64 of shape (eras, entrants).
    """
    mean = np.maximum(np.nan_to_num(history).mean(axis=0), 0.0)
    relative = mean / mean.mean() if mean.any() else np.ones(len(mean))
    sizes = np.clip(relative, LEAST, MOST)
    changed = [
        replace(entrant, stake=int(entrant.stake * round(1_000 * float(size))) // 1_000)
        for entrant, size in zip(crowd.entrants, sizes, strict=True)
    ]
    return Crowd("stakes sized by scores so far", tuple(changed))
