# SPDX-License-Identifier: MIT
"""What an export says of models, without a node: their rounds, and the leaderboard."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from nmr.client.results import LeaderboardPlace
from nmr.history.frames import SCHEMAS
from nmr.history.kept import ExportInvalid, read_mark
from nmr.protocol.reference.rounds import State
from nmr.rounds.history import Played, Sums, rank_sums
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


def kept_models(folder: Path, names: Iterable[ModelName]) -> list[int]:
    """The ids of models by ids or labels.

    Raises:
        ExportInvalid: the folder holds no export, no model has such a label or id, or several have that label.
    """
    models = read_table(folder, "models").select("model", "label").collect()
    by_id = {model: [model] for model in models["model"]}
    by_label: defaultdict[str, list[int]] = defaultdict(list)
    for model, label in models.iter_rows():
        by_label[label].append(model)
    found: list[int] = []
    for name in names:
        ids = by_id.get(name, []) if isinstance(name, int) else by_label[name]
        if len(ids) != 1:
            key = "id" if isinstance(name, int) else "label"
            raise ExportInvalid(f"{'Several models have' if ids else 'No model has'} the {key} {name} in {folder}.")
        found += ids
    return found


def kept_histories(folder: Path, models: Collection[int]) -> list[Played]:
    """The rounds of models, by number and model. Raises `ExportInvalid`."""
    positions = read_table(folder, "positions").filter(pl.col("model").is_in(list(models)))
    rounds = read_table(folder, "rounds").select("round", "state", "factor")
    rows = positions.join(rounds, on="round").sort("round", "model").collect().iter_rows(named=True)
    return [_row(row) for row in rows]


def kept_leaderboard(folder: Path, last: int) -> list[LeaderboardPlace]:
    """The models that had a stake or a score in the last settled rounds, the best first. Raises `ExportInvalid`.

    Summed by polars: the rows of a year would take half a minute one by one.
    """
    settled = pl.col("settled").eq(pl.col("at_risk")) & pl.col("root").is_not_null() & (pl.col("at_risk") > 0)
    chosen = (
        read_table(folder, "rounds")
        .filter(settled)
        .sort("round")
        .tail(last)
        .select("round", *(_whole(name, MULTIPLIER) for name in ("primary", "contribution")))
    )
    corr, mmc = (_whole(name, SCORE) for name in ("corr", "mmc"))
    sums = (
        read_table(folder, "positions")
        .join(chosen, on="round")
        .group_by("model")
        .agg(
            pl.col("corr").count().alias("rounds"),
            pl.col("stake", "payout").sum(),
            corr.sum(),
            mmc.sum(),
            (corr * pl.col("primary") + mmc * pl.col("contribution")).sum().alias("weighted"),
        )
        .select("model", "rounds", pl.col("stake", "payout"), "corr", "mmc", "weighted")
        .collect()
    )
    standings = rank_sums(
        [
            Sums(model, rounds, stake * GWEI, payout * GWEI, *scores)
            for model, rounds, stake, payout, *scores in sums.iter_rows()
        ]
    )
    models = read_table(folder, "models").select("model", "label", "owner").collect()
    named = {model: (label, owner) for model, label, owner in models.iter_rows()}
    return [LeaderboardPlace(each, *named[each.model]) for each in standings]


def _whole(name: str, unit: int) -> pl.Expr:
    """A column of decimals as the integers that they are."""
    return (pl.col(name) * unit).round().cast(pl.Int64)


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
