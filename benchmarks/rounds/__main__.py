# SPDX-License-Identifier: MIT
"""Whole rounds on anvil at several sizes: what each phase takes in time and gas, so that the growth shows.

Run it by `python -m benchmarks.rounds`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.markdown import Markdown

from benchmarks.rounds.chain import watched_chain
from benchmarks.rounds.page import render
from benchmarks.rounds.picture import picture
from benchmarks.rounds.play import Phase, Play
from nmr.cli.command import Whole

SIZES: Final = (500, 5_000, 20_000)
"""Models of the committed table."""
FOLDER: Final = Path(__file__).parents[1]
PAGE: Final = FOLDER / "rounds.md"
PICTURE: Final = FOLDER / "rounds.svg"
EXAMPLE: Final = """
Example: python -m benchmarks.rounds --models 500 --models 2000
"""


@click.command(epilog=EXAMPLE)
@click.option(
    "--models",
    "sizes",
    type=Whole(4, 100_000),
    multiple=True,
    default=SIZES,
    show_default=True,
    help="Models that stake; may be given several times. With other numbers the table is printed and not written.",
)
def cli(sizes: Sequence[int]) -> None:
    """Play three rounds on a fresh anvil for each number of models, check every stake, and write benchmarks/rounds.md.

    Times are of one run on this machine, and nothing compares them: look at how they grow.
    """
    sizes = sorted(set(sizes))
    console = Console()
    measured = {models: _measured(models) for models in sizes}
    if tuple(sizes) != SIZES:
        console.print(Markdown(render(measured)))
        return
    PAGE.write_text(render(measured, PICTURE.name), encoding="utf-8")
    PICTURE.write_text(picture(measured), encoding="utf-8")
    console.print(f"Wrote {FOLDER.name}/{PAGE.name} and {PICTURE.name}.")


def _measured(models: int) -> list[Phase]:
    with watched_chain(f"{models:,} models") as (chain, told):
        return Play(chain, models, told).run()


if __name__ == "__main__":
    cli()
