# SPDX-License-Identifier: MIT
"""What an export says of models, without a node: their rounds, and the leaderboard."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from nmr.client.results import Place
from nmr.history.kept import ExportInvalid, read_mark
from nmr.history.tables import SCHEMAS
from nmr.protocol.reference.rounds import State
from nmr.rounds.history import Played, rank_models
from nmr.text.amounts import FACTOR, GWEI, MULTIPLIER, SCORE
from nmr.text.selection import ModelName


def read_table(folder: Path, name: str) -> pl.LazyFrame:
    """A table of an export.

    Raises:
        ExportInvalid: the folder holds none, or another one.
    """
    read_mark(folder)
    path = folder / f"{name}.parquet"
    try:
        frame = pl.scan_parquet(path)
        schema = frame.collect_schema()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ExportInvalid(f"{path} cannot be read: {str(error).splitlines()[0]}.") from None
    if schema != SCHEMAS[name]:
        raise ExportInvalid(f"{path} has other columns than docs/export.md says: export anew.")
    return frame


def kept_model(folder: Path, name: ModelName) -> int:
    """The id of a model by its id or label.

    Raises:
        ExportInvalid: the folder holds no export, no model has that label or id, or several have that label.
    """
    key = "model" if isinstance(name, int) else "label"
    found = read_table(folder, "models").filter(pl.col(key) == name).collect()["model"]
    if len(found) != 1:
        how_many = "No model has" if found.is_empty() else "Several models have"
        raise ExportInvalid(f"{how_many} the {'id' if key == 'model' else 'label'} {name} in {folder}.")
    return int(found[0])


def kept_history(folder: Path, model: int) -> list[Played]:
    """The rounds of a model, by number. Raises `ExportInvalid`."""
    return _played(folder, read_table(folder, "positions").filter(pl.col("model") == model))


def kept_leaderboard(folder: Path, last: int) -> list[Place]:
    """The models that had a stake or a score in the last settled rounds, the best first. Raises `ExportInvalid`."""
    rounds = read_table(folder, "rounds")
    scored = pl.col("settled").eq(pl.col("at_risk")) & pl.col("root").is_not_null() & (pl.col("at_risk") > 0)
    chosen = rounds.filter(scored).sort("round").tail(last).collect()
    multipliers = {
        row["round"]: (round(row["primary"] * MULTIPLIER), round(row["contribution"] * MULTIPLIER))
        for row in chosen.iter_rows(named=True)
    }
    rows = _played(folder, read_table(folder, "positions").filter(pl.col("round").is_in(list(multipliers))))
    standings = rank_models(rows, multipliers)
    models = {row["model"]: row for row in read_table(folder, "models").collect().iter_rows(named=True)}
    return [Place(each, models[each.model]["label"], models[each.model]["owner"]) for each in standings]


def _played(folder: Path, positions: pl.LazyFrame) -> list[Played]:
    rounds = read_table(folder, "rounds").select("round", "state", "factor")
    rows = positions.join(rounds, on="round").sort("round", "model").collect().iter_rows(named=True)
    return [_row(row) for row in rows]


def _row(row: Mapping[str, Any]) -> Played:
    corr, mmc = row["corr"], row["mmc"]
    return Played(
        round=row["round"],
        model=row["model"],
        state=State[row["state"].upper()],
        stake=row["stake"] * GWEI,
        submitted=row["submitted"],
        score=None if corr is None else (round(corr * SCORE), round(mmc * SCORE)),
        factor=None if row["factor"] is None else round(row["factor"] * FACTOR),
        payout=None if row["payout"] is None else row["payout"] * GWEI,
        rank=row["rank"],
        scored=row["scored"],
    )
