# SPDX-License-Identifier: MIT
"""Runs of `nmr operate` in processes that have its imports already, each with what it took."""

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.year.memory import peak_of
from nmr.errors import NmrError

_LOADED: Final = [
    "nmr.cli.main",
    "nmr.cli.operate",
    "nmr.operate.service",
    "nmr.operate.signer",
    "numerai_tools.scoring",
]
"""What a run imports: at fifty runs a year's its start would take longer than its work."""


class Run(NamedTuple):
    """What a run took: seconds by the clock and of the processors, bytes of memory at its peak."""

    seconds: float
    processor: float
    peak: int


class ServiceFailed(NmrError, RuntimeError):
    """`nmr operate` did not do what was due."""


def run_nmr(arguments: Sequence[str], environment: Mapping[str, str], output: Path) -> Run:
    """Run the console command `nmr` in a process of its own.

    Args:
        arguments: its arguments.
        environment: variables beside those of this process.
        output: the file for what it prints.

    Raises:
        ServiceFailed: it ended with another exit code than 0.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    receiving, sending = context.Pipe(duplex=False)
    began = time.perf_counter()
    process = context.Process(target=_run, args=(list(arguments), dict(environment), output, sending))
    process.start()
    sending.close()
    process.join()
    seconds = time.perf_counter() - began
    if process.exitcode != 0:
        said = output.read_text(encoding="utf-8") if output.exists() else ""
        raise ServiceFailed(f"nmr {' '.join(arguments)} ended with {process.exitcode}: {said[-2_000:]}")
    processor, peak = receiving.recv()
    return Run(seconds, processor, peak)


def _run(arguments: list[str], environment: dict[str, str], output: Path, told: Connection) -> None:
    """In the new process."""
    from nmr.cli.main import main

    os.environ.update(environment)
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = ["nmr", *arguments]
    try:
        main()
    finally:
        used = resource.getrusage(resource.RUSAGE_SELF)
        told.send((used.ru_utime + used.ru_stime, peak_of("self")))
