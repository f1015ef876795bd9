# SPDX-License-Identifier: MIT
"""The seasons of the meta model's experiment: the base, and what is changed in each of the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from benchmarks.meta_model.history import USELESS, History
from benchmarks.meta_model.stakes import Rules, Season
from nmr.text.amounts import RATIO

MORE: Final = 12
"""Models that join in a larger cast."""
WIDE_CLIP: Final = RATIO // 4
WRONG_ONE: Final = "inverse-ridge"


class Cast(StrEnum):
    """Who takes part."""

    ALL = "of all models"
    USEFUL = "without those that know nothing"
    NOISY = "with more noise"
    WRONG = "with more copies of a wrong one"


@dataclass(frozen=True)
class Variant:
    """A season to play."""

    name: str
    rules: Rules = field(default_factory=Rules)
    cast: Cast = Cast.ALL


@dataclass(frozen=True)
class Played:
    """A season that was played, with its equal-weighted mean: float64 of shape (eras,)."""

    variant: Variant
    season: Season
    equal: np.ndarray


BASE: Final = Variant("base")
VARIANTS: Final = (
    BASE,
    Variant("ring of 2", Rules(ring=2)),
    Variant("ring of 13", Rules(ring=13)),
    Variant("ring of 64, as Classic", Rules(ring=64)),
    Variant("clip 1%", Rules(clip=RATIO // 100)),
    Variant("clip 25%", Rules(clip=WIDE_CLIP)),
    Variant("clip 100%", Rules(clip=RATIO)),
    Variant("CORR alone, × 0.5", Rules(contribution=0)),
    Variant("MMC alone, × 2", Rules(primary=0)),
    Variant("multipliers a fifth: 0.1 and 0.4", Rules(primary=1_000, contribution=4_000)),
    Variant("no threshold", Rules(threshold=0)),
    Variant("on target instead of compounding", Rules(compound=False)),
    Variant("without those that know nothing", cast=Cast.USEFUL),
    Variant(f"{MORE} more noise models", cast=Cast.NOISY),
    Variant(f"{MORE} more noise models, clip 25%", Rules(clip=WIDE_CLIP), Cast.NOISY),
    Variant(f"{MORE} more copies of {WRONG_ONE}", cast=Cast.WRONG),
    Variant(f"{MORE} more copies of {WRONG_ONE}, clip 25%", Rules(clip=WIDE_CLIP), Cast.WRONG),
)
"""The last two were added when the others had been seen, and the page says so."""


def casts(history: History, seed: int) -> Mapping[Cast, History]:
    """The same eras with each cast."""
    return {
        Cast.ALL: history,
        Cast.USEFUL: history.without(USELESS),
        Cast.NOISY: history.with_noise(MORE, seed),
        Cast.WRONG: history.with_copies(WRONG_ONE, MORE),
    }
