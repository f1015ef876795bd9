# SPDX-License-Identifier: MIT
"""Columns of a CSV or a Parquet file from anywhere, read strictly and within bounds.

A CSV is text in UTF-8, with or without a byte order mark, with a header and either kind of line ends; blank lines are
skipped. Numbers are plain decimals in ASCII. Columns that nobody asks for may hold anything.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from nmr.errors import NmrError
from nmr.sealing.parquet import MAGIC, parquet_schema, read_parquet
from nmr.text.amounts import shorten
from nmr.text.files import known_format

if TYPE_CHECKING:
    import polars as pl

LONGEST_LINE: Final = 2**18
"""Characters; 2,800 columns of numbers take 60,000."""
LINES_A_ROW: Final = 10
"""Lines that a file may have for each row that it may have: some are blank, and a field in quotes may span several."""
LONGEST_ID: Final = 64
LONGEST_NUMBER: Final = 400
"""Characters; the smallest float in full has 330."""

_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_NOT_FINITE: Final = frozenset({"nan", "inf", "-inf"})
"""What programs write for numbers that are none, in lower case."""


class ColumnsInvalid(NmrError, ValueError):
    """A file that is refused; the message is a predicate, callers prepend the file's name."""


class Columns(Protocol):
    """A file with columns.

    Attributes:
        names: of its columns, in its order.
    """

    names: list[str]

    def texts(self, name: str) -> list[str]:
        """A column of texts without gaps."""

    def texts_and_numbers(self, name: str, value: str) -> tuple[list[str], np.ndarray]:
        """A column of texts without gaps, and one of numbers: float64 of shape (rows,), NaN where one is missing."""


def open_columns(content: bytes, most_rows: int) -> Columns:
    """The columns of a file.

    Args:
        content: the file.
        most_rows: how many rows it may have.

    Raises:
        ColumnsInvalid, ParquetInvalid: it is neither a CSV nor a Parquet file, or too large; reading its columns raises
            them, too, for what is wrong there.
    """
    if not content:
        raise ColumnsInvalid("is empty.")
    if content.startswith(MAGIC):
        return _Parquet(content, most_rows)
    what = known_format(content)
    if what is not None:
        raise ColumnsInvalid(f"is {what}, and has to be a CSV in UTF-8 or a Parquet file.")
    return _Csv(content, most_rows)


class _Csv:
    def __init__(self, content: bytes, most_rows: int) -> None:
        self._content = content
        self._most_rows = most_rows
        _, self.names = next(self._rows(), (0, []))
        if not self.names:
            raise ColumnsInvalid("is empty.")

    def texts(self, name: str) -> list[str]:
        [place] = self._places(name)
        return [_filled(row[place], "line", line) for line, row in self._body()]

    def texts_and_numbers(self, name: str, value: str) -> tuple[list[str], np.ndarray]:
        text, number = self._places(name, value)
        texts, numbers = [], []
        for line, row in self._body():
            texts.append(_filled(row[text], "line", line))
            numbers.append(_number(row[number], row[text]))
        return texts, np.array(numbers, dtype=np.float64)

    def _places(self, *names: str) -> list[int]:
        for name in names:
            if self.names.count(name) > 1:
                raise ColumnsInvalid(f"has more than one column {shorten(name)}.")
        return [self.names.index(name) for name in names]

    def _body(self) -> Iterator[tuple[int, list[str]]]:
        rows = self._rows()
        next(rows)
        for count, (line, row) in enumerate(rows):
            if count == self._most_rows:
                raise ColumnsInvalid(f"has more than {self._most_rows:,} rows.")
            if len(row) != len(self.names):
                raise ColumnsInvalid(f"has {len(row)} columns in line {line}, and {len(self.names)} in its header.")
            yield line, row

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not blank, each with the number of its first line, from 1."""
        reader = csv.reader(self._lines(), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise ColumnsInvalid(f"is no CSV: {error}, in line {line}.") from None
            except UnicodeDecodeError:
                raise ColumnsInvalid("is not text in UTF-8.") from None
            if row is None:
                return
            if len(row) > 1 or (row and row[0].strip()):
                yield line, row

    def _lines(self) -> Iterator[str]:
        text = io.TextIOWrapper(io.BytesIO(self._content), "utf-8-sig", newline="")
        most = LINES_A_ROW * (self._most_rows + 1)
        for _ in range(most):
            line = text.readline(LONGEST_LINE + 1)
            if not line:
                return
            if len(line) > LONGEST_LINE:
                raise ColumnsInvalid(f"has a line of more than {LONGEST_LINE:,} characters.")
            yield line
        raise ColumnsInvalid(f"has more than {most:,} lines.")


class _Parquet:
    def __init__(self, content: bytes, most_rows: int) -> None:
        self._content = content
        self._most_rows = most_rows
        self._schema = parquet_schema(content)
        self.names = list(self._schema)

    def texts(self, name: str) -> list[str]:
        self._require_texts(name)
        return _texts(read_parquet(self._content, [name], self._most_rows)[name])

    def texts_and_numbers(self, name: str, value: str) -> tuple[list[str], np.ndarray]:
        import polars as pl

        self._require_texts(name)
        kind = self._schema[value]
        if not (kind.is_numeric() or kind in (pl.String, pl.Categorical, pl.Enum, pl.Null)):
            raise ColumnsInvalid(f"has the type {kind} in its column {shorten(value)}, which is for numbers.")
        frame = read_parquet(self._content, [name, value], self._most_rows)
        texts, column = _texts(frame[name]), frame[value]
        if kind == pl.Decimal:
            # Each of them rounded once, to the float that its text means.
            return texts, np.array([np.nan if one is None else float(one) for one in column], dtype=np.float64)
        if kind.is_numeric() or kind == pl.Null:
            return texts, column.cast(pl.Float64).to_numpy()
        numbers = [_number(text, of) for text, of in zip(_short_texts(column, LONGEST_NUMBER), texts, strict=True)]
        return texts, np.array(numbers, dtype=np.float64)

    def _require_texts(self, name: str) -> None:
        import polars as pl

        kind = self._schema[name]
        if not (kind.is_integer() or kind in (pl.String, pl.Categorical, pl.Enum)):
            raise ColumnsInvalid(f"has the type {kind} in its column {shorten(name)}, which is for texts.")


def _texts(column: "pl.Series") -> list[str]:
    """A column of texts, whole numbers or categories, as texts."""
    return [_filled(text, "row", row) for row, text in enumerate(_short_texts(column, LONGEST_ID), 1)]


def _short_texts(column: "pl.Series", longest: int) -> Sequence[str | None]:
    """A column as texts, if none of them is longer than that: many rows can share one text of many megabytes."""
    import polars as pl

    categories = column.dtype in (pl.Categorical, pl.Enum)
    texts = column if categories or column.dtype == pl.String else column.cast(pl.String)
    bytes_of = texts.cat.len_bytes() if categories else texts.str.len_bytes()
    # A character has up to four of them.
    too_long = texts.filter(bytes_of > 4 * longest)
    if len(too_long):
        text = too_long.head(1).cast(pl.String).str.slice(0, longest + 1).item()
        raise ColumnsInvalid(f"has {shorten(text)} in its column {shorten(column.name)}, which is too long.")
    return texts.cast(pl.String).to_list()


def _filled(text: str | None, unit: str, number: int) -> str:
    if not text:
        raise ColumnsInvalid(f"has no id in {unit} {number}.")
    return text


def _number(text: str | None, identifier: str) -> float:
    """The float that a text means; NaN for none, which is refused where all values are checked."""
    if not text:
        return float("nan")
    if len(text) <= LONGEST_NUMBER and (_DECIMAL.fullmatch(text) or text.lower() in _NOT_FINITE):
        return float(text)
    raise ColumnsInvalid(f"has {shorten(text)} for {shorten(identifier)}, where a plain decimal number has to be.")
