# SPDX-License-Identifier: MIT
"""From the returns of sleeves to the fund's books: what each day earned and cost, in cents of what the fund owns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from fund.accounts import Accounts
from fund.backtest import Run


@dataclass(frozen=True, eq=False)
class Days:
    """What the sleeves of a fund made of its net assets, by day.

    Attributes:
        dates: datetime64[D] of shape (days,), ascending.
        gross: float64 of shape (days,), in net assets of the close before.
        trading: of the same shape and unit.
        financing: of the same shape and unit.
    """

    dates: np.ndarray
    gross: np.ndarray
    trading: np.ndarray
    financing: np.ndarray

    @property
    def net(self) -> np.ndarray:
        """Return of each day after costs, before fees."""
        net: np.ndarray = self.gross - self.trading - self.financing
        return net


def together(runs: Sequence[Run]) -> Days:
    """Sleeves that trade on the same net assets; each day of any of them is a day of the fund."""
    dates = np.unique(np.concatenate([run.dates for run in runs]))
    gross, trading, financing = (np.zeros(len(dates)) for _ in range(3))
    for run in runs:
        rows = np.searchsorted(dates, run.dates)
        gross[rows] += run.gross
        # A trade is paid from what the day left.
        trading[rows] += run.trading * (1 + run.gross - run.financing)
        financing[rows] += run.financing
    return Days(dates, gross, trading, financing)


def administer(days: Days, cents: int, later: Mapping[date, int] | None = None) -> tuple[Accounts, list[int]]:
    """Keep the fund's books over these days.

    Args:
        cents: subscribed on the day before the first.
        later: cents by the day at whose end they come in.

    Returns:
        The books, and the net asset value in cents at the end of each day.

    Raises:
        AccountsError: a day loses more than the fund owns.
    """
    calendar = [each.item() for each in days.dates]
    accounts, values = Accounts(calendar[0] - timedelta(days=1)), []
    accounts.subscribe(cents)
    for number, day in enumerate(calendar):
        owned = accounts.equity
        gross, trading, financing = (
            round(owned * float(each[number])) for each in (days.gross, days.trading, days.financing)
        )
        accounts.book(day, gross, trading, financing)
        if later is not None and day in later:
            accounts.subscribe(later[day])
        values.append(accounts.net)
    return accounts, values
