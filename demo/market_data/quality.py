# SPDX-License-Identifier: MIT
"""Print how good the models are over every era they can be scored on: `python -m demo.market_data.quality`.

All stakes are equal, so the meta model is the plain mean. Nothing is left out and nothing is tuned on the result.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from demo.market_data.eras import Era, build_eras
from demo.market_data.models import FIRST_PREDICTABLE_ERA, MODELS, ModelSpec, walk_forward
from demo.market_data.prices import load_relatives
from nmr.sealing.scoring import DECIMALS, ModelScore, score_round

EQUAL_STAKE: Final = 10**9
WIDTH: Final = 22


@dataclass(frozen=True)
class Quality:
    """A model over many eras.

    Attributes:
        corr: mean CORR.
        sharpe: mean CORR over its standard deviation, an era at a time, not annualised (as
            `numerai_tools.scoring.sharpe_ratio`).
        positive: share of eras with CORR above 0.
        mmc: mean MMC.
        mmc_sharpe: mean MMC over its standard deviation.
    """

    model: str
    corr: float
    sharpe: float
    positive: float
    mmc: float
    mmc_sharpe: float


def score_eras(
    eras: Mapping[int, Era], numbers: Sequence[int], models: Sequence[ModelSpec] = MODELS, seed: int = 0
) -> dict[int, dict[str, ModelScore]]:
    """Predict and score eras with equal stakes; scores by era and model. Eras without a target are left out."""
    stakes = {model.name: EQUAL_STAKE for model in models}
    known = {number: target for number in numbers if (target := eras[number].target) is not None}
    predictions = walk_forward(eras, known, models, seed)
    return {number: score_round(predictions[number], target, stakes) for number, target in known.items()}


def summarise(scores: Mapping[int, Mapping[str, ModelScore]]) -> list[Quality]:
    """Summarise scores by era and model, in the order of the models.

    An era counts if it has both scores; a model without such an era has no row.
    """
    rows = []
    for model in next(iter(scores.values()), {}):
        pairs = [(era[model].primary, era[model].contribution) for era in scores.values()]
        known = [(p, c) for p, c in pairs if p is not None and c is not None]
        if not known:
            continue
        corr, mmc = (np.array(known) / 10**DECIMALS).T
        rows.append(
            Quality(
                model=model,
                corr=float(corr.mean()),
                sharpe=float(corr.mean() / corr.std()),
                positive=float((corr > 0).mean()),
                mmc=float(mmc.mean()),
                mmc_sharpe=float(mmc.mean() / mmc.std()),
            )
        )
    return rows


def main() -> int:
    """Print one line per model."""
    eras = build_eras(load_relatives())
    numbers = [number for number, era in eras.items() if number >= FIRST_PREDICTABLE_ERA and era.target is not None]
    print(f"{len(numbers)} eras, {numbers[0]} to {numbers[-1]}, equal stakes")
    print(f"{'model':<{WIDTH}}{'CORR':>9}{'sharpe':>8}{'CORR > 0':>10}{'MMC':>9}{'sharpe':>8}")
    scores = score_eras(eras, numbers)
    rows = {row.model: row for row in summarise(scores)}
    for model, last in scores[numbers[-1]].items():
        print(f"{model:<{WIDTH}}{_cells(rows[model]) if model in rows else f'  never scored: {last.reason}'}")
    return 0


def _cells(row: Quality) -> str:
    return f"{row.corr:>9.4f}{row.sharpe:>8.2f}{row.positive:>10.0%}{row.mmc:>9.4f}{row.mmc_sharpe:>8.2f}"


if __name__ == "__main__":
    sys.exit(main())
