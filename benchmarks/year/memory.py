# SPDX-License-Identifier: MIT
"""How much memory a process took. A module of its own: what is measured imports it, and nothing else."""

from pathlib import Path


def peak_of(process: int | str) -> int:
    """Bytes of memory that a process has had at most.

    What `resource` tells begins with the memory of the process that started it.
    """
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return 1_024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def forget_peak(process: int) -> None:
    """Let the peak of a process begin anew with what it has now."""
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="utf-8")
