# SPDX-License-Identifier: MIT
"""A round checked by an auditor, from the chain and the store alone."""

from collections.abc import Sequence
from pathlib import Path

import click

from nmr.cli.command import FILE, REFUSED, Door, SuiteCommand, Whole, json_option, print_json, tournament_option
from nmr.cli.progress import progress_bar
from nmr.cli.sealing import dask_option, open_store, private_key, store_option
from nmr.cli.tables import print_line, print_table
from nmr.client.rounds import Rounds
from nmr.client.verifying import verify_as_auditor
from nmr.rounds.status import view_round
from nmr.sealing.verify import ModelCheck, Verification
from nmr.text.amounts import GWEI, SCORE_PLACES, format_fixed, format_nmr

HEADINGS = ("model", "submission", "stake", "primary", "on chain", "contribution", "on chain", "")
SPARE = ("stake", "on chain")


@click.command(cls=SuiteCommand, epilog="Example: nmr verify 3 --key auditor.key")
@click.argument("round_id", metavar="ROUND", type=Whole(0))
@click.option("--key", "key_file", type=FILE, required=True, help="Your private key, or the round's if you have it.")
@click.option("--targets", "targets_path", type=FILE, help="The outcome as you know it, to check the operator's.")
@dask_option()
@store_option()
@tournament_option()
@json_option()
def cli(
    door: Door,
    round_id: int,
    key_file: Path,
    targets_path: Path | None,
    dask_address: str | None,
    store_url: str | None,
    tournament_name: str | None,
    as_json: bool,
) -> None:
    """Check a round: which submissions counted, the meta model, every score, and the root.

    Everything is computed once more from the chain and the store, and compared with what the chain says. The round's
    key has to have been handed over to you, with nmr keys hand-over. Exit code 1 says that something is wrong.
    """
    from nmr.sealing.crew import crew_of

    own, crew = private_key(key_file), crew_of(dask_address)
    session = door.open()
    store = open_store(door, session, store_url)
    rounds = Rounds(session, session.tournament(tournament_name))
    view_round(rounds, round_id)
    facts = rounds.facts(round_id)
    with progress_bar("opening", len(facts.commitments)) as progress:
        verification = verify_as_auditor(facts, store, own, targets_path, progress, crew)
    if as_json:
        print_json(_plain(verification))
    else:
        show_verification(verification)
    if not verification.agrees:
        click.get_current_context().exit(REFUSED)


def show_verification(verification: Verification) -> None:
    """Print what came of a check, for people."""
    rows = [
        [
            str(check.model),
            "valid" if check.reason is None else check.reason,
            format_nmr(check.stake * GWEI),
            *(_show(score, place) for place in (0, 1) for score in (check.computed, check.stated)),
            "right" if check.right else "WRONG",
        ]
        for check in verification.models
    ]
    print_table(f"Round {verification.round}, computed once more", HEADINGS, rows, left=2, optional=SPARE)
    for note in verification.notes:
        print_line(f"Note: {note}")
    for finding in verification.findings:
        print_line(finding)
    if verification.agrees:
        print_line(f"Round {verification.round} is right.")
    else:
        count = len(verification.findings)
        print_line(f"Round {verification.round} is WRONG: {count} {'finding' if count == 1 else 'findings'}.")


def _show(score: Sequence[int | None] | None, place: int) -> str:
    part = None if score is None else score[place]
    return "" if part is None else format_fixed(part, SCORE_PLACES)


def _plain(verification: Verification) -> dict[str, object]:
    return {
        "round": verification.round,
        "agrees": verification.agrees,
        "root": None if verification.root is None else f"0x{verification.root.hex()}",
        "findings": list(verification.findings),
        "notes": list(verification.notes),
        "models": [_plain_check(check) for check in verification.models],
    }


def _plain_check(check: ModelCheck) -> dict[str, object]:
    def scores(score: Sequence[int | None] | None) -> list[str | None] | None:
        if score is None:
            return None
        return [None if part is None else format_fixed(part, SCORE_PLACES) for part in score]

    return {
        "model": check.model,
        "right": check.right,
        "stake": format_nmr(check.stake * GWEI),
        "reason": check.reason,
        "computed": scores(check.computed),
        "on_chain": scores(check.stated),
        "problems": list(check.problems),
    }
