# SPDX-License-Identifier: MIT
"""A year of daily rounds on anvil: what a round takes, and what is read of all of it when it is over.

Run it by `python -m benchmarks.year`. It goes on where it was stopped.
"""

import json
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.year.chain import YearChain
from benchmarks.year.measure import answer, audit, export_all
from benchmarks.year.memory import forget_peak, peak_of
from benchmarks.year.page import YEAR, Measured, render
from benchmarks.year.play import Progress, Size, Year
from nmr.cli.command import Failure, Whole
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.text.files import write_whole

FOLDER: Final = Path(__file__).parents[2]
PAGE: Final = Path(__file__).parents[1] / "year.md"
BLOCK_GAS: Final = 2 * 10**9
KEPT: Final = 25
"""Days after which the chain is kept: a file of hundreds of megabytes at the end."""
T = TypeVar("T")
PROGRESS: Final = ("progress.json", "progress.next.json")


@click.command(epilog="Example: python -m benchmarks.year --models 48 --staked 16 --ring 4 --rounds 6 --led 2")
@click.option("--models", type=Whole(8, 100_000), default=YEAR.models, show_default=True, help="Models.")
@click.option("--staked", type=Whole(4, 100_000), default=YEAR.staked, show_default=True, help="Models that stake.")
@click.option("--ring", type=Whole(3, 64), default=YEAR.ring, show_default=True, help="Places of the ring.")
@click.option("--rounds", type=Whole(2, 1_000), default=YEAR.rounds, show_default=True, help="Rounds that open.")
@click.option("--led", type=Whole(1, 1_000), default=YEAR.led, show_default=True, help="Rounds that nmr operate leads.")
@click.option("--keep", type=Whole(1), default=KEPT, show_default=True, help="Days after which the chain is kept.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=FOLDER / ".build" / "year")
@click.option("--write", is_flag=True, help="Write benchmarks/year.md; else it is printed.")
def cli(models: int, staked: int, ring: int, rounds: int, led: int, keep: int, folder: Path, write: bool) -> None:
    """Play a year of rounds, audit and export it, and say what it took.

    Started again with the same size and folder, it goes on from where the chain was kept last; a year that is over is
    only measured again.
    """
    if staked > models or led >= rounds:
        raise click.UsageError("Not all models can be staked that are not there, nor all rounds led by the service.")
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting anvil", total=None)
        size = Size(models, staked, ring, rounds, led)
        measured = run(size, folder, lambda text: bar.update(task, description=text), keep=keep)
    page = render(measured)
    if write:
        PAGE.write_text(page, encoding="utf-8")
    Console().print(Markdown(page))


def run(size: Size, folder: Path, told: Callable[[str], None], *, keep: int = KEPT) -> Measured:
    """Play a year, or go on with it, and measure it.

    Args:
        size: how large it is.
        folder: for all files of it.
        told: takes what is done.
        keep: days after which the chain is kept.

    Raises:
        Failure: the folder holds a year of another size.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _require_same(folder / "size.json", size)
    state = folder / "chain.json"
    with Anvil(find_anvil(FOLDER), state=state, options=("--gas-limit", str(BLOCK_GAS))) as anvil:
        record = folder / "record.json"
        if not state.exists():
            record.unlink(missing_ok=True)
        chain = YearChain(anvil.node, record, size.ring)
        progress = _read_progress(folder, chain.block) if state.exists() else Progress()
        year = Year(chain, folder, size, progress, told)
        if progress.block < 0:
            year.begin()
        for slot in range(progress.slot, year.slots):
            year.play(slot)
            progress.slot = slot + 1
            if progress.slot % keep == 0 or progress.slot == year.slots:
                told("keeping the chain")
                progress.block = chain.block
                _keep(folder, anvil, progress)
        told("auditing")
        audited = _alone(audit, chain.node.url, record)
        told("exporting")
        shutil.rmtree(folder / "past", ignore_errors=True)
        exported = _alone(export_all, chain.node.url, record, folder / "past")
        answered = _alone(answer, folder / "past", size.rounds)
        node = max(progress.node, peak_of(anvil.pid))
    return Measured(size, progress, audited, exported, answered, node)


def _alone(work: Callable[..., T], *arguments: Any) -> T:
    """What a function gives in a process of its own, so that the peak of memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def _keep(folder: Path, anvil: Anvil, progress: Progress) -> None:
    """Keep the chain and how far it is: the one that was written first counts once the other is there."""
    progress.node = max(progress.node, peak_of(anvil.pid))
    content = json.dumps(progress.plain).encode()
    write_whole(folder / PROGRESS[1], content)
    anvil.save()
    write_whole(folder / PROGRESS[0], content)
    forget_peak(anvil.pid)


def _read_progress(folder: Path, block: int) -> Progress:
    """How far the year is whose chain is at a block."""
    for name in PROGRESS:
        if (folder / name).exists():
            progress = Progress.of(json.loads((folder / name).read_bytes()))
            if progress.block == block:
                return progress
    raise Failure(f"{folder} holds a chain and not how far it is: remove the folder.", 1)


def _require_same(path: Path, size: Size) -> None:
    content = json.dumps(list(vars(size).values()))
    if path.exists() and path.read_text(encoding="utf-8") != content:
        raise Failure(f"{path.parent} holds a year of another size: name another --folder, or remove it.", 1)
    path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    cli()
