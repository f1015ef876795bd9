# SPDX-License-Identifier: MIT
"""Rows as CSV, JSON and Parquet: amounts are exact, and what is not known stays so."""

import io
import json
from decimal import Decimal

import click
import polars as pl
import pytest
from click.testing import CliRunner

from nmr.cli.records import ColumnKind, Form, csv_of, form_options, parquet_of, plain_rows, show_rows
from nmr.text.amounts import GWEI, NMR

COLUMNS = {
    "model": ColumnKind.INTEGER,
    "label": ColumnKind.TEXT,
    "submitted": ColumnKind.FLAG,
    "stake": ColumnKind.AMOUNT,
    "corr": ColumnKind.NUMBER,
}
LARGEST = 11_000_000 * NMR - GWEI
ROWS = [
    {"model": 3, "label": 'a "b", c', "submitted": True, "stake": LARGEST, "corr": 0.1},
    {"model": None, "label": None, "submitted": False, "stake": -GWEI, "corr": None},
    {"model": 4, "label": "", "submitted": None, "stake": None, "corr": -1.0},
]


@click.command()
@form_options
def command(form: Form) -> None:
    show_rows(COLUMNS, ROWS, form, lambda: click.echo("a table"))


def run(*options: object) -> tuple[int, str]:
    result = CliRunner().invoke(command, [str(each) for each in options])
    return result.exit_code, result.output


def test_csv__each_kind__is_exact_and_unknown_cells_are_empty():
    assert csv_of(COLUMNS, ROWS).splitlines() == [
        "model,label,submitted,stake,corr",
        '3,"a ""b"", c",true,10999999.999999999,0.1',
        ",,false,-0.000000001,",
        "4,,,,-1.0",
    ]


def test_csv__text_with_an_escape_sequence__is_shown_as_python_escapes_it():
    assert csv_of({"label": ColumnKind.TEXT}, [{"label": "\x1b[2J"}]) == "label\n\\x1b[2J\n"


def test_plain__each_kind__is_what_json_has():
    assert plain_rows(COLUMNS, ROWS)[0] == {**ROWS[0], "stake": "10999999.999999999"}
    assert plain_rows(COLUMNS, ROWS)[2] == ROWS[2]


def test_parquet__each_kind__has_its_type_and_exact_decimals():
    frame = pl.read_parquet(io.BytesIO(parquet_of(COLUMNS, ROWS)))

    assert frame.schema == {
        "model": pl.Int64,
        "label": pl.String,
        "submitted": pl.Boolean,
        "stake": pl.Decimal(38, 9),
        "corr": pl.Float64,
    }
    assert frame["stake"].to_list() == [Decimal("10999999.999999999"), Decimal("-0.000000001"), None]
    assert frame["corr"].to_list() == [0.1, None, -1.0]


def test_parquet__no_rows__has_the_columns():
    assert pl.read_parquet(io.BytesIO(parquet_of(COLUMNS, []))).columns == [*COLUMNS]


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("rows.csv", lambda path: path.read_text() == csv_of(COLUMNS, ROWS)),
        ("rows.json", lambda path: json.loads(path.read_text()) == plain_rows(COLUMNS, ROWS)),
        ("rows.parquet", lambda path: path.read_bytes() == parquet_of(COLUMNS, ROWS)),
    ],
)
def test_show__file__is_written_by_its_ending(tmp_path, name, read):
    path = tmp_path / "new" / name

    assert run("--output", path) == (0, f"Wrote 3 rows into {path}.\n")
    assert read(path)


def test_show__no_option__is_for_people():
    assert run() == (0, "a table\n")
    assert run("--csv") == (0, csv_of(COLUMNS, ROWS))
    assert json.loads(run("--json")[1]) == plain_rows(COLUMNS, ROWS)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--output", "rows.xlsx"), "rows.xlsx has to end with one of .csv, .parquet, .json."),
        (("--csv", "--json"), "Choose one of --json, --csv and --output."),
    ],
)
def test_show__form_that_is_none__is_refused(options, why):
    code, said = run(*options)

    assert code == 2 and why in said
