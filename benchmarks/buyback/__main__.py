# SPDX-License-Identifier: MIT
"""`python -m benchmarks.buyback`: $1,000,000 into NMR, by auction, in one order and in daily ones.

Renews docs/buyback-simulation.md and docs/buyback.svg. Nothing of it needs a chain: the pool's arithmetic and the
auction's are those of `nmr.buyback.pool` and `nmr.protocol.reference.buyback`, which tests compare with the contracts.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

import click
from rich.console import Console
from rich.progress import Progress

from benchmarks.buyback.market import DOLLAR, walk
from benchmarks.buyback.page import Line, picture, render
from benchmarks.buyback.play import BUDGET, Result, at_once, auction, daily, quiet
from nmr.cli.command import Whole

DOCS: Final = Path(__file__).parents[2] / "docs"
DAYS: Final = 250
LOTS: Final = (2_500, 5_000, 10_000, 20_000)
DEPTHS: Final = (250_000, 750_000, 2_250_000)
HOURS: Final = (1, 6, 23)
PREMIUMS: Final = (100, 200)
DEPTH: Final = 750_000
LOT: Final = 5_000
"""The case that lengths and premiums are compared in."""


@click.command()
@click.option("--walks", type=Whole(1), default=6, show_default=True, help="Random walks of the price.")
def cli(walks: int) -> None:
    """Simulate the buyback and renew its page and picture."""
    console = Console(stderr=True)
    played: dict[tuple[object, ...], list[Result]] = {}
    with Progress(console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("walks", total=walks * len(DEPTHS))
        for seed in range(walks):
            prices = walk(DAYS, seed)
            for depth in DEPTHS:
                for key, result in _play(prices, depth).items():
                    played.setdefault(key, []).append(result)
                progress.advance(task)
    ways = [_line(key, results) for key, results in played.items() if key[1] == DEPTH and key[0] != "lots"]
    sizes = [_line(key, results) for key, results in played.items() if key[0] == "lots"]
    (DOCS / "buyback-simulation.md").write_text(render(ways, sizes, walks, DAYS))
    (DOCS / "buyback.svg").write_text(picture(sizes))
    console.print("Renewed docs/buyback-simulation.md and docs/buyback.svg.")


def _play(prices: list[int], depth: int) -> dict[tuple[object, ...], Result]:
    """All strategies on one walk, by what they are, the depth of the pool, and a lot's size."""
    gains = quiet(prices, depth)
    results: dict[tuple[object, ...], Result] = {}
    if depth == DEPTH:
        for hours in HOURS:
            for premium in PREMIUMS:
                name = f"auction of {hours} h a day, premium {premium // 100}%"
                results[name, depth, LOT] = auction(prices, depth, LOT, hours, premium, gains)
        results["an order of the same size every day", depth, LOT] = daily(prices, depth, LOT, gains)
        sandwiched = daily(prices, depth, LOT, gains, limit=200)
        results["the same, sandwiched up to its limit of 2%", depth, LOT] = sandwiched
        results["one order", depth, BUDGET // DOLLAR] = at_once(prices, depth, gains)
    for lot in LOTS:
        results["lots", depth, lot] = auction(prices, depth, lot, 6, PREMIUMS[-1], gains)
    return results


def _line(key: tuple[object, ...], results: Sequence[Result]) -> Line:
    """The means over all walks."""
    name, depth, size = key
    assert isinstance(depth, int) and isinstance(size, int)
    return Line(
        name=str(name),
        depth=depth,
        size=size,
        over=fmean(result.over for result in results),
        filler=fmean(result.filler / result.spent for result in results),
        lost=fmean(result.lost for result in results),
        impact=max(result.impact for result in results) / 10_000,
        spent=fmean(result.spent / BUDGET for result in results),
        a_day=fmean(result.spent / DOLLAR / max(result.days, 1) for result in results),
    )


if __name__ == "__main__":
    cli()
