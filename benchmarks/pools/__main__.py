# SPDX-License-Identifier: MIT
"""What would backers and managers of pools have earned, by a manager's skill and fee?

Run it by `python -m benchmarks.pools`.
"""

import json
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.economics.market import Market
from benchmarks.meta_model.__main__ import CACHE, LAST_ERA, SEED, last_era_option, seed_option
from benchmarks.meta_model.figures import RESAMPLES, resampled_eras
from benchmarks.pools.page import Results, render
from benchmarks.pools.play import MODELS, second_cases, second_models
from demo.market_data.training import FIRST_PREDICTABLE_ERA

FOLDER: Final = Path(__file__).parents[1]
PAGE: Final = FOLDER / "pools.md"
GAS: Final = FOLDER / "gas.json"
EXAMPLE: Final = """
Example: python -m benchmarks.pools --last-era 100 --seed 1
"""


@click.command(epilog=EXAMPLE)
@seed_option
@last_era_option
def cli(seed: int, last_era: int) -> None:
    """Play pools on all weeks of the data and write benchmarks/pools.md.

    It takes a minute of one core, and two more for the models if their predictions are not in .cache yet.
    With an option changed the page is printed and not written.
    """
    results = _results(seed, last_era)
    with Console(stderr=True).status("resampling the eras"):
        page = render(results)
    if (seed, last_era) != (SEED, LAST_ERA):
        click.echo(page)
        return
    PAGE.write_text(page, encoding="utf-8")
    Console().print(f"Wrote {FOLDER.name}/{PAGE.name}.")


def _results(seed: int, last_era: int) -> Results:
    numbers = range(FIRST_PREDICTABLE_ERA, last_era + 1)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("training the models", total=len(numbers))
        market = Market.trained(numbers, seed, CACHE, lambda: progress.advance(task))
        progress.reset(task, description="the crowd alone", total=len(numbers))
        crowd = {name: market.crowd(name) for name in MODELS}
        progress.reset(task, description="second models", total=len(second_cases()) * len(numbers))
        second = second_models(market)
    return Results(
        eras=numbers,
        at_risk=market.at_risk,
        crowd=crowd,
        second=second,
        drawn=resampled_eras(len(numbers), seed, resamples=RESAMPLES),
        gas=json.loads(GAS.read_text(encoding="utf-8"))["figures"],
    )


if __name__ == "__main__":
    cli()
