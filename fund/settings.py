# SPDX-License-Identifier: MIT
"""How each sleeve of the fund trades; fixed before the first backtest."""

from collections.abc import Mapping
from typing import Final

from fund.backtest import Setting
from fund.portfolio import Costs, Limits

ASSETS: Final = 500_000_000
"""Dollars that the fund begins with."""
FUTURES_DOLLARS: Final = 1_000_000_000
"""Dollars that are traded in a day in each of the futures: an assumption, as their volumes are unknown."""
STOCKS: Final = Setting(
    Limits(leverage=4.0, position=0.02, participation=0.05, turnover=1.0), Costs(half_spread=0.0003)
)
FUTURES: Final = Setting(
    Limits(leverage=4.0, position=0.4, participation=0.05, turnover=1.0),
    Costs(half_spread=0.0002, borrow=0.0, financing=0.0),
    dollars=FUTURES_DOLLARS,
)
SETTINGS: Final[Mapping[str, Setting]] = {"stocks": STOCKS, "futures": FUTURES}
"""By the name of the universe."""
