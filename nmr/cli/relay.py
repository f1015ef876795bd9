# SPDX-License-Identifier: MIT
"""Bring commitments that others signed."""

from pathlib import Path

import click

from nmr.cli.command import FILE, Door, SuiteCommand, json_option, print_json, sender_option, tournament_option
from nmr.cli.sealing import open_store, store_option
from nmr.cli.tables import print_line
from nmr.client.relaying import SignedCommitments, relay
from nmr.client.rounds import Rounds
from nmr.client.staking import Staker

EXAMPLE = """
Example: nmr relay round-3-*.signed.json --account TEST::9
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILES...")
@store_option()
@tournament_option()
@sender_option()
@json_option()
def cli(
    door: Door,
    files: tuple[Path, ...],
    store_url: str | None,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Store sealed files and bring the signatures of nmr submit --sign-only, many in a transaction. Anyone may.

    The sealed files lie beside the signatures, or are in the store already. What does not count is skipped, model by
    model; a commitment with a higher sequence that is logged already counts instead.
    """
    signed = {path: SignedCommitments.read(path) for path in files}
    session = door.open()
    store = open_store(door, session, store_url)
    tournament = session.tournament(tournament_name)
    signer = door.signer(account)
    opened, done = relay(Staker(session, tournament, signer), Rounds(session, tournament), signed, store)
    logged = session.events(tournament, done.receipts, "SubmittedSigned")
    brought = sum(len(event.args["commitments"]) for event in logged)
    if as_json:
        facts = {"round": opened.id, "commitments": brought, "notes": list(done.notes)}
        print_json({**facts, "store": store.url, "transactions": done.transactions})
        return
    for note in done.notes:
        print_line(note, err=True)
    print_line(f"Brought {brought} commitments to round {opened.id}, in")
    for transaction in done.transactions:
        print_line(transaction)
