# SPDX-License-Identifier: MIT
"""TVL as text: rows of tables for people, and plain values for programs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nmr.rounds.status import STATE_WORDS
from nmr.text.amounts import format_fixed, format_nmr, show_nmr
from nmr.text.times import format_duration, format_moment
from nmr.tvl.definitions import Definition
from nmr.tvl.figures import DOLLAR, Figures, Price, PriceStatus

UNKNOWN: Final = {
    PriceStatus.UNASKED: "not asked: name a feed with --feed, or a price with --price",
    PriceStatus.UNANSWERED: "unknown: the feed gives no answer that is a price",
    PriceStatus.NOT_POSITIVE: "unknown: the feed's answer is not positive",
    PriceStatus.INCOMPLETE: "unknown: the feed's answer is not of a finished round",
}


def show_dollars(amount: int | None) -> str:
    """Millionths of a dollar in dollars and cents, rounded down; nothing for None."""
    return "" if amount is None else f"${amount // DOLLAR:,}.{amount % DOLLAR // 10**4:02}"


def show_price(price: Price) -> str:
    """The price with its age, or why there is none."""
    if price.status is not PriceStatus.KNOWN:
        return UNKNOWN[price.status]
    shown = f"${format_fixed(price.answer, price.decimals)}"
    return f"{shown}, {format_duration(price.age)} old" if price.updated_at else f"{shown}, as named"


def breakdown(figures: Figures, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Rows of what, NMR and dollars: the disjoint parts with their sums, then supply.

    Args:
        figures: of the suite.
        names: of tournaments, by address.
    """
    rows: list[tuple[str, str, str]] = []

    def row(what: str, wei: int) -> None:
        rows.append((what, show_nmr(wei), show_dollars(figures.price.dollars(wei))))

    for escrow in figures.escrows:
        name = names.get(escrow.tournament, escrow.tournament)
        row(f"{name}: idle", escrow.idle)
        for entry in figures.rounds:
            if entry.tournament == escrow.tournament:
                row(f"{name}: at risk in round {entry.round}, {STATE_WORDS[entry.state]}", entry.at_risk)
        row(f"{name}: donations", escrow.donations)
        if escrow.shortfall:
            row(f"{name}: SHORTFALL", -escrow.shortfall)
        row(f"{name}: balance", escrow.balance)
    row("TVL: idle and at risk", figures.tvl)
    row("treasury: reserved for rewards", figures.reserved)
    if figures.reserved_elsewhere:
        row("treasury: reserved for others", figures.reserved_elsewhere)
    row("treasury: free", figures.treasury_free)
    if figures.treasury_shortfall:
        row("treasury: SHORTFALL", -figures.treasury_shortfall)
    row("treasury: balance", figures.treasury_balance)
    row("supply", figures.supply)
    row("circulating: supply without the treasury", figures.circulating)
    row("burned so far", figures.burned)
    return rows


def title(figures: Figures) -> str:
    """Of a table: the block, its time and the price."""
    return f"Block {figures.number}, {format_moment(figures.timestamp)}. Price of an NMR: {show_price(figures.price)}"


def plain(figures: Figures, names: Mapping[str, str]) -> dict[str, Any]:
    """The figures for programs: amounts are strings of NMR, dollars strings with six decimals, rounded down."""
    known = figures.price.status is PriceStatus.KNOWN
    return {
        "block": figures.number,
        "timestamp": figures.timestamp,
        "agrees": figures.agrees,
        "tournaments": [
            {
                "name": names.get(escrow.tournament),
                "address": escrow.tournament,
                "models": escrow.models,
                **_amounts(escrow, ("balance", "idle", "at_risk", "donations", "shortfall", "reserved")),
                "rounds": [
                    {
                        "round": entry.round,
                        "state": entry.state.name.lower(),
                        **_amounts(entry, ("at_risk", "reserved")),
                    }
                    for entry in figures.rounds
                    if entry.tournament == escrow.tournament
                ],
            }
            for escrow in figures.escrows
        ],
        **_amounts(
            figures,
            (
                "idle",
                "at_risk",
                "donations",
                "shortfall",
                "tvl",
                "reserved",
                "reserved_elsewhere",
                "treasury_free",
                "treasury_shortfall",
                "treasury_balance",
                "supply",
                "circulating",
                "burned",
            ),
        ),
        "price": {
            "status": figures.price.status.name.lower(),
            "dollars": format_fixed(figures.price.answer, figures.price.decimals) if known else None,
            "age": figures.price.age if figures.price.updated_at else None,
        },
        "tvl_dollars": format_fixed(figures.dollars, 6) if known else None,
    }


def definition_rows(found: Sequence[Definition], price: Price) -> list[list[str]]:
    """Rows of name, formula, who uses it, the question it answers, NMR and dollars."""
    return [
        [
            each.name,
            each.formula,
            each.used_by,
            each.answers,
            show_nmr(each.wei),
            show_dollars(price.dollars(each.wei)),
        ]
        for each in found
    ]


def plain_definitions(found: Sequence[Definition], price: Price) -> list[dict[str, Any]]:
    """The definitions for programs, as in `plain`."""
    result = []
    for each in found:
        worth = price.dollars(each.wei)
        result.append(
            {
                "definition": each.name,
                "nmr": format_nmr(each.wei),
                "dollars": None if worth is None else format_fixed(worth, 6),
                "formula": each.formula,
                "used_by": each.used_by,
                "answers": each.answers,
            }
        )
    return result


def _amounts(value: Any, names: Sequence[str]) -> dict[str, str]:
    return {name: format_nmr(getattr(value, name)) for name in names}
