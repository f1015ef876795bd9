# SPDX-License-Identifier: MIT
"""`nmr operate` on a live anvil with time moved: undisturbed, killed at random, two at once, and with a lie in it."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nmr.chain import node
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.deploy.local import GUARDIAN
from tests.integration.conftest import PROJECT
from tests.integration.killing import Outcome
from tests.integration.season_stage import SeasonStage, targets

ROUNDS = 3
FINISHED = "The season is over: all rounds are closed."
MOST_STEPS = 16
"""Steps after which something is killed at most: a key or a file takes up to eight, and must be whole at some time."""
MOST_LOOKS = 100
"""At one moment."""


@pytest.fixture(scope="module")
def stages(tmp_path_factory) -> Iterator[Callable[..., SeasonStage]]:
    """Makes seasons, each on a chain of its own."""
    running: list[Anvil] = []

    def make(**options) -> SeasonStage:
        folder = tmp_path_factory.mktemp("season")
        anvil = Anvil(find_anvil(PROJECT), state=folder / "chain.json")
        running.append(anvil)
        anvil.__enter__()
        return SeasonStage(anvil, folder, **{"rounds": ROUNDS} | options)

    yield make
    for anvil in running:
        anvil.stop()


@pytest.fixture
def brief_pauses(monkeypatch) -> None:
    """Who asks a node that is gone does not wait long for it."""
    monkeypatch.setattr(node, "FIRST_PAUSE", 0.001)


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


class Havoc:
    """What befalls a season: its service, its node or its store is gone from a random step on."""

    def __init__(self, stage: SeasonStage, chance: random.Random) -> None:
        self._stage = stage
        self._chance = chance
        self._strikes: dict[str, Callable[[], None] | None] = {
            "service": None,
            "node": stage.kill_node,
            "store": stage.remove_store,
        }
        self.struck = Counter(dict.fromkeys(self._strikes, 0))
        """How often each was gone."""

    def operate(self) -> None:
        """Let the service look until nothing befalls it and nothing is left to do."""
        for _ in range(MOST_LOOKS):
            self._stage.save()
            name = self._chance.choice([*self._strikes])
            outcome = self._stage.operate(kill=self._chance.randrange(MOST_STEPS), strike=self._strikes[name])
            gone = outcome.killed, not self._stage.node_is_there, not self._stage.store_is_there
            self.struck.update(each for each, is_gone in zip(self._strikes, gone, strict=True) if is_gone)
            self._mend()
            if outcome.exit_code == 0 and not any(gone):
                return
            assert any(gone) or outcome.exit_code == 4, outcome.stdout + outcome.stderr
        raise AssertionError(f"It does not come through: {outcome.stdout}")

    def _mend(self) -> None:
        if not self._stage.node_is_there:
            self._stage.start_node()
        if not self._stage.store_is_there:
            self._stage.return_store()


class Lie:
    """Targets of a round that are wrong until the guardian turned down what they give."""

    def __init__(self, stage: SeasonStage, number: int) -> None:
        self._stage = stage
        self._number = number
        self._vetoes = 0
        self._targets = stage.folder / "data" / str(number) / "targets.csv"
        targets(number, seed=7).to_csv(self._targets, index=False)
        (self._targets.parent / "done").touch()
        self._own = stage.folder / "own"
        self._own.mkdir()

    def let_guard_look(self) -> bool:
        """Let the guardian look, who has targets of its own; whether it vetoed."""
        for number in self._stage.submitted:
            targets(number).to_csv(self._own / f"{number}.csv", index=False)
        own = ("--targets", self._own / "{round}.csv")
        said = texts(self._stage.guard(*own, "--veto", "--account", f"TEST::{GUARDIAN}"))
        vetoes = [text for text in said if text.startswith("Vetoed root")]
        assert all(text.endswith(f" of round {self._number}.") for text in vetoes)
        self._vetoes += len(vetoes)
        return bool(vetoes)

    def correct(self) -> None:
        """Let the targets be the right ones."""
        targets(self._number).to_csv(self._targets, index=False)

    def check(self, found: dict[str, Any], honest: dict[str, Any]) -> None:
        """Whether a season ended as the honest one, but for one root that was vetoed."""
        assert self._vetoes == 1
        assert found["events"].pop("Vetoed") == 1
        assert found["events"].pop("Proposed") == honest["events"].pop("Proposed") + 1
        assert found == honest


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


@pytest.mark.parametrize("rounds", [1, 30], ids=["one_round", "thirty_rounds"])
def test_season__service_node_and_store_are_killed_and_a_root_is_a_lie__ends_as_the_undisturbed_one(
    stages, rounds, brief_pauses
):
    alone, stage = stages(rounds=rounds), stages(rounds=rounds)
    for _ in alone.moments():
        done(alone.operate())
    lie = Lie(stage, rounds // 2)
    havoc = Havoc(stage, random.Random(rounds))
    for _ in stage.moments():
        havoc.operate()
        if lie.let_guard_look():
            lie.correct()
            havoc.operate()

    assert min(havoc.struck.values()) >= rounds, havoc.struck
    lie.check(stage.outcome(), alone.outcome())
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
    lie = Lie(stage, 1)
    for _ in stage.moments():
        done(stage.operate())
        if lie.let_guard_look():
            outcome = stage.operate()
            assert outcome.exit_code == 4
            assert any("The guardian turned down what these targets give" in text for text in texts(outcome))
            lie.correct()
            done(stage.operate())

    lie.check(stage.outcome(), undisturbed[0].outcome())
    assert stage.audit()


def test_operate__another_account__is_refused_before_anything_is_done(undisturbed, tmp_path: Path):
    stage, _ = undisturbed
    outcome = stage.operate("--account", "TEST::4")

    assert outcome.exit_code == 2
    assert "The operator is " in outcome.stdout
