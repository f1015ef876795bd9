# SPDX-License-Identifier: MIT
"""`nmr guard`: each proposed root computed once more within its window."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nmr.cli.command import (
    FILE,
    WRONG_INPUT,
    Door,
    Failure,
    SuiteCommand,
    json_option,
    sender_option,
    tournament_option,
)
from nmr.cli.sealing import dask_option, open_store, private_key, store_option
from nmr.cli.serving import Stay, alert_options, loop_options, serve
from nmr.client.rounds import Rounds

if TYPE_CHECKING:
    from nmr.operate.season import Alerts


@click.command(cls=SuiteCommand, epilog="Example: nmr guard --key guardian.key --targets targets-{round}.csv")
@click.option("--key", "key_file", type=FILE, required=True, help="Your private key, to which rounds' are handed over.")
@click.option("--targets", metavar="PATTERN", help="Your own outcomes: a path or URL with {round} in it.")
@click.option("--veto", is_flag=True, help="Veto a root that is found wrong. The guardian's.")
@dask_option()
@alert_options
@loop_options
@store_option()
@tournament_option()
@sender_option(required=False)
@json_option()
def cli(
    door: Door,
    key_file: Path,
    targets: str | None,
    veto: bool,
    dask_address: str | None,
    rules: "Alerts",
    stay: Stay,
    store_url: str | None,
    tournament_name: str | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Check each proposed root while it can still be vetoed: the guardian's service, or anybody's with a key.

    It opens the submissions, scores them and compares, as nmr verify does, with your own outcomes if you name them.
    What is wrong it tells with the time that is left, and with --veto it vetoes.

    The operator's service hands the keys of its rounds over from the lock on.
    """
    from nmr.operate.guarding import Guard, check_targets
    from nmr.sealing.crew import crew_of

    if targets is not None and not check_targets(targets):
        raise click.UsageError("--targets may have {round} in braces, and nothing else.")
    if veto and account is None:
        raise click.UsageError("Whose account vetoes? Name the guardian's with --account.")
    session = door.open()
    signer = door.optional_signer(account if veto else None)
    rounds = Rounds(session, session.tournament(tournament_name), signer)
    if signer is not None and signer.address not in (rounds.guardian(), rounds.operator()):
        raise Failure(f"The guardian is {rounds.guardian()}, and {account} is {signer.address}.", WRONG_INPUT)
    store, crew = open_store(door, session, store_url), crew_of(dask_address)
    guard = Guard(rounds, store, private_key(key_file), targets=targets, veto=veto, crew=crew)
    serve(guard.run, rules, session, rounds, stay, as_json=as_json)
