# SPDX-License-Identifier: MIT
"""The tables of a tournament's past as frames of polars. `docs/export.md` says what stands in each column."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import polars as pl

from nmr.history.tables import Row
from nmr.text.amounts import GWEI, SCORE

if TYPE_CHECKING:
    from nmr.history.past import Past

SCHEMAS: Final[Mapping[str, Mapping[str, type[pl.DataType]]]] = {
    "rounds": {
        "round": pl.Int64,
        "state": pl.String,
        "opened_at": pl.Int64,
        "package": pl.String,
        "primary": pl.Float64,
        "contribution": pl.Float64,
        "clip": pl.Float64,
        "threshold": pl.Int64,
        "locks_at": pl.Int64,
        "resolves_at": pl.Int64,
        "expires_at": pl.Int64,
        "locked_at": pl.Int64,
        "at_risk": pl.Int64,
        "factor": pl.Float64,
        "effective_clip": pl.Float64,
        "granted": pl.Int64,
        "listed_at": pl.Int64,
        "proposed_at": pl.Int64,
        "root": pl.String,
        "vetoes": pl.Int64,
        "settled": pl.Int64,
        "rewards": pl.Int64,
        "burns": pl.Int64,
    },
    "positions": {
        "round": pl.Int64,
        "model": pl.Int64,
        "stake": pl.Int64,
        "submitted": pl.Boolean,
        "corr": pl.Float64,
        "mmc": pl.Float64,
        "payout": pl.Int64,
        "rank": pl.Int64,
        "scored": pl.Int64,
    },
    "submissions": {
        "round": pl.Int64,
        "model": pl.Int64,
        "file": pl.String,
        "time": pl.Int64,
        "sequence": pl.Int64,
        "signed": pl.Boolean,
        "transaction": pl.String,
    },
    "settlements": {
        "round": pl.Int64,
        "time": pl.Int64,
        "scored": pl.Boolean,
        "staked": pl.Int64,
        "rewards": pl.Int64,
        "burns": pl.Int64,
        "idled": pl.Int64,
        "transaction": pl.String,
    },
    "models": {
        "model": pl.Int64,
        "label": pl.String,
        "owner": pl.String,
        "registered_at": pl.Int64,
        "held": pl.Int64,
        "deposited": pl.Int64,
        "received": pl.Int64,
        "given": pl.Int64,
        "rewards": pl.Int64,
        "burns": pl.Int64,
        "withdrawn": pl.Int64,
    },
    "fills": {
        "lot": pl.Int64,
        "time": pl.Int64,
        "filler": pl.String,
        "paid": pl.Int64,
        "bought": pl.Int64,
        "transaction": pl.String,
    },
    "tvl": {
        "block": pl.Int64,
        "time": pl.Int64,
        "idle": pl.Int64,
        "staked": pl.Int64,
    },
}
"""The columns of each table."""


def frames_of(past: "Past") -> dict[str, pl.DataFrame]:
    """The tables of a tournament's past, by name."""
    frames = {name: _frame(name, rows) for name, rows in past.rows().items()}
    frames["positions"] = _positions(past)
    return {name: frames[name] for name in SCHEMAS}


def _positions(past: "Past") -> pl.DataFrame:
    """A column at a time: a year has more than a million rows."""
    played = past.tables.history.rounds(past.states)
    columns = {
        "round": [row.round for row in played],
        "model": [row.model for row in played],
        "stake": [row.stake // GWEI for row in played],
        "submitted": [row.submitted for row in played],
        "corr": [row.score[0] / SCORE if row.score else None for row in played],
        "mmc": [row.score[1] / SCORE if row.score else None for row in played],
        "payout": [None if row.payout is None else row.payout // GWEI for row in played],
        "rank": [row.rank for row in played],
        "scored": [row.scored for row in played],
    }
    return pl.DataFrame(columns, schema=SCHEMAS["positions"])


def _frame(name: str, rows: Iterable[Row]) -> pl.DataFrame:
    columns = SCHEMAS[name]
    filled = [{column: row.get(column) for column in columns} for row in rows]
    return pl.DataFrame(filled, schema=columns, orient="row")
