# SPDX-License-Identifier: MIT
"""Is the stake-weighted meta model better than its models, than their mean, than the best of them?

Run it by `python -m benchmarks.meta_model`.
"""

from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.meta_model.figures import RESAMPLES, resampled_eras
from benchmarks.meta_model.history import load_history
from benchmarks.meta_model.page import Results, render
from benchmarks.meta_model.picture import picture
from benchmarks.meta_model.stakes import Field, play
from benchmarks.meta_model.variants import VARIANTS, Cast, Played, casts
from demo.market_data.eras import build_eras
from demo.market_data.prices import load_relatives
from demo.market_data.training import FIRST_PREDICTABLE_ERA
from nmr.cli.command import Whole

LAST_ERA: Final = 250
FOLDER: Final = Path(__file__).parents[1]
CACHE: Final = FOLDER.parent / ".cache" / "meta-model"
PAGE: Final = FOLDER / "meta_model.md"
PICTURE: Final = FOLDER / "meta_model.svg"
SEED: Final = 0
EXAMPLE: Final = """
Example: python -m benchmarks.meta_model --last-era 120 --seed 1
"""

seed_option = click.option(
    "--seed", type=Whole(0), default=SEED, show_default=True, help="Seed of every random choice."
)
last_era_option = click.option(
    "--last-era",
    type=Whole(FIRST_PREDICTABLE_ERA + 15, LAST_ERA),
    default=LAST_ERA,
    show_default=True,
    help="The last week to play.",
)


@click.command(epilog=EXAMPLE)
@seed_option
@last_era_option
@click.option(
    "--resamples",
    type=Whole(100),
    default=RESAMPLES,
    show_default=True,
    help="Histories that the bootstrap draws.",
)
def cli(seed: int, last_era: int, resamples: int) -> None:
    """Play seasons on all weeks of the data and write benchmarks/meta_model.md with its picture.

    It takes about four minutes of one core, the first of them for the models, whose predictions are kept in .cache.
    With an option changed the page is printed and not written.
    """
    console = Console()
    results = _results(seed, last_era, resamples)
    committed = (seed, last_era, resamples) == (SEED, LAST_ERA, RESAMPLES)
    with Console(stderr=True).status("resampling the eras"):
        page = render(results, PICTURE.name if committed else None)
    if not committed:
        click.echo(page)
        return
    PAGE.write_text(page, encoding="utf-8")
    PICTURE.write_text(picture(results), encoding="utf-8")
    console.print(f"Wrote {FOLDER.name}/{PAGE.name} and {PICTURE.name}.")


def _results(seed: int, last_era: int, resamples: int) -> Results:
    numbers = range(FIRST_PREDICTABLE_ERA, last_era + 1)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("training the models", total=len(numbers) * (1 + len(Cast) + len(VARIANTS)))

        def told() -> None:
            progress.advance(task)

        history = load_history(build_eras(load_relatives()), numbers, seed, CACHE, told)
        fields = {}
        for cast, competing in casts(history, seed).items():
            progress.update(task, description=f"scoring: {cast}")
            fields[cast] = Field.of(competing, told)
        played = []
        for variant in VARIANTS:
            progress.update(task, description=f"playing: {variant.name}")
            field = fields[variant.cast]
            played.append(Played(variant, play(field, variant.rules, told), field.equal))
    return Results(
        eras=numbers,
        played=played,
        corr=fields[Cast.ALL].corr,
        drawn=resampled_eras(len(numbers), seed, resamples=resamples),
        drawn_late=resampled_eras(len(numbers) - len(numbers) // 2, seed, resamples=resamples),
    )


if __name__ == "__main__":
    cli()
