# SPDX-License-Identifier: MIT
"""How long commands take that read a little: whole processes on a devnet, `nmr …` beside `ape run …`.

Run it by `python -m benchmarks.startup`.
"""

import os
import resource
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import click
from rich.console import Console
from rich.markdown import Markdown

from nmr.cli.command import Whole
from nmr.deploy.anvil import free_port

PROJECT: Final = Path(__file__).parents[1]
PAGE: Final = Path(__file__).parent / "startup.md"
RUNS: Final = 5
ALLOWED: Final = 0.7
"""Seconds that a command of `nmr` may take, by the processors' time."""
PATIENCE: Final = 180.0
"""Seconds that a devnet may take to start."""
NMR: Final = (sys.executable, "-c", "from nmr.cli.main import main; main()")
"""What the console command `nmr` does."""
APE: Final = (str(Path(sysconfig.get_path("scripts")) / "ape"), "run")
NETWORK: Final = ("--network", "ethereum:local:foundry")
READS: Final = (
    "tvl",
    "stake show 0",
    "round status 0",
    "history 0",
    "leaderboard",
    "history 0 --from past",
    "rounds",
    "status 0",
    "pool list",
    "watch --once",
)
BOTH: Final = READS[:3]
"""What `ape run` is asked, too."""
PLAYED: Final = (
    "stake register first second --account TEST::4",
    "stake deposit 0-1=400 --account TEST::4",
    "stake policy 0-1 --target 100 --account TEST::4",
    "round open --account TEST::1",
    "stake enter --all --account TEST::4",
    "export past",
)
"""What there is to read."""
EMPTY: Final = "import click\n\n\n@click.command()\ndef cli():\n    pass\n"
"""A script of Ape's that does nothing."""


@dataclass(frozen=True)
class Taken:
    """What a command took, the median of its runs: seconds by the clock, and of processors."""

    command: str
    seconds: float
    processor: float


@click.command(epilog="Example: python -m benchmarks.startup --runs 3")
@click.option("--runs", type=Whole(1), default=RUNS, show_default=True, help="Runs of each command.")
def cli(runs: int) -> None:
    """Start a devnet, time commands on it, write the page.

    With another number of runs the page is printed and not written.
    """
    with TemporaryDirectory() as folder, devnet(Path(folder)) as environment:
        for line in PLAYED:
            subprocess.run([*NMR, *line.split()], env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        empty = Path(folder) / "empty"
        (empty / "scripts").mkdir(parents=True)
        (empty / "scripts" / "nothing.py").write_text(EMPTY, encoding="utf-8")
        commands = {f"`nmr {line}`": ([*NMR, *line.split()], Path(folder)) for line in READS}
        commands |= {f"`ape run {line}`": ([*APE, *line.split(), *NETWORK], PROJECT) for line in BOTH}
        commands |= {"`ape run` of an empty script, the only one of its project": ([*APE, "nothing"], empty)}
        page = render(measure(commands, runs, environment), runs)
    if runs == RUNS:
        PAGE.write_text(page, encoding="utf-8")
    Console().print(Markdown(page))


@contextmanager
def devnet(folder: Path) -> Iterator[dict[str, str]]:
    """A devnet with its files in a folder; gives the environment by which commands find it."""
    port, output = free_port(), folder / "output"
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "APE_FOUNDRY_HOST": url,
        "NMR_DEPLOYMENTS": str(folder / "deployments"),
        "NMR_KEYS": str(folder / "keys"),
        "NMR_NODE": url,
        "NMR_RECORD": str(folder / "deployments" / "ethereum" / "local.json"),
        "NMR_STORE": str(folder / "store"),
        "PYTHONUNBUFFERED": "1",
    }
    with output.open("wb") as file:
        line = [*APE, "devnet", "--port", str(port)]
        process = subprocess.Popen(line, env=environment, cwd=PROJECT, stdout=file, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + PATIENCE
        while b"Ctrl-C ends it." not in output.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise click.ClickException(f"The devnet did not start: {output.read_text()}")
            time.sleep(0.1)
        yield environment
    finally:
        process.terminate()
        process.wait()


def measure(
    commands: Mapping[str, tuple[Sequence[str], Path]], runs: int, environment: Mapping[str, str]
) -> list[Taken]:
    """What commands take, each run in turn with the others, so that what else the machine does meets all of them.

    Args:
        commands: what to run, and in which folder, by name.
        runs: of each, after one that does not count.
        environment: of the processes.
    """
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, (line, folder) in commands.items():
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(line, env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
            processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            if turn:
                times[name].append((seconds, processor))
    return [Taken(name, *(median(part) for part in zip(*found, strict=True))) for name, found in times.items()]


def render(taken: Sequence[Taken], runs: int) -> str:
    """The page, in Markdown."""
    rows = [f"| {each.command} | {each.seconds:.2f} | {each.processor:.2f} |" for each in taken]
    slowest = max(each.processor for each in taken if each.command.startswith("`nmr "))
    return "\n".join(
        [
            "# Starting a command",
            "",
            "Written by `python -m benchmarks.startup`: whole processes that read a little from a devnet, the median "
            f"of {runs} runs each, all in turn. Times are of one machine with 2 cores and other work on them: look at "
            "the processors'.",
            "",
            "| command | seconds | of processors |",
            "|---|---:|---:|",
            *rows,
            "",
            f"The slowest command of `nmr` takes {slowest:.2f} seconds of processors; the aim is at most {ALLOWED}.",
            "",
        ]
    )


if __name__ == "__main__":
    cli()
