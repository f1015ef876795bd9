# SPDX-License-Identifier: MIT
"""The gas benchmark: measures on the embedded chain and writes the table, or checks the committed one.

Run it by `make bench` or `make gas`.
"""

import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.gas.table import GasTable, compare, over_limit, render
from nmr.cli.command import Whole

MODELS: Final = 5_000
"""Models of the committed table."""
FEWEST: Final = 256
"""A submission and a multicall should be full."""
FOLDER: Final = Path(__file__).parents[1]
PAGE: Final = FOLDER / "gas.md"
FIGURES: Final = FOLDER / "gas.json"
EXAMPLE: Final = """
Example: python -m benchmarks.gas --check
"""


@click.command(epilog=EXAMPLE)
@click.option(
    "--models",
    type=Whole(FEWEST, 100_000),
    default=MODELS,
    show_default=True,
    help="Models that stake. With another number the table is printed and not written.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if a figure grew or is over its limit.")
def cli(models: int, check: bool) -> None:
    """Measure what every call costs, at 5,000 models, and write benchmarks/gas.md and benchmarks/gas.json."""
    if check and models != MODELS:
        raise click.UsageError(f"The committed table is of {MODELS:,} models: leave --models out.")
    console = Console()
    if check:
        committed = _committed()
        _report(console, *_differences(_measured(console, models), committed))
        console.print("No figure grew, and none is over its limit.")
        return
    table = _measured(console, models)
    if models != MODELS:
        console.print(Markdown(render(table)))
        return
    PAGE.write_text(render(table), encoding="utf-8")
    FIGURES.write_text(json.dumps(vars(table), indent=2) + "\n", encoding="utf-8")
    console.print(f"Wrote {len(table.figures)} figures to {PAGE.parent.name}/{PAGE.name} and {FIGURES.name}.")
    _report(console, over_limit(table.figures), ())


def _measured(console: Console, models: int) -> GasTable:
    # Takes seconds to import, and hashes with the fastest backend there is if told so before.
    os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
    from benchmarks.gas.chain import gas_chain
    from benchmarks.gas.scenes import measure

    columns = SpinnerColumn(), TextColumn("{task.completed} transactions"), TimeElapsedColumn()
    with Progress(*columns, TextColumn("{task.description}"), console=console) as progress:
        task = progress.add_task("compile the contracts", total=None)
        with gas_chain(lambda: progress.advance(task)) as chain:
            figures = measure(chain, models, lambda text: progress.update(task, description=text))
            return GasTable(f"Vyper {version('vyper')}", chain.evm_version, models, figures)


def _committed() -> GasTable:
    try:
        return GasTable(**json.loads(FIGURES.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise click.ClickException(f"There is no table to check in {FIGURES}: run `make bench`.") from error


def _differences(measured: GasTable, committed: GasTable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = compare(measured, committed)
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != render(committed):
        return (*found.problems, "gas.md does not show what gas.json says: run `make bench`."), found.notes
    return found.problems, found.notes


def _report(console: Console, problems: tuple[str, ...], notes: tuple[str, ...]) -> None:
    for note in notes:
        console.print(f"Note: {note}", highlight=False, soft_wrap=True)
    for problem in problems:
        console.print(f"Error: {problem}", highlight=False, soft_wrap=True)
    if problems:
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    cli(prog_name="python -m benchmarks.gas")
