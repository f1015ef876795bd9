# SPDX-License-Identifier: MIT
"""What a model may learn from when it predicts an era, and nothing later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from demo.market_data.eras import FIRST_ERA, Era
from nmr.errors import NmrError

# The target of the era before is known at the very close at which a prediction is due: too late to train on.
EMBARGO: Final = 1
SHORTEST_TRAINING: Final = 26
LONGEST_TRAINING: Final = 104
FIRST_PREDICTABLE_ERA: Final = FIRST_ERA + SHORTEST_TRAINING + EMBARGO


class ModelError(NmrError, ValueError):
    """A model that cannot be trained, or whose predictions are no predictions."""


@dataclass(frozen=True, eq=False)
class Training:
    """The eras that a model may learn from.

    Attributes:
        numbers: the eras, ascending.
        era: int array of shape (rows,): the era of each row.
        features: float64 array of shape (rows, features), columns as in the era to predict.
        target: float64 array of shape (rows,), values from `demo.market_data.eras.BINS`.
    """

    numbers: tuple[int, ...]
    era: np.ndarray
    features: np.ndarray
    target: np.ndarray

    def latest(self, count: int) -> "Training":
        """Return the last `count` eras of this training set."""
        return self._of(self.numbers[-count:])

    def oldest(self, count: int) -> "Training":
        """Return the first `count` eras of this training set."""
        return self._of(self.numbers[:count])

    def _of(self, numbers: tuple[int, ...]) -> "Training":
        rows = np.isin(self.era, numbers)
        return Training(numbers, self.era[rows], self.features[rows], self.target[rows])


def training_set(eras: Mapping[int, Era], number: int, embargo: int = EMBARGO) -> Training:
    """Collect what may be learnt from when era `number` is predicted.

    Args:
        embargo: how many eras right before `number` are left out. With 0 the target of the era before would be used
            at the moment it becomes known. A negative one is refused: it would look ahead.

    Returns:
        eras number - embargo - 104 to number - embargo - 1, as far as they exist.

    Raises:
        ModelError: if the embargo is negative or fewer than 26 eras with a target are left.
    """
    if embargo < 0:
        raise ModelError("A negative embargo would train on the era to predict.")
    end = number - embargo
    chosen = [(n, eras[n], eras[n].target) for n in range(end - LONGEST_TRAINING, end) if n in eras]
    known = [(n, era, target) for n, era, target in chosen if target is not None]
    if len(known) < SHORTEST_TRAINING:
        raise ModelError(f"Era {number} has {len(known)} eras to train on, fewer than {SHORTEST_TRAINING}.")
    return Training(
        numbers=tuple(n for n, _, _ in known),
        era=np.concatenate([np.full(len(target), n) for n, _, target in known]),
        features=np.concatenate([era.features.to_numpy() for _, era, _ in known]),
        target=np.concatenate([target.to_numpy() for _, _, target in known]),
    )
