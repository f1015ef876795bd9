# SPDX-License-Identifier: MIT
"""A whole audit of a long season on anvil: how long it takes to fetch, replay and compare, and how much memory.

Run it by `python -m benchmarks.audit`.
"""

import multiprocessing
import os
import time
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.audit.measure import Measured, measure
from benchmarks.audit.season import RING, AuditSeason, season_record
from benchmarks.rounds.chain import rounds_chain
from nmr.cli.command import Whole
from nmr.client.auditing import suite_abis

MODELS: Final = 5_000
ROUNDS: Final = 60
TOGETHER: Final = 4
"""Models in one submission, as a staker with several would send them."""
PAGE: Final = Path(__file__).parents[1] / "audit.md"


@click.command(epilog="Example: python -m benchmarks.audit --models 500 --rounds 10")
@click.option("--models", type=Whole(8, 100_000), default=MODELS, show_default=True, help="Models that stake.")
@click.option("--rounds", type=Whole(1, 1_000), default=ROUNDS, show_default=True, help="Settled rounds.")
@click.option("--together", type=Whole(1, 64), default=TOGETHER, show_default=True, help="Models a submission.")
def cli(models: int, rounds: int, together: int) -> None:
    """Play a season on a fresh anvil, audit it in a process of its own, and write benchmarks/audit.md.

    With other numbers the table is printed and not written. Building the season takes much longer than the audit.
    """
    began = time.perf_counter()
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar, rounds_chain(RING) as chain:
        task = bar.add_task("starting anvil", total=None)
        AuditSeason(chain, models, together, lambda text: bar.update(task, description=text)).play(rounds)
        built = time.perf_counter() - began
        bar.update(task, description="auditing")
        # A process of its own, so that the peak of memory is the audit's.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            record = season_record(chain)
            arguments = (chain.node.url, record, suite_abis())
            measured = pool.apply(measure, arguments)
    page = render(models, rounds, together, built, measured)
    if (models, rounds, together) == (MODELS, ROUNDS, TOGETHER):
        PAGE.write_text(page, encoding="utf-8")
    Console().print(Markdown(page))


def render(models: int, rounds: int, together: int, built: float, measured: Measured) -> str:
    """The page of one run."""
    rates = [measured.settlements / seconds for seconds in (measured.replaying, measured.replaying_cpu)]
    rows = [
        ("fetch logs and block times", f"{measured.fetching:.1f} s"),
        ("decode and replay", f"{measured.replaying:.1f} s"),
        ("processor time of decode and replay", f"{measured.replaying_cpu:.1f} s"),
        ("compare storage and code", f"{measured.comparing:.1f} s"),
        ("all of it", f"{measured.total:.1f} s"),
        ("model-settlements replayed", f"{measured.settlements:,}"),
        ("model-settlements a second of decoding and replay", f"{rates[0]:,.0f}"),
        ("the same a second of processor time", f"{rates[1]:,.0f}"),
        ("events", f"{measured.events:,}"),
        ("words of storage compared", f"{measured.words:,}"),
        ("disagreements", f"{measured.disagreements:,}"),
        ("peak memory of the process", f"{measured.peak / 2**20:,.0f} MiB"),
    ]
    lines = [
        "# The audit of a long season",
        "",
        f"Written by `python -m benchmarks.audit`: {models:,} models through {rounds} settled rounds on a ring of "
        f"{RING} (and {RING} more that are unresolved at the end), all of them at stake in every round, half of them "
        f"compounding, {together} models in a submission. The season is played on a fresh anvil, which took "
        f"{built:.0f} s; then one process with one thread audits it over HTTP, from the first block to the last.",
        "",
        f"Times are of one run on a machine of two cores with anvil and {_load()} on it; the processor time is the "
        "audit's own.",
        "",
        "| | |",
        "|---|---:|",
        *(f"| {name} | {figure} |" for name, figure in rows),
    ]
    return "\n".join(lines) + "\n"


def _load() -> str:
    """How much else runs here, in words."""
    waiting = os.getloadavg()[1]
    return f"a load of {waiting:.0f}"


if __name__ == "__main__":
    cli()
