# SPDX-License-Identifier: MIT
"""TVL over a range of blocks: which blocks, and the figures as CSV."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from nmr.text.amounts import format_fixed, format_nmr
from nmr.tvl.definitions import TvlError
from nmr.tvl.figures import Figures, PriceStatus

MOST_POINTS: Final = 10_000
"""Points of a series: each is a call of the node."""
COLUMNS: Final = (
    "block",
    "time",
    "idle",
    "at_risk",
    "waiting",
    "donations",
    "reserved",
    "treasury_free",
    "tvl",
    "supply",
    "circulating",
    "burned",
    "price",
    "tvl_dollars",
)
"""Of the CSV; amounts are NMR, exact, and the price and dollars empty where no price is known."""


def blocks_between(first: int, last: int, *, every: int | None = None, points: int | None = None) -> list[int]:
    """The blocks of a series, both ends among them.

    Args:
        first, last: the ends.
        every: blocks between two points.
        points: how many points, spread evenly; fewer where there are fewer blocks. 50 if neither is given.

    Raises:
        TvlError: the range is empty, or has too many points.
    """
    if last < first:
        raise TvlError(f"The range ends with block {last}, before it begins with block {first}.")
    if every is None:
        count = min(50 if points is None else points, last - first + 1)
        if count > MOST_POINTS:
            raise TvlError(f"A series has at most {MOST_POINTS} points, and these are {count}.")
        return [first + (last - first) * i // max(count - 1, 1) for i in range(count)]
    if (last - first) // every + 2 > MOST_POINTS:
        raise TvlError(f"A series has at most {MOST_POINTS} points: take more than {every} blocks between two.")
    blocks = list(range(first, last + 1, every))
    return blocks if blocks[-1] == last else [*blocks, last]


def series_csv(series: Sequence[Figures]) -> str:
    """The figures of each block as CSV with a header; see `COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for figures in series:
        known = figures.price.status is PriceStatus.KNOWN
        writer.writerow(
            [
                figures.number,
                datetime.fromtimestamp(figures.timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                *(
                    format_nmr(wei)
                    for wei in (
                        figures.idle,
                        figures.at_risk,
                        figures.waiting,
                        figures.donations,
                        figures.reserved + figures.reserved_elsewhere,
                        figures.treasury_free,
                        figures.tvl,
                        figures.supply,
                        figures.circulating,
                        figures.burned,
                    )
                ),
                format_fixed(figures.price.answer, figures.price.decimals) if known else "",
                format_fixed(figures.dollars, 6) if known else "",
            ]
        )
    return text.getvalue()
