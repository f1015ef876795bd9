# SPDX-License-Identifier: MIT
"""TVL over time: at which moments and blocks it is read, at which prices, and the figures as CSV."""

import csv
import io
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from nmr.buyback.figures import BuybackFigures
from nmr.errors import NmrError
from nmr.text.amounts import format_fixed, format_nmr
from nmr.text.files import read_up_to
from nmr.text.times import TimeError, format_moment, parse_date
from nmr.tvl.definitions import TvlError
from nmr.tvl.figures import NO_POOLS, Figures, InPools, Price, PriceError, PriceStatus

MOST_POINTS: Final = 10_000
"""Points of a series: each is a call of the node."""
POINTS: Final = 50
"""Points where nobody says how many."""
PRICE_COLUMNS: Final = ["time", "price"]
LARGEST_PRICES: Final = 16 * 1024 * 1024
"""Bytes of a file of prices."""
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
    "buyback_spent",
    "buyback_bought",
    "in_pools",
)
"""Of the CSV; amounts are NMR, exact, what the buyback spent is in dollars, and what is not known is empty."""


class PricesInvalid(NmrError, ValueError):
    """A file of prices that cannot be read."""


class Sample(NamedTuple):
    """The figures at a moment.

    Attributes:
        at: unix seconds.
        figures: at the latest block of that moment.
        buyback: at the same block; None without one.
        in_pools: at the same block.
    """

    at: int
    figures: Figures
    buyback: BuybackFigures | None = None
    in_pools: InPools = NO_POOLS


def moments_between(first: int, last: int, *, every: int | None = None, points: int | None = None) -> list[int]:
    """The moments of a series, even in time, both ends among them.

    Args:
        first, last: the ends, unix seconds.
        every: seconds between two points.
        points: how many points; fewer where there are fewer seconds. `POINTS` if neither is given.

    Raises:
        TvlError: the range is empty, or has too many points.
    """
    check_range(first, last)
    if every is None:
        count = min(POINTS if points is None else points, last - first + 1)
        check_count(count)
        return [first + (last - first) * i // max(count - 1, 1) for i in range(count)]
    check_count((last - first) // every + 2)
    moments = list(range(first, last + 1, every))
    return moments if moments[-1] == last else [*moments, last]


def check_range(first: int, last: int) -> None:
    """Refuse a series that ends before it begins; unix seconds.

    Raises:
        TvlError: it does.
    """
    if last < first:
        raise TvlError(f"The range ends at {format_moment(last)}, before it begins at {format_moment(first)}.")


def check_count(count: int) -> None:
    """Refuse a series of too many points.

    Raises:
        TvlError: it has.
    """
    if count > MOST_POINTS:
        raise TvlError(f"A series has at most {MOST_POINTS:,} points, and these are {count:,}.")


def block_at(moment: int, low: int, high: int, time_of: Callable[[int], int]) -> int:
    """The latest block that is not after a moment, found in as few looks as evenly mined blocks allow.

    Args:
        moment: not before block `low`.
        low, high: the blocks that come into question.
        time_of: unix seconds of a block; never falls.
    """
    if time_of(high) <= moment:
        return high
    halve = False
    while high - low > 1:
        begin, end = time_of(low), time_of(high)
        guess = (low + high) // 2 if halve else low + (moment - begin) * (high - low) // (end - begin)
        middle = min(max(guess, low + 1), high - 1)
        if time_of(middle) <= moment:
            low = middle
        else:
            high = middle
        # Where blocks are not even, guesses alone may creep.
        halve = not halve
    return low


def blocks_at(moments: Iterable[int], low: int, high: int, time_of: Callable[[int], int]) -> list[int]:
    """`block_at` for each of rising moments."""
    blocks = []
    for moment in moments:
        low = block_at(moment, low, high, time_of)
        blocks.append(low)
    return blocks


class Prices:
    """Prices over time; each holds until the next one."""

    def __init__(self, prices: Sequence[tuple[int, Price]]) -> None:
        """
        Args:
            prices: moments in unix seconds, rising, and the price from each on.
        """
        self._moments = [at for at, _ in prices]
        self._prices = [price for _, price in prices]

    @classmethod
    def read(cls, path: Path) -> "Prices":
        """Prices from a CSV with the columns `time` (a date, or a moment with its time zone) and `price`, in dollars.

        Raises:
            PricesInvalid: the file cannot be read, or has something else in a line, which the message names.
        """
        try:
            content = read_up_to(path, LARGEST_PRICES)
            text = content.decode("utf-8-sig")
        except OSError as error:
            raise PricesInvalid(f"{path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError:
            raise PricesInvalid(f"{path} is no text in UTF-8.") from None
        if len(content) > LARGEST_PRICES:
            raise PricesInvalid(f"{path} has more than {LARGEST_PRICES:,} bytes.")
        rows = csv.reader(text.splitlines())
        if next(rows, None) != PRICE_COLUMNS:
            raise PricesInvalid(f"{path} has to begin with the line {','.join(PRICE_COLUMNS)}.")
        found: list[tuple[int, Price]] = []
        for row in filter(None, rows):
            where = f"{path}, line {rows.line_num}"
            if len(row) != len(PRICE_COLUMNS):
                raise PricesInvalid(f"{where}: it has {len(row)} columns instead of {len(PRICE_COLUMNS)}.")
            try:
                entry = parse_date(row[0]), Price.parse(row[1])
            except TimeError as error:
                raise PricesInvalid(f"{where}: the time {error}.") from None
            except PriceError as error:
                raise PricesInvalid(f"{where}: {error}") from None
            if found and entry[0] <= found[-1][0]:
                raise PricesInvalid(f"{where}: its time is not after that of the line before.")
            found.append(entry)
        if not found:
            raise PricesInvalid(f"{path} has no price.")
        return cls(found)

    def at(self, moment: int) -> Price:
        """The price at a moment; unknown before the first one."""
        index = bisect_right(self._moments, moment) - 1
        return self._prices[index] if index >= 0 else Price(PriceStatus.UNANSWERED)


def series_csv(series: Sequence[Sample]) -> str:
    """The figures at each moment as CSV with a header; see `COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for at, figures, buyback, in_pools in series:
        known = figures.price.status is PriceStatus.KNOWN
        writer.writerow(
            [
                figures.number,
                datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
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
                "" if buyback is None else format_fixed(buyback.spent, buyback.decimals),
                "" if buyback is None else format_nmr(buyback.bought),
                format_nmr(in_pools.waiting),
            ]
        )
    return text.getvalue()
