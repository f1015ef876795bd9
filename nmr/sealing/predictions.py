# SPDX-License-Identifier: MIT
"""What a submission has to be: what numerai-tools asks of one, and more strictly; each refusal is a sentence.

numerai-tools drops ids that are not in the live universe, and takes values that are a little below 0 or above 1; both
are refused here, so that what is sealed is what is scored. Whether predictions are too much alike is left to it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from nmr.errors import NmrError
from nmr.sealing.tables import MOST_IDS, Table, Universe, check_id, first_duplicate
from nmr.text.amounts import shorten
from nmr.text.selection import are

# numerai-tools refuses a standard deviation that numpy calls close to 0, which is one up to 1.0001e-8.
_CLEARLY_SPREAD: Final = 2e-8


class PredictionsInvalid(NmrError, ValueError):
    """Predictions that are refused, in one sentence."""


def canonical_predictions(table: Table, universe: Universe | None) -> tuple[tuple[str, ...], np.ndarray]:
    """Ids and values as they are sealed: sorted by id, checked.

    Args:
        table: predictions in any order.
        universe: the round's; without it ids are checked for themselves only.

    Returns:
        the ids, and a float64 array of shape (ids,).

    Raises:
        PredictionsInvalid, TableInvalid: says what is wrong.
    """
    numbers = _numbers(table)
    reason = ids_refused(table.ids, universe) or values_refused(numbers, table.ids)
    if reason is not None:
        raise PredictionsInvalid(reason)
    if universe is None:
        for identifier in table.ids:
            check_id(identifier, "The file")
        order = sorted(range(len(table.ids)), key=table.ids.__getitem__)
        return tuple(table.ids[row] for row in order), _one_zero(numbers[order])
    values = np.empty(len(table.ids))
    values[[universe.rows[identifier] for identifier in table.ids]] = numbers
    return universe.ids, _one_zero(values)


def ids_refused(ids: Sequence[str], universe: Universe | None) -> str | None:
    """Why these are not the ids of a submission, in one sentence; None if they are."""
    unique = set(ids)
    if universe is not None:
        live = universe.rows.keys()
        strangers, missing = sorted(map(str, unique - live)), sorted(live - unique)
        if strangers:
            what = "1 id is" if len(strangers) == 1 else f"{len(strangers):,} ids are"
            where = f"not in the round's universe, such as {shorten(strangers[0])}: is it the file of another round?"
            return f"{what} {where}"
        if missing:
            example = f"such as {shorten(missing[0])}"
            return f"{len(missing):,} of the universe's {len(live):,} ids {are(missing)} missing, {example}."
    if len(unique) < len(ids):
        return f"The id {shorten(first_duplicate(ids))} is there more than once."
    if len(ids) > MOST_IDS:
        return f"There are {len(ids):,} ids, more than {MOST_IDS:,}."
    return None


def values_refused(values: np.ndarray, ids: Sequence[str]) -> str | None:
    """Why these are not the predictions of a submission, in one sentence; None if they are.

    Args:
        values: float64 array of shape (ids,).
        ids: what each of them is for, all different.
    """
    if len(values) == 0:
        return "There is no prediction in it."
    if clearly_valid(values):
        return None
    if (least := float(values.min())) == float(values.max()):
        return f"All predictions are the same, {least!r}."
    gaps = np.flatnonzero(np.isnan(values))
    if len(gaps):
        example = f"such as that of {shorten(ids[gaps[0]])}"
        return f"{len(gaps):,} of {len(values):,} predictions {are(gaps)} not a number, {example}."
    outside = np.flatnonzero((values < 0) | (values > 1))
    if len(outside):
        example = f"such as {float(values[outside[0]])!r} for {shorten(ids[outside[0]])}"
        return f"{len(outside):,} of {len(values):,} predictions {are(outside)} not between 0 and 1, {example}."
    # Here and not above: it takes a second to import, which no other command should.
    from numerai_tools.submissions import validate_values

    try:
        validate_values(pd.DataFrame({"prediction": values}), "prediction")
    except AssertionError:
        return "All predictions are as good as the same: their standard deviation is 0."
    return None


def clearly_valid(values: np.ndarray) -> bool:
    """Whether these are the predictions of a submission; if not, `values_refused` may still find that they are."""
    return bool(len(values) > 1 and values.min() >= 0 and values.max() <= 1 and values.std(ddof=1) > _CLEARLY_SPREAD)


def _numbers(table: Table) -> np.ndarray:
    """The values of a table, as float64 of shape (rows,)."""
    values = np.asarray(table.values)
    if values.shape not in ((len(table.ids),), (len(table.ids), 1)):
        raise PredictionsInvalid(
            f"The predictions have the shape {values.shape}, and there are {len(table.ids):,} ids."
        )
    if values.dtype.kind not in "iuf" and not all(isinstance(value, Decimal) for value in values.flat):
        raise PredictionsInvalid("The predictions are not real numbers.")
    return values.reshape(-1).astype(np.float64)


def _one_zero(values: np.ndarray) -> np.ndarray:
    """The values, with 0.0 for −0.0: they are one number, and have to be the same bytes."""
    positive: np.ndarray = values + 0.0
    return positive
