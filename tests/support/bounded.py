# SPDX-License-Identifier: MIT
"""Work in a process of its own that may take little memory beyond what its setup takes."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
MEMORY = 256 * 2**20
"""Bytes of address space that the work may take: a file of 64 MiB, and what it is decoded to."""

_SETUP = """
import resource
with open("/proc/self/status") as status:
    taken = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmSize:"))
resource.setrlimit(resource.RLIMIT_AS, (taken + {memory}, taken + {memory}))
"""


def run_bounded(setup: str, work: str, *arguments: object, memory: int = MEMORY) -> str:
    """What a piece of Python prints, run with so much memory after a setup; `sys.argv` has the arguments."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "\n".join(["import sys", setup, _SETUP.format(memory=memory), work]),
            *map(str, arguments),
        ],
        cwd=PROJECT,
        # Threads reserve memory each, whatever they do.
        env={**os.environ, "POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()
