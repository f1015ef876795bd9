# SPDX-License-Identifier: MIT
"""`nmr status`: models in the rounds that are not closed."""

from typing import Any

import click

from nmr.cli.command import Door, Fixed, SuiteCommand, json_option, print_json, tournament_option
from nmr.cli.sealing import open_store, store_option
from nmr.cli.tables import print_line, print_table
from nmr.client.entries import Entry, read_entries
from nmr.client.stakes import StakesOnChain
from nmr.protocol.score_words import MAX_MODEL, Score
from nmr.rounds.forecast import forecast
from nmr.rounds.report import plain_next, state_word
from nmr.rounds.status import STATE_WORDS, what_next
from nmr.text.amounts import SCORE_PLACES, format_nmr
from nmr.text.selection import name_ids, parse_models
from nmr.text.times import format_moment

HEADINGS = ("model", "round", "state", "submitted", "file", "in the store", "stake NMR", "next", "until")
SPARE = ("file", "submitted", "next")


@click.command(cls=SuiteCommand, epilog="Example: nmr status ridge 3-5 --corr 0.02 --mmc 0.005")
@click.argument("models", nargs=-1, required=True, metavar="MODELS...")
@click.option("--corr", type=Fixed(SCORE_PLACES), help="Say also what the stakes would win or lose at this CORR.")
@click.option("--mmc", type=Fixed(SCORE_PLACES), help="And at this MMC; 0 if left out.")
@store_option()
@tournament_option()
@json_option()
def cli(
    door: Door,
    models: tuple[str, ...],
    corr: int | None,
    mmc: int | None,
    store_url: str | None,
    tournament_name: str | None,
    as_json: bool,
) -> None:
    """Show what models submitted, what they have at stake, and what comes next, in the rounds that are not closed.

    A file is in the store if the store gives it with the hash that the chain has. A forecast with --corr and --mmc is
    exact from a round's lock on; before it, it is that of what is at stake now.
    """
    wanted = parse_models(models, MAX_MODEL)
    score = None if corr is None and mmc is None else (corr or 0, mmc or 0)
    session = door.open()
    stakes = StakesOnChain(session, session.tournament(tournament_name))
    chosen = stakes.ids(wanted)
    entries = read_entries(stakes, chosen, open_store(door, session, store_url))
    if as_json:
        print_json([_plain(door, entry, score) for entry in entries])
        return
    if entries:
        more = () if score is None else ("forecast NMR",)
        rows = [_row(entry, score) for entry in entries]
        print_table("Rounds that are not closed", (*HEADINGS, *more), rows, left=6, optional=SPARE)
    without = sorted({*chosen} - {entry.model for entry in entries})
    if without:
        have = "has" if len(without) == 1 else "have"
        named = name_ids(without).capitalize()
        print_line(f"{named} {have} no stake and no submission in a round that is not closed.")


def _row(entry: Entry, score: Score | None) -> tuple[str, ...]:
    commitment, following = entry.commitment, what_next(entry.view)
    row = (
        str(entry.model),
        str(entry.view.id),
        STATE_WORDS[entry.view.state],
        "no" if commitment is None else format_moment(commitment.sequence),
        "" if commitment is None else f"0x{commitment.hash.hex()[:8]}…",
        "" if commitment is None else ("no" if entry.missing else "yes"),
        format_nmr(entry.stake),
        following.what if following else "",
        format_moment(following.until) if following and following.until is not None else "",
    )
    return row if score is None else (*row, format_nmr(_forecast(entry, score)))


def _plain(door: Door, entry: Entry, score: Score | None) -> dict[str, Any]:
    commitment = entry.commitment
    return {
        "model": entry.model,
        "round": entry.view.id,
        "state": state_word(entry.view.state),
        "file": None if commitment is None else f"0x{commitment.hash.hex()}",
        "submitted_at": None if commitment is None else commitment.sequence,
        "missing": entry.missing or None,
        "stake": format_nmr(entry.stake),
        "forecast": None if score is None else format_nmr(_forecast(entry, score)),
        "next": plain_next(what_next(entry.view), door.typed),
    }


def _forecast(entry: Entry, score: Score) -> int:
    """Without a submission nothing is won or burned."""
    return 0 if entry.commitment is None else forecast(entry.view.info, entry.stake, score)
