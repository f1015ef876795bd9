"""A round, resolved from a file of scores as far as it goes."""

from pathlib import Path

import click
from ape.api import AccountAPI, ProviderAPI

from nmr.deploy.ape_cli import SuiteCommand, json_option, open_session, sender_option, tournament_option
from nmr.deploy.ape_resolve import read_file_hash, run_resolution
from nmr.deploy.ape_rounds import ApeRounds
from nmr.resolution import Resolution
from nmr.scores_file import read_scores

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=SuiteCommand, epilog="Example: ape run resolve 3 --scores scores.csv --account TEST::1 --wait")
@click.argument("round_id", metavar="ROUND", type=click.IntRange(0))
@click.option("--scores", "scores_path", type=FILE, help="CSV with the columns model, primary, contribution.")
@click.option("--evidence", "evidence_path", type=FILE, help="What shows how the scores came about, if not their file.")
@click.option("--expired", is_flag=True, help="Bring the stakes of a void or expired round home, without scores.")
@click.option("--again", is_flag=True, help="Propose even a root that the guardian turned down.")
@click.option("--wait", is_flag=True, help="Wait for what has to come first, and go on to the end.")
@tournament_option()
@sender_option(required=False)
@json_option()
def cli(
    provider: ProviderAPI,
    round_id: int,
    scores_path: Path | None,
    evidence_path: Path | None,
    expired: bool,
    again: bool,
    wait: bool,
    tournament_name: str | None,
    account: AccountAPI | None,
    as_json: bool,
) -> None:
    """Lead a round to its close: lock it, propose its scores, settle all its stakes.

    Each run reads from the chain where the round is and goes on from there as far as it can, so it can be stopped at
    any point and run again. Proposing takes the operator's account, all else anybody's. Every model with a stake and a
    submission needs a score, a plain decimal with at most 8 places; scores of models without a stake change nothing.

    It ends with exit code 0 if the round is closed, and with 4 if time or somebody else comes first.
    """
    if (scores_path is None) != expired:
        raise click.UsageError("Name the scores with --scores, or bring stakes home without any with --expired.")
    if scores_path is None and (evidence_path is not None or again):
        raise click.UsageError("--evidence and --again go with --scores.")
    scores = read_scores(scores_path) if scores_path else None
    evidence = read_file_hash(evidence_path) if evidence_path else None
    session = open_session(provider)
    rounds = ApeRounds(session, session.tournament(tournament_name), account)
    run_resolution(
        rounds, Resolution(rounds, round_id, scores, evidence=evidence, again=again), wait=wait, as_json=as_json
    )
