# SPDX-License-Identifier: MIT
"""What the experiment of the meta model is played on: every model's predictions and the outcome, era by era."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy.stats import rankdata  # type: ignore[import-untyped]

import demo.market_data
from demo.market_data.eras import Era
from demo.market_data.models import MODELS, predict
from demo.market_data.prices import FILE

USELESS: Final = ("noise", "inverse-ridge", "constant", "alphabet")
"""Models of which it is plain beforehand that they know nothing."""
LIBRARIES: Final = ("numpy", "pandas", "scipy", "scikit-learn")


@dataclass(frozen=True)
class History:
    """Eras that are over.

    Attributes:
        predictions: by era, ascending: float64 frame of shape (stocks, models), columns the models' names.
        targets: by era: float64 series of shape (stocks,).
    """

    predictions: Mapping[int, pd.DataFrame]
    targets: Mapping[int, pd.Series]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The eras, ascending."""
        return tuple(self.predictions)

    @property
    def models(self) -> tuple[str, ...]:
        """The models' names."""
        return tuple(next(iter(self.predictions.values())).columns)

    def without(self, names: Sequence[str]) -> "History":
        """The same eras when these models do not take part."""
        return History({era: frame.drop(columns=list(names)) for era, frame in self.predictions.items()}, self.targets)

    def with_noise(self, count: int, seed: int) -> "History":
        """The same eras with `count` more models that are nothing but random numbers."""
        frames = {}
        for era, frame in self.predictions.items():
            numbers = np.random.default_rng([seed, era]).random((len(frame), count))
            names = [f"more-noise-{index + 1}" for index in range(count)]
            ranks = (rankdata(numbers, axis=0) - 0.5) / len(frame)
            frames[era] = frame.join(pd.DataFrame(ranks, index=frame.index, columns=names))
        return History(frames, self.targets)

    def with_copies(self, name: str, count: int) -> "History":
        """The same eras with `count` more models that say what the model of this name says."""
        names = [f"{name}-{index + 2}" for index in range(count)]
        return History(
            {era: frame.assign(**dict.fromkeys(names, frame[name])) for era, frame in self.predictions.items()},
            self.targets,
        )


def load_history(
    eras: Mapping[int, Era], numbers: Sequence[int], seed: int, cache: Path, told: Callable[[], None]
) -> History:
    """Train and predict walk-forward, or take from the cache what the same code made of the same data before.

    Args:
        eras: as built from the shipped prices.
        numbers: eras with a target, ascending.
        seed: of every random choice of the models.
        cache: folder of one file an era, named for what it depends on.
        told: called after each era.
    """
    key = _key(seed)
    cache.mkdir(parents=True, exist_ok=True)
    predictions: dict[int, pd.DataFrame] = {}
    for number in numbers:
        file = cache / f"{key}-{number}.npy"
        if file.exists():
            columns = [model.name for model in MODELS]
            index = eras[number].features.sort_index().index
            predictions[number] = pd.DataFrame(np.load(file), index=index, columns=columns)
        else:
            predictions[number] = predict(eras, number, seed=seed)
            unfinished = file.with_suffix(".part")
            with unfinished.open("wb") as handle:
                np.save(handle, predictions[number].to_numpy())
            unfinished.replace(file)
        told()
    return History(predictions, {number: eras[number].target for number in numbers})


def _key(seed: int) -> str:
    """A hash of all that predictions depend on: prices, code, libraries, seed."""
    digest = sha256(FILE.read_bytes())
    for source in sorted(Path(demo.market_data.__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    digest.update(f"seed {seed}".encode())
    return digest.hexdigest()[:24]
