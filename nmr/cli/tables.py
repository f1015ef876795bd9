# SPDX-License-Identifier: MIT
"""Tables and facts for people."""

from collections.abc import Collection, Mapping, Sequence
from sys import maxsize
from typing import TYPE_CHECKING, Final

import click

from nmr.text.foreign import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH: Final = 120
"""Columns of a table where the terminal does not say."""
_FRAME: Final = 3
"""What a column takes beside its text: a line and two spaces."""


def print_table(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: int | Collection[str] = 1,
    optional: Sequence[str] = (),
    short: Collection[str] = (),
) -> None:
    """Print a table that is no wider than the terminal, without breaking a word: half a number or address is none.

    Where it is too wide, sentences are wrapped at their spaces; then addresses that may be short are shortened; then
    the optional columns are left out, which is said; and if that is not enough, each row becomes a paragraph of its
    own. Where there is no terminal, such as in a pipe, a table that may be narrower is as wide as its cells.

    Args:
        title: above it.
        headings: of the columns.
        rows: of texts.
        left: how many columns at the left, or which, are aligned to the left; all others to the right.
        optional: headings of columns that may be left out, the first of them first.
        short: headings of columns of addresses that may be shortened.
    """
    from rich.text import Text

    shown = [[plain(cell) for cell in row] for row in rows]
    console = wide_console()
    if _widths(headings, shown, (), console.width) is None:
        if console.is_terminal:
            shown = [_shortened(headings, row, short) for row in shown]
        elif optional:
            whole = _widths(headings, shown, (), maxsize) or {}
            console.width = sum(whole.values()) + _FRAME * len(whole) + 1
    dropped: list[str] = []
    while (widths := _widths(headings, shown, set(dropped), console.width)) is None and len(dropped) < len(optional):
        dropped.append(optional[len(dropped)])
    at_left = set(headings[:left]) if isinstance(left, int) else set(left)
    # rich would end the process by itself when the output is closed, with the exit code of a disagreement.
    with console.capture() as capture:
        console.print(Text(plain(title), style="table.title"), soft_wrap=True)
        if widths is not None:
            console.print(_table(headings, shown, widths, at_left))
    click.echo(capture.get(), nl=False)
    if widths is None:
        _print_paragraphs(headings, rows)
    elif dropped:
        click.echo(f"Left out, as {console.width} columns are too few: {', '.join(dropped)}.")


def _widths(
    headings: Sequence[str], rows: Sequence[Sequence[str]], without: Collection[str], width: int
) -> dict[int, int] | None:
    """The width of each column that is shown, by its index, so that no word is broken; None if they do not fit."""
    from rich.cells import cell_len

    shown = [index for index, heading in enumerate(headings) if heading not in without]
    columns = {index: [headings[index], *(row[index] for row in rows)] for index in shown}
    widths = {index: max(map(cell_len, cells)) for index, cells in columns.items()}
    least = {
        index: max(cell_len(word) for cell in cells for word in cell.split() or [""])
        for index, cells in columns.items()
    }
    room = width - _FRAME * len(shown) - 1
    if sum(least.values()) > room:
        return None
    while sum(widths.values()) > room:
        widest = max((index for index in shown if widths[index] > least[index]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _shortened(headings: Sequence[str], row: Sequence[str], short: Collection[str]) -> list[str]:
    """A row with the first and the last digits of addresses in some columns."""
    return [
        f"{cell[:6]}…{cell[-4:]}" if heading in short else cell for heading, cell in zip(headings, row, strict=True)
    ]


def _table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], widths: Mapping[int, int], at_left: Collection[str]
) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for index, width in widths.items():
        heading = headings[index]
        table.add_column(heading, justify="left" if heading in at_left else "right", width=width, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[index]) for index in widths))
    return table


def _print_paragraphs(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for number, row in enumerate(rows):
        if number:
            click.echo()
        _print_pairs([(heading, cell) for heading, cell in zip(headings, row, strict=True) if cell])


def print_facts(facts: Mapping[str, str]) -> None:
    """Print names and values, a line each."""
    _print_pairs(list(facts.items()))


def _print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        print_line(f"{name:<{width}}  {value}")


def print_line(text: str, *, err: bool = False) -> None:
    """Print a line, in which somebody else may have written something: all lines for people go this way."""
    click.echo(plain(text), err=err)


def print_transactions(notes: Sequence[str], hashes: Sequence[str]) -> None:
    """Print notes, on standard error, and the hashes of transactions."""
    for note in notes:
        print_line(note, err=True)
    if len(hashes) > 1:
        print_line(f"{len(hashes)} transactions:")
    for each in hashes:
        print_line(each)


def wide_console() -> "Console":
    """A console that is wide enough for a table where the terminal does not say."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)
