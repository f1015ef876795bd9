# SPDX-License-Identifier: MIT
"""What became of the loop, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demo.checks import Check
from demo.results import BuybackResult, SeasonResult
from fund.accounts import Accounts
from fund.desk import Share, Value, Week
from fund.loop import ChainBooks, Payment, Traced


@dataclass(frozen=True)
class SleeveResult:
    """What became of a tournament and the fund's trades on it.

    Attributes:
        caution: what has to be said of the prices.
        season: of the tournament.
        corr: of the meta model of each week, as it was traded; None where there was none.
        weeks: of the trades.
        share: of the fund's profit and costs.
    """

    caution: str
    season: SeasonResult
    corr: Sequence[float | None]
    weeks: Sequence[Week]
    share: Share


@dataclass(frozen=True)
class LoopResult:
    """What became of the loop.

    Attributes:
        sleeves: by the tournament's name.
        values: of the fund.
        accounts: its books.
        payments: of its fees.
        traced: what the treasury's part of each payment bought, of those that were not nothing.
        books: what the chain says.
        buyback: of the lots.
        checks: what has to hold, and whether it does.
        audit: the report of the audit of the whole chain.
        agrees: whether it found no difference.
    """

    sleeves: Mapping[str, SleeveResult]
    values: Sequence[Value]
    accounts: Accounts
    payments: Sequence[Payment]
    traced: Sequence[Traced]
    books: ChainBooks
    buyback: BuybackResult
    checks: Sequence[Check]
    audit: dict[str, Any]
    agrees: bool
