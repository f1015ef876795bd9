# SPDX-License-Identifier: MIT
"""`nmr leaderboard`: models over the last settled rounds."""

from pathlib import Path
from typing import Any, Final

import click

from nmr.cli.command import Door, SuiteCommand, Whole, from_option, tournament_option
from nmr.cli.records import ColumnKind, ColumnKinds, Form, form_options, show_rows
from nmr.cli.tables import print_line, print_table
from nmr.client.results import LeaderboardPlace, read_leaderboard
from nmr.client.stakes import StakesOnChain
from nmr.text.amounts import format_nmr

COLUMNS: Final[ColumnKinds] = {
    "rank": ColumnKind.INTEGER,
    "model": ColumnKind.INTEGER,
    "label": ColumnKind.TEXT,
    "owner": ColumnKind.TEXT,
    "rounds": ColumnKind.INTEGER,
    "stake": ColumnKind.AMOUNT,
    "corr": ColumnKind.NUMBER,
    "mmc": ColumnKind.NUMBER,
    "payout": ColumnKind.AMOUNT,
    "return": ColumnKind.NUMBER,
}
HEADINGS: Final = ("rank", "model", "label", "rounds", "stake", "CORR", "MMC", "payout", "return")
SPARE: Final = ("rounds", "CORR", "MMC")
EXAMPLE = """
Examples:

\b
  nmr leaderboard --last 20
  nmr leaderboard --last 250 --from past --csv
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.option("--last", type=Whole(1), default=20, show_default=True, help="How many settled rounds.")
@from_option()
@form_options
@tournament_option()
def cli(door: Door, last: int, export_folder: Path | None, form: Form, tournament_name: str | None) -> None:
    """The models of the last settled rounds: mean scores, payout, return on their stakes; the best first.

    Computed from the chain's log, and compared with what is staked. Ranks are by the mean of CORR and MMC times the
    multipliers. The stake is the sum of a model's stakes at the locks of these rounds, and the return payout by stake.
    """
    if export_folder is None:
        session = door.open()
        places = read_leaderboard(StakesOnChain(session, session.tournament(tournament_name)), last)
    else:
        from nmr.history.reading import kept_leaderboard

        places = kept_leaderboard(export_folder, last)
    show_rows(COLUMNS, [_plain(place) for place in places], form, lambda: _show(places))


def _show(places: list[LeaderboardPlace]) -> None:
    if places:
        rows = [_row(place) for place in places]
        print_table("The last settled rounds, in NMR", HEADINGS, rows, left=3, optional=SPARE)
    else:
        print_line("No round is settled yet.")


def _plain(place: LeaderboardPlace) -> dict[str, Any]:
    standing = place.standing
    return {
        "rank": standing.rank,
        "model": standing.model,
        "label": place.label,
        "owner": place.owner,
        "rounds": standing.rounds,
        "stake": standing.stake,
        "corr": standing.primary,
        "mmc": standing.contribution,
        "payout": standing.payout,
        "return": standing.rate,
    }


def _row(place: LeaderboardPlace) -> tuple[str, ...]:
    standing = place.standing
    return (
        "" if standing.rank is None else str(standing.rank),
        str(standing.model),
        place.label,
        str(standing.rounds),
        format_nmr(standing.stake),
        "" if standing.primary is None else f"{standing.primary:.4f}",
        "" if standing.contribution is None else f"{standing.contribution:.4f}",
        format_nmr(standing.payout),
        "" if standing.rate is None else f"{standing.rate:.2%}",
    )
