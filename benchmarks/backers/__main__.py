# SPDX-License-Identifier: MIT
"""What do the calls of a pool cost at one backer and at 10,000, by receipts?

Run it by `python -m benchmarks.backers`.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.markdown import Markdown

from benchmarks.backers.neighbours import Neighbours
from benchmarks.backers.play import Backers, differing
from benchmarks.rounds.chain import rounds_chain, watched_chain
from nmr.cli.command import Whole

SIZES: Final = (1, 10_000)
"""Backers of the committed table."""
FOLDER: Final = Path(__file__).parents[1]
PAGE: Final = FOLDER / "backers.md"
POOLS, PERSONS = "beside a pool's model", "beside a person's"
WHOSE: Final = (POOLS, PERSONS)
EXAMPLE: Final = """
Example: python -m benchmarks.backers --backers 1 --backers 100
"""


@click.command(epilog=EXAMPLE)
@click.option(
    "--backers",
    "sizes",
    type=Whole(1, 15_000),
    multiple=True,
    default=SIZES,
    show_default=True,
    help="How many order in every batch; several times. With other numbers the table is printed and not written.",
)
def cli(sizes: Sequence[int]) -> None:
    """Play four rounds of a pool on a fresh anvil for each number of backers, and write benchmarks/backers.md.

    Then two rounds beside a pool's model, and beside a person's. The exit code is 1 if a call does not cost the same.
    """
    sizes = sorted(set(sizes))
    console = Console()
    measured = {backers: _measured(backers) for backers in sizes}
    beside = {whose: _beside(whose) for whose in WHOSE}
    page = render(measured, beside)
    if tuple(sizes) == SIZES:
        PAGE.write_text(page, encoding="utf-8")
        console.print(f"Wrote {FOLDER.name}/{PAGE.name}.")
    else:
        console.print(Markdown(page))
    different = differing(measured.values()) + differing(beside.values())
    if different:
        console.print(f"Not the same in all columns: {', '.join(different)}.")
        sys.exit(1)


def render(measured: Mapping[int, Mapping[str, int]], beside: Mapping[str, Mapping[str, int]]) -> str:
    """The page, in Markdown, of the gas of each call by the number of backers, and of others' by whose model it is."""
    by_size = {"one backer" if size == 1 else f"{size:,} backers": gas for size, gas in measured.items()}
    return "\n".join(
        [
            "# A pool at one backer, and at many",
            "",
            "Written by `python -m benchmarks.backers`: a fresh anvil for each number of backers, a ring of one, and a "
            "manager with two pools. Every backer is an address of its own that enters, claims, orders a part out and "
            "enters again, in transactions of its own, so that all of them have orders in every batch. A figure is the "
            "gas of one receipt.",
            "",
            *_table(by_size),
            "",
            "## What a pool costs other models",
            "",
            "Two rounds of two models in one word of the ledger, on a fresh anvil each: the first is a pool's, or a "
            "person's who keeps all at stake. The calls are those of everybody else, the operator's and the pool's "
            "left out.",
            "",
            *_table(beside),
            "",
        ]
    )


def _table(columns: Mapping[str, Mapping[str, int]]) -> list[str]:
    first, *_ = columns.values()
    rows = [f"| {name} | {' | '.join(f'{gas[name]:,}' for gas in columns.values())} |" for name in first]
    return [f"| call | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}", *rows]


def _beside(whose: str) -> dict[str, int]:
    with rounds_chain() as chain:
        return Neighbours(chain, whose == POOLS).run()


def _measured(backers: int) -> dict[str, int]:
    with watched_chain(f"{backers:,} backers") as (chain, told):
        return Backers(chain, backers, told).run()


if __name__ == "__main__":
    cli()
