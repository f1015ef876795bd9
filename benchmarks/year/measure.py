# SPDX-License-Identifier: MIT
"""What is read of a year when it is over, each in a process of its own, whose peak of memory is its own."""

import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.year.memory import peak_of
from nmr.chain.node import Node
from nmr.client.auditing import audit_chain
from nmr.client.session import Session
from nmr.deploy.record import read_record
from nmr.history.export import export
from nmr.history.reading import kept_histories, kept_leaderboard, read_table


class Audited(NamedTuple):
    """An audit: seconds by the clock and of its processors, bytes of memory at its peak, and what it went through."""

    seconds: float
    processor: float
    peak: int
    settlements: int
    disagreements: int


class Exported(NamedTuple):
    """An export: seconds as of an audit, bytes of memory at its peak, positions, points of TVL, bytes of its files."""

    seconds: float
    processor: float
    peak: int
    positions: int
    points: int
    size: int


class Answered(NamedTuple):
    """Seconds that the export takes to answer, the process's start not counted."""

    leaderboard: float
    history: float
    rounds: float
    series: float


def audit(url: str, record: Path) -> Audited:
    """Audit the whole chain."""
    began, busy = time.perf_counter(), time.process_time()
    report = audit_chain(Node(url), read_record(record))
    seconds, processor = time.perf_counter() - began, time.process_time() - busy
    return Audited(seconds, processor, peak_of("self"), report.content["settlements"], report.count)


def export_all(url: str, record: Path, folder: Path) -> Exported:
    """Export the whole chain into a new folder."""
    began, busy = time.perf_counter(), time.process_time()
    session = Session(read_record(record), Node(url))
    frames = export(session, session.tournament(), folder).frames
    seconds, processor = time.perf_counter() - began, time.process_time() - busy
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Exported(seconds, processor, peak_of("self"), frames["positions"].height, frames["tvl"].height, size)


def answer(folder: Path, rounds: int) -> Answered:
    """Ask an export for the leaderboard of all rounds, the history of a model, the rounds, and the TVL series."""
    questions = (
        lambda: kept_leaderboard(folder, rounds),
        lambda: kept_histories(folder, [0]),
        lambda: read_table(folder, "rounds").collect(),
        lambda: read_table(folder, "tvl").collect(),
    )
    seconds = []
    for ask in questions:
        began = time.perf_counter()
        assert len(ask()) > 0, "a year has all of them"
        seconds.append(time.perf_counter() - began)
    return Answered(*seconds)
