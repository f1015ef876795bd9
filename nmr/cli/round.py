# SPDX-License-Identifier: MIT
"""Rounds: opened, locked, published, vetoed, voided, and looked at."""

from pathlib import Path

import click

from nmr.cli.command import (
    FILE,
    REFUSED,
    Door,
    Failure,
    SuiteCommand,
    Whole,
    json_option,
    print_json,
    sender_option,
    tournament_option,
)
from nmr.cli.progress import progress_bar
from nmr.cli.resolving import read_file_hash, run_resolution
from nmr.cli.sealing import (
    dask_option,
    key_option,
    open_store,
    round_key,
    sealing_key_of,
    store_option,
)
from nmr.cli.tables import print_facts, print_line, print_table
from nmr.client.rounds import Rounds
from nmr.client.session import Session
from nmr.deploy.warnings import round_cautions
from nmr.protocol.reference.rounds import UNDECIDED, State, Terms
from nmr.rounds.places import PLACE_HEADINGS, NoneDue, due_round, place_row, plain_place, read_places
from nmr.rounds.report import LIST_HEADINGS, describe_round, list_entry, list_row, plain_round
from nmr.rounds.resolution import Resolution, Sent, read_positions
from nmr.rounds.status import require_state, view_round
from nmr.rounds.terms import (
    Bytes32Error,
    build_terms,
    check_terms,
    describe_terms,
    parse_bytes32,
    plain_terms,
    read_terms,
)
from nmr.sealing.package import package_of, put_package

SPARE_OF_LIST = ("by",)
ROUND = click.argument("round_id", metavar="ROUND", type=Whole(0))


class Bytes32(click.ParamType):
    """32 bytes as 64 hexadecimal digits."""

    name = "HEX"

    def convert(self, value: str | bytes, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """The bytes."""
        if isinstance(value, bytes):
            return value
        try:
            return parse_bytes32(value)
        except Bytes32Error as error:
            self.fail(f"It {error}.", param, ctx)


@click.group()
def cli() -> None:
    """Open rounds, lead them to their outcome, and see where they are."""


@cli.command(
    "open",
    cls=SuiteCommand,
    epilog="Example: nmr round open --terms terms.toml --locks-at 2h --account TEST::1",
)
@click.option("--terms", "terms_file", type=FILE, help="A TOML file of terms; options override it.")
@click.option("--primary", metavar="DECIMAL", help="Multiplier of the primary score, such as 0.5.")
@click.option("--contribution", metavar="DECIMAL", help="Multiplier of the contribution score.")
@click.option("--clip", metavar="DECIMAL", help="The largest part of a stake that is paid or burned, such as 0.05.")
@click.option("--threshold", metavar="NMR", help="What may be at risk before payouts shrink; 0 is no limit.")
@click.option("--sealing-key", metavar="HEX", help="The public key that submissions are encrypted to.")
@key_option()
@click.option("--locks-at", metavar="TIME", help="End of stakes and submissions, such as 2h or 2027-01-31T12:00Z.")
@click.option("--resolves-at", metavar="TIME", help="When the outcome is known; durations count from now.")
@click.option("--expires-at", metavar="TIME", help="When stakes settle without scores if nothing was resolved.")
@click.option("--window", metavar="DURATION", help="How long a proposed root can be vetoed, such as 1d.")
@click.option(
    "--package",
    "package_files",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="A file of the round's package, such as its universe; name each. Everybody has to have the same ones.",
)
@store_option()
@tournament_option()
@sender_option()
@json_option()
def open_round(
    door: Door,
    terms_file: Path | None,
    key_file: Path | None,
    package_files: tuple[Path, ...],
    store_url: str | None,
    tournament_name: str | None,
    account: str | None,
    as_json: bool,
    **options: str | None,
) -> None:
    """Open the round whose turn it is, and print the terms that are frozen for it. The operator's.

    What is left out gets a default: the shortest times that the bounds allow, with some room to act, and the sealing
    key that nmr keys new made for the round. On a local chain that is made now if need be.

    The round is opened with the hash of its package: a manifest with name, size and hash of each file. Both go into
    the store. On a local chain the package may be empty. `round places` shows whose turn it is, and why others wait.
    """
    given = read_terms(terms_file) if terms_file else {}
    given |= {name: value for name, value in options.items() if value is not None}
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name), door.optional_signer(account))
    bounds, hour, now = rounds.bounds(), rounds.hour, rounds.now()
    if "sealing_key" in given and key_file is not None:
        raise click.UsageError("Name the sealing key either by itself or with --key.")
    if not package_files and not session.local:
        raise click.UsageError("Which files does everybody get for the round? Name each with --package.")
    package = package_of(package_files)
    try:
        round_id = due_round(rounds)
    except NoneDue as error:
        if error.earlier is None:
            raise
        advice = f"{door.typed(f'round status {error.earlier}')} says what comes next there."
        raise Failure(f"{error} {advice}", REFUSED) from error
    sealing_key = None if "sealing_key" in given else sealing_key_of(door, rounds, round_id, key_file)
    terms = build_terms(given, bounds, hour=hour, now=now, sealing_key=sealing_key)
    # Until the transaction is in a block a moment passes.
    check_terms(terms, bounds, hour=hour, now=now, ahead=hour // 30)
    put_package(package, package_files, open_store(door, session, store_url))
    _warn(session, rounds, terms, now)
    sent = rounds.open_round(round_id, terms, package.digest)
    digest = f"0x{package.digest.hex()}"
    if as_json:
        opened = {"round": round_id, "terms": plain_terms(terms), "package": digest}
        print_json({**opened, "transaction": sent.transaction, "gas": sent.gas})
    else:
        print_line(f"Opened round {round_id} with these terms:")
        print_facts({**describe_terms(terms, now), "package": digest})


@cli.command(cls=SuiteCommand, epilog="Example: nmr round package universe.csv features.parquet --of 3")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILES...")
@click.option("--of", "round_id", type=Whole(0), metavar="ROUND", help="The round to compare with.")
@tournament_option()
@json_option()
def package(
    door: Door, files: tuple[Path, ...], round_id: int | None, tournament_name: str | None, as_json: bool
) -> None:
    """Show the manifest of files and its hash, and whether a round was opened with it.

    Who was given the same files as everybody else gets the hash that the round logged.
    """
    found = package_of(files)
    logged = None
    if round_id is not None:
        session = door.open()
        rounds = Rounds(session, session.tournament(tournament_name))
        view_round(rounds, round_id)
        logged = rounds.package(round_id)
    if as_json:
        listed = [{"name": each.name, "size": each.size, "hash": f"0x{each.digest.hex()}"} for each in found.files]
        agrees = None if logged is None else logged == found.digest
        print_json({"package": f"0x{found.digest.hex()}", "files": listed, "agrees": agrees})
    else:
        rows = [(each.name, f"{each.size:,}", f"0x{each.digest.hex()}") for each in found.files]
        print_table("Package", ("file", "bytes", "hash"), rows)
        print_line(f"0x{found.digest.hex()}")
    if logged is not None and logged != found.digest:
        raise Failure(f"Round {round_id} was opened with another package, 0x{logged.hex()}.", REFUSED)


@cli.command(cls=SuiteCommand, epilog="Example: nmr round places")
@tournament_option()
@json_option()
def places(door: Door, tournament_name: str | None, as_json: bool) -> None:
    """Show what opens next at each place of the ring, in the order of the turns, and why others cannot open yet.

    With each stands what waits at stake for it: its owner can take that back until the round locks.
    """
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name))
    found = read_places(rounds)
    if as_json:
        print_json([plain_place(each) for each in found])
    else:
        print_table("What opens next", PLACE_HEADINGS, [place_row(each, rounds.ring) for each in found], left=3)


def _warn(session: Session, rounds: Rounds, terms: Terms, now: int) -> None:
    """Say which protections a round's terms undo, unless nothing is at stake on this chain."""
    if session.local:
        return
    for caution in round_cautions(terms, now=now, hour=rounds.hour, delay=rounds.owner_delay()):
        print_line(f"Warning: {caution.sentence}", err=True)


@cli.command(cls=SuiteCommand, epilog="Example: nmr round lock 3 --account TEST::4")
@ROUND
@tournament_option()
@sender_option()
@json_option()
def lock(door: Door, round_id: int, tournament_name: str | None, account: str | None, as_json: bool) -> None:
    """Fix a round's stakes, factor and clip, and reserve its rewards. Anyone, from locks_at on."""
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name), door.optional_signer(account))
    require_state(view_round(rounds, round_id), {State.ENDED}, "locked")
    sent = rounds.lock(round_id)
    _print_round(door, rounds, round_id, f"Locked round {round_id}.", sent, as_json)


@cli.command(cls=SuiteCommand, epilog="Example: nmr round publish 3 --list opened.csv --account TEST::1")
@ROUND
@click.option("--list", "list_file", type=FILE, help="The list (model, file hash, valid or why not) to be hashed.")
@click.option("--hash", "list_hash", type=Bytes32(), help="The keccak hash of the list itself.")
@tournament_option()
@sender_option()
@json_option()
def publish(
    door: Door,
    round_id: int,
    list_file: Path | None,
    list_hash: bytes | None,
    tournament_name: str | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Publish the hash of the list of opened submissions, before the outcome is known. The operator's."""
    if (list_file is None) == (list_hash is None):
        raise click.UsageError("Name either the file with --list or its hash with --hash.")
    opened_list = read_file_hash(list_file) if list_file else list_hash
    assert opened_list is not None
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name), door.optional_signer(account))
    require_state(view_round(rounds, round_id), {State.LOCKED}, "given its list of opened submissions")
    sent = rounds.publish_opened(round_id, opened_list)
    text = f"Published the list of opened submissions of round {round_id}: 0x{opened_list.hex()}."
    _print_round(door, rounds, round_id, text, sent, as_json)


@cli.command(cls=SuiteCommand, epilog="Example: nmr round opening 3 --universe universe.csv --account TEST::1")
@ROUND
@click.option("--universe", "universe_file", type=FILE, required=True, help="The round's ids: CSV with a column id.")
@store_option()
@key_option()
@dask_option()
@tournament_option()
@sender_option()
@json_option()
def opening(
    door: Door,
    round_id: int,
    universe_file: Path,
    store_url: str | None,
    key_file: Path | None,
    dask_address: str | None,
    tournament_name: str | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Open the sealed submissions of a locked round, and publish which of them count. The operator's.

    What is missing, altered, does not open or is not valid is listed with the reason, scores nothing and stops nothing.
    List and universe go into the store, the hash of the list on the chain, within 24 hours of the lock.
    """
    # Other commands of this group read a chain and no tables, which take two seconds to import.
    from nmr.sealing.crew import crew_of
    from nmr.sealing.publishing import publish_opening
    from nmr.sealing.tables import read_universe

    crew = crew_of(dask_address)
    universe = read_universe(universe_file)
    session = door.open()
    store = open_store(door, session, store_url)
    rounds = Rounds(session, session.tournament(tournament_name), door.optional_signer(account))
    require_state(view_round(rounds, round_id), {State.LOCKED}, "given its list of opened submissions")
    facts = rounds.facts(round_id)
    with progress_bar("opening", len(facts.commitments)) as progress:
        key = round_key(door, rounds, round_id, key_file)
        listing = publish_opening(facts, universe, key, store, progress, crew)
    sent = rounds.publish_opened(round_id, listing.digest)
    refused = [entry for entry in listing.entries if entry.reason is not None]
    if as_json:
        print_json(
            {
                "round": round_id,
                "opened_list": f"0x{listing.digest.hex()}",
                "universe": f"0x{listing.universe.hex()}",
                "valid": list(listing.valid),
                "refused": [{"model": entry.model, "reason": entry.reason} for entry in refused],
                "transaction": sent.transaction,
                "gas": sent.gas,
            }
        )
        return
    for entry in refused:
        print_line(f"model {entry.model}: {entry.reason}")
    text = (
        f"Opened round {round_id}: {len(listing.valid)} of {len(listing.entries)} submissions are valid. "
        f"Published the list: 0x{listing.digest.hex()}."
    )
    _print_round(door, rounds, round_id, text, sent, as_json)


@cli.command(cls=SuiteCommand, epilog="Example: nmr round status 3")
@ROUND
@tournament_option()
@json_option()
def status(door: Door, round_id: int, tournament_name: str | None, as_json: bool) -> None:
    """Show where a round is, its terms, what waits in it, and what has to happen next."""
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name))
    view = view_round(rounds, round_id)
    positions = read_positions(rounds, round_id)
    if as_json:
        print_json(plain_round(view, positions, door.typed))
    else:
        print_facts(describe_round(view, positions, door.typed))


@cli.command("list", cls=SuiteCommand, epilog="Example: nmr round list")
@tournament_option()
@json_option()
def list_rounds(door: Door, tournament_name: str | None, as_json: bool) -> None:
    """Show all rounds, a line each."""
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name))
    views = [view_round(rounds, round_id) for round_id in rounds.opened()]
    if as_json:
        print_json([list_entry(view, door.typed) for view in views])
    elif views:
        rows = [list_row(view) for view in views]
        print_table(f"Rounds {views[0].id} to {views[-1].id}", LIST_HEADINGS, rows, left=4, optional=SPARE_OF_LIST)
    else:
        print_line(f"No round was opened yet; the first will be {rounds.first_round}.")


@cli.command(cls=SuiteCommand, epilog="Example: nmr round veto 3 --root 0x5c1e… --account TEST::2")
@ROUND
@click.option("--root", type=Bytes32(), required=True, help="The root that is meant, lest a newer one be hit.")
@tournament_option()
@sender_option()
@json_option()
def veto(
    door: Door,
    round_id: int,
    root: bytes,
    tournament_name: str | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Turn a proposed root down before its window ends. The guardian's, or the operator's for its own."""
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name), door.optional_signer(account))
    require_state(view_round(rounds, round_id), {State.PROPOSED}, "vetoed")
    sent = rounds.veto(round_id, root)
    _print_round(door, rounds, round_id, f"Vetoed root 0x{root.hex()} of round {round_id}.", sent, as_json)


@cli.command(cls=SuiteCommand, epilog="Example: nmr round void 3 --account TEST::2")
@ROUND
@tournament_option()
@sender_option()
@json_option()
def void(door: Door, round_id: int, tournament_name: str | None, account: str | None, as_json: bool) -> None:
    """End a round for good, without burns or rewards, until its root is final. The guardian's."""
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name), door.optional_signer(account))
    require_state(view_round(rounds, round_id), UNDECIDED, "voided")
    sent = rounds.void(round_id)
    _print_round(door, rounds, round_id, f"Voided round {round_id}.", sent, as_json)


@cli.command("settle-expired", cls=SuiteCommand, epilog="Example: nmr round settle-expired 3 --account TEST::4")
@ROUND
@tournament_option()
@sender_option()
@json_option()
def settle_expired(door: Door, round_id: int, tournament_name: str | None, account: str | None, as_json: bool) -> None:
    """Settle all stakes of a void or expired round, without burns or rewards. Anyone.

    They go where their policies say, as in any settlement: on into the next round of the place, or to idle.
    """
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name), door.optional_signer(account))
    run_resolution(door, rounds, Resolution(rounds, round_id, None), wait=False, as_json=as_json)


def _print_round(door: Door, rounds: Rounds, round_id: int, text: str, sent: Sent, as_json: bool) -> None:
    """Say what was done, and what is to be done next."""
    rounds.refresh()
    view = view_round(rounds, round_id)
    if as_json:
        print_json({**list_entry(view, door.typed), "transaction": sent.transaction, "gas": sent.gas})
    else:
        facts = describe_round(view, {}, door.typed)
        print_line(text)
        print_facts({name: facts[name] for name in ("state", "next", "caution") if name in facts})
