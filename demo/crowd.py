# SPDX-License-Identifier: MIT
"""The demo's crowd: its models on the prices of 88 stocks."""

from collections.abc import Sequence

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from demo.market_data.eras import build_eras
from demo.market_data.models import MODELS, predict
from demo.market_data.prices import load_relatives


class DemoCrowd:
    """What the demo's models predict."""

    def __init__(self, seed: int) -> None:
        """
        Args:
            seed: of the models' random choices.
        """
        self._eras = build_eras(load_relatives())
        self._seed = seed

    def ids(self, era: int) -> tuple[str, ...]:
        """The stocks."""
        return tuple(self._eras[era].features.index)

    def target(self, era: int) -> pd.Series:
        """What became of each."""
        target = self._eras[era].target
        assert target is not None, "the demo plays eras with an outcome"
        return target.astype(np.float64)

    def predict(self, era: int, models: Sequence[str]) -> pd.DataFrame:
        """What these models predict, trained on what was known before."""
        by_name = {spec.name: spec for spec in MODELS}
        return predict(self._eras, era, [by_name[name] for name in models], self._seed)
