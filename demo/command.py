# SPDX-License-Identifier: MIT
"""What the commands that play a season on an embedded chain begin with; their names are in `scripts/`."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from nmr.cli.command import WRONG_INPUT, Failure
from nmr.text.files import make_folder


def require_own_clock(network: Any, what: str) -> None:
    """Raise `Failure` on a network whose clock is everybody's.

    Args:
        network: of the chain that Ape is connected to.
        what: would turn the clock.
    """
    if not network.is_local:
        raise Failure(f"{what} turns the chain's clock, which {network.name} does not let it do.", WRONG_INPUT)


def make_report_folder(folder: Path) -> None:
    """Make the report's folder, before anything is played. Raises `Failure` if it cannot be written."""
    try:
        make_folder(folder)
    except OSError as error:
        raise Failure(f"The report cannot be written into {folder}: {error.strerror}.", WRONG_INPUT) from None


def season_progress(console: Console) -> Progress:
    """What shows how far a season is."""
    return Progress(
        TextColumn("{task.description}", table_column=None),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=console,
    )
