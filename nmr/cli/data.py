# SPDX-License-Identifier: MIT
"""`nmr data`: a round's package, from the store."""

from pathlib import Path

import click

from nmr.cli.command import Door, SuiteCommand, Whole, json_option, print_json, tournament_option
from nmr.cli.sealing import open_store, store_option
from nmr.cli.tables import print_line, print_table
from nmr.client.rounds import Rounds
from nmr.rounds.status import view_round


@click.command(cls=SuiteCommand, epilog="Example: nmr data 3 --output round-3")
@click.argument("round_id", metavar="ROUND", type=Whole(0))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to; a folder round-N if left out.",
)
@store_option()
@tournament_option()
@json_option()
def cli(
    door: Door,
    round_id: int,
    output: Path | None,
    store_url: str | None,
    tournament_name: str | None,
    as_json: bool,
) -> None:
    """Fetch the files that everybody gets for a round, and check them against the hash that the round was opened with.

    A file that is there already and is the right one is not fetched again.
    """
    from nmr.sealing.package import fetch_package

    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name))
    view_round(rounds, round_id)
    folder = output or Path(f"round-{round_id}")
    package = fetch_package(rounds.package(round_id), open_store(door, session, store_url), folder)
    digest = f"0x{package.digest.hex()}"
    if as_json:
        listed = [{"name": each.name, "size": each.size, "hash": f"0x{each.digest.hex()}"} for each in package.files]
        print_json({"round": round_id, "package": digest, "folder": str(folder), "files": listed})
        return
    if package.files:
        rows = [(each.name, f"{each.size:,}", f"0x{each.digest.hex()}") for each in package.files]
        print_table(f"Round {round_id}, in {folder}", ("file", "bytes", "hash"), rows)
    count = len(package.files)
    print_line(f"Round {round_id} was opened with {'this file' if count == 1 else f'these {count} files'}: {digest}.")
