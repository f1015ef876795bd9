# SPDX-License-Identifier: MIT
"""Files of predictions, universes and targets: CSV or Parquet, in any order, read strictly.

A file of predictions has the columns `id` and `prediction` (or Numerai's older `probability`), a universe `id`, targets
`id` and `target`; further columns do not count. Universe and targets have a canonical CSV, by whose hash the operator
publishes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from eth_hash.auto import keccak

from nmr.errors import NmrError
from nmr.sealing.columns import LONGEST_ID, Columns, ColumnsInvalid, open_columns
from nmr.sealing.parquet import ParquetInvalid
from nmr.text.amounts import shorten
from nmr.text.files import read_up_to

LARGEST_TABLE: Final = 64 * 2**20
LARGEST_CANONICAL: Final = 8 * 2**20
"""Bytes of a universe or of targets in their canonical form: 20,000 ids of 64 characters take 6 MiB at most."""
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
    """Ids and numbers as a file or a program has them, nothing checked.

    Attributes:
        ids: as texts, in any order.
        values: real numbers of shape (rows,) or (rows, 1); NaN where one is missing.
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
        wrong = np.flatnonzero(~((table.values >= 0) & (table.values <= 1)))
        if len(wrong):
            value, identifier = float(table.values[wrong[0]]), shorten(table.ids[wrong[0]])
            raise TableInvalid(f"{name} have {value!r} for {identifier}, and values go from 0 to 1.")
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
    return _table(_read(path), str(path), ("prediction", "probability"))


def read_universe(path: Path) -> Universe:
    """A file of a universe.

    Raises:
        TableFileError: it cannot be read.
        TableInvalid: it is no universe.
    """
    return universe_of(_read(path), str(path))


def universe_of(content: bytes, name: str) -> Universe:
    """The universe in the bytes of a file of that name.

    Raises:
        TableInvalid: it is none.
    """
    with _Named(name):
        columns = open_columns(content, MOST_IDS)
        ids = columns.texts(_pick(columns, "id", ("id",)))
    return Universe.of(ids, name)


def parse_universe(content: bytes) -> Universe:
    """A universe from its canonical file.

    Raises:
        TableInvalid: it is none, or not in its canonical form.
    """
    universe = universe_of(content, "The universe")
    if universe.content != content:
        raise TableInvalid("The universe is not in its canonical form.")
    return universe


def read_targets(path: Path, universe: Universe) -> Targets:
    """A file of targets.

    Raises:
        TableFileError: it cannot be read.
        TableInvalid: they are no targets for this universe.
    """
    return targets_of(_read(path), str(path), universe)


def targets_of(content: bytes, name: str, universe: Universe) -> Targets:
    """The targets in the bytes of a file of that name.

    Raises:
        TableInvalid: they are no targets for this universe.
    """
    return Targets.of(_table(content, name, ("target",)), universe, name)


def parse_targets(content: bytes, universe: Universe) -> Targets:
    """Targets from their canonical file.

    Raises:
        TableInvalid: they are none, or not in their canonical form.
    """
    targets = targets_of(content, "The targets", universe)
    if targets.content != content:
        raise TableInvalid("The targets are not in their canonical form.")
    return targets


def check_id(identifier: str, name: str) -> None:
    """Refuse what cannot be an id.

    Raises:
        TableInvalid: it is no text, empty, longer than 64 characters, or has one that does not print.
    """
    if not isinstance(identifier, str):
        raise TableInvalid(f"{name} has {shorten(str(identifier))} as an id, and ids are texts.")
    if not identifier or len(identifier) > LONGEST_ID or not identifier.isprintable() or "," in identifier:
        raise TableInvalid(f"{name} has {shorten(identifier)} as an id, which cannot be one.")


def first_duplicate(ids: Sequence[str]) -> str:
    """The first of the ids that stood before; there has to be one."""
    seen: set[str] = set()
    return next(identifier for identifier in ids if identifier in seen or seen.add(identifier))  # type: ignore[func-returns-value]


def _table(content: bytes, name: str, values: Sequence[str]) -> Table:
    """The ids of a file, and the column that has the first of these names that is there."""
    with _Named(name):
        columns = open_columns(content, MOST_IDS)
        wanted = f"id,{values[0]}"
        ids, numbers = columns.texts_and_numbers(_pick(columns, wanted, ("id",)), _pick(columns, wanted, values))
    return Table(tuple(ids), numbers)


def _pick(columns: Columns, wanted: str, names: Sequence[str]) -> str:
    for name in names:
        if name in columns.names:
            return name
    raise ColumnsInvalid(f"has the columns {shorten(','.join(columns.names))}, and has to have {wanted}.")


@dataclass(frozen=True)
class _Named:
    """Within this, refusals begin with the name of the file.

    On Python 3.13 a `contextmanager` that raises another error leaves a cycle, which holds the whole file until the
    garbage is collected.
    """

    name: str

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ColumnsInvalid | ParquetInvalid):
            raise TableInvalid(f"{self.name} {error}") from None


def _read(path: Path) -> bytes:
    try:
        content = read_up_to(path, LARGEST_TABLE)
    except FileNotFoundError:
        raise TableFileError(f"There is no file {path}.") from None
    except OSError as error:
        raise TableFileError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > LARGEST_TABLE:
        raise TableInvalid(f"{path} is larger than {LARGEST_TABLE >> 20} MiB.")
    return content
