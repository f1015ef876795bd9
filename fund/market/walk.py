# SPDX-License-Identifier: MIT
"""Walk-forward predictions of the crowd: trained every half year on the eras whose targets were known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

import fund.market
from fund.market.eras import Era, Universe, eras
from fund.market.models import MODELS, Model, Training, submitted
from fund.market.store import MarketError

REFIT: Final = 26
"""Eras between two trainings."""
EMBARGO: Final = 1
"""Eras right before that are left out: the target of the one before is not over when a prediction is due."""
LIBRARIES: Final = ("numpy", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Plan:
    """How a universe is walked.

    Attributes:
        universe: makes it.
        first: ISO date from which on it is predicted.
        shortest: fewest eras to train on.
        longest: most eras to train on.
    """

    universe: Callable[[], Universe]
    first: str
    shortest: int
    longest: int


@dataclass(frozen=True, eq=False)
class Walk:
    """A universe as its crowd predicted it.

    Attributes:
        eras: those that were predicted and have a target, ascending.
        predictions: by era, float64 of shape (markets, models).
        models: their names.
    """

    eras: tuple[Era, ...]
    predictions: tuple[np.ndarray, ...]
    models: tuple[str, ...]


def training_eras(known: Sequence[Era], number: int, plan: Plan) -> Sequence[Era]:
    """The eras that a model may learn from when era `number` is due.

    Raises:
        MarketError: if there are fewer than the plan asks for.
    """
    end = number - EMBARGO
    chosen = known[max(0, end - plan.longest) : max(0, end)]
    if len(chosen) < plan.shortest:
        raise MarketError(f"Era {number} has {len(chosen)} eras to train on, fewer than {plan.shortest}.")
    return chosen


def walk(
    universe: Universe,
    plan: Plan,
    cache: Path,
    told: Callable[[int, int], None],
    models: Sequence[Model] = MODELS,
    seed: int = 0,
) -> Walk:
    """Predict every era of a universe, or take from the cache what the same code made of the same data before.

    Native thread pools are held to one thread, so that results do not depend on the number of cores.

    Args:
        cache: folder of one file a training, named for all that it depends on.
        told: called after each training with the number done and of all.
    """
    everything = list(eras(universe))
    due = [era for era in everything if era.date >= np.datetime64(plan.first) and era.target is not None]
    blocks = [due[start : start + REFIT] for start in range(0, len(due), REFIT)]
    key = fingerprint(universe, plan, models, seed)
    cache.mkdir(parents=True, exist_ok=True)
    predictions: list[np.ndarray] = []
    for count, block in enumerate(blocks, 1):
        file = cache / f"{universe.name}-{key}-{block[0].number}.npz"
        if not file.exists():
            training = Training.of(training_eras(everything, block[0].number, plan), universe.feature_names)
            with threadpool_limits(limits=1):
                fitted = [model.fit(training, seed) for model in models]
                made = [np.column_stack([submitted(predict, era) for predict in fitted]) for era in block]
            unfinished = file.with_suffix(".part")
            with unfinished.open("wb") as handle:
                np.savez(handle, *made)
            unfinished.replace(file)
        with np.load(file) as saved:
            predictions += [saved[name] for name in saved.files]
        told(count, len(blocks))
    return Walk(tuple(due), tuple(predictions), tuple(model.name for model in models))


def fingerprint(universe: Universe, plan: Plan, models: Sequence[Model], seed: int) -> str:
    """A hash of all that predictions depend on: data, code of the market, libraries, settings."""
    digest = sha256()
    prices = universe.prices
    for array in (prices.dates.astype(np.int64), prices.returns, prices.dollars):
        digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
    for source in ("past.py", "eras.py", "models.py", "walk.py"):
        digest.update((Path(fund.market.__file__).parent / source).read_bytes())
    said = [universe.first, plan.first, plan.shortest, plan.longest, [model.name for model in models], seed]
    digest.update(repr([*said, [version(library) for library in LIBRARIES]]).encode())
    return digest.hexdigest()[:16]
