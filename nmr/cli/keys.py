# SPDX-License-Identifier: MIT
"""Key pairs: those of rounds, to which submissions are sealed, and those of auditors."""

from pathlib import Path

import click

from nmr.cli.command import Door, SuiteCommand, Whole, json_option, one_sentence, print_json, tournament_option
from nmr.cli.sealing import (
    key_folder,
    key_option,
    named_recipients,
    open_store,
    private_key,
    round_key,
    store_option,
)
from nmr.cli.tables import print_facts, print_line
from nmr.client.rounds import Rounds
from nmr.rounds.places import due_round
from nmr.rounds.status import LOCKED_ON, require_state, view_round
from nmr.sealing.keys import KeyFileError, PrivateKey, write_key, write_recipient

ROUND = Whole(0)


@click.group()
def cli() -> None:
    """Make the key pair of a round, and hand it to auditors from the round's lock on. No private key is ever shown."""


@cli.command(cls=SuiteCommand, epilog="Example: nmr keys new")
@click.argument("round_id", metavar="[ROUND]", type=ROUND, required=False)
@tournament_option()
@json_option()
def new(door: Door, round_id: int | None, tournament_name: str | None, as_json: bool) -> None:
    """Make the key pair of a round that is not opened yet: the one whose turn it is, or the one named. The operator's.

    The private key goes into a file of mode 0600 below the folder keys, or below what NMR_KEYS says; round open takes
    the public key from there. Keep a copy: without it nobody can open the round's submissions.
    """
    rounds = _rounds(door, tournament_name)
    number = due_round(rounds) if round_id is None else round_id
    if number < rounds.first_round:
        raise KeyFileError(f"There is no round {number}: the first is {rounds.first_round}.")
    if number < rounds.next_round(number % rounds.ring):
        raise KeyFileError(f"Round {number} was opened already: its sealing key cannot be another any more.")
    folder = key_folder(door, rounds)
    _show(number, folder.make(number), folder.path(number), as_json)


@cli.command(cls=SuiteCommand, epilog="Example: nmr keys show 3")
@click.argument("round_id", metavar="ROUND", type=ROUND)
@tournament_option()
@json_option()
def show(door: Door, round_id: int, tournament_name: str | None, as_json: bool) -> None:
    """Show the public key of a round whose private key is here, and where that is."""
    folder = key_folder(door, _rounds(door, tournament_name))
    _show(round_id, folder.read(round_id), folder.path(round_id), as_json)


@cli.command(epilog="Example: nmr keys auditor auditor.key --output auditor.pub")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="A file for the public key.")
def auditor(path: Path, output: Path | None) -> None:
    """Make an auditor's own key pair, or take the one that FILE has. Its public key is printed, for the operator."""
    with one_sentence():
        made = not path.exists()
        if made:
            key = PrivateKey.generate()
            write_key(path, key, "an auditor's")
        else:
            key = private_key(path)
            print_line(f"{path} has a key already, which stays as it is.", err=True)
        if output is not None:
            try:
                write_recipient(output, key)
            except KeyFileError:
                if made:
                    path.unlink()
                raise
    print_line(key.recipient)


@cli.command("hand-over", cls=SuiteCommand, epilog="Example: nmr keys hand-over 3 --to age1qy… --to auditor.pub")
@click.argument("round_id", metavar="ROUND", type=ROUND)
@click.option(
    "--to", "recipients", multiple=True, required=True, metavar="KEY", help="A public key, or a file of some."
)
@store_option()
@key_option()
@tournament_option()
@json_option()
def hand_over(
    door: Door,
    round_id: int,
    recipients: tuple[str, ...],
    store_url: str | None,
    key_file: Path | None,
    tournament_name: str | None,
    as_json: bool,
) -> None:
    """Hand a round's private key to guardian and auditors, encrypted to theirs, from its lock on. The operator's.

    It goes into the store, where verify finds it. Handing it over again replaces whom it was handed to before.
    """
    # Other commands of this group need no tables, which take two seconds to import.
    from nmr.sealing.publishing import publish_key

    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name))
    require_state(view_round(rounds, round_id), LOCKED_ON, "handed to auditors")
    to = named_recipients(recipients)
    store = open_store(door, session, store_url)
    publish_key(rounds.identity(round_id), round_key(door, rounds, round_id, key_file), to, store)
    if as_json:
        print_json({"round": round_id, "recipients": to, "store": store.url})
    else:
        print_line(f"The key of round {round_id} is in {store.url}, for")
        for recipient in to:
            print_line(recipient)


def _rounds(door: Door, tournament_name: str | None) -> Rounds:
    session = door.open()
    return Rounds(session, session.tournament(tournament_name))


def _show(round_id: int, key: PrivateKey, path: Path, as_json: bool) -> None:
    """The public half, in both notations."""
    public = f"0x{key.public.hex()}"
    if as_json:
        print_json({"round": round_id, "sealing_key": public, "recipient": key.recipient, "file": str(path)})
    else:
        print_facts(
            {"round": str(round_id), "sealing_key": public, "recipient": key.recipient, "private key": str(path)}
        )
