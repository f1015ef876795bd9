# SPDX-License-Identifier: MIT
"""A round of sealed submissions at full size: what each phase takes in time and memory, beside numerai-tools' scoring.

Run it by `python -m benchmarks.sealing`.
"""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from os import urandom
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Final, TypeVar

import click
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from numerai_tools.scoring import correlation_contribution, numerai_corr
from rich.console import Console
from rich.markdown import Markdown

from nmr.cli.command import Whole
from nmr.sealing.envelope import SALT_BYTES, seal
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import PrivateKey
from nmr.sealing.opening import open_submissions
from nmr.sealing.ranks import doubled_ranks
from nmr.sealing.scores import RoundScores, score_submissions
from nmr.sealing.scoring import to_fixed
from nmr.sealing.store import Store
from nmr.sealing.tables import Table, Targets, Universe

MODELS: Final = 5_000
IDS: Final = 5_000
ALLOWED: Final = 1.3
"""What part of the time of numerai-tools' scoring all of it may take."""
PAGE: Final = Path(__file__).parent / "sealing.md"
EXAMPLE: Final = """
Example: python -m benchmarks.sealing --models 500
"""

T = TypeVar("T")


@dataclass(frozen=True)
class Phase:
    """What was done, in how many seconds by the clock and of processors, and the most memory taken by its end, MiB."""

    what: str
    seconds: float
    processor: float
    memory: int


class Clock:
    """Times phases."""

    def __init__(self) -> None:
        self.phases: list[Phase] = []
        self._console = Console(stderr=True)

    def time(self, what: str, do: Callable[[], T]) -> T:
        """Do something, and keep what it took."""
        with self._console.status(what):
            start, processor = perf_counter(), process_time()
            result = do()
            seconds, processor = perf_counter() - start, process_time() - processor
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024
        self.phases.append(Phase(what, seconds, processor, memory))
        return result


@click.command(epilog=EXAMPLE)
@click.option("--models", type=Whole(2, 20_000), default=MODELS, show_default=True)
@click.option("--ids", "count", type=Whole(10, 20_000), default=IDS, show_default=True)
def cli(models: int, count: int) -> None:
    """Seal, open, weigh and score a round in a folder of its own, compare with numerai-tools, write the page.

    With other sizes than the usual ones the page is printed and not written.
    """
    with TemporaryDirectory() as folder:
        page = render(models, count, *measure(models, count, Store(folder, lasting=False)))
    if (models, count) == (MODELS, IDS):
        PAGE.write_text(page, encoding="utf-8")
    Console().print(Markdown(page))


def measure(models: int, count: int, store: Store) -> tuple[list[Phase], list[Phase]]:
    """The phases of a round, and those of numerai-tools' scoring of the same predictions.

    Raises:
        AssertionError: a prediction or a score came out another.
    """
    random = np.random.default_rng(0)
    universe = Universe.of([f"n{number:015x}" for number in random.choice(2**48, count, replace=False)])
    predictions = random.random((models, count))
    counts = [count // 20, count // 5, count - 2 * (count // 20 + count // 5), count // 5, count // 20]
    bins = np.repeat([0, 0.25, 0.5, 0.75, 1], counts)
    targets = Targets.of(Table(universe.ids, random.permutation(bins)), universe)
    stakes = {model: int(stake) for model, stake in enumerate(random.integers(10**9, 10**12, models))}
    key = PrivateKey.generate()
    facts = RoundOnChain(31_337, "0x" + 40 * "1", 0, key.public, {}, stakes)

    def sealed() -> dict[int, bytes]:
        hashes = {}
        for model, values in enumerate(predictions):
            table, salt = Table(universe.ids, values), urandom(SALT_BYTES)
            content = seal(table, facts.purpose(model), key.public, salt=salt, universe=universe)
            hashes[model] = store.put(content)
        return hashes

    clock = Clock()
    commitments = clock.time("seal and store", sealed)
    facts = RoundOnChain(facts.chain_id, facts.tournament, facts.round, key.public, commitments, stakes)
    opened = clock.time("fetch, open and check", lambda: open_submissions(facts, universe, key, store))
    assert (doubled_ranks(predictions.T) == opened.ranks.to_numpy()).all()
    scored = clock.time("weigh and score", lambda: score_submissions(opened.ranks, targets, facts))
    frame = pd.DataFrame(predictions.T, index=list(universe.ids))
    alone = Clock()
    corr = alone.time("numerai_corr", lambda: numerai_corr(frame, targets.series))
    mmc = alone.time(
        "correlation_contribution",
        lambda: correlation_contribution(frame, scored.meta_model, targets.series),
    )
    check(scored, corr, mmc)
    return clock.phases, alone.phases


def check(scored: RoundScores, corr: pd.Series, mmc: pd.Series) -> None:
    """Refuse scores that are not numerai-tools' to the 8th decimal."""
    assert {model: (to_fixed(corr[model]), to_fixed(mmc[model])) for model in corr.index} == scored.scores


def render(models: int, count: int, phases: list[Phase], alone: list[Phase]) -> str:
    """The page, in Markdown."""
    total, theirs = (sum(phase.processor for phase in group) for group in (phases, alone))
    rows = [_row(phase.what, [phase], f"{phase.memory:,}") for phase in phases]
    peers = [_row(f"{phase.what} alone", [phase]) for phase in alone]
    return "\n".join(
        [
            "# Sealed submissions at full size",
            "",
            f"Written by `python -m benchmarks.sealing`: {models:,} models with {count:,} ids each, sealed, stored in "
            "a folder, fetched, opened, checked, weighed and scored in one process. Every prediction came out as it "
            "went in, and every score is that of numerai-tools to the 8th decimal. Memory is the most that the process "
            "had taken by then, with the predictions of all models in it. Times are of one run on 2 cores with other "
            "work on them: look at the processors'.",
            "",
            "| phase | seconds | of processors | MiB |",
            "|---|---:|---:|---:|",
            *rows,
            _row("all of it", phases),
            *peers,
            _row("numerai-tools' scoring", alone),
            "",
            f"By the processors' time all of it takes {total / theirs:.2f} times what numerai-tools' scoring takes "
            f"alone; the aim is at most {ALLOWED}.",
            "",
        ]
    )


def _row(what: str, phases: list[Phase], memory: str = "") -> str:
    seconds, processor = sum(phase.seconds for phase in phases), sum(phase.processor for phase in phases)
    return f"| {what} | {seconds:.1f} | {processor:.1f} | {memory} |"


if __name__ == "__main__":
    cli()
