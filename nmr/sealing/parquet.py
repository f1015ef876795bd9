# SPDX-License-Identifier: MIT
"""Parquet files from anywhere: what a file unpacks to is known before any of it is unpacked.

A file of some kilobytes can hold a text of gigabytes, or millions of rows. So the footer, and the head of every page of
the wanted columns, are read here first, with bounds on rows and bytes; only then polars reads these columns. Pages are
found as polars finds them: chunks stand in the order of the schema's leaves, and the sizes that a footer states are not
believed. The format: https://github.com/apache/parquet-format.
"""

import io
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from nmr.errors import NmrError
from nmr.text.amounts import shorten

if TYPE_CHECKING:
    import polars as pl

MAGIC: Final = b"PAR1"
LARGEST_FOOTER: Final = 8 * 2**20
MOST_VALUES: Final = 1_000_000
"""In a footer or the head of a page; a footer of 2,800 columns has 60,000 for each group of rows."""
LARGEST_COLUMN: Final = 6 * 2**20
"""Bytes of a column, unpacked: 20,000 ids of 64 characters take 5 MiB at most."""

DAMAGED: Final = "is no Parquet file, or a damaged one."
_DEEPEST: Final = 16
_DELTA_BYTE_ARRAY: Final = 7
"""An encoding that refers to the value before, so that a small page may unpack to any size."""

# Fields of the format's structures, by number.
_SCHEMA, _ROWS, _GROUPS = 2, 3, 4
_NAME, _CHILDREN = 4, 5
_CHUNKS, _GROUP_ROWS, _METADATA = 1, 3, 3
_PACKED_CHUNK, _DATA_AT, _DICTIONARY_AT = 7, 9, 11
_UNPACKED, _PACKED = 2, 3
_DICTIONARY: Final = 7
_PAGE_KINDS: Final = ((5, 2), (_DICTIONARY, 2), (8, 4))
"""Data page, dictionary page, newer data page: the field of each in a head, and where it has its encoding."""
_VALUES: Final = 1

_Kind = TypeVar("_Kind")


class ParquetInvalid(NmrError, ValueError):
    """A Parquet file that is refused; the message is a predicate, callers prepend the file's name."""


def parquet_schema(content: bytes) -> "dict[str, pl.DataType]":
    """The names of a file's columns in their order, and the type of each.

    Raises:
        ParquetInvalid: it is no Parquet file.
    """
    _footer(content)
    # Here and not above, as below: it takes a second to import, which no other command should.
    import polars as pl

    try:
        return dict(pl.read_parquet_schema(io.BytesIO(content)))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _refused(error) from None


def read_parquet(content: bytes, names: Collection[str], most_rows: int) -> "pl.DataFrame":
    """Some columns of a file; the others are left alone.

    Args:
        content: the file.
        names: of the columns that are wanted, none of them nested.
        most_rows: how many rows it may have.

    Raises:
        ParquetInvalid: it is no Parquet file, or a column of it is too large.
    """
    _check_sizes(content, names, most_rows)
    import polars as pl

    try:
        return pl.read_parquet(io.BytesIO(content), columns=list(names), n_rows=most_rows)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _refused(error) from None


def _refused(error: BaseException) -> ParquetInvalid:
    """What polars says, in one line."""
    line = str(error).partition("\n")[0] or type(error).__name__
    return ParquetInvalid(f"is no Parquet file, or a damaged one: {shorten(line)}.")


def _check_sizes(content: bytes, names: Collection[str], most_rows: int) -> None:
    """Refuse a file whose wanted columns are too large, or whose numbers of rows contradict each other.

    polars ends the whole process on some that do.
    """
    footer, end = _footer(content)
    groups = _get(footer, _GROUPS, list)
    rows = [_get(group, _GROUP_ROWS, int) for group in groups]
    for name, place in _places(footer):
        if name in names:
            size = 0
            for group, stated in zip(groups, rows, strict=True):
                unpacked, found = _chunk_size(content, _get(group, _CHUNKS, list)[place : place + 1], end)
                size += unpacked
                if size > LARGEST_COLUMN:
                    raise ParquetInvalid(f"has more than {LARGEST_COLUMN >> 20} MiB in its column {shorten(name)}.")
                if found != stated:
                    raise ParquetInvalid(DAMAGED)
    if sum(rows) > most_rows:
        raise ParquetInvalid(f"has {sum(rows):,} rows, more than {most_rows:,}.")
    if sum(rows) != _get(footer, _ROWS, int):
        raise ParquetInvalid(DAMAGED)


def _footer(content: bytes) -> tuple[dict[int, Any], int]:
    """The footer, and where it begins."""
    length = int.from_bytes(content[-8:-4], "little")
    start = len(content) - 8 - length
    if start < len(MAGIC) or not content.startswith(MAGIC) or not content.endswith(MAGIC):
        raise ParquetInvalid(DAMAGED)
    if length > LARGEST_FOOTER:
        raise ParquetInvalid(f"has a footer of more than {LARGEST_FOOTER >> 20} MiB.")
    return _Compact(content, start).structure(), start


def _places(footer: dict[int, Any]) -> Iterator[tuple[str, int]]:
    """The columns of the schema: the name of each, and the number of its first chunk in a group of rows."""
    elements = iter(_get(footer, _SCHEMA, list))

    def leaves(element: Any, depth: int) -> int:
        if depth > _DEEPEST:
            raise ParquetInvalid(DAMAGED)
        return sum(leaves(next(elements, None), depth + 1) for _ in range(_children(element))) or 1

    place = 0
    for _ in range(_children(next(elements, None))):
        element = next(elements, None)
        yield _get(element, _NAME, bytes).decode("utf-8", "replace"), place
        place += leaves(element, 1)


def _children(element: Any) -> int:
    return int(_get(element, _CHILDREN, int)) if _CHILDREN in _structure(element) else 0


def _chunk_size(content: bytes, chunks: Sequence[Any], end: int) -> tuple[int, int]:
    """The bytes that a chunk unpacks to, by the heads of its pages, and the rows in it.

    Args:
        content: the file.
        chunks: the chunk, or none.
        end: where the footer begins.
    """
    size = rows = 0
    for chunk in chunks:
        metadata = _get(chunk, _METADATA, dict)
        at = _get(metadata, _DICTIONARY_AT if _DICTIONARY_AT in metadata else _DATA_AT, int)
        stop = at + _get(metadata, _PACKED_CHUNK, int)
        if not 0 < at <= stop <= end:
            raise ParquetInvalid(DAMAGED)
        while at < stop:
            reader = _Compact(content, at)
            head = reader.structure()
            unpacked, packed = _get(head, _UNPACKED, int), _get(head, _PACKED, int)
            if unpacked < 0 or packed < 0:
                raise ParquetInvalid(DAMAGED)
            for kind, encoding in _PAGE_KINDS:
                if kind in head:
                    page = _get(head, kind, dict)
                    if _get(page, encoding, int) == _DELTA_BYTE_ARRAY:
                        raise ParquetInvalid("has a column encoded as DELTA_BYTE_ARRAY: write it plainly.")
                    rows += 0 if kind == _DICTIONARY else _get(page, _VALUES, int)
            size += unpacked
            at = reader.at + packed
    return size, rows


def _get(structure: Any, field: int, kind: type[_Kind]) -> _Kind:
    value = _structure(structure).get(field)
    if type(value) is not kind:
        raise ParquetInvalid(DAMAGED)
    return value


def _structure(value: Any) -> dict[int, Any]:
    if type(value) is not dict:
        raise ParquetInvalid(DAMAGED)
    return value


class _Compact:
    """Reads Thrift's compact protocol, in which footers and heads of pages are written."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self._left = MOST_VALUES
        self.at = at

    def structure(self, depth: int = 0) -> dict[int, Any]:
        """A structure, by the numbers of its fields."""
        fields: dict[int, Any] = {}
        field = 0
        while head := self._byte():
            self._spend()
            field = field + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            # A truth value has no bytes of its own here.
            fields[field] = kind == 1 if kind in (1, 2) else self._value(kind, depth + 1)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        self._spend()
        if depth > _DEEPEST:
            raise ParquetInvalid(DAMAGED)
        match kind:
            case 1 | 2 | 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._integer()
            case 7:
                return self._bytes(8)
            case 8:
                return self._bytes(self._unsigned())
            case 9 | 10:
                head = self._byte()
                count = head >> 4 if head >> 4 < 15 else self._unsigned()
                return [self._value(head & 15, depth + 1) for _ in range(count)]
            case 12:
                return self.structure(depth)
        # Footers have no maps.
        raise ParquetInvalid(DAMAGED)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ParquetInvalid(f"has more than {MOST_VALUES:,} values in its footer.")

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        found = self._content[self.at : self.at + count]
        if len(found) < count:
            raise ParquetInvalid(DAMAGED)
        self.at += count
        return found

    def _unsigned(self) -> int:
        value = shift = 0
        while shift < 64:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ParquetInvalid(DAMAGED)

    def _integer(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)
