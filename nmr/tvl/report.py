# SPDX-License-Identifier: MIT
"""TVL as text: rows of tables for people, and plain values for programs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nmr.protocol.reference.rounds import State
from nmr.protocol.reference.treasury import Budget
from nmr.rounds.status import STATE_WORDS
from nmr.text.amounts import format_fixed, format_nmr, show_nmr
from nmr.text.times import format_duration, format_moment
from nmr.tvl.definitions import Definition
from nmr.tvl.figures import DOLLAR, NO_POOLS, Figures, InPools, Price, PriceStatus, RoundAtStake

BUDGET_HEADINGS: Final = ("tournament", "cap a round", "ceiling", "rate a day", "used", "room")
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


def breakdown(figures: Figures, names: Mapping[str, str], in_pools: InPools = NO_POOLS) -> list[tuple[str, str, str]]:
    """Rows of what, NMR and dollars: the disjoint parts with their sums, then supply.

    Args:
        figures: of the suite.
        names: of tournaments, by address.
        in_pools: what waits in pools; what they have at stake is their models'.
    """
    rows: list[tuple[str, str, str]] = []

    def row(what: str, wei: int) -> None:
        rows.append((what, show_nmr(wei), show_dollars(figures.price.dollars(wei))))

    for escrow in figures.escrows:
        name = names.get(escrow.tournament, escrow.tournament)
        row(f"{name}: idle", escrow.idle)
        for entry in figures.rounds:
            if entry.tournament == escrow.tournament:
                row(f"{name}: {_where(entry)}", entry.staked)
        row(f"{name}: donations", escrow.donations)
        if escrow.shortfall:
            row(f"{name}: SHORTFALL", -escrow.shortfall)
        row(f"{name}: balance", escrow.balance)
    row("TVL: idle, at risk and waiting", figures.tvl)
    if in_pools.pools:
        row(f"pools, {in_pools.pools} in all: orders and claims", in_pools.waiting)
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


def budget_rows(figures: Figures, budgets: Mapping[str, Budget], names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Rows below `BUDGET_HEADINGS`: what the treasury may still grant each tournament, in NMR.

    Args:
        figures: of the suite.
        budgets: by tournament.
        names: of tournaments, by address.
    """
    return [
        (
            names.get(escrow.tournament, escrow.tournament),
            *map(format_nmr, budget.limits),
            format_nmr(budget.used_at(figures.timestamp)),
            format_nmr(escrow.room),
        )
        for escrow in figures.escrows
        for budget in (budgets[escrow.tournament],)
    ]


def plain_budgets(figures: Figures, budgets: Mapping[str, Budget], names: Mapping[str, str]) -> list[dict[str, str]]:
    """The same for programs."""
    keys = ("tournament", "cap", "ceiling", "rate", "used", "room")
    return [dict(zip(keys, row, strict=True)) for row in budget_rows(figures, budgets, names)]


def freed_sentence(freed: Sequence[str], names: Mapping[str, str]) -> str:
    """Which tournaments the treasury took off its list, and that they are not counted."""
    which = ", ".join(names.get(address, address) for address in freed)
    return f"Taken off the treasury's list, and not counted here: {which}."


def title(figures: Figures) -> str:
    """Of a table: the block, its time and the price."""
    return f"Block {figures.number}, {format_moment(figures.timestamp)}. Price of an NMR: {show_price(figures.price)}"


def plain_figures(figures: Figures, names: Mapping[str, str], in_pools: InPools = NO_POOLS) -> dict[str, Any]:
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
                **_amounts(
                    escrow, ("balance", "idle", "at_risk", "waiting", "donations", "shortfall", "reserved", "room")
                ),
                "rounds": [
                    {
                        "round": entry.round,
                        "state": _state(entry),
                        **_amounts(entry, ("staked", "reserved")),
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
                "waiting",
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
        "pools": in_pools.pools,
        "in_pools": format_nmr(in_pools.waiting),
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
    """The definitions for programs, as in `plain_figures`."""
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


def _where(entry: RoundAtStake) -> str:
    """In which round a stake is, and whether at risk."""
    if entry.state == State.UNKNOWN:
        return f"waiting for round {entry.round}"
    return f"at risk in round {entry.round}, {STATE_WORDS[entry.state]}"


def _state(entry: RoundAtStake) -> str:
    return "waiting" if entry.state == State.UNKNOWN else entry.state.name.lower()


def _amounts(value: Any, names: Sequence[str]) -> dict[str, str]:
    return {name: format_nmr(getattr(value, name)) for name in names}
