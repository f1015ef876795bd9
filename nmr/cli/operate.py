# SPDX-License-Identifier: MIT
"""`nmr operate`: the service that leads a season's rounds."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nmr.cli.command import (
    FILE,
    WRONG_INPUT,
    Door,
    Failure,
    SuiteCommand,
    Whole,
    json_option,
    sender_option,
)
from nmr.cli.sealing import dask_option, named_recipients, open_store, store_option
from nmr.cli.serving import Stay, insistent, loop_options, serve
from nmr.cli.tables import print_line
from nmr.client.rounds import Rounds
from nmr.sealing.keys import KeyFolder, key_root
from nmr.text.times import format_moment

if TYPE_CHECKING:
    from nmr.operate.duties import Plan, Seen
    from nmr.operate.keyring import Keyring
    from nmr.operate.log import ServiceLog
    from nmr.operate.season import Season

EXAMPLE = """
Example: nmr operate season.toml --account TEST::1
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.argument("season_file", metavar="SEASON", type=FILE)
@click.option("--dry-run", is_flag=True, help="Say what would be done now, and do nothing.")
@loop_options
@click.option(
    "--confirmations",
    type=Whole(0, 10_000),
    metavar="BLOCKS",
    help="Blocks on top of one that counts as final; without it the chain's own finality.",
)
@dask_option()
@store_option()
@sender_option(required=False)
@json_option()
def cli(
    door: Door,
    season_file: Path,
    dry_run: bool,
    stay: Stay,
    confirmations: int | None,
    dask_address: str | None,
    store_url: str | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Lead the rounds of a season through their lives: the operator's service.

    It makes keys, opens rounds on schedule, enters, locks, publishes opening lists, fetches targets, scores, proposes,
    settles and hands keys over. It keeps nothing but key files: it can be stopped anywhere and started again, and two
    of it at once do each step once.

    It ends with exit code 0 when the season is over, and with 4 if --once or --until left something undone.
    """
    from nmr.operate.log import ServiceLog
    from nmr.operate.season import read_season
    from nmr.operate.service import Service
    from nmr.operate.signer import OneAtATime
    from nmr.sealing.crew import crew_of

    season = read_season(season_file)
    if account is None and not dry_run:
        raise click.UsageError("Whose account? Name the operator's with --account, or look only with --dry-run.")
    session = door.open()
    keys = key_root(door.folder / "keys")
    signer = None if dry_run else OneAtATime(insistent(door.signer(account or "")), keys)
    rounds = Rounds(session, session.tournament(season.tournament))
    if signer is not None and rounds.operator() != signer.address:
        raise Failure(f"The operator is {rounds.operator()}, and {account} is {signer.address}.", WRONG_INPUT)
    if not season.backup.is_dir():
        missing = f"There is no folder {season.backup}: make the second place of keys, on another disk."
        raise Failure(missing, WRONG_INPUT)
    service = Service(
        season,
        session,
        open_store(door, session, store_url, existing=True),
        lambda found: _keyring(season, keys, found),
        recipients=named_recipients(season.hand_over),
        signer=signer,
        confirmations=confirmations,
        clock=time.monotonic,
        crew=crew_of(dask_address),
    )
    if dry_run:
        _show(season, *service.look(), ServiceLog(click.echo if as_json else print_line, time.time, as_json=as_json))
        return
    serve(service.run, season.alerts, session, rounds, stay, as_json=as_json)


def _keyring(season: "Season", keys: Path, rounds: Rounds) -> "Keyring":
    """The keys of a tournament's rounds, in their two places.

    Raises:
        Failure: both places are one folder.
    """
    from nmr.operate.keyring import Keyring

    if keys.resolve() == season.backup.resolve():
        same = f"{keys} is both the first and the second place of keys: name another as keys.backup."
        raise Failure(same, WRONG_INPUT)
    return Keyring(*(KeyFolder(root, rounds.chain, rounds.address) for root in (keys, season.backup)))


def _show(season: "Season", seen: "Seen", due: "Plan", log: "ServiceLog") -> None:
    """Say what would be done, what waits, and when the next round opens."""
    from nmr.operate.duties import describe_duty, slot_at

    for duty in due.duties:
        log.tell("would", f"Would do now: {describe_duty(duty, seen.now)}.", kind=str(duty.kind), round=duty.round)
    for wait in due.waits:
        log.tell("waits", f"Waits: {describe_duty(wait.duty, seen.now)}. {wait.why}.", round=wait.duty.round)
    slot = slot_at(season, seen.now, seen.opened_at)
    if slot is None:
        log.tell("next", "No further round opens by this season.")
    else:
        log.tell("next", f"The next round opens at {format_moment(slot.at, seen.now)}.", at=slot.at)
