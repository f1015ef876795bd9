# SPDX-License-Identifier: MIT
"""A crowd of `make fund`: eight quick models on a universe, week by week."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from demo.cast import Entrant
from fund.market.eras import DAYS, GAP, Era, Universe, era
from fund.market.models import MODELS, Predict, Training, submitted
from fund.market.store import MarketError
from fund.market.walk import EMBARGO, REFIT

QUICK: Final = (
    "ridge",
    "elastic-net",
    "partial-least-squares",
    "naive-bayes",
    "momentum",
    "residual-reversal",
    "near-high",
    "noise",
)
"""Models that train in a moment: of each kind some, chosen before any of them was scored in these weeks."""
COMPOUNDING: Final = frozenset({"ridge", "naive-bayes", "momentum", "near-high"})
TRAINED_ON: Final = 104
"""Eras."""


def entrants() -> list[Entrant]:
    """The eight models; half of them compound, the others keep their stake at one amount."""
    return [
        Entrant(name, "compound" if name in COMPOUNDING else "target", joins=0, forgetful=False, tardy=False)
        for name in QUICK
    ]


def calendar(universe: Universe) -> np.ndarray:
    """The last day that each era of a universe knows, by number: datetime64[D] of shape (eras,), a week apart."""
    dates = universe.prices.dates
    days: np.ndarray = dates[int(np.searchsorted(dates, np.datetime64(universe.first))) :: DAYS]
    return days


def era_on(days: np.ndarray, day: np.datetime64) -> int:
    """The number of the first era of a calendar that knows a day."""
    return int(np.searchsorted(days, day))


class FundCrowd:
    """What these models predict, trained every half year on the two years before."""

    def __init__(self, universe: Universe, days: np.ndarray, first: int, rounds: int, seed: int) -> None:
        """
        Args:
            universe: of the prices.
            days: as of `calendar`, of this universe or of another whose weeks it takes part in: an era knows the prices
                up to its day.
            first: the first era that is predicted.
            rounds: how many are.
            seed: of the models' random choices.

        Raises:
            MarketError: there are not so many eras, or too few before the first to train on.
        """
        dates = universe.prices.dates
        eldest = first - EMBARGO - TRAINED_ON
        if eldest < 0:
            raise MarketError(f"Era {first} has {first - EMBARGO} eras to train on, fewer than {TRAINED_ON}.")
        last = first + rounds - 1
        rows = np.searchsorted(dates, days[eldest : last + 1], side="right") - 1
        if last >= len(days) or rows[-1] + GAP + DAYS >= len(dates):
            raise MarketError(f"The prices end on {dates[-1]}, before era {last} is over.")
        self._eras = {
            eldest + number: era(universe.prices, eldest + number, int(row)) for number, row in enumerate(rows)
        }
        self._universe = universe
        self._first = first
        self._seed = seed
        # By model, for the block of eras that begins with this one.
        self._fitted: tuple[int, dict[str, Predict]] = (-1, {})

    def era(self, number: int) -> Era:
        """What is known of an era."""
        return self._eras[number]

    def ids(self, era: int) -> tuple[str, ...]:
        """The markets."""
        names = self._universe.prices.names
        return tuple(names[member] for member in self._eras[era].members)

    def target(self, era: int) -> pd.Series:
        """What became of each, neutral and in bins."""
        return pd.Series(self._eras[era].target, index=pd.Index(self.ids(era), name="id"), name="target")

    def predict(self, era: int, models: Sequence[str]) -> pd.DataFrame:
        """What these models predict, trained on what was known before, neutral to the era's exposures."""
        fitted = self._fit(self._first + (era - self._first) // REFIT * REFIT)
        made = {name: submitted(fitted[name], self._eras[era]) for name in models}
        return pd.DataFrame(made, index=pd.Index(self.ids(era), name="id"))

    def _fit(self, number: int) -> dict[str, Predict]:
        """The models as trained for the eras from this one on."""
        if self._fitted[0] != number:
            end = number - EMBARGO
            names = self._universe.feature_names
            training = Training.of([self._eras[each] for each in range(end - TRAINED_ON, end)], names)
            by_name = {model.name: model for model in MODELS}
            with threadpool_limits(limits=1):
                self._fitted = (number, {name: by_name[name].fit(training, self._seed) for name in QUICK})
        return self._fitted[1]
