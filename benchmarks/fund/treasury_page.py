# SPDX-License-Identifier: MIT
"""The part of the page about the treasury: what the fees buy by year, and how long it lasts."""

from collections.abc import Sequence
from typing import Final

from benchmarks.fund.runway import (
    DAILY,
    OVER_MARKET,
    RESERVE,
    REWARDS,
    USUAL,
    WALKS,
    YEAR,
    YEARLY,
    YEARS,
    Course,
    Runway,
    Year,
    middle,
)
from demo.market import START, VOLATILITY
from demo.play_buyback import DECIMALS, POOL_DOLLARS
from nmr.protocol.reference.buyback import BASIS, PRICE
from nmr.text.amounts import NMR, SUPPLY

SHOWN_YEARS: Final = 10
LOW: Final = 10
"""Percent of the walks, as is the next."""
HIGH: Final = 90
UNIT: Final = 10**DECIMALS


def verdict(runway: Runway, size: str) -> str:
    """What came out, in a sentence."""
    courses = runway.courses[size, USUAL]
    first = [course.years[0] for course in courses]
    bought = middle([year.bought for year in first])
    share = middle([year.bought * BASIS * 100 // year.circulating for year in first])
    return (
        f"- At {size} a fifth of the fees buys {bought // NMR:,} NMR in a first year, {share / BASIS:.2f}% of the "
        f"float. A treasury that pays {USUAL // NMR:,} NMR a year lasts {_years([runway.without[USUAL]])} years "
        f"without it and {_years(courses)} with it."
    )


def sections(runway: Runway, size: str) -> list[str]:
    """The tables, and what they assume."""
    return [
        "## From fees to NMR, and how long the treasury lasts",
        "",
        f"A simulation by the week, in integers. The treasury begins with {RESERVE // NMR:,} of {SUPPLY // NMR:,} NMR; "
        "the float is what it does not hold. A fifth of the fees of the backtest comes in as stablecoin, quarter by "
        f"quarter, and again from the beginning when the backtest is over. At most ${DAILY // UNIT:,} a day is spent, "
        f"0.7% of the stablecoin of a pool of ${POOL_DOLLARS // UNIT:,}, and ${YEARLY // UNIT:,} a year, the largest "
        f"programme of the contract. NMR costs {OVER_MARKET / 100:.2f}% more than on the market, as lots of an hour do "
        "in [the buyback's simulation](../docs/buyback-simulation.md).",
        "",
        f"The price is a random walk from ${START // PRICE}, with {VOLATILITY:.0%} a week and no drift. Purchases do "
        f"not move it, however large. There are {WALKS} walks; a table has the median, and in brackets the tenth and "
        "the ninetieth percent. What the treasury pays in rewards is an assumption: the year's net of all rounds. "
        "Burns are left out, so the float is larger than it would be.",
        "",
        f"### By year, at {size} and {USUAL // NMR:,} NMR a year of rewards",
        "",
        "| year | fifth of the fees | spent | unspent | NMR bought | of the float | treasury with it | without |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
        *_by_year(runway, size),
        "",
        "### Years that the treasury lasts",
        "",
        f"| rewards a year | without fees | {' | '.join(_sizes(runway))} |",
        "|---:|---:|" + "---:|" * len(_sizes(runway)),
        *(
            f"| {rewards // NMR:,} NMR | {_years([runway.without[rewards]])} | "
            + " | ".join(_years(runway.courses[each, rewards]) for each in _sizes(runway))
            + " |"
            for rewards in REWARDS
        ),
        "",
        "### What a fund of each size buys in a year, on average over ten",
        "",
        "| assets | fifth of the fees a year | unspent after ten years | NMR a year | of the float at first |",
        "|---:|---:|---:|---:|---:|",
        *(_by_size(runway, each) for each in _sizes(runway)),
    ]


def _sizes(runway: Runway) -> list[str]:
    return list(dict.fromkeys(size for size, _ in runway.courses))


def _by_year(runway: Runway, size: str) -> list[str]:
    courses = runway.courses[size, USUAL]
    rows = []
    for number in range(SHOWN_YEARS):
        years = [course.years[number] for course in courses if len(course.years) > number]
        if not years:
            break
        alone = runway.without[USUAL].years
        shares = [year.bought * BASIS * 100 // year.circulating for year in years]
        cells = [
            str(number + 1),
            _dollars([year.received for year in years]),
            _dollars([year.spent for year in years]),
            _dollars([year.unspent for year in years]),
            _range([year.bought // NMR for year in years]),
            f"{middle(shares) / BASIS:.2f}%",
            _range([year.treasury // NMR for year in years]),
            f"{alone[number].treasury // NMR:,}" if number < len(alone) else "-",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _by_size(runway: Runway, size: str) -> str:
    # With the smallest rewards, so that the treasury is there in all ten years.
    decades: list[Sequence[Year]] = [course.years[:SHOWN_YEARS] for course in runway.courses[size, REWARDS[0]]]
    received = [sum(year.received for year in decade) // len(decade) for decade in decades]
    bought = [sum(year.bought for year in decade) // len(decade) for decade in decades]
    share = middle(bought) * BASIS * 100 // (SUPPLY - RESERVE)
    return (
        f"| {size} | {_dollars(received)} | {_dollars([decade[-1].unspent for decade in decades])} | "
        f"{_range([each // NMR for each in bought])} | {share / BASIS:.2f}% |"
    )


def _years(courses: Sequence[Course]) -> str:
    """Years with a decimal, of the median course and its neighbours; those that never end last longer than all."""
    lasted = [course.lasted or YEARS * YEAR + 1 for course in courses]
    shown = [_lasted(middle(lasted, percent)) for percent in (50, LOW, HIGH)]
    return shown[0] if len(set(shown)) == 1 else f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _lasted(weeks: int) -> str:
    return f"over {YEARS}" if weeks > YEARS * YEAR else f"{weeks / YEAR:.1f}"


def _dollars(values: Sequence[int]) -> str:
    return f"${middle(values) // UNIT:,}"


def _range(values: Sequence[int]) -> str:
    return f"{middle(values):,} [{middle(values, LOW):,}, {middle(values, HIGH):,}]"
