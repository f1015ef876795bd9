# SPDX-License-Identifier: MIT
"""Pictures of the loop, as SVG: what the fund is worth, and what becomes of its fees."""

from collections.abc import Mapping, Sequence
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from demo.pictures import BASE, DOWN, LINE, SETTINGS, UP, inline
from demo.results import BuybackResult
from fund.desk import CENTS, Value, Week
from fund.loop import Payment
from nmr.text.pictures import svg

MILLION: Final = 1_000_000
THOUSAND: Final = 1_000


def picture_of_value(values: Sequence[Value], trades: Mapping[str, Sequence[Week]]) -> str:
    """What the fund is worth by the day, before and after fees, and what each sleeve trades by the week."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(12, 6), layout="constrained")
        worth, traded = figure.subplots(2, 1, sharex=True)
        days = [value.day for value in values]
        worth.plot(days, [value.before_fees / CENTS / MILLION for value in values], color=BASE, label="before fees")
        worth.plot(days, [value.net / CENTS / MILLION for value in values], color=LINE, label="net asset value")
        worth.set_ylabel("million dollars")
        worth.legend(loc="best", frameon=False)
        # One bar a week, on the day on which the first sleeve trades.
        [first, *_] = trades.values()
        at, below = [week.day for week in first], np.zeros(len(first))
        for (name, weeks), color in zip(trades.items(), (LINE, UP), strict=False):
            amounts = np.array([week.traded / CENTS / MILLION for week in weeks])
            traded.bar(at, amounts, 5, bottom=below, color=color, label=name)
            below += amounts
        traded.set_ylabel("bought and sold, million dollars")
        traded.legend(loc="best", frameon=False)
    return inline(svg(figure, "value"))


def picture_of_fees(payments: Sequence[Payment], buyback: BuybackResult, weeks: int) -> str:
    """What came into the treasury and what it spent so far, week by week, and what is left."""
    unit = 10**buyback.decimals * THOUSAND
    came, went = np.zeros(weeks + 1), np.zeros(weeks + 1)
    for payment in payments:
        came[payment.week] += payment.treasury / CENTS / THOUSAND
    for lot in buyback.lots:
        went[lot.week] += lot.paid / unit
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(12, 4), layout="constrained")
        axes = figure.subplots()
        axes.step(range(weeks + 1), came.cumsum(), where="mid", color=LINE, label="a fifth of the fees, so far")
        axes.step(range(weeks + 1), went.cumsum(), where="mid", color=UP, label="spent on NMR, so far")
        axes.bar(range(weeks + 1), came.cumsum() - went.cumsum(), color=DOWN, alpha=0.5, label="unspent")
        axes.set_ylabel("thousand dollars")
        axes.set_xlabel("week")
        axes.legend(loc="upper left", frameon=False)
    return inline(svg(figure, "fees"))
