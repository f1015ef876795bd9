# SPDX-License-Identifier: MIT
"""Predictions on their way: sealed for the open round, stored, and committed to."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak

from nmr.client.stakes import OpenRound, StakesOnChain
from nmr.client.staking import Staker, StakesChange
from nmr.errors import ArgumentError, NmrError
from nmr.sealing.envelope import SALT_BYTES, Purpose, seal
from nmr.sealing.predictions import PredictionsInvalid, canonical_predictions
from nmr.sealing.store import Store
from nmr.sealing.tables import Table, Universe, read_predictions, read_universe


def submit(
    staker: Staker, tables: Mapping[int, Table], universe: Universe | None, store: Store, random: Callable[[int], bytes]
) -> tuple[OpenRound, dict[int, bytes], StakesChange]:
    """Seal models' predictions for the open round, store them, and commit to them.

    Args:
        staker: who owns the models, or submits for them.
        tables: predictions by model.
        universe: the round's ids, if they are known.
        store: where sealed files go, when nothing speaks against the commitments.
        random: so many random bytes, for the salt of each file.

    Returns:
        the round, the hash of each model's file, and what was sent.

    Raises:
        NoSuchModel, CannotDo, Reverts: as `Staker.submit`.
        PredictionsInvalid: predictions that would not count.
    """
    opened, sealed = seal_all(staker, tables, universe, random)
    hashes = {model: bytes(keccak(content)) for model, content in sealed.items()}

    def deliver() -> None:
        for content in sealed.values():
            store.put(content)

    return opened, hashes, staker.submit(opened, hashes, deliver)


def seal_all(
    stakes: StakesOnChain, tables: Mapping[int, Table], universe: Universe | None, random: Callable[[int], bytes]
) -> tuple[OpenRound, dict[int, bytes]]:
    """Seal models' predictions for the open round; what `submit` does first.

    Returns:
        the round, and the sealed file of each model.
    """
    stakes.require_models(list(tables))
    opened = stakes.open_round()
    sealed = {}
    for model, table in tables.items():
        purpose = Purpose(stakes.session.chain_id, stakes.tournament.address, opened.id, model)
        sealed[model] = seal(table, purpose, opened.sealing_key, salt=random(SALT_BYTES), universe=universe)
    return opened, sealed


def table_of(predictions: Any, universe: Universe | None, name: str) -> Table:
    """Predictions that are valid, as far as can be told before the round is known.

    Args:
        predictions: a path of a CSV or Parquet file, or a pandas or polars frame with the columns id and prediction; in
            pandas the id may be the index.
        universe: the round's ids, if they are known.
        name: what to call them in a message.

    Raises:
        PredictionsInvalid, TableInvalid, TableFileError: they would not count, or cannot be read.
    """
    if isinstance(predictions, str | Path):
        table = read_predictions(Path(predictions))
    else:
        table = Table(tuple(map(str, _column(predictions, "id", name))), _numbers(predictions, name))
    try:
        canonical_predictions(table, universe)
    except NmrError as error:
        raise PredictionsInvalid(f"{name}: {error}") from None
    return table


def given_universe(ids: Any) -> Universe | None:
    """The universe in a path, a frame with the column id, or a sequence of ids; None stays None.

    Raises:
        TableInvalid, TableFileError, PredictionsInvalid: there is none in it.
        ArgumentError: it is nothing of this.
    """
    if ids is None or isinstance(ids, Universe):
        return ids
    if isinstance(ids, str | Path):
        return read_universe(Path(ids))
    found = _column(ids, "id", "The universe") if hasattr(ids, "columns") else ids
    if not isinstance(found, Iterable):
        raise ArgumentError(f"the universe is a path, a frame, or a sequence of ids, not {ids!r}")
    return Universe.of([str(identifier) for identifier in found])


def _numbers(frame: Any, name: str) -> Any:
    import numpy as np

    try:
        return np.asarray(_column(frame, "prediction", name), dtype=np.float64)
    except (TypeError, ValueError):
        raise PredictionsInvalid(f"{name}: the column prediction has something that is no number.") from None


def _column(frame: Any, column: str, name: str) -> Any:
    """A column of a frame; of pandas', the index as well."""
    if column in getattr(frame, "columns", ()):
        return frame[column].to_numpy()
    index = getattr(frame, "index", None)
    if column == "id" and index is not None and getattr(index, "name", None) == "id":
        return index.to_numpy()
    raise PredictionsInvalid(f"{name}: there is no column {column}.")
