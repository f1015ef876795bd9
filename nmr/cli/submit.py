# SPDX-License-Identifier: MIT
"""Seal models' predictions for the open round, store them, and commit to them."""

from os import urandom
from pathlib import Path

import click

from nmr.cli.command import FILE, Door, SuiteCommand, json_option, print_json, sender_option, tournament_option
from nmr.cli.sealing import open_store, store_option
from nmr.cli.tables import print_line
from nmr.client.relaying import sign
from nmr.client.reminders import without_stake
from nmr.client.staking import Staker
from nmr.client.submitting import seal_all, submit, table_of
from nmr.protocol.score_words import MAX_MODEL
from nmr.sealing.tables import read_universe
from nmr.text.selection import SubmissionError, files_in, parse_files
from nmr.text.times import format_local

EXAMPLE = """
Example: nmr submit 3=predictions.csv --universe universe.csv --account TEST::4
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.argument("files", nargs=-1, metavar="MODEL=FILE...")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Every file of a folder, named by its model: 3.csv, ridge.csv."
)
@click.option("--universe", "universe_file", type=FILE, help="The round's ids, to check the files against before.")
@click.option(
    "--sign-only",
    "signed_folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    metavar="FOLDER",
    help="Send nothing: write sealed files and a signature into a folder, for nmr relay.",
)
@store_option()
@tournament_option()
@sender_option()
@json_option()
def cli(
    door: Door,
    files: tuple[str, ...],
    folder: Path | None,
    universe_file: Path | None,
    signed_folder: Path | None,
    store_url: str | None,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Submit models' predictions for the open round, as their owner or submitter.

    MODEL is an id, or the label of a model that the account owns or submits for. Each file (CSV or Parquet, columns id
    and prediction) is checked as Numerai checks it, sealed to the round's key, put into the store, and committed to by
    its hash. The last commitment before the round locks counts, and only if its file is in the store by then.

    With --sign-only the account signs and sends nothing, so it needs no ether: anyone brings the signature with
    nmr relay, until the lock. A signature cannot be revoked; a later commitment counts instead. Contract wallets
    cannot sign.
    """
    if bool(files) == (folder is not None):
        raise SubmissionError("Which files? Write MODEL=FILE, or name a folder with --folder.")
    paths = files_in(folder, MAX_MODEL) if folder is not None else parse_files(files, MAX_MODEL)
    universe = read_universe(universe_file) if universe_file else None
    tables = {model: table_of(path, universe, str(path)) for model, path in paths.items()}
    session = door.open()
    store = open_store(door, session, store_url)
    staker = Staker(session, session.tournament(tournament_name), door.signer(account))
    models = dict(zip(staker.ids(list(tables), staker.account.address, submits=True), tables, strict=True))
    chosen = {model: tables[name] for model, name in models.items()}
    if signed_folder is not None:
        if store_url is not None:
            raise click.UsageError("--store goes with nmr relay, which stores the sealed files.")
        opened, sealed = seal_all(staker, chosen, universe, urandom)
        written = sign(session, staker.account, staker.tournament.address, opened, sealed, signed_folder)
        if as_json:
            print_json({"round": opened.id, "models": list(sealed), "signed": [str(path) for path in written]})
            return
        print_line(f"Signed for round {opened.id}, which locks at {format_local(opened.locks_at, session.now)}.")
        for path in written:
            print_line(f"Bring it with {door.typed(f'relay {path} --account NAME')}")
        return
    opened, hashes, done = submit(staker, chosen, universe, store, urandom)
    notes = without_stake(staker, opened.id, list(hashes))
    if as_json:
        submitted = [
            {"model": model, "file": str(paths[models[model]]), "hash": f"0x{hashes[model].hex()}"} for model in hashes
        ]
        stored = {"round": opened.id, "models": submitted, "store": store.url, "notes": list(notes)}
        print_json({**stored, "transactions": done.transactions})
        return
    # No table: it would break a hash in two where the terminal is narrow.
    width = max(len(str(model)) for model in hashes)
    for model, content in hashes.items():
        print_line(f"model {model:<{width}}  0x{content.hex()}  {paths[models[model]]}")
    for note in notes:
        print_line(note, err=True)
    if universe is None:
        print_line("The ids were not checked: name the round's with --universe.", err=True)
    print_line(f"Sealed for round {opened.id}, which locks at {format_local(opened.locks_at, session.now)}, in")
    for transaction in done.transactions:
        print_line(transaction)
