# SPDX-License-Identifier: MIT
"""The two data sets of the fund: 431 stocks with dollar volumes, and 46 series of futures.

`data/stocks/README.md` and `data/futures/README.md` say where they come from, under what licence, and how good they
are; `python -m fund.market.rebuild` makes them again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from fund.market.store import MISSING, read

DATA: Final = Path(__file__).parents[1] / "data"
STOCKS_FILE: Final = DATA / "stocks" / "stocks.xz"
STOCKS_SHA256: Final = "1f0d9802fd047c8992b478c20d5478b1a7f8c946fa93d2b09a8703347f232e0e"
FUTURES_FILE: Final = DATA / "futures" / "futures.xz"
FUTURES_SHA256: Final = "386cde6c733fed6c27e76dc469f55a0e15b9809d737ed63e4984caf04ce5a7f8"

RETURN: Final = 100_000
"""A return of 1 of a stock, as its integer."""
FINE_RETURN: Final = 1_000_000
"""The same of a future: the calmest moves two hundredths of a percent a day."""
CASH: Final = "USDOLLAR"
CASH_RETURN: Final = 100_000_000
LOG_VOLUME: Final = 100
"""A dollar volume is kept as so many times its natural logarithm: to half a percent."""


@dataclass(frozen=True, eq=False)
class Prices:
    """What happened, by day and market.

    Attributes:
        dates: datetime64[D] of shape (days,), ascending.
        names: of the markets.
        returns: float64 of shape (days, markets): return of the day since the last price before. Not a number before
            the first price and where the day has no price.
        dollars: float64 of the same shape: dollars traded on the day, not a number where unknown; None if there is
            no such data.
        cash: float64 of shape (days,): what dollars earn in a day; None if there is no such data.
    """

    dates: np.ndarray
    names: tuple[str, ...]
    returns: np.ndarray
    dollars: np.ndarray | None = None
    cash: np.ndarray | None = None


def load_stocks() -> Prices:
    """431 stocks of the S&P 500, 2007-01-04 to 2016-12-30, chosen at the end of these years: survivors.

    Raises:
        MarketError: if the file is missing or is not the one this version was made with.
    """
    table = read(STOCKS_FILE, STOCKS_SHA256)
    is_cash = np.array([name == CASH for name in table.names])
    returns = _floats(table.values["returns"])
    return Prices(
        dates=np.array(table.dates, dtype="datetime64[D]"),
        names=tuple(name for name in table.names if name != CASH),
        returns=returns[:, ~is_cash] / RETURN,
        dollars=np.exp(_floats(table.values["volumes"])[:, ~is_cash] / LOG_VOLUME),
        cash=returns[:, is_cash][:, 0] / CASH_RETURN,
    )


def load_futures() -> Prices:
    """46 series that look like futures, 1990 to 2023-04-26, each from its own first day on, names unknown.

    Raises:
        MarketError: as of `load_stocks`.
    """
    table = read(FUTURES_FILE, FUTURES_SHA256)
    dates = np.array(table.dates, dtype="datetime64[D]")
    return Prices(dates=dates, names=table.names, returns=_floats(table.values["returns"]) / FINE_RETURN)


def _floats(values: np.ndarray) -> np.ndarray:
    """Integers as floats, not a number for a missing one."""
    floats: np.ndarray = np.where(values == MISSING, np.nan, values)
    return floats
