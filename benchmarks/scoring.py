# SPDX-License-Identifier: MIT
"""How long it takes to open and to score a round, and how much memory, at several numbers of models.

Run it by `python -m benchmarks.scoring`. At each number a process of its own opens sealed files, as far as so many are
made, and scores ranks of random predictions.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Final, NamedTuple

import click
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pyrage  # type: ignore[import-untyped]
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track

from benchmarks.year.memory import peak_of
from nmr.cli.command import Whole
from nmr.sealing.crew import Processes
from nmr.sealing.envelope import SALT_BYTES, write_plain
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import PrivateKey, recipient_of
from nmr.sealing.opening import open_submissions
from nmr.sealing.scores import score_submissions
from nmr.sealing.store import Store
from nmr.sealing.tables import Table, Targets, Universe

SIZES: Final = (10_000, 30_000, 100_000)
IDS: Final = 5_000
SEALED: Final = 10_000
"""Models up to which files are sealed and opened; what that takes grows with their number."""
PAGE: Final = Path(__file__).parent / "scoring.md"
TOURNAMENT: Final = f"0x{40 * '1'}"


class Measured(NamedTuple):
    """What a step took.

    Attributes:
        seconds: by the clock.
        processor: seconds of the processors of all processes.
        peak: bytes of memory that the process that leads had at most, until the end of the step.
        worker: bytes of memory that the largest of the processes that it started had at most; 0 if there was none.
    """

    seconds: float
    processor: float
    peak: int
    worker: int


def universe_of(ids: int) -> Universe:
    """The ids of the files."""
    return Universe.of([f"n{number:06d}" for number in range(ids)])


def fill(store: Store, models: int, ids: int, key: PrivateKey) -> dict[int, bytes]:
    """Seal random predictions for a round's key: the hashes of the files by model."""
    universe, recipient = universe_of(ids), recipient_of(key.public)
    facts = facts_of(key, {})
    values = np.random.default_rng(0)
    # All files but for the model and the numbers: `seal` would put the same ids in order for each of them.
    table = Table(universe.ids, np.linspace(0, 1, ids))
    first = write_plain(table, facts.purpose(0), bytes(SALT_BYTES), universe)
    head, _, rest = first[: -8 * ids].partition(b"\nmodel 0\n")
    hashes = {}
    for model in track(range(models), "sealing", console=Console(stderr=True), transient=True):
        plain = head + f"\nmodel {model}\n".encode() + rest + values.random(ids).tobytes()
        hashes[model] = store.put(bytes(pyrage.encrypt(plain, [recipient])))
    return hashes


def facts_of(key: PrivateKey, commitments: dict[int, bytes]) -> RoundOnChain:
    """What the chain would say: all models staked."""
    return RoundOnChain(31_337, TOURNAMENT, 0, key.public, commitments, dict.fromkeys(commitments, 10**9))


def measure_opening(folder: str, secret: str, commitments: dict[int, bytes], ids: int) -> Measured:
    """Open these files: what it took."""
    key = PrivateKey.parse(secret)
    facts, universe = facts_of(key, commitments), universe_of(ids)
    with _measuring() as measured:
        opened = open_submissions(facts, universe, key, Store(folder), crew=Processes())
    assert all(entry.reason is None for entry in opened.entries), "all files are valid"
    return measured[0]


def measure_scoring(models: int, ids: int) -> Measured:
    """Score so many models, whose ranks are those of random predictions: what it took."""
    universe, random = universe_of(ids), np.random.default_rng(1)
    targets = Targets.of(Table(universe.ids, random.choice([0, 0.25, 0.5, 0.75, 1], ids)), universe)
    # As opening leaves them: column by column in memory.
    ranks = np.empty((ids, models), dtype=np.uint16, order="F")
    distinct = np.arange(0, 2 * ids, 2, dtype=np.uint16)
    for model in range(models):
        ranks[:, model] = random.permutation(distinct)
    frame = pd.DataFrame(ranks, index=pd.Index(universe.ids, dtype=object), copy=False)
    facts = facts_of(PrivateKey.generate(), dict.fromkeys(range(models), bytes(32)))
    with _measuring() as measured:
        scored = score_submissions(frame, targets, facts, Processes())
    assert len(scored.scores) == models, "all models are scored"
    return measured[0]


@contextmanager
def _measuring() -> Iterator[list[Measured]]:
    """Puts what the block took into the list."""
    found: list[Measured] = []
    peaks, over = [0], Event()
    watch = Thread(target=_watch, args=(peaks, over))
    watch.start()
    began, busy = time.perf_counter(), sum(os.times()[:4])
    try:
        yield found
    finally:
        seconds, processor = time.perf_counter() - began, sum(os.times()[:4]) - busy
        over.set()
        watch.join()
    found.append(Measured(seconds, processor, peak_of("self"), max(peaks)))


def _watch(peaks: list[int], over: Event) -> None:
    """Note what the processes that this one started had at most, again and again: who has ended tells it no more."""
    while not over.wait(0.1):
        for child in multiprocessing.active_children():
            # It may end meanwhile.
            with suppress(OSError, StopIteration):
                peaks.append(peak_of(child.pid or "self"))
        peaks[:] = [max(peaks)]


@click.command(epilog="Example: python -m benchmarks.scoring --models 500")
@click.option("--models", "sizes", type=Whole(2, 200_000), multiple=True, default=SIZES, show_default=True)
@click.option("--ids", type=Whole(2, 20_000), default=IDS, show_default=True)
def cli(sizes: Sequence[int], ids: int) -> None:
    """Open and score random predictions at each number of models, and write benchmarks/scoring.md.

    With other numbers the table is printed and not written. Files are sealed and opened up to 10,000 models.
    """
    page = render(measure_all(sizes, ids), ids)
    if (tuple(sizes), ids) == (SIZES, IDS):
        PAGE.write_text(page, encoding="utf-8")
    Console().print(Markdown(page))


def measure_all(sizes: Sequence[int], ids: int, sealed: int = SEALED) -> dict[int, tuple[Measured | None, Measured]]:
    """What opening, up to so many models, and scoring take at each number of models."""
    key = PrivateKey.generate()
    measured: dict[int, tuple[Measured | None, Measured]] = {}
    for models in sizes:
        opening = None
        if models <= sealed:
            with TemporaryDirectory() as folder:
                commitments = fill(Store(folder, lasting=False), models, ids, key)
                opening = _alone(measure_opening, folder, key.secret_text, commitments, ids)
        measured[models] = opening, _alone(measure_scoring, models, ids)
    return measured


def _alone(work: Callable[..., Measured], *arguments: Any) -> Measured:
    """What a function gives in a process of its own, which may have processes of its own in turn."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        return executor.submit(work, *arguments).result()


def render(measured: dict[int, tuple[Measured | None, Measured]], ids: int) -> str:
    """The page."""
    rows = []
    for models, (opening, scoring) in measured.items():
        for what, each in (("open", opening), ("score", scoring)):
            if each is None:
                continue
            cells = f"{each.seconds:,.0f} | {each.processor:,.0f} | {_memory(each.peak)} | {_memory(each.worker)}"
            rows.append(f"| {models:,} | {what} | {cells} |")
    lines = [
        "# Opening and scoring large rounds",
        "",
        f"Written by `python -m benchmarks.scoring`: sealed files of {ids:,} ids with random predictions are fetched "
        "from a folder, opened and ranked; and ranks of random predictions, as opening leaves them, are scored, CORR "
        "and MMC, all models staked. From 40,000 models of 5,000 ids on two processes more share the numbers. Of "
        "predictions ranks of two bytes stay in memory, and one pass over the store makes them.",
        "",
        "Times by the clock are of one run on a machine of two cores with other work on them: look at the processors'. "
        "Memory is the most that the process that leads had until the end of the step, and the largest of those that "
        "it started.",
        "",
        "| models | step | seconds | of processors | memory | of another process |",
        "|---:|---|---:|---:|---:|---:|",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def _memory(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB" if size else ""


if __name__ == "__main__":
    cli()
