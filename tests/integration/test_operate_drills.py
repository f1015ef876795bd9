# SPDX-License-Identifier: MIT
"""Failure drills: what goes wrong around `nmr operate`, each in a season of one round on a live anvil.

After each the round ends as the undisturbed one, or the operator was told in time what to do.
"""

import json
import shutil
from collections.abc import Callable, Iterator

import pytest

from nmr.client.rounds import Rounds
from nmr.client.signers import KeySigner
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.deploy.local import GUARDIAN
from nmr.protocol.reference.rounds import State
from nmr.rounds.status import view_round
from tests.integration.conftest import PROJECT
from tests.integration.killing import Outcome
from tests.integration.season_stage import SeasonStage, targets

Stages = Callable[..., SeasonStage]


@pytest.fixture
def stage(tmp_path) -> Iterator[SeasonStage]:
    """A season of one round, on a chain of its own."""
    with Anvil(find_anvil(PROJECT)) as anvil:
        yield SeasonStage(anvil, tmp_path, rounds=1)


def said(outcome: Outcome, *events: str) -> list[str]:
    """What a service said of such events."""
    lines = [json.loads(line) for line in outcome.stdout.splitlines()]
    return [line["text"] for line in lines if not events or line["event"] in events]


def state(stage: SeasonStage) -> State:
    """Where the round is."""
    rounds = Rounds(stage.session, stage.tournament)
    return view_round(rounds, 0).state if rounds.opened() else State.UNKNOWN


def until(stage: SeasonStage, wanted: State) -> None:
    """Lead the round to a state, and let the crowd act there."""
    for _ in stage.moments():
        stage.operate()
        if state(stage) == wanted:
            return
    raise AssertionError("The round does not come there.")


def to_lock(stage: SeasonStage) -> None:
    """Lead the round to the moment of its lock, with stakes and submissions in it."""
    until(stage, State.OPEN)
    stage.submit(0)
    stage.stage.until(stage.locks_at(0) - 300)
    stage.operate()
    stage.stage.until(stage.locks_at(0))


def lead(stage: SeasonStage) -> list[str]:
    """Lead the round to its end, and give the alarms."""
    alarms = []
    for _ in stage.moments():
        alarms += said(stage.operate(), "alarm")
    return alarms


def closed(stage: SeasonStage) -> tuple[str, int]:
    """How the round ended: its state, and how many of its settlements paid."""
    outcome = stage.outcome()
    return outcome["rounds"][0][0], outcome["events"].get("Settled", 0)


def test_drill__block_of_the_lock_goes__list_rests_on_the_block_that_came_instead(stage):
    careful = ("--confirmations", 3)
    for _ in stage.moments():
        if Rounds(stage.session, stage.tournament).opened() and stage.now >= stage.locks_at(0):
            break
        stage.operate(*careful)
    before = stage.node.ask("evm_snapshot")
    locked = stage.operate(*careful)
    assert "The block of the lock is not final yet." in said(locked, "waits")[0]
    assert state(stage) == State.LOCKED
    assert stage.node.ask("evm_revert", before)

    assert state(stage) == State.ENDED
    stage.operate(*careful)
    assert state(stage) == State.LOCKED
    for _ in range(3):
        stage.node.ask("evm_mine")
    stage.operate(*careful)
    assert state(stage) == State.OPENED
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__store_is_away_at_the_lock__is_told_and_the_list_follows_when_it_is_back(stage):
    to_lock(stage)
    store, away = stage.folder / "store", stage.folder / "away"
    store.rename(away)

    outcome = stage.operate()
    assert outcome.exit_code == 4
    assert state(stage) == State.LOCKED
    assert any("There is no store" in text and "left" in text for text in said(outcome, "alarm"))

    shutil.rmtree(store, ignore_errors=True)
    away.rename(store)
    assert stage.operate().exit_code == 0
    assert state(stage) == State.OPENED
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__targets_are_partial_wrong_and_late__waits_tells_and_proposes_the_right_ones(stage):
    data = stage.folder / "data" / "0"
    right = targets(0)
    right[:-10].to_csv(data / "targets.csv", index=False)
    until(stage, State.OPENED)
    stage.stage.until(stage.resolves_at(0))

    outcome = stage.operate()
    assert said(outcome, "waits")[0].endswith("There is no marker that its targets are complete.")
    assert state(stage) == State.OPENED

    (data / "done").touch()
    outcome = stage.operate()
    assert outcome.exit_code == 4
    assert any("The targets of round 0" in text for text in said(outcome, "alarm"))
    assert state(stage) == State.OPENED

    right.to_csv(data / "targets.csv", index=False)
    assert stage.operate().exit_code == 0
    assert state(stage) == State.PROPOSED
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__targets_change_after_they_were_proposed__is_told_within_the_window(stage):
    until(stage, State.PROPOSED)
    targets(0, seed=3).to_csv(stage.folder / "data" / "0" / "targets.csv", index=False)

    [alarm] = said(stage.operate(), "alarm")

    assert "Its targets are others than when its scores were proposed" in alarm
    assert "left" in alarm


def test_drill__key_is_gone_from_both_places__is_told_at_once_and_the_list_follows_when_it_is_back(stage):
    to_lock(stage)
    for place in ("keys", "second"):
        (stage.folder / place).rename(stage.folder / f"{place}-away")
        (stage.folder / place).mkdir()

    outcome = stage.operate()
    assert any("The round's private key is in neither place" in text for text in said(outcome, "alarm"))
    assert state(stage) == State.LOCKED

    (stage.folder / "second").rmdir()
    (stage.folder / "second-away").rename(stage.folder / "second")
    assert stage.operate().exit_code == 0
    assert state(stage) == State.OPENED
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__tournament_is_paused_at_the_opening__is_told_and_opens_when_it_is_over(stage):
    guardian = KeySigner(stage.accounts[GUARDIAN])
    stage.session.send(stage.tournament, "pause", sender=guardian)
    stage.pass_time(600)

    outcome = stage.operate()
    assert any("The tournament is paused" in text for text in said(outcome, "alarm"))
    assert Rounds(stage.session, stage.tournament).opened() == []

    stage.session.send(stage.tournament, "unpause", sender=guardian)
    stage.operate()
    assert state(stage) == State.OPEN
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__guardian_voids_the_round__stakes_come_home_without_scores(stage):
    until(stage, State.OPENED)
    Rounds(stage.session, stage.tournament, KeySigner(stage.accounts[GUARDIAN])).void(0)

    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 0)
    assert stage.outcome()["events"]["SettledExpired"] == 1


def test_drill__keeper_locks_and_settles_first__operator_adopts_it(stage):
    alarms = []
    for _ in stage.moments():
        stage.keep()
        alarms += said(stage.operate(), "alarm")

    assert alarms == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__operator_is_dead__watch_tells_each_deadline_in_time(stage):
    to_lock(stage)
    told = said(stage.watch("--within", "1h"), "alarm")
    assert told == ["Round 0: It has to be locked, and 23m 59s are left."]
    stage.keep()
    [alarm] = said(stage.watch("--within", "1h"), "alarm")
    assert alarm.startswith("Round 0: Its submissions have to be opened, and the list of them published, and ")
    assert said(stage.watch("--within", "1m"), "alarm") == []
    stage.pass_time(24 * 60)
    [alarm] = said(stage.watch(), "alarm")
    assert alarm == "Round 0: no opening list in time. Its stakes settle without rewards and burns."
