# SPDX-License-Identifier: MIT
"""Files of predictions, universes and targets: CSV or Parquet, in any order, read strictly.

A file of predictions has the columns `id` and `prediction` (Numerai's older `probability` is taken, too), a universe
`id`, targets `id` and `target`. Universe and targets have a canonical CSV, by whose hash the operator publishes them.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from eth_hash.auto import keccak

from nmr.errors import NmrError
from nmr.text.amounts import shorten

if TYPE_CHECKING:
    import polars as pl

LARGEST_TABLE: Final = 64 * 2**20
LONGEST_ID: Final = 64
MOST_IDS: Final = 20_000
FEWEST_IDS: Final = 2
LEAST_TARGETS: Final = 0.8
"""What part of a universe has to have a target; numerai-tools refuses to score on less, too."""


class TableInvalid(NmrError, ValueError):
    """A table that is refused, in one sentence."""


class TableFileError(NmrError, OSError, ValueError):
    """A file of a table that cannot be read."""


@dataclass(frozen=True, eq=False)
class Table:
    """Ids and numbers as a file has them, nothing checked.

    Attributes:
        ids: as texts, in the order of the file.
        values: float64 array of shape (rows,); NaN where a number is missing.
    """

    ids: tuple[str, ...]
    values: np.ndarray


@dataclass(frozen=True)
class Universe:
    """The ids that a round asks predictions for.

    Attributes:
        ids: sorted, all different.
    """

    ids: tuple[str, ...]

    @classmethod
    def of(cls, ids: Sequence[str], name: str = "The universe") -> "Universe":
        """The universe of ids in any order.

        Raises:
            TableInvalid: fewer than 2 or more than 20,000, an id twice, or one that no file can have.
        """
        if not FEWEST_IDS <= len(ids) <= MOST_IDS:
            raise TableInvalid(f"{name} has {len(ids):,} ids, and has to have from {FEWEST_IDS} to {MOST_IDS:,}.")
        for identifier in ids:
            check_id(identifier, name)
        unique = set(ids)
        if len(unique) < len(ids):
            raise TableInvalid(f"{name} has {shorten(first_duplicate(ids))} more than once.")
        return cls(tuple(sorted(unique)))

    @cached_property
    def content(self) -> bytes:
        """Its canonical file."""
        return b"id\n" + self.id_lines

    @cached_property
    def id_lines(self) -> bytes:
        """The ids, each with the end of its line."""
        return "\n".join((*self.ids, "")).encode()

    @cached_property
    def rows(self) -> dict[str, int]:
        """Where each id is."""
        return {identifier: row for row, identifier in enumerate(self.ids)}

    @property
    def digest(self) -> bytes:
        """The hash of its canonical file."""
        return bytes(keccak(self.content))


@dataclass(frozen=True, eq=False)
class Targets:
    """The outcome of a round.

    Attributes:
        series: float64 of shape (ids,), values from 0 to 1; index: id, sorted.
    """

    series: pd.Series

    @classmethod
    def of(cls, table: Table, universe: Universe, name: str = "The targets") -> "Targets":
        """The targets of a round.

        Raises:
            TableInvalid: an id twice or outside the universe, less than 80% of it, or a value that is not from 0 to 1.
        """
        if len(set(table.ids)) < len(table.ids):
            raise TableInvalid(f"{name} have {shorten(first_duplicate(table.ids))} more than once.")
        strangers = sorted(set(table.ids) - set(universe.ids))
        if strangers:
            what = f"{len(strangers):,} ids that are" if len(strangers) > 1 else "an id that is"
            raise TableInvalid(f"{name} have {what} not in the round's universe, such as {shorten(strangers[0])}.")
        if len(table.ids) < LEAST_TARGETS * len(universe.ids):
            raise TableInvalid(
                f"{name} cover {len(table.ids):,} of the universe's {len(universe.ids):,} ids, fewer than 80%."
            )
        if not ((table.values >= 0) & (table.values <= 1)).all():
            raise TableInvalid(f"{name} have a value that is not from 0 to 1.")
        if table.values.min() == table.values.max():
            raise TableInvalid(f"{name} are all the same.")
        index = pd.Index(table.ids, dtype=object, name="id")
        # −0.0 and 0.0 are one number, and have to be one text.
        return cls(pd.Series(table.values + 0.0, index=index, name="target").sort_index())

    @property
    def content(self) -> bytes:
        """Their canonical file; numbers as the shortest text that gives them back."""
        rows = (f"{identifier},{value!r}" for identifier, value in zip(self.series.index, self.series.tolist()))  # noqa: B905
        return "\n".join(("id,target", *rows, "")).encode()

    @property
    def digest(self) -> bytes:
        """The hash of their canonical file."""
        return bytes(keccak(self.content))


def read_predictions(path: Path) -> Table:
    """A file of predictions.

    Raises:
        TableFileError: it cannot be read.
        TableInvalid: it is no such table.
    """
    # Here and not above: it takes a second to import, which no other command should.
    from numerai_tools.submissions import validate_headers_numerai

    frame = _read(path)
    try:
        identifier, value = validate_headers_numerai(frame)
    except AssertionError:
        header = shorten(",".join(frame.columns))
        raise TableInvalid(f"{path} has the columns {header}, and has to have id,prediction.") from None
    return _table(path, frame, identifier, value)


def read_universe(path: Path) -> Universe:
    """A file of a universe; columns other than `id` do not count.

    Raises:
        TableFileError: it cannot be read.
        TableInvalid: it is no universe.
    """
    return _universe(_read(path), str(path))


def parse_universe(content: bytes, name: str = "The universe") -> Universe:
    """A universe from its canonical file.

    Raises:
        TableInvalid: it is none, or not in its canonical form.
    """
    universe = _universe(_parse_csv(content, name), name)
    if universe.content != content:
        raise TableInvalid(f"{name} is not in its canonical form.")
    return universe


def read_targets(path: Path, universe: Universe) -> Targets:
    """A file of targets.

    Raises:
        TableFileError: it cannot be read.
        TableInvalid: they are no targets for this universe.
    """
    return _targets(_read(path), universe, str(path))


def parse_targets(content: bytes, universe: Universe, name: str = "The targets") -> Targets:
    """Targets from their canonical file.

    Raises:
        TableInvalid: they are none, or not in their canonical form.
    """
    targets = _targets(_parse_csv(content, name), universe, name)
    if targets.content != content:
        raise TableInvalid(f"{name} are not in their canonical form.")
    return targets


def check_id(identifier: str, name: str) -> None:
    """Refuse a text that cannot be an id.

    Raises:
        TableInvalid: it is empty, longer than 64 characters, or has one that does not print.
    """
    if not identifier or len(identifier) > LONGEST_ID or not identifier.isprintable() or "," in identifier:
        raise TableInvalid(f"{name} has {shorten(identifier)} as an id, which cannot be one.")


def first_duplicate(ids: Sequence[str]) -> str:
    """The first of the ids that stood before; there has to be one."""
    seen: set[str] = set()
    return next(identifier for identifier in ids if identifier in seen or seen.add(identifier))  # type: ignore[func-returns-value]


def _universe(frame: pd.DataFrame, name: str) -> Universe:
    if "id" not in frame.columns:
        raise TableInvalid(f"{name} has the columns {shorten(','.join(frame.columns))}, and has to have id.")
    return Universe.of(_ids(frame["id"], name), name)


def _targets(frame: pd.DataFrame, universe: Universe, name: str) -> Targets:
    if list(frame.columns) != ["id", "target"]:
        raise TableInvalid(f"{name} has the columns {shorten(','.join(frame.columns))}, and has to have id,target.")
    return Targets.of(_table(name, frame, "id", "target"), universe, name)


def _table(name: Path | str, frame: pd.DataFrame, identifier: str, value: str) -> Table:
    column = frame[value]
    if column.dtype.kind in "iuf":
        numbers = column.to_numpy(dtype=np.float64)
    elif column.dtype.kind == "O":
        numbers = np.array([_number(text, f"{name}") for text in column], dtype=np.float64)
    else:
        raise TableInvalid(f"{name} has a column {value} that is not numbers.")
    return Table(_ids(frame[identifier], str(name)), numbers)


def _number(text: object, name: str) -> float:
    # A gap is what numerai-tools calls NaN; that it is wrong is said where all values are checked.
    if text is None or text != text:
        return float("nan")
    if isinstance(text, str):
        try:
            return float(text)
        except ValueError:
            pass
    raise TableInvalid(f"{name} has {shorten(str(text))} where a number has to be.")


def _ids(column: pd.Series, name: str) -> tuple[str, ...]:
    if column.isna().any():
        raise TableInvalid(f"{name} has a row without an id.")
    return tuple(map(str, column))


def _read(path: Path) -> pd.DataFrame:
    """The columns of a file; those of a CSV as texts."""
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise TableInvalid(f"{path} is larger than {LARGEST_TABLE >> 20} MiB.")
        content = path.read_bytes()
    except FileNotFoundError:
        raise TableFileError(f"There is no file {path}.") from None
    except OSError as error:
        raise TableFileError(f"{path} cannot be read: {error.strerror}.") from None
    if not content:
        raise TableInvalid(f"{path} is empty.")
    if not content.startswith(b"PAR1"):
        return _parse_csv(content, str(path))
    # Here and not above, as below: it takes a second to import, which no other command should.
    import polars as pl

    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TableInvalid(f"{path} is no Parquet file: {_first_line(error)}") from None
    return pd.DataFrame({column.name: _plain(column) for column in frame})


def _parse_csv(content: bytes, name: str) -> pd.DataFrame:
    import polars as pl

    try:
        frame = pl.read_csv(content, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TableInvalid(f"{name} is no CSV: {_first_line(error)}") from None
    return pd.DataFrame({column.name: _plain(column) for column in frame})


def _plain(column: "pl.Series") -> np.ndarray:
    import polars as pl

    if column.dtype.is_numeric():
        return column.cast(pl.Float64).to_numpy() if column.dtype.is_float() else column.to_numpy()
    return np.array(column.to_list(), dtype=object)


def _first_line(error: Exception) -> str:
    return shorten(str(error).splitlines()[0] if str(error) else type(error).__name__) + "."
