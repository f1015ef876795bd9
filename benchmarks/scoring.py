# SPDX-License-Identifier: MIT
"""How long scoring takes and how much memory, at several numbers of models: each in a process of its own.

Run it by `python -m benchmarks.scoring`.
"""

import multiprocessing
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from rich.console import Console
from rich.markdown import Markdown

from benchmarks.year.memory import peak_of
from nmr.cli.command import Whole
from nmr.sealing.crew import Processes
from nmr.sealing.scoring import score_with_meta_model

SIZES: Final = (1_000, 5_000, 20_000)
IDS: Final = 5_000
PAGE: Final = Path(__file__).parent / "scoring.md"


class Measured(NamedTuple):
    """What scoring took: seconds by the clock and of the processors, bytes of memory at the peak."""

    seconds: float
    processor: float
    peak: int


def measure(models: int, ids: int, processes: int) -> Measured:
    """Score so many models, all of them staked, by so many processes; 1 is this one alone."""
    random = np.random.default_rng(models)
    index = [f"n{number:06d}" for number in range(ids)]
    predictions = pd.DataFrame(random.random((ids, models)), index=index)
    targets = pd.Series(random.choice([0, 0.25, 0.5, 0.75, 1], ids), index=index)
    began, busy = time.perf_counter(), time.process_time()
    score_with_meta_model(predictions, targets, dict.fromkeys(range(models), 10**9), Processes(processes, large=0))
    return Measured(time.perf_counter() - began, time.process_time() - busy, peak_of("self"))


@click.command(epilog="Example: python -m benchmarks.scoring --models 500")
@click.option("--models", "sizes", type=Whole(2, 200_000), multiple=True, default=SIZES, show_default=True)
@click.option("--ids", type=Whole(2, 20_000), default=IDS, show_default=True)
def cli(sizes: Sequence[int], ids: int) -> None:
    """Score random predictions at each number of models, and write benchmarks/scoring.md.

    With other numbers the table is printed and not written.
    """
    context = multiprocessing.get_context("spawn")
    measured = {}
    for models in sizes:
        with context.Pool(1) as pool:
            measured[models] = pool.apply(measure, (models, ids, 1))
    page = render(measured, ids)
    if (tuple(sizes), ids) == (SIZES, IDS):
        PAGE.write_text(page, encoding="utf-8")
    Console().print(Markdown(page))


def render(measured: dict[int, Measured], ids: int) -> str:
    """The page."""
    lines = [
        "# Scoring",
        "",
        f"Written by `python -m benchmarks.scoring`: CORR and MMC of random predictions of {ids:,} ids, all models "
        "staked, one process, its start and the making of the predictions left out. Times by the clock are of one run "
        "on a machine of two cores with other work on it: look at the processors'. Memory is all that the process had "
        "at most, the predictions included.",
        "",
        "| models | seconds | of processors | memory |",
        "|---:|---:|---:|---:|",
        *(
            f"| {models:,} | {each.seconds:.1f} | {each.processor:.1f} | {each.peak / 2**20:,.0f} MiB |"
            for models, each in measured.items()
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    cli()
