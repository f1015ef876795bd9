# SPDX-License-Identifier: MIT
"""One audit, measured. A module of its own: a new process imports it, as it cannot import a package's `__main__`."""

import resource
import time
from typing import NamedTuple

from nmr.audit.chain import RpcChain
from nmr.audit.run import Abis, Progress, audit_suite
from nmr.chain.node import Node
from nmr.deploy.record import Record


class Measured(NamedTuple):
    """What an audit took: seconds, and bytes at its peak; and what it went through."""

    fetching: float
    replaying: float
    replaying_cpu: float
    comparing: float
    total: float
    peak: int
    events: int
    words: int
    settlements: int
    disagreements: int


def measure(url: str, record: Record, abis: Abis) -> Measured:
    """Audit the whole chain of a node, and say what it took."""
    progress = Progress()
    began = time.perf_counter()
    report = audit_suite(RpcChain(Node(url), time.sleep), record, abis, progress=progress)
    total = time.perf_counter() - began
    compared = report.content["compared"]
    return Measured(
        progress.fetching,
        progress.replaying,
        progress.replaying_cpu,
        progress.comparing,
        total,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        compared["log"]["compared"],
        sum(figures["compared"] for name, figures in compared.items() if name not in ("log", "code", "roots")),
        report.content["settlements"],
        report.count,
    )
