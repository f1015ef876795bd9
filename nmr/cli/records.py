# SPDX-License-Identifier: MIT
"""Rows of a past: as a table for people, and as CSV, JSON or Parquet for programs."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from nmr.cli.command import print_json
from nmr.cli.tables import print_line
from nmr.text.amounts import GWEI, format_nmr
from nmr.text.files import put_file
from nmr.text.foreign import plain

Row = Mapping[str, Any]
PLACES: Final = 9
"""Decimals of an amount of NMR: a unit of the ledger is a billionth."""


class ColumnKind(Enum):
    """What a column holds; each cell may be None where something is not known."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    AMOUNT = "amount"
    """Wei, whole units of the ledger: shown in NMR, exactly."""


ColumnKinds = Mapping[str, ColumnKind]


@dataclass(frozen=True)
class Form:
    """In which form a command's rows are wanted.

    Attributes:
        as_json, as_csv: printed so.
        output: the file to write, whose ending says how.
    """

    as_json: bool
    as_csv: bool
    output: Path | None


def form_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`, `--csv`, `--output`: the command gets them as `form`."""

    @wraps(command)
    def formed(*args: Any, as_json: bool, as_csv: bool, output: Path | None, **named: Any) -> Any:
        if sum((as_json, as_csv, output is not None)) > 1:
            raise click.UsageError("Choose one of --json, --csv and --output.")
        return command(*args, form=Form(as_json, as_csv, output), **named)

    decorated: Callable[..., Any] = formed
    options = (
        click.option("--json", "as_json", is_flag=True, help="Print JSON; amounts are strings of NMR."),
        click.option("--csv", "as_csv", is_flag=True, help="Print CSV; amounts are NMR, and unknown cells are empty."),
        click.option(
            "--output",
            type=click.Path(dir_okay=False, path_type=Path),
            callback=_ending,
            metavar="FILE",
            help=f"Write a file: {', '.join(_WRITERS)}.",
        ),
    )
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def show_rows(columns: ColumnKinds, rows: Sequence[Row], form: Form, show: Callable[[], None]) -> None:
    """Show rows in the form that is wanted.

    Args:
        columns: by name.
        rows: each with a value for every column.
        form: which.
        show: prints them for people.

    Raises:
        FileError: the file cannot be written.
    """
    if form.output is not None:
        put_file(form.output, _WRITERS[form.output.suffix](columns, rows))
        print_line(f"Wrote {len(rows):,} {'row' if len(rows) == 1 else 'rows'} into {form.output}.")
    elif form.as_json:
        print_json(plain_rows(columns, rows))
    elif form.as_csv:
        click.echo(csv_of(columns, rows), nl=False)
    else:
        show()


def plain_rows(columns: ColumnKinds, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows for JSON."""
    return [{name: _plain(kind, row[name]) for name, kind in columns.items()} for row in rows]


def csv_of(columns: ColumnKinds, rows: Sequence[Row]) -> str:
    """Rows as CSV, with a header. Texts are escaped as in tables: they may go to a terminal."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(kind, row[name]) for name, kind in columns.items()])
    return text.getvalue()


def parquet_of(columns: ColumnKinds, rows: Sequence[Row]) -> bytes:
    """Rows as Parquet; amounts are decimals of NMR."""
    import polars as pl

    kinds = {
        ColumnKind.INTEGER: pl.Int64(),
        ColumnKind.NUMBER: pl.Float64(),
        ColumnKind.TEXT: pl.String(),
        ColumnKind.FLAG: pl.Boolean(),
    }
    series = []
    for name, kind in columns.items():
        cells = [row[name] for row in rows]
        if kind != ColumnKind.AMOUNT:
            series.append(pl.Series(name, cells, dtype=kinds[kind]))
            continue
        units = pl.Series(name, [None if cell is None else cell // GWEI for cell in cells], dtype=pl.Int64)
        series.append(units.cast(pl.Decimal(38, PLACES)) / GWEI)
    buffer = io.BytesIO()
    pl.DataFrame(series).write_parquet(buffer)
    return buffer.getvalue()


def _json_of(columns: ColumnKinds, rows: Sequence[Row]) -> bytes:
    return f"{json.dumps(plain_rows(columns, rows), indent=2)}\n".encode()


_WRITERS: Final[Mapping[str, Callable[[ColumnKinds, Sequence[Row]], bytes]]] = {
    ".csv": lambda columns, rows: csv_of(columns, rows).encode(),
    ".parquet": parquet_of,
    ".json": _json_of,
}


def _ending(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix not in _WRITERS:
        raise click.BadParameter(f"{value.name} has to end with one of {', '.join(_WRITERS)}.")
    return value


def _plain(kind: ColumnKind, value: Any) -> Any:
    return format_nmr(value) if kind == ColumnKind.AMOUNT and value is not None else value


def _cell(kind: ColumnKind, value: Any) -> Any:
    if value is None:
        return ""
    if kind == ColumnKind.TEXT:
        return plain(value)
    return str(value).lower() if kind == ColumnKind.FLAG else _plain(kind, value)
