"""Commit to models' files of predictions for the open round."""

from pathlib import Path

import click
from ape.api import AccountAPI, ProviderAPI

from nmr.deploy.ape_cli import (
    SuiteCommand,
    json_option,
    open_session,
    print_json,
    sender_option,
    tournament_option,
)
from nmr.deploy.ape_stakes import Staker
from nmr.submissions import SubmissionError, commitments, files_in, parse_files
from nmr.times import format_local

EXAMPLE = """
Example: ape run submit 3=predictions.csv 4=other.csv --network ethereum:local:foundry --account TEST::4
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.argument("files", nargs=-1, metavar="MODEL=FILE...")
@click.option("--folder", type=click.Path(path_type=Path), help="Every file of a folder, named by its model: 3.csv.")
@tournament_option()
@sender_option()
@json_option()
def cli(
    provider: ProviderAPI,
    files: tuple[str, ...],
    folder: Path | None,
    tournament_name: str | None,
    account: AccountAPI,
    as_json: bool,
) -> None:
    """Commit to models' files for the open round, as their owner or submitter.

    The hash of each file goes on chain, and not the file. The last one before the round locks counts.
    """
    if bool(files) == (folder is not None):
        raise SubmissionError("Which files? Write MODEL=FILE, or name a folder with --folder.")
    paths = files_in(folder) if folder is not None else parse_files(files)
    hashes = commitments(paths)
    session = open_session(provider)
    opened, done = Staker(session, session.tournament(tournament_name), account).submit(hashes)
    if as_json:
        submitted = [
            {"model": model, "file": str(paths[model]), "hash": f"0x{hashes[model].hex()}"} for model in hashes
        ]
        print_json({"round": opened.id, "models": submitted, "transactions": done.transactions})
        return
    # No table: it would break a hash in two where the terminal is narrow.
    width = max(len(str(model)) for model in hashes)
    for model, content in hashes.items():
        click.echo(f"model {model:<{width}}  0x{content.hex()}  {paths[model]}")
    click.echo(f"Submitted for round {opened.id}, which locks at {format_local(opened.locks_at, session.now)}, in")
    for transaction in done.transactions:
        click.echo(transaction)
