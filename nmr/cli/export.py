# SPDX-License-Identifier: MIT
"""`nmr export`: a tournament's past as Parquet."""

from pathlib import Path

import click

from nmr.cli.command import Door, SuiteCommand, json_option, print_json, tournament_option
from nmr.cli.progress import progress_bar
from nmr.cli.tables import print_line, print_table


@click.command(cls=SuiteCommand, epilog="Example: nmr export past")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@tournament_option()
@json_option()
def cli(door: Door, folder: Path, tournament_name: str | None, as_json: bool) -> None:
    """Write every round, position, payout, submission, settlement and buyback fill into a folder, as Parquet.

    All of it comes from the chain's log, and is compared with what the tournament holds. Run again, it goes on from
    the last block that is still the chain's. DuckDB, polars and pandas read the files; docs/export.md says what is in
    them. nmr history, leaderboard and rounds read them with --from.
    """
    from nmr.history.export import export

    session = door.open()
    tournament = session.tournament(tournament_name)
    with progress_bar("Blocks", session.latest) as progress:
        done = export(session, tournament, folder, progress)
    counts = {name: frame.height for name, frame in done.frames.items()}
    if as_json:
        print_json({"folder": str(folder), "block": done.block, "logs_read": done.read, "rows": counts})
        return
    print_table(
        f"Up to block {done.block:,}", ("table", "rows"), [(name, f"{rows:,}") for name, rows in counts.items()]
    )
    print_line(f"Read {done.read:,} logs, and wrote {folder}.")
