# SPDX-License-Identifier: MIT
"""Tables and facts for people."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import click

from nmr.text.foreign import plain

if TYPE_CHECKING:
    from rich.console import Console

WIDTH: Final = 120
"""Columns of a table where the terminal does not say."""


def print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Print a table; all columns but the first `left` are aligned to the right."""
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for number, heading in enumerate(headings):
        # Folded and not cut: an address or a hash of which a part is missing is none.
        table.add_column(heading, justify="left" if number < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console = wide_console()
    # rich would end the process by itself when the output is closed, with the exit code of a disagreement.
    with console.capture() as capture:
        console.print(Text(plain(title), style="table.title"), soft_wrap=True)
        console.print(table)
    click.echo(capture.get(), nl=False)


def print_facts(facts: Mapping[str, str]) -> None:
    """Print names and values, a line each."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        click.echo(f"{name:<{width}}  {plain(value)}")


def print_line(text: str, *, err: bool = False) -> None:
    """Print a line that may hold what somebody else wrote."""
    click.echo(plain(text), err=err)


def wide_console() -> "Console":
    """A console that is wide enough for a table where the terminal does not say."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)
