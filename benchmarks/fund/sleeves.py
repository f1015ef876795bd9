# SPDX-License-Identifier: MIT
"""The two sleeves: what each crowd says of each week, and backtests of it that are kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.crowds.scores import Scored, meta_corr, weighted
from benchmarks.crowds.season import Season
from benchmarks.fund.variants import META, PLAIN, SINGLE
from fund.backtest import NOBODY, Run, Setting, expected_corr, run
from fund.market.eras import Era, Universe
from fund.market.walk import Walk

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ("fund/backtest.py", "fund/portfolio.py", "fund/market/past.py", "fund/market/eras.py")
"""Code that a backtest depends on, besides what is said of each week."""


@dataclass(frozen=True, eq=False)
class Said:
    """What somebody says of each week of a universe.

    Attributes:
        metas: by era, float64 of shape (members,).
        corr: float64 of shape (eras,): CORR of it.
    """

    metas: tuple[np.ndarray, ...]
    corr: np.ndarray


@dataclass(frozen=True, eq=False)
class Sleeve:
    """A universe with what its crowd says.

    Attributes:
        universe: of it.
        eras: those that are traded.
        said: by who says it.
        single: the model that had the highest mean CORR before the first of these eras.
    """

    universe: Universe
    eras: tuple[Era, ...]
    said: Mapping[str, Said]
    single: str

    @classmethod
    def of(cls, universe: Universe, walked: Walk, whole: Scored, season: Season, history: int) -> "Sleeve":
        """What is said from era `history` on.

        Args:
            whole: the scores of all eras.
            season: of the honest crowd, from era `history` on.
        """
        models = slice(0, whole.models)
        gaussian = [each[:, models] for each in whole.gaussian[history:]]
        best = int(np.nan_to_num(whole.corr[:history, models]).mean(axis=0).argmax())
        weights = {
            META: list(season.shares),
            PLAIN: [np.ones(whole.models)] * len(gaussian),
            SINGLE: [np.eye(whole.models)[best]] * len(gaussian),
        }
        said = {}
        for who, rows in weights.items():
            metas = tuple(_meta(each, row) for each, row in zip(gaussian, rows, strict=True))
            scores = [
                meta_corr(each, row, target)
                for each, row, target in zip(gaussian, rows, whole.targets[history:], strict=True)
            ]
            said[who] = Said(metas, np.array(scores))
        return cls(universe, walked.eras[history:], said, walked.models[best])

    def run(
        self,
        by: str,
        setting: Setting,
        assets: Callable[[int], float],
        cache: Path,
        told: Callable[[int, int], None],
        since: str = "1900-01-01",
        until: str = "2100-01-01",
        arrivals: Mapping[int, float] = NOBODY,
    ) -> Run:
        """Trade what somebody says in the weeks whose features are known in these days, or take it from the cache.

        Args:
            told: called with the number of trades that are done, and of all.
        """
        corr = expected_corr(self.said[by].corr)
        chosen = [
            number for number, era in enumerate(self.eras) if np.datetime64(since) <= era.date <= np.datetime64(until)
        ]
        eras, metas = [self.eras[number] for number in chosen], [self.said[by].metas[number] for number in chosen]
        told_of = [(str(era.date), assets(number)) for number, era in enumerate(eras)]
        key = sha256(repr((setting, told_of, sorted(arrivals.items()))).encode())
        for array in (*metas, corr[chosen], self.universe.prices.returns):
            key.update(np.ascontiguousarray(array).tobytes())
        for source in SOURCES:
            key.update((ROOT / source).read_bytes())
        file = cache / f"run-{self.universe.name}-{key.hexdigest()[:24]}.npz"
        if not file.exists():
            made = run(
                self.universe.prices,
                eras,
                metas,
                corr[chosen],
                assets,
                setting,
                lambda done: told(done, len(eras)),
                arrivals,
            )
            cache.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_suffix(".part")
            with unfinished.open("wb") as handle:
                np.savez(handle, **{field.name: getattr(made, field.name) for field in fields(Run)})
            unfinished.replace(file)
        with np.load(file) as saved:
            arrays = {field.name: saved[field.name] for field in fields(Run)}
        return Run(**{**arrays, "skipped": int(arrays["skipped"])})


def _meta(gaussian: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted meta model; that of equal weights where nobody says anything."""
    meta = weighted(gaussian, weights)
    if meta is None:
        meta = gaussian.mean(axis=1)
    return meta
