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
from demo.results import SeasonResult
from demo.tables import MODELS, TEXT, TVL, model_rows, nmr, show_checks, tvl_rows
from fund.desk import CENTS
from fund.loop import CENT_PLACES, to_units
from fund.pictures import picture_of_fees, picture_of_value
from fund.results import LoopResult, SleeveResult
from nmr.audit.page import compared_rows, verdict
from nmr.cli.tables import print_table
from nmr.text.amounts import format_stablecoin
from nmr.text.files import write_whole
from nmr.text.pages import render

NAME: Final = "fund.html"
MILLION: Final = 1_000_000
TRADES: Final = ("week", "trade on", "CORR", "traded", "leverage", "volume", "cost")
WATERFALL: Final = ("from gross to net", "amount")
FEES: Final = ("paid on", "fees", "performance", "to treasury", "spent", "unspent", "NMR bought")
SPARE: Final = ("performance", "unspent", "spent")
"""Columns that a narrow terminal does without."""
INTRODUCTION: Final = (
    "Two tournaments share a treasury. In each, eight models rank the same markets each week, 431 stocks or 46 "
    "futures, and stake NMR on their ranking. A fund trades both averages of these rankings, weighted by stake. A "
    "fifth of its fees goes to the treasury as stablecoin, and the buyback turns it into NMR beside a pool of Uniswap "
    "V2. The prices of stocks and futures are real. The price of NMR is a random walk, and an assumption."
)
LEGEND: Final = {
    "CORR": "How well the meta model that was traded ranked the markets in the week after: +1 perfect, 0 chance.",
    "stocks, futures": "CORR of the meta model of each tournament.",
    "traded": "Bought and sold together, one close after the last price that any model knew.",
    "leverage": "Long and short together, in net assets of the whole fund.",
    "volume": "The largest share of a market's typical dollars of a day that the trade took.",
    "cost": "Spread and impact of the trade.",
    "NAV": "Net asset value: what investors own after all fees, also those that are not paid yet.",
    "fees, performance": "All that the fund paid, and what of it was the performance fee of the year that was over.",
    "unspent": "Stablecoin that waits in the treasury for lots to come.",
    "home with, return": "What a model's owner withdrew after the season, and its gain over what was deposited.",
    "lot, reference": "What the buyback spends in a week at most, and the average market price before.",
}


def show(console: Console, result: LoopResult) -> None:
    """Print what became of the loop."""
    for sentence in cautions(result):
        console.print(sentence, highlight=False)
    title = "The fund by the week: CORR of each meta model; million dollars"
    print_table(title, week_heads(result), week_rows(result))
    print_table("The fund's books", WATERFALL, waterfall_rows(result))
    print_table("From fees to NMR", FEES, fee_rows(result), optional=SPARE)
    console.print(how_filled(result.buyback), highlight=False)
    print_table("The buyback, in all", TOTALS, total_rows(result.buyback))
    print_table("TVL and treasury, in NMR", TVL, tvl_rows(_suite(result), nmr))
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
    suite, buyback, audit = _suite(result), result.buyback, result.audit
    tvl = picture_of_tvl(suite) if len(suite.figures) > 1 else ""
    trades = {name: sleeve.weeks for name, sleeve in result.sleeves.items()}
    rounds = len(week_rows(result))
    return render(
        "demo",
        "season.html",
        title="A fund on two staked crowds",
        introduction=INTRODUCTION,
        legend=list(LEGEND.items()),
        chapters=[
            chapter(
                "The fund",
                [_table(week_heads(result), week_rows(result)), _table(WATERFALL, waterfall_rows(result))],
                picture_of_value(result.values, trades),
                " ".join((*cautions(result), *verdicts(result))),
            ),
            *(
                chapter(f"Trades of {name}", [_table(TRADES, trade_rows(sleeve))], "")
                for name, sleeve in result.sleeves.items()
            ),
            chapter(
                "From fees to NMR",
                [_table(FEES, fee_rows(result))],
                picture_of_fees(result.payments, buyback, rounds),
            ),
            chapter(
                "Buyback",
                [table(LOTS, lot_rows(buyback)), table(TOTALS, total_rows(buyback))],
                picture_of_buyback(buyback),
                how_filled(buyback),
            ),
            chapter("TVL and treasury", [table(TVL, tvl_rows(suite, nmr))], tvl),
            *(
                chapter(
                    f"Models on {name}", [table(MODELS, model_rows(sleeve.season))], picture_of_models(sleeve.season)
                )
                for name, sleeve in result.sleeves.items()
            ),
        ],
        incidents=[incident for sleeve in result.sleeves.values() for incident in sleeve.season.incidents],
        checks=result.checks,
        verdict=verdict(audit),
        audit=table(AUDIT, compared_rows(audit)),
    )


def cautions(result: LoopResult) -> list[str]:
    """What has to be said of the prices, in sentences."""
    return [f"Prices of {name}: {sleeve.caution}." for name, sleeve in result.sleeves.items()]


def week_heads(result: LoopResult) -> tuple[str, ...]:
    """What `week_rows` has: a column for each sleeve's CORR."""
    return "week", "trade on", *result.sleeves, "traded", "leverage", "cost", "NAV"


def week_rows(result: LoopResult) -> list[list[str]]:
    """A row for each week of all sleeves, with the day on which the first one trades; NAV at its last day."""
    sleeves = list(result.sleeves.values())
    by_week = list(zip(*(sleeve.weeks for sleeve in sleeves), strict=True))
    last = {weeks[0].day: place for place, weeks in enumerate(by_week)}
    place, worth = 0, [0] * len(by_week)
    for value in result.values:
        place = last.get(value.day, place)
        worth[place] = value.net
    return [
        [
            str(number),
            weeks[0].day.isoformat(),
            *(_corr(sleeve.corr[number]) for sleeve in sleeves),
            f"{sum(week.traded for week in weeks) / CENTS / MILLION:,.1f}",
            f"{sum(week.leverage for week in weeks):.2f}",
            f"{sum(week.cost for week in weeks) / CENTS / MILLION:.3f}",
            f"{net / CENTS / MILLION:,.3f}",
        ]
        for number, (weeks, net) in enumerate(zip(by_week, worth, strict=True))
    ]


def trade_rows(sleeve: SleeveResult) -> list[list[str]]:
    """A row of `TRADES` for each trade of a sleeve; traded in million dollars."""
    return [
        [
            str(number),
            week.day.isoformat() if week.made else f"{week.day.isoformat()}, not made",
            _corr(corr),
            f"{week.traded / CENTS / MILLION:,.1f}",
            f"{week.leverage:.2f}",
            f"{week.participation:.1%}",
            f"${week.cost // CENTS:,}",
        ]
        for number, (week, corr) in enumerate(zip(sleeve.weeks, sleeve.corr, strict=True))
    ]


def waterfall_rows(result: LoopResult) -> list[list[str]]:
    """A row of `WATERFALL` for each line of the books, to the cent, and of what each sleeve made of them."""
    books, accounts = result.accounts.waterfall, result.accounts
    shares = {name: sleeve.share for name, sleeve in result.sleeves.items()}
    rows = {
        "subscribed": books.subscribed,
        **{f"gross profit of {name}": share.gross for name, share in shares.items()},
        **{f"spread and impact of {name}": -share.trading for name, share in shares.items()},
        **{f"borrow and financing of {name}": -share.financing for name, share in shares.items()},
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
    sleeves = result.sleeves.values()
    traded = sum(week.traded for sleeve in sleeves for week in sleeve.weeks) / CENTS / MILLION / months
    leverage = sum(fmean(week.leverage for week in sleeve.weeks) for sleeve in sleeves)
    scored = {name: [corr for corr in sleeve.corr if corr is not None] for name, sleeve in result.sleeves.items()}
    profit = books.net + result.accounts.net - result.accounts.equity
    skill = " and ".join(
        f"{fmean(corr) if corr else 0.0:+.4f} in {len(corr)} weeks of {name}" for name, corr in scored.items()
    )
    return [
        f"From {first} to {last} investors {'lost' if profit < 0 else 'gained'} {_dollars(abs(profit))} on "
        f"{_dollars(books.subscribed)} ({profit / books.subscribed:+.2%}), after all fees.",
        f"The fund bought and sold ${traded:,.0f}M a month at a mean leverage of {leverage:.1f}.",
        f"Mean CORR of the meta models: {skill}.",
    ]


def _suite(result: LoopResult) -> SeasonResult:
    """A season with the figures of the whole suite, which are the same in all of them."""
    return next(iter(result.sleeves.values())).season


def _corr(corr: float | None) -> str:
    return "-" if corr is None else f"{corr:+.4f}"


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
