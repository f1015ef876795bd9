# SPDX-License-Identifier: MIT
"""What the fund earns on the crowd's meta model. Run it by `python -m benchmarks.fund`."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.crowds.__main__ import CACHE as CROWDS
from benchmarks.crowds.__main__ import HISTORY, honest_season
from benchmarks.fund.page import Results, books_of, render
from benchmarks.fund.picture import picture
from benchmarks.fund.runway import simulate, weekly_parts
from benchmarks.fund.sleeves import Sleeve
from benchmarks.fund.variants import BASE, FUTURES, META, PLAIN, SETTINGS, SINGLE, SIZES, STOCKS, VARIANTS
from benchmarks.meta_model.figures import RESAMPLES
from nmr.cli.command import Whole

SEED: Final = 0
FOLDER: Final = Path(__file__).parents[1]
CACHE: Final = CROWDS.parent / "fund"
PAGE: Final = FOLDER / "fund.md"
PICTURE: Final = FOLDER / "fund.svg"
EXAMPLE: Final = """
Example: python -m benchmarks.fund --resamples 1000
"""


@click.command(epilog=EXAMPLE)
@click.option(
    "--resamples", type=Whole(100), default=RESAMPLES, show_default=True, help="Histories that the bootstrap draws."
)
def cli(resamples: int) -> None:
    """Backtest the fund on both universes and write benchmarks/fund.md with its picture.

    It takes up to two hours of one core where the crowds were not played before. Predictions, seasons and backtests are
    kept in .cache, so that it goes on where it was stopped. With an option the page is printed and not written.
    """
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        results = play(lambda text: progress.update(task, description=text))
    if resamples != RESAMPLES:
        click.echo(render(results, resamples, SEED))
        return
    PAGE.write_text(render(results, resamples, SEED, PICTURE.name), encoding="utf-8")
    PICTURE.write_text(picture(results), encoding="utf-8")
    Console().print(f"Wrote {FOLDER.name}/{PAGE.name} and {PICTURE.name}.")


def play(said: Callable[[str], None]) -> Results:
    """All backtests of the page.

    Args:
        said: called with what is done, before it is.
    """
    sleeves = {}
    for name in (STOCKS, FUTURES):

        def of_it(what: str, sleeve: str = name) -> None:
            said(f"{sleeve}: {what}")

        universe, walked, whole, season = honest_season(name, of_it)
        sleeves[name] = Sleeve.of(universe, walked, whole, season, HISTORY)
    since = max(str(sleeve.eras[0].date) for sleeve in sleeves.values())
    until = min(str(sleeve.eras[-1].date) for sleeve in sleeves.values())

    def told(what: str) -> Callable[[int, int], None]:
        return lambda done, of: said(f"{what}, trade {done} of {of}")

    variants = {
        variant.name: {
            name: sleeve.run(
                variant.by,
                variant.settings[name],
                variant.assets,
                CACHE,
                told(f"{variant.name}, {name}"),
                since,
                until,
                variant.arrivals,
            )
            for name, sleeve in sleeves.items()
        }
        for variant in VARIANTS
    }
    alone = {
        name: {
            who: sleeve.run(who, SETTINGS[name], lambda number: BASE, CACHE, told(f"{who}, {name} alone"))
            for who in (META, PLAIN, SINGLE)
        }
        for name, sleeve in sleeves.items()
    }
    said("the treasury")
    parts = {}
    for variant in VARIANTS:
        if variant.name in SIZES:
            days, accounts = books_of(variants[variant.name], variant.assets(0))
            first, last = (day.item() for day in days.dates[[0, -1]])
            parts[SIZES[variant.name]] = weekly_parts(accounts.paid, first, (last - first).days // 7 + 1)
    return Results(
        variants=variants,
        alone=alone,
        prices={name: sleeve.universe.prices for name, sleeve in sleeves.items()},
        singles={name: sleeve.single for name, sleeve in sleeves.items()},
        cautions={name: sleeve.universe.caution for name, sleeve in sleeves.items()},
        runway=simulate({size: parts[size] for size in SIZES.values()}),
    )


if __name__ == "__main__":
    cli()
