# SPDX-License-Identifier: MIT
"""`nmr operate` on a live anvil with time moved: undisturbed, killed at random, and two at once."""

import json
import random

import pytest

from nmr.deploy.anvil import Anvil, find_anvil
from tests.integration.conftest import PROJECT
from tests.integration.season_stage import SeasonStage

ROUNDS = 4
FINISHED = "The season is over: all rounds are closed."


@pytest.fixture
def stages(tmp_path):
    """Makes seasons, each on a chain of its own."""
    running = []

    def make(name: str, **options) -> SeasonStage:
        anvil = Anvil(find_anvil(PROJECT))
        running.append(anvil)
        anvil.__enter__()
        folder = tmp_path / name
        folder.mkdir()
        return SeasonStage(anvil, folder, **{"rounds": ROUNDS} | options)

    yield make
    for anvil in running:
        anvil.stop()


def lines(outcome) -> list[dict]:
    """What a service said."""
    return [json.loads(line) for line in outcome.stdout.splitlines()]


def play(stage: SeasonStage) -> list[dict]:
    """A season that nobody disturbs, and what was said in it."""
    said = []
    for _ in stage.moments():
        outcome = stage.operate()
        assert outcome.exit_code == 0, outcome.stdout + outcome.stderr
        said += lines(outcome)
        if said and said[-1]["text"] == FINISHED:
            return said
    raise AssertionError(said)


def test_operate__season_of_rounds__leads_each_from_its_opening_to_its_close(stages):
    stage = stages("season")

    said = play(stage)

    outcome = stage.outcome()
    assert {state for state, *_ in outcome["rounds"].values()} == {"CLOSED"}
    assert len(outcome["rounds"]) == ROUNDS
    print([line["text"] for line in said])
    assert outcome["events"] == {}
    assert stage.audit()
