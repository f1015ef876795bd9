# SPDX-License-Identifier: MIT
"""The shipped examples as they are played, and stakes that compound whatever happens."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.liveness.page import render
from benchmarks.liveness.play import DAILY, HOUR, INCIDENTS, START, WEEKLY, Cadence, Outcome, Play
from nmr.deploy.parameters import read_parameters
from nmr.protocol.reference.rounds import State
from nmr.rounds.terms import build_terms, check_terms, read_terms
from nmr.text.amounts import NMR, SUPPLY

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = [
    (WEEKLY, "deployment.example.toml", "terms.example.toml", "classic"),
    (DAILY, "deployment.daily.toml", "terms.daily.toml", "daily"),
]


def at_the_worst_moment(play: Play, round_id: int) -> bool:
    """Settle in the last hour of the next round of the place, so that kept stakes miss it; or else before expiry."""
    info = play.tournament.round_info(round_id)
    following = round_id + play.cadence.ring
    if play.tournament.state(following, play.now) == State.OPEN:
        return play.tournament.round_info(following).terms.locks_at - play.now <= HOUR
    return play.now >= info.terms.expires_at - 2 * HOUR


@pytest.mark.parametrize(("cadence", "deployment", "terms", "name"), EXAMPLES, ids=["weekly", "daily"])
def test_examples__as_shipped__are_what_is_played(cadence: Cadence, deployment: str, terms: str, name: str) -> None:
    parameters = read_parameters(DOCS / deployment, local=False)
    tournament = parameters.tournaments[name]
    assert (tournament.ring, tournament.limits) == (cadence.ring, cadence.limits)
    assert SUPPLY - sum(parameters.holders.values()) == 3_000_000 * NMR
    built = build_terms(read_terms(DOCS / terms), tournament.bounds, hour=HOUR, now=START, sealing_key=b"\1" * 32)
    check_terms(built, tournament.bounds, hour=HOUR, now=START, ahead=HOUR // 30)
    times = (built.locks_at - START, built.resolves_at - START, built.expires_at - START, built.window)
    assert times == (cadence.open_for, cadence.resolves_in, cadence.expires_in, cadence.window)


@pytest.mark.parametrize("cadence", [WEEKLY, DAILY], ids=["weekly", "daily"])
def test_examples__stranger_settles_at_the_worst_moments_for_three_turns__stakes_compound_and_all_leave(
    cadence: Cadence,
) -> None:
    play = Play(cadence, INCIDENTS[0], rounds=3 * cadence.ring, settles=at_the_worst_moment)
    outcome = play.run()
    assert (outcome.opened, outcome.home, outcome.idle, outcome.late) == (3 * cadence.ring, 0, 0, 0)
    # At worst a stake misses every second turn of its place: here the second of three, whose rounds are empty.
    assert outcome.at_risk >= 2 * 2 * (cadence.ring - 1)
    locked = [event.args for event in play.world.events if event.name == "RoundLocked"]
    # The ceiling never made a clip smaller.
    assert {args["clip"] for args in locked} == {5 * 10**10}
    assert play.tournament.staked_total() == 0


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)
def test_play__weekly__compounds_whatever_happens(incident) -> None:
    outcome = Play(WEEKLY, incident, rounds=20).run()
    assert (outcome.opened, outcome.home, outcome.idle) == (20, 0, 0)
    assert outcome.left_in <= 35


def test_play__daily_and_a_pause__opens_late_and_goes_on() -> None:
    [pause] = [incident for incident in INCIDENTS if incident.pauses]
    outcome = Play(DAILY, replace(pause, round=3), rounds=8).run()
    assert outcome.late >= 29 and outcome.home == 0


def test_render__outcomes__a_row_before_and_one_after() -> None:
    outcome = Outcome(opened=60, at_risk=118, left_in=28)
    page = render({WEEKLY: [outcome] * len(INCIDENTS), DAILY: [outcome] * len(INCIDENTS)})
    assert page.count("| after | 118 of 118 | 0 | 0% | 0 d | 28 d |") == 2 * len(INCIDENTS)
    assert "| nothing | before | 118 of 118 | 112 | 100% | 0 d | 28 d |" in page
