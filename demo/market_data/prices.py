# SPDX-License-Identifier: MIT
"""Daily price relatives of 88 Toronto stocks, kept exactly in a small binary file.

The file is `data/tse-relatives.u24`; `data/README.md` says where it comes from and how good it is, and
`python -m demo.market_data.rebuild` writes it again, byte for byte. It is not compressed, since compressors
differ between machines.
"""

from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from nmr.errors import NmrError

DAYS: Final = 1_259
STOCKS: Final = 88
SCALE: Final = 1_000_000  # a relative of 1 (price unchanged), in parts per million
IDS: Final = tuple(f"TSE{column:02d}" for column in range(1, STOCKS + 1))
FILE: Final = Path(__file__).parent / "data" / "tse-relatives.u24"
FILE_SHA256: Final = "53c26eb792ee495f17daa5b6b88f727066637a2e25536c11d3c178915df30ea3"

BYTES_PER_VALUE: Final = 3
LARGEST: Final = 2 ** (8 * BYTES_PER_VALUE) - 1


class MarketDataError(NmrError, ValueError):
    """Market data that is not what it should be."""


def encode(relatives: np.ndarray) -> bytes:
    """Pack relatives into unsigned 24-bit little-endian integers, day after day.

    Args:
        relatives: integers of shape (days, stocks), parts per million, each from 1 to 2**24 - 1.

    Raises:
        MarketDataError: if a value is out of that range.
    """
    if relatives.size and (relatives.min() < 1 or relatives.max() > LARGEST):
        raise MarketDataError(f"A price relative must be from 1 to {LARGEST} parts per million.")
    four_bytes = np.ascontiguousarray(relatives, dtype="<u4").view(np.uint8).reshape(-1, 4)
    return four_bytes[:, :BYTES_PER_VALUE].tobytes()


def decode(blob: bytes, days: int = DAYS, stocks: int = STOCKS) -> np.ndarray:
    """Unpack what `encode` packed: int64 of shape (days, stocks), parts per million.

    Raises:
        MarketDataError: if the length is not days * stocks * 3 bytes.
    """
    expected = days * stocks * BYTES_PER_VALUE
    if len(blob) != expected:
        raise MarketDataError(f"The price file should hold {expected} bytes but holds {len(blob)}.")
    three_bytes = np.frombuffer(blob, dtype=np.uint8).reshape(days, stocks, BYTES_PER_VALUE).astype(np.int64)
    values: np.ndarray = three_bytes @ np.array([1, 2**8, 2**16], dtype=np.int64)
    return values


def load_relatives(file: Path = FILE) -> pd.DataFrame:
    """Read the shipped price relatives.

    Returns:
        int64 frame of shape (1259 days, 88 stocks). Index: day, counted from 0. Columns: stock ids as strings, "TSE01"
        to "TSE88" in the order of the source. Value: price of the day / price of the day before, in parts per million;
        day 0 is relative to a price of 1 before it.

    Raises:
        MarketDataError: if the file is missing or is not, to the byte, the one this version was made with.
    """
    try:
        blob = file.read_bytes()
    except FileNotFoundError as error:
        raise MarketDataError(f"There is no price file {file.name}: run python -m demo.market_data.rebuild.") from error
    if sha256(blob).hexdigest() != FILE_SHA256:
        raise MarketDataError(f"The price file {file.name} was changed: run python -m demo.market_data.rebuild.")
    return pd.DataFrame(decode(blob), index=pd.RangeIndex(DAYS, name="day"), columns=pd.Index(IDS, name="id"))
