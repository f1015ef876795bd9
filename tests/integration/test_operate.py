# SPDX-License-Identifier: MIT
"""`nmr operate` on a live anvil with time moved: undisturbed, killed at random, two at once, and with a lie in it."""

import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nmr.deploy.anvil import Anvil, find_anvil
from nmr.deploy.local import GUARDIAN
from tests.integration.conftest import PROJECT
from tests.integration.killing import Outcome
from tests.integration.season_stage import SeasonStage, targets

ROUNDS = 3
FINISHED = "The season is over: all rounds are closed."
MOST_STEPS = 16
"""Steps after which a service is killed at most: a key or a file takes up to eight, and must be whole at some time."""


@pytest.fixture(scope="module")
def stages(tmp_path_factory) -> Iterator[Callable[..., SeasonStage]]:
    """Makes seasons, each on a chain of its own."""
    running: list[Anvil] = []

    def make(**options) -> SeasonStage:
        anvil = Anvil(find_anvil(PROJECT))
        running.append(anvil)
        anvil.__enter__()
        return SeasonStage(anvil, tmp_path_factory.mktemp("season"), **{"rounds": ROUNDS} | options)

    yield make
    for anvil in running:
        anvil.stop()


@pytest.fixture(scope="module")
def undisturbed(stages) -> tuple[SeasonStage, list[str]]:
    """A season that nobody disturbs, and what its service said."""
    stage, said = stages(), []
    for _ in stage.moments():
        said += texts(done(stage.operate()))
    return stage, said


def done(outcome: Outcome) -> Outcome:
    """A look that left nothing undone."""
    assert outcome.exit_code == 0, outcome.stdout + outcome.stderr
    return outcome


def texts(outcome: Outcome) -> list[str]:
    """What a command said."""
    return [json.loads(line)["text"] for line in outcome.stdout.splitlines()]


def test_operate__season_of_rounds__leads_each_from_its_opening_to_its_close(undisturbed):
    stage, said = undisturbed
    outcome = stage.outcome()

    assert said[-1] == FINISHED
    assert [state for state, *_ in outcome["rounds"].values()] == ["CLOSED"] * ROUNDS
    events = outcome["events"]
    for name in ("RoundOpened", "RoundLocked", "SubmissionsOpened", "Proposed", "Settled"):
        assert events.get(name) == ROUNDS, events
    assert "Vetoed" not in events
    assert stage.audit()


def test_operate__started_again_at_the_end__has_nothing_to_do(undisturbed):
    stage, _ = undisturbed

    assert texts(done(stage.operate())) == [FINISHED]
    assert texts(done(stage.operate("--dry-run"))) == ["No further round opens by this season."]


def test_operate__keys__stand_in_two_places_and_are_handed_over(undisturbed):
    stage, _ = undisturbed
    for number in range(ROUNDS):
        name = f"round-{number}-{stage.key_of(number).hex()}.key"
        first, second = ([*(stage.folder / place).rglob(name)] for place in ("keys", "second"))
        assert first[0].read_text() == second[0].read_text()
        assert first[0].stat().st_mode & 0o077 == 0
        assert (stage.folder / "store" / "named" / "keys" / f"{stage.key_of(number).hex()}.age").exists()


@pytest.mark.parametrize("seed", range(1))
def test_operate__killed_at_random_steps__ends_as_the_undisturbed_season(stages, undisturbed, seed):
    stage, chance = stages(), random.Random(seed)
    killed = 0
    for _ in stage.moments():
        while (outcome := stage.operate(kill=chance.randrange(MOST_STEPS))).exit_code != 0:
            assert outcome.killed, outcome.stdout + outcome.stderr
            killed += 1

    assert killed > 10
    assert stage.outcome() == undisturbed[0].outcome()
    assert stage.audit()


@pytest.mark.parametrize("places", [("keys", "keys"), ("keys", "keys-of-another-machine")])
def test_operate__two_at_once__end_as_one(stages, undisturbed, places):
    stage = stages()
    beside = stage.at_once()
    with ThreadPoolExecutor(2) as pool:
        for _ in stage.moments():
            each = [
                pool.submit(season.operate, place=place) for season, place in zip((stage, beside), places, strict=True)
            ]
            for one in each:
                assert one.result().exit_code in {0, 4}, one.result().stdout + one.result().stderr
            done(stage.operate(place=places[0]))

    found, alone = stage.outcome(), undisturbed[0].outcome()
    if places[0] != places[1]:
        # No file is locked on both machines, so both may enter: the second call moves nothing.
        assert found["events"].pop("Entered") >= alone["events"].pop("Entered")
    assert found == alone
    assert stage.audit()


def test_guard__operator_scores_by_other_targets__vetoes_and_the_season_ends_as_the_honest_one(stages, undisturbed):
    stage = stages()
    lie = stage.folder / "data" / "1"
    targets(1, seed=7).to_csv(lie / "targets.csv", index=False)
    (lie / "done").touch()
    for number in range(ROUNDS):
        targets(number).to_csv(stage.folder / f"own-{number}.csv", index=False)
    own = ("--targets", stage.folder / "own-{round}.csv")
    said, corrected = [], False
    for _ in stage.moments():
        outcome = stage.operate()
        if not corrected and any("turned down" in text for text in texts(outcome)):
            targets(1).to_csv(lie / "targets.csv", index=False)
            corrected = True
            outcome = stage.operate()
        done(outcome)
        said += texts(stage.guard(*own, "--veto", "--account", f"TEST::{GUARDIAN}"))

    assert corrected
    assert len([text for text in said if text.startswith("Vetoed root")]) == 1
    found, honest = stage.outcome(), undisturbed[0].outcome()
    assert found["events"].pop("Vetoed") == 1
    assert found["events"].pop("Proposed") == ROUNDS + 1
    assert honest["events"].pop("Proposed") == ROUNDS
    assert found == honest
    assert stage.audit()


def test_operate__another_account__is_refused_before_anything_is_done(undisturbed, tmp_path: Path):
    stage, _ = undisturbed
    outcome = stage.operate("--account", "TEST::4")

    assert outcome.exit_code == 2
    assert "The operator is " in outcome.stdout
