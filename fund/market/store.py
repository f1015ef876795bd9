# SPDX-License-Identifier: MIT
"""Tables of integers by day and market, kept small: a line of JSON, then arrays, all of it xz.

A file's check is the sha256 of what is inside, since compressors differ between machines. Each array goes in market
after market and byte after byte of the integers, which compresses best.
"""

import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from nmr.errors import NmrError

MISSING: Final = -(2**31)
"""Stands where there is no value."""
BYTES: Final = 4


class MarketError(NmrError, ValueError):
    """Market data that is not what it should be."""


@dataclass(frozen=True, eq=False)
class Table:
    """Integers by day and market.

    Attributes:
        dates: ISO dates, ascending.
        names: of the markets, unique.
        values: int32 arrays of shape (days, markets), by what they are; MISSING where there is none.
    """

    dates: tuple[str, ...]
    names: tuple[str, ...]
    values: Mapping[str, np.ndarray]


def pack(table: Table) -> bytes:
    """What `unpack` takes, uncompressed: the same bytes for the same table.

    Raises:
        MarketError: if dates do not ascend, a name repeats, or an array has another shape or other integers.
    """
    if list(table.dates) != sorted(set(table.dates)) or len(set(table.names)) != len(table.names):
        raise MarketError("The days of a table must ascend, and its names must differ.")
    shape = (len(table.dates), len(table.names))
    if any(array.shape != shape or array.dtype != np.int32 for array in table.values.values()):
        raise MarketError(f"Each array of a table must be int32 of shape {shape}.")
    head = {"dates": table.dates, "names": table.names, "values": list(table.values)}
    planes = [
        np.ascontiguousarray(array.T, dtype="<i4").view(np.uint8).reshape(-1, BYTES).T.tobytes()
        for array in table.values.values()
    ]
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + b"".join(planes)


def unpack(blob: bytes) -> Table:
    """The table that `pack` made these bytes of.

    Raises:
        MarketError: if the arrays are shorter or longer than the head says.
    """
    first, _, rest = blob.partition(b"\n")
    head = json.loads(first)
    days, markets = len(head["dates"]), len(head["names"])
    size = days * markets * BYTES
    if len(rest) != size * len(head["values"]):
        raise MarketError(f"The table should hold {size * len(head['values'])} bytes of values but holds {len(rest)}.")
    values = {}
    for number, what in enumerate(head["values"]):
        planes = np.frombuffer(rest, np.uint8, size, number * size).reshape(BYTES, -1)
        values[what] = np.ascontiguousarray(planes.T).view("<i4").reshape(markets, days).T.astype(np.int32)
    return Table(tuple(head["dates"]), tuple(head["names"]), values)


def write(file: Path, blob: bytes) -> None:
    """Compress packed bytes into a file."""
    file.write_bytes(lzma.compress(blob, preset=9 | lzma.PRESET_EXTREME))


def read(file: Path, expected: str) -> Table:
    """Read a table of a file.

    Args:
        expected: sha256 of the packed bytes, in hexadecimal.

    Raises:
        MarketError: if the file is missing, damaged, or holds other bytes.
    """
    try:
        blob = lzma.decompress(file.read_bytes())
    except FileNotFoundError as error:
        raise MarketError(f"There is no file {file.name}: run python -m fund.market.rebuild.") from error
    except lzma.LZMAError as error:
        raise MarketError(f"The file {file.name} is damaged: run python -m fund.market.rebuild.") from error
    if sha256(blob).hexdigest() != expected:
        raise MarketError(f"The file {file.name} was changed: run python -m fund.market.rebuild.")
    return unpack(blob)
