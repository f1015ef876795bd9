# SPDX-License-Identifier: MIT
"""`nmr history`: what each round brought models."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from nmr.cli.command import Door, SuiteCommand, from_option, tournament_option
from nmr.cli.records import ColumnKind, ColumnKinds, Form, form_options, show_rows
from nmr.cli.tables import print_line, print_table
from nmr.client.results import read_histories
from nmr.client.stakes import StakesOnChain
from nmr.protocol.score_words import MAX_MODEL
from nmr.rounds.history import Played
from nmr.rounds.status import STATE_WORDS
from nmr.text.amounts import FACTOR, FACTOR_PLACES, SCORE, SCORE_PLACES, format_fixed, format_nmr
from nmr.text.selection import name_ids, parse_models

COLUMNS: Final[ColumnKinds] = {
    "model": ColumnKind.INTEGER,
    "round": ColumnKind.INTEGER,
    "state": ColumnKind.TEXT,
    "submitted": ColumnKind.FLAG,
    "stake": ColumnKind.AMOUNT,
    "corr": ColumnKind.NUMBER,
    "mmc": ColumnKind.NUMBER,
    "factor": ColumnKind.NUMBER,
    "payout": ColumnKind.AMOUNT,
    "rank": ColumnKind.INTEGER,
    "scored": ColumnKind.INTEGER,
}
HEADINGS: Final = ("model", "round", "state", "submitted", "stake", "CORR", "MMC", "factor", "payout", "rank")
SPARE: Final = ("submitted", "factor", "rank", "state")
EXAMPLE = """
Examples:

\b
  nmr history ridge
  nmr history 0-9 --from past --output history.parquet
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.argument("models", nargs=-1, required=True, metavar="MODELS...")
@from_option()
@form_options
@tournament_option()
def cli(
    door: Door, models: tuple[str, ...], export_folder: Path | None, form: Form, tournament_name: str | None
) -> None:
    """What each round brought models: stake, scores, payout or burn, and rank among the round's scored models.

    Computed from the chain's log, and compared with what the models have. Ranks are by CORR and MMC times the round's
    multipliers, once all stakes of the round are settled.
    """
    names = parse_models(models, MAX_MODEL)
    if export_folder is None:
        session = door.open()
        stakes = StakesOnChain(session, session.tournament(tournament_name))
        chosen = stakes.ids(names)
        rows = read_histories(stakes, chosen)
    else:
        from nmr.history.reading import kept_histories, kept_models

        chosen = kept_models(export_folder, names)
        rows = kept_histories(export_folder, chosen)
    rows = sorted(rows, key=lambda row: (row.model, row.round))
    show_rows(COLUMNS, [_plain(row) for row in rows], form, lambda: _show(chosen, rows))


def _show(models: Sequence[int], rows: Sequence[Played]) -> None:
    if rows:
        title = f"Rounds of {name_ids(sorted({row.model for row in rows}))}, in NMR"
        print_table(title, HEADINGS, [_row(row) for row in rows], left=4, optional=SPARE)
    without = sorted({*models} - {row.model for row in rows})
    if without:
        have = "has" if len(without) == 1 else "have"
        print_line(f"{name_ids(without).capitalize()} {have} not been in a round yet.")


def _plain(row: Played) -> dict[str, Any]:
    corr, mmc = row.score or (None, None)
    return {
        "model": row.model,
        "round": row.round,
        "state": row.state.name.lower(),
        "submitted": row.submitted,
        "stake": row.stake,
        "corr": None if corr is None else corr / SCORE,
        "mmc": None if mmc is None else mmc / SCORE,
        "factor": None if row.factor is None else row.factor / FACTOR,
        "payout": row.payout,
        "rank": row.rank,
        "scored": row.scored,
    }


def _row(row: Played) -> tuple[str, ...]:
    corr, mmc = ("" if each is None else format_fixed(each, SCORE_PLACES) for each in row.score or (None, None))
    return (
        str(row.model),
        str(row.round),
        STATE_WORDS[row.state],
        "yes" if row.submitted else "no",
        format_nmr(row.stake),
        corr,
        mmc,
        "" if row.factor is None else format_fixed(row.factor, FACTOR_PLACES),
        "" if row.payout is None else format_nmr(row.payout),
        f"{row.rank} of {row.scored}" if row.rank else "",
    )
