# SPDX-License-Identifier: MIT
"""`nmr rounds`: what became of each round."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from nmr.cli.command import Door, SuiteCommand, Whole, from_option, tournament_option
from nmr.cli.records import ColumnKind, ColumnKinds, Form, form_options, show_rows
from nmr.cli.tables import print_line, print_table
from nmr.protocol.reference.rounds import State
from nmr.rounds.status import STATE_WORDS
from nmr.text.amounts import GWEI, format_nmr
from nmr.text.times import format_moment

COLUMNS: Final[ColumnKinds] = {
    "round": ColumnKind.INTEGER,
    "state": ColumnKind.TEXT,
    "opened_at": ColumnKind.INTEGER,
    "package": ColumnKind.TEXT,
    "primary": ColumnKind.NUMBER,
    "contribution": ColumnKind.NUMBER,
    "clip": ColumnKind.NUMBER,
    "threshold": ColumnKind.AMOUNT,
    "locks_at": ColumnKind.INTEGER,
    "resolves_at": ColumnKind.INTEGER,
    "expires_at": ColumnKind.INTEGER,
    "locked_at": ColumnKind.INTEGER,
    "at_risk": ColumnKind.AMOUNT,
    "factor": ColumnKind.NUMBER,
    "effective_clip": ColumnKind.NUMBER,
    "granted": ColumnKind.AMOUNT,
    "listed_at": ColumnKind.INTEGER,
    "proposed_at": ColumnKind.INTEGER,
    "root": ColumnKind.TEXT,
    "vetoes": ColumnKind.INTEGER,
    "settled": ColumnKind.AMOUNT,
    "rewards": ColumnKind.AMOUNT,
    "burns": ColumnKind.AMOUNT,
}
HEADINGS: Final = ("round", "state", "opened", "locked", "at risk", "factor", "settled", "rewards", "burns", "vetoes")
SPARE: Final = ("vetoes", "factor", "opened", "settled", "locked")
EXAMPLE = """
Examples:

\b
  nmr rounds --last 20
  nmr rounds --from past --output rounds.csv
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.option("--last", type=Whole(1), metavar="COUNT", help="The last of them alone.")
@from_option()
@form_options
@tournament_option()
def cli(door: Door, last: int | None, export_folder: Path | None, form: Form, tournament_name: str | None) -> None:
    """What became of each round: its terms and times, what was at risk, paid and burned.

    Computed from the chain's log, and compared with what is staked. `round list` shows what comes next in each.
    """
    if export_folder is None:
        from nmr.history.past import read_past

        session = door.open()
        found = read_past(session, session.tournament(tournament_name)).rows()["rounds"]
    else:
        from nmr.history.reading import read_table

        found = read_table(export_folder, "rounds").collect().rows(named=True)
    rows = [_plain(row) for row in (found if last is None else found[-last:])]
    show_rows(COLUMNS, rows, form, lambda: _show(rows))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table of rounds, with wei in place of the ledger's unit."""
    units = {name: GWEI if kind == ColumnKind.AMOUNT else 1 for name, kind in COLUMNS.items()}
    return {name: None if row.get(name) is None else row[name] * unit for name, unit in units.items()}


def _show(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        title = f"Rounds {rows[0]['round']} to {rows[-1]['round']}, in NMR"
        print_table(title, HEADINGS, [_row(row) for row in rows], left=4, optional=SPARE)
    else:
        print_line("No round was opened yet.")


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    locked_at, at_risk, factor = row["locked_at"], row["at_risk"], row["factor"]
    return (
        str(row["round"]),
        STATE_WORDS[State[row["state"].upper()]],
        format_moment(row["opened_at"]),
        "" if locked_at is None else format_moment(locked_at),
        "" if at_risk is None else format_nmr(at_risk),
        "" if factor is None else f"{factor:.4f}",
        *(format_nmr(row[name]) for name in ("settled", "rewards", "burns")),
        str(row["vetoes"]),
    )
