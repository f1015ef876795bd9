# SPDX-License-Identifier: MIT
"""Is a difference above zero? Block bootstrap over eras, and Holm over several such questions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.meta_model.figures import interval, mean


@dataclass(frozen=True)
class Tested:
    """A mean difference, its 95% interval, and how likely one as large is by chance where there is none.

    Attributes:
        p: one-sided, of the block bootstrap.
        holm: the same, adjusted for all questions that were asked with it.
    """

    value: float
    low: float
    high: float
    p: float
    holm: float


def one_sided(difference: np.ndarray, drawn: np.ndarray) -> float:
    """How often a resampled mean, less the mean itself, is as high as the mean."""
    centred = difference[drawn].mean(axis=1) - difference.mean()
    return float((1 + (centred >= difference.mean()).sum()) / (1 + len(drawn)))


def holm(chances: Mapping[str, float]) -> dict[str, float]:
    """Holm's adjustment: chances that may all be compared with one level."""
    adjusted, highest = {}, 0.0
    for rank, (name, chance) in enumerate(sorted(chances.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, (len(chances) - rank) * chance))
        adjusted[name] = highest
    return adjusted


def tested(differences: Mapping[str, np.ndarray], drawn: np.ndarray) -> dict[str, Tested]:
    """Each difference, float64 of shape (eras,), with its interval and chances, in the order given."""
    chances = {name: one_sided(difference, drawn) for name, difference in differences.items()}
    adjusted = holm(chances)
    found = {}
    for name, difference in differences.items():
        value, low, high = interval(mean, difference, drawn)
        found[name] = Tested(value, low, high, chances[name], adjusted[name])
    return found
