# SPDX-License-Identifier: MIT
"""Rounds of models as pandas frames: money as Decimals of NMR, scores as floats, ranks as integers that may lack."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pandas as pd  # type: ignore[import-untyped]

from nmr.client.results import LeaderboardPlace
from nmr.rounds.history import Played
from nmr.text.amounts import FACTOR, SCORE, format_nmr

_HISTORY: Final = {
    "round": "int64",
    "state": "object",
    "submitted": "bool",
    "stake": "object",
    "corr": "float64",
    "mmc": "float64",
    "factor": "float64",
    "payout": "object",
    "rank": "Int64",
    "scored": "Int64",
}
_LEADERBOARD: Final = {
    "model": "int64",
    "label": "object",
    "owner": "object",
    "stake": "object",
    "rounds": "int64",
    "corr": "float64",
    "mmc": "float64",
    "payout": "object",
    "return": "float64",
    "rank": "Int64",
}
"""Columns and their types; the first is the index."""


def history_frame(rows: Sequence[Played]) -> pd.DataFrame:
    """The rounds of one model; see `nmr.Suite.history`."""
    found = [
        {
            "round": row.round,
            "state": row.state.name.lower(),
            "submitted": row.submitted,
            "stake": decimal_nmr(row.stake),
            "corr": row.score[0] / SCORE if row.score else None,
            "mmc": row.score[1] / SCORE if row.score else None,
            "factor": None if row.factor is None else row.factor / FACTOR,
            "payout": None if row.payout is None else decimal_nmr(row.payout),
            "rank": row.rank,
            "scored": row.scored,
        }
        for row in rows
    ]
    return _frame(found, _HISTORY)


def leaderboard_frame(places: Sequence[LeaderboardPlace]) -> pd.DataFrame:
    """A leaderboard; see `nmr.Suite.leaderboard`."""
    found = [
        {
            "model": place.standing.model,
            "label": place.label,
            "owner": place.owner,
            "stake": decimal_nmr(place.standing.stake),
            "rounds": place.standing.rounds,
            "corr": place.standing.primary,
            "mmc": place.standing.contribution,
            "payout": decimal_nmr(place.standing.payout),
            "return": place.standing.rate,
            "rank": place.standing.rank,
        }
        for place in places
    ]
    return _frame(found, _LEADERBOARD)


def decimal_nmr(wei: int) -> Decimal:
    """NMR of wei, exactly."""
    return Decimal(format_nmr(wei))


def _frame(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(kinds), dtype=object)
    return frame.astype(kinds).set_index(next(iter(kinds)))
