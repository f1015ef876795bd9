# SPDX-License-Identifier: MIT
"""A round, resolved from a file of scores or from the store, as far as it goes."""

from pathlib import Path

import click

from nmr.cli.command import FILE, Door, SuiteCommand, Whole, json_option, sender_option, tournament_option
from nmr.cli.progress import progress_bar
from nmr.cli.resolving import read_file_hash, run_resolution
from nmr.cli.sealing import dask_option, key_option, open_store, round_key, store_option
from nmr.client.rounds import Rounds
from nmr.rounds.resolution import Resolution
from nmr.rounds.scores_file import ScoresFile, read_scores
from nmr.sealing.crew import crew_of
from nmr.sealing.publishing import publish_scores, published_scores
from nmr.sealing.tables import read_targets

EXAMPLE = """
Example: nmr resolve 3 --targets targets.csv --account TEST::1 --wait
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.argument("round_id", metavar="ROUND", type=Whole(0))
@click.option("--scores", "scores_path", type=FILE, help="CSV with the columns model, primary, contribution.")
@click.option("--evidence", "evidence_path", type=FILE, help="What shows how the scores came about, if not their file.")
@click.option("--targets", "targets_path", type=FILE, help="The outcome, CSV with id, target, to score the store's.")
@store_option()
@key_option()
@dask_option()
@click.option("--expired", is_flag=True, help="Bring the stakes of a void or expired round home, without scores.")
@click.option("--again", is_flag=True, help="Propose even a root that the guardian turned down.")
@click.option("--propose", is_flag=True, help="Propose the scores, and settle nothing: that is enough.")
@click.option("--wait", is_flag=True, help="Wait for what has to come first, and go on to the end.")
@tournament_option()
@sender_option(required=False)
@json_option()
def cli(
    door: Door,
    round_id: int,
    scores_path: Path | None,
    evidence_path: Path | None,
    targets_path: Path | None,
    store_url: str | None,
    key_file: Path | None,
    dask_address: str | None,
    expired: bool,
    again: bool,
    propose: bool,
    wait: bool,
    tournament_name: str | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Lead a round to its close: lock it, propose its scores, settle all its stakes.

    Each run reads from the chain where the round is and goes on from there as far as it can, so it can be stopped at
    any point and run again. Proposing takes the operator's account, all else anybody's.

    With --targets the sealed submissions in the store are scored, and targets, scores and evidence put there. Without,
    the scores are those that were proposed, as the store has them. With --scores every model with a stake and a
    submission needs a score, a plain decimal with at most 8 places; scores of models without a stake change nothing.

    It ends with exit code 0 if the round is closed, or with --propose if its scores are proposed, and with 4 if time or
    somebody else comes first.
    """
    from_store = targets_path is not None or store_url is not None
    if (scores_path is not None) + from_store + expired > 1:
        raise click.UsageError(
            "Name the scores with --scores, or the outcome with --targets, or bring stakes home without with --expired."
        )
    if scores_path is None and evidence_path is not None:
        raise click.UsageError("--evidence goes with --scores.")
    for option in ("again",) * again + ("propose",) * propose:
        if scores_path is None and targets_path is None:
            raise click.UsageError(f"--{option} goes with --scores or --targets.")
    if key_file is not None and targets_path is None:
        raise click.UsageError("--key goes with --targets.")
    crew = crew_of(dask_address)
    scores = read_scores(scores_path) if scores_path else None
    evidence = read_file_hash(evidence_path) if evidence_path else None
    session = door.open()
    rounds = Rounds(session, session.tournament(tournament_name), door.optional_signer(account))

    def scores_from_store() -> tuple[ScoresFile, bytes]:
        store = open_store(door, session, store_url)
        facts = rounds.facts(round_id)
        if targets_path is None:
            return published_scores(facts, store), facts.evidence
        path = targets_path
        with progress_bar("opening", len(facts.commitments)) as progress:
            scored = publish_scores(
                facts,
                lambda universe: read_targets(path, universe),
                round_key(door, rounds, round_id, key_file),
                store,
                progress,
                crew,
            )
        return scored.file, scored.evidence.digest

    source = scores_from_store if scores is None and not expired else scores
    resolution = Resolution(rounds, round_id, source, evidence=evidence, again=again, only_propose=propose)
    run_resolution(door, rounds, resolution, wait=wait, as_json=as_json)
