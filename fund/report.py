# SPDX-License-Identifier: MIT
"""What the loop prints, and its page of pictures."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from rich.console import Console

from demo.buyback_tables import LOTS, TOTALS, how_filled, lot_rows, total_rows
from demo.page import AUDIT, chapter, table
from demo.pictures import picture_of_buyback, picture_of_models, picture_of_tvl
from demo.tables import MODELS, TEXT, TVL, model_rows, nmr, show_checks, tvl_rows
from fund.desk import CENTS
from fund.loop import CENT_PLACES, to_units
from fund.pictures import picture_of_fees, picture_of_value
from fund.results import LoopResult
from nmr.audit.page import compared_rows, verdict
from nmr.cli.tables import print_table
from nmr.text.amounts import format_stablecoin
from nmr.text.files import write_whole
from nmr.text.pages import render

NAME: Final = "fund.html"
MILLION: Final = 1_000_000
WEEKS: Final = ("week", "trade on", "CORR", "traded", "leverage", "volume", "cost", "NAV")
WATERFALL: Final = ("from gross to net", "amount")
FEES: Final = ("paid on", "fees", "performance", "to treasury", "spent", "unspent", "NMR bought")
SPARE: Final = ("performance", "unspent", "spent")
SPARE_OF_WEEKS: Final = ("volume",)
"""Columns that a narrow terminal does without."""
INTRODUCTION: Final = (
    "Eight models rank the same stocks each week and stake NMR on their ranking. A fund trades the average of their "
    "rankings, weighted by stake. A fifth of its fees goes to the treasury as stablecoin, and the buyback turns it "
    "into NMR beside a pool of Uniswap V2. The prices of the stocks are real. The price of NMR is a random walk, and "
    "an assumption."
)
LEGEND: Final = {
    "CORR": "How well the meta model that was traded ranked the stocks in the week after: +1 perfect, 0 chance.",
    "traded": "Bought and sold together, one close after the last price that any model knew.",
    "leverage": "Long and short together, in net assets.",
    "volume": "The largest share of a stock's typical dollars of a day that the trade took.",
    "cost": "Spread and impact of the trade.",
    "NAV": "Net asset value: what investors own after all fees, also those that are not paid yet.",
    "fees, performance": "All that the fund paid, and what of it was the performance fee of the year that was over.",
    "unspent": "Stablecoin that waits in the treasury for lots to come.",
    "home with, return": "What a model's owner withdrew after the season, and its gain over what was deposited.",
    "lot, reference": "What the buyback spends in a week at most, and the average market price before.",
}


def show(console: Console, result: LoopResult) -> None:
    """Print what became of the loop."""
    console.print(f"Prices: {result.caution}.", highlight=False)
    title = "The fund, a trade a week; traded and NAV in million dollars"
    print_table(title, WEEKS, week_rows(result), optional=SPARE_OF_WEEKS)
    print_table("The fund's books", WATERFALL, waterfall_rows(result))
    print_table("From fees to NMR", FEES, fee_rows(result), optional=SPARE)
    console.print(how_filled(result.buyback), highlight=False)
    print_table("The buyback, in all", TOTALS, total_rows(result.buyback))
    print_table("TVL and treasury, in NMR", TVL, tvl_rows(result.season, nmr))
    for sentence in verdicts(result):
        console.print(sentence, highlight=False)
    show_checks(console, result.checks)


def write_page(folder: Path, result: LoopResult) -> Path:
    """Write the page into a folder and give its path."""
    path = folder / NAME
    write_whole(path, render_page(result).encode())
    return path


def render_page(result: LoopResult) -> str:
    """The page."""
    season, buyback, audit = result.season, result.buyback, result.audit
    tvl = picture_of_tvl(season) if len(season.figures) > 1 else ""
    weeks = len(result.weeks)
    return render(
        "demo",
        "season.html",
        title="A fund on a staked crowd",
        introduction=INTRODUCTION,
        legend=list(LEGEND.items()),
        chapters=[
            chapter(
                "The fund",
                [_table(WEEKS, week_rows(result)), _table(WATERFALL, waterfall_rows(result))],
                picture_of_value(result.values, result.weeks),
                " ".join((f"Prices: {result.caution}.", *verdicts(result))),
            ),
            chapter(
                "From fees to NMR",
                [_table(FEES, fee_rows(result))],
                picture_of_fees(result.payments, buyback, weeks),
            ),
            chapter(
                "Buyback",
                [table(LOTS, lot_rows(buyback)), table(TOTALS, total_rows(buyback))],
                picture_of_buyback(buyback),
                how_filled(buyback),
            ),
            chapter("TVL and treasury", [table(TVL, tvl_rows(season, nmr))], tvl),
            chapter("Models", [table(MODELS, model_rows(season))], picture_of_models(season)),
        ],
        incidents=season.incidents,
        checks=result.checks,
        verdict=verdict(audit),
        audit=table(AUDIT, compared_rows(audit)),
    )


def week_rows(result: LoopResult) -> list[list[str]]:
    """A row of `WEEKS` for each week; NAV at its last day."""
    last = {week.day: place for place, week in enumerate(result.weeks)}
    place, worth = -1, [0] * len(result.weeks)
    for value in result.values:
        place = last.get(value.day, place)
        worth[place] = value.net
    return [
        [
            str(number),
            week.day.isoformat() if week.made else f"{week.day.isoformat()}, not made",
            "-" if corr is None else f"{corr:+.4f}",
            f"{week.traded / CENTS / MILLION:,.1f}",
            f"{week.leverage:.2f}",
            f"{week.participation:.1%}",
            f"${week.cost // CENTS:,}",
            f"{net / CENTS / MILLION:,.3f}",
        ]
        for number, (week, corr, net) in enumerate(zip(result.weeks, result.corr, worth, strict=True))
    ]


def waterfall_rows(result: LoopResult) -> list[list[str]]:
    """A row of `WATERFALL` for each line of the books, to the cent."""
    books, accounts = result.accounts.waterfall, result.accounts
    rows = {
        "subscribed": books.subscribed,
        "gross profit": books.gross,
        "spread and impact": -books.trading,
        "borrow and financing": -books.financing,
        "management fee, accrued or paid": -books.management,
        "performance fee, paid": -books.performance,
        "performance fee, if it were due now": accounts.net - accounts.equity,
        "net asset value": accounts.net,
    }
    return [[name, _dollars(cents)] for name, cents in rows.items()]


def fee_rows(result: LoopResult) -> list[list[str]]:
    """A row of `FEES` for each payment, and their sum."""
    decimals = result.books.decimals
    traced = iter(result.traced)
    rows, sums = [], [0] * (len(FEES) - 1)
    for paid in result.payments:
        each = next(traced) if paid.treasury else None
        spent, bought = (each.spent, each.bought) if each else (0, 0)
        amounts = [
            paid.paid,
            paid.performance,
            paid.treasury,
            spent,
            to_units(paid.treasury, decimals) - spent,
            bought,
        ]
        rows.append([paid.day.isoformat(), *_fee_cells(amounts, decimals)])
        sums = [one + other for one, other in zip(sums, amounts, strict=True)]
    return [*rows, ["in all", *_fee_cells(sums, decimals)]]


def verdicts(result: LoopResult) -> list[str]:
    """What came out, in sentences."""
    books, first, last = result.accounts.waterfall, result.values[0].day, result.values[-1].day
    months = (last - first).days * 12 / 365.25
    traded = sum(week.traded for week in result.weeks) / CENTS / MILLION / months
    leverage = fmean(week.leverage for week in result.weeks)
    scored = [corr for corr in result.corr if corr is not None]
    profit = books.net + result.accounts.net - result.accounts.equity
    return [
        f"From {first} to {last} investors {'lost' if profit < 0 else 'gained'} {_dollars(abs(profit))} on "
        f"{_dollars(books.subscribed)} ({profit / books.subscribed:+.2%}), after all fees.",
        f"The fund bought and sold ${traded:,.0f}M a month at a mean leverage of {leverage:.1f}.",
        f"Mean CORR of the meta model: {fmean(scored) if scored else 0.0:+.4f} in {len(scored)} weeks.",
    ]


def _fee_cells(amounts: Sequence[int], decimals: int) -> list[str]:
    fees, performance, part, spent, unspent, bought = amounts
    return [
        *(_dollars(cents) for cents in (fees, performance, part)),
        *(format_stablecoin(amount, decimals) for amount in (spent, unspent)),
        nmr(bought),
    ]


def _dollars(cents: int) -> str:
    return format_stablecoin(cents, CENT_PLACES)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    return table(headings, rows, {*TEXT, headings[0], "trade on"})
