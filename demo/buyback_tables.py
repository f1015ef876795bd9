# SPDX-License-Identifier: MIT
"""The buyback's chapter in the demo: a row for each lot, and what all of them came to."""

from typing import Final

from rich.console import Console

from demo.results import BuybackResult, LotResult
from demo.tables import TEXT, nmr, print_gas
from nmr.cli.tables import print_table
from nmr.protocol.reference.buyback import BASIS
from nmr.text.amounts import format_price, format_stablecoin, show_nmr

LOTS: Final = (
    "lot", "week", "market", "reference", "paid for one", "over reference", "spent", "bought", "filled",
)  # fmt: skip
TOTALS: Final = ("what", "amount")
SPARE: Final = ("lot", "market", "over reference", "reference")
BY: Final = {"pool": "from the pool", "holder": "by a holder"}


def show_buyback(console: Console, result: BuybackResult) -> None:
    """Print what became of the lots."""
    console.print(how_filled(result), highlight=False)
    print_table("Buyback, a lot a week", LOTS, lot_rows(result), left=TEXT, optional=SPARE)
    print_table("Buyback, in all", TOTALS, total_rows(result))
    print_gas("Gas of the buyback's calls", result.gas)


def lot_rows(result: BuybackResult) -> list[list[str]]:
    """A row of `LOTS` for each lot; prices are averages."""
    return [_lot_row(result, lot) for lot in result.lots]


def total_rows(result: BuybackResult) -> list[list[str]]:
    """A row of `TOTALS` for each sum."""

    def dollars(amount: int) -> str:
        return format_stablecoin(amount, result.decimals)

    rows = [
        ["spent", dollars(result.paid)],
        ["lifetime cap", dollars(result.programme.lifetime_cap)],
        ["lot cap", dollars(result.programme.lot_cap)],
        ["NMR bought", show_nmr(result.bought)],
    ]
    if result.bought:
        # What the same NMR would have cost at the reference prices of its lots.
        unit = 10 ** (36 - result.decimals)
        at_reference = sum(lot.bought * lot.reference for lot in result.lots) // unit
        rows += [
            ["average price", format_price(result.price_of(result.paid, result.bought))],
            ["over reference", _over(result.paid, at_reference)],
        ]
    for by, name in BY.items():
        paid = sum(fill.paid for lot in result.lots for fill in lot.fills if fill.by == by)
        rows.append([f"taken {name}", dollars(paid)])
    return rows


def how_filled(result: BuybackResult) -> str:
    """Who takes the lots, in a sentence."""
    if result.on_pool:
        return "A keeper takes with NMR from a Uniswap V2 pool when it pays, a holder of NMR takes what is left."
    return "Uniswap V2 is not installed (npm ci): a holder of NMR takes every lot, and there is no pool."


def _lot_row(result: BuybackResult, lot: LotResult) -> list[str]:
    average = result.price_of(lot.paid, lot.bought) if lot.bought else 0
    return [
        str(lot.number),
        str(lot.week),
        format_price(lot.market),
        format_price(lot.reference),
        format_price(average) if lot.bought else "-",
        _over(average, lot.reference) if lot.bought else "-",
        _rounded(lot.paid, result.decimals),
        nmr(lot.bought),
        _filled(lot),
    ]


def _filled(lot: LotResult) -> str:
    """Who took which part of a lot, in percent, and what rolls over."""
    shares = {name: sum(fill.paid for fill in lot.fills if fill.by == by) for by, name in BY.items()}
    shares["rolls over"] = lot.offered - lot.paid
    return ", ".join(f"{paid * 100 / lot.offered:.1f}% {name}" for name, paid in shares.items() if paid)


def _over(amount: int, reference: int) -> str:
    """By how much an amount is above another, in percent, rounded down; for reading only."""
    return f"{(amount - reference) * BASIS // reference / 100:+.2f}%"


def _rounded(amount: int, decimals: int) -> str:
    """Stablecoin to two decimals, for reading only: the rest is cut off."""
    cent = 10 ** (decimals - 2)
    return format_stablecoin(amount // cent * cent, decimals)
