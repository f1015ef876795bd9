# SPDX-License-Identifier: MIT
"""Failure drills: what goes wrong around `nmr operate`, each in a season of one round on a live anvil.

After each the round ends as the undisturbed one, or the operator was told in time what to do.
"""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import fsspec
import pytest
from botocore.exceptions import BotoCoreError
from eth_hash.auto import keccak

from nmr.chain import node
from nmr.chain.node import data
from nmr.cli import operate
from nmr.client.rounds import Rounds
from nmr.client.signers import KeySigner
from nmr.deploy.anvil import LOOPBACK, Anvil, find_anvil, free_port
from nmr.deploy.local import GUARDIAN, OPERATOR
from nmr.protocol.reference.rounds import State
from nmr.rounds.status import view_round
from tests.integration.conftest import PROJECT
from tests.integration.killing import Outcome
from tests.integration.season_stage import SeasonStage, targets
from tests.support.ill_node import IllNode, Mode, Request, Upstream, each_request, ill_node

STRANGER = 12
"""An account without a role."""

SENDS = "eth_sendRawTransaction"
AT_BLOCK = {"eth_call": 1, "eth_getTransactionCount": 1, "eth_getBlockByNumber": 0, "eth_getStorageAt": 2}
"""Where a request names the block that it is about."""


@pytest.fixture
def stage(tmp_path) -> Iterator[SeasonStage]:
    """A season of one round, on a chain of its own."""
    with Anvil(find_anvil(PROJECT), state=tmp_path / "chain.json") as anvil:
        yield SeasonStage(anvil, tmp_path, rounds=1)


@pytest.fixture
def between(stage, monkeypatch) -> Iterator[IllNode]:
    """What stands between the season's services and the chain. Who waits for a block there does not wait long."""
    monkeypatch.setattr(operate, "insistent", lambda signer: signer.insistent(patience=0.2))
    with ill_node(stage.url) as proxy:
        proxy.be_good()
        stage.url = proxy.url
        yield proxy


@pytest.fixture
def bucket(monkeypatch) -> Iterator[int]:
    """`s3://season`, which is served by a process of its own; gives the process. Who reads there does not wait long."""
    port = free_port()
    options = {
        "endpoint_url": f"http://{LOOPBACK}:{port}",
        "key": "key",
        "secret": "secret",
        "config_kwargs": {"connect_timeout": 1, "read_timeout": 1, "retries": {"max_attempts": 0}},
    }
    monkeypatch.setitem(fsspec.config.conf, "s3", options)
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _make_bucket()
        yield server.pid
    finally:
        server.kill()
        server.wait()


def _make_bucket() -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            fsspec.filesystem("s3").mkdir("season")
        except (OSError, BotoCoreError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


@pytest.fixture
def brief_pauses(monkeypatch) -> None:
    """Who asks a node that is gone does not wait long for it."""
    monkeypatch.setattr(node, "FIRST_PAUSE", 0.001)


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


def looks(stage: SeasonStage) -> Iterator[tuple[Outcome, dict[str, Any]]]:
    """Each look of a season that does something, before it is done: what it does, and what comes of it."""
    for _ in stage.moments():
        with stage.stage.undone():
            whole = stage.operate()
            expected = stage.outcome()
        if whole.steps:
            yield whole, expected
        assert stage.operate().exit_code == 0


def lags(blocks: int) -> Mode:
    """A node that is so many blocks behind."""

    @each_request
    def mode(upstream: Upstream, request: Request) -> Request | None:
        behind = hex(upstream.latest() - blocks)
        method, parameters = request["method"], [*request.get("params", [])]
        if method == "eth_blockNumber":
            return {"jsonrpc": "2.0", "id": request["id"], "result": behind}
        at = AT_BLOCK.get(method)
        if at is None or parameters[at] not in ("latest", "pending"):
            return None
        parameters[at] = behind
        answer: Request = upstream.forward({**request, "params": parameters})
        return answer

    return mode


def meets(*fates: Callable[[], bool]) -> Mode:
    """What is sent meets its fate, one after another: it is lost if that says so, and the node's from then on.

    Args:
        fates: what happens before each of the first transactions, and whether it does not reach the node.
    """
    left = [*fates]

    @each_request
    def mode(upstream: Upstream, request: Request) -> Request | None:
        if request["method"] != SENDS or not left or not left.pop(0)():
            return None
        sent = keccak(bytes.fromhex(request["params"][0][2:])).hex()
        return {"jsonrpc": "2.0", "id": request["id"], "result": f"0x{sent}"}

    return mode


def test_drill__node_lags_behind_a_keeper__repeats_nothing_and_goes_on_when_it_has_caught_up(stage, between):
    to_lock(stage)
    before = stage.now
    stage.url = stage.stage.anvil.url
    stage.keep()
    assert state(stage) == State.LOCKED
    stage.url = between.url
    between.behave("lags", lags(stage.now - before))

    outcome = stage.operate()
    assert any("round 0: lock" in text.lower() for text in said(outcome, "alarm"))
    between.be_good()

    assert stage.operate().exit_code == 0
    assert state(stage) == State.OPENED
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)
    assert stage.outcome()["events"]["RoundLocked"] == 1


@pytest.mark.parametrize(
    ("gone", "ends"), [(20 * 60, ("CLOSED", 1)), (25 * 60, ("CLOSED", 0))], ids=["20 hours", "25 hours"]
)
def test_drill__node_is_gone_from_the_lock_on__is_told_and_goes_on_with_what_is_still_in_time(
    stage, brief_pauses, gone, ends
):
    to_lock(stage)
    stage.save()
    stage.kill_node()

    outcome = stage.operate()
    assert outcome.exit_code in (3, 4)
    assert "No node answers" in outcome.stdout + outcome.stderr

    stage.start_node()
    stage.pass_time(gone)
    lead(stage)
    assert closed(stage) == ends


def test_drill__transactions_are_dropped__are_sent_again(stage, between):
    to_lock(stage)
    dropped = []
    between.behave("drops", meets(*[lambda: not dropped.append(1)] * 3))

    assert stage.operate().exit_code == 0
    assert len(dropped) == 3
    assert state(stage) == State.OPENED
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__keeper_locks_while_the_operator_sends_the_same__is_done_once(stage, between):
    to_lock(stage)

    def lock() -> bool:
        Rounds(stage.session, stage.tournament, KeySigner(stage.accounts[STRANGER])).lock(0)
        return False

    between.behave("keeper", meets(lock))

    assert stage.operate().exit_code == 0
    assert state(stage) == State.OPENED
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)
    assert stage.outcome()["events"]["RoundLocked"] == 1


def test_drill__an_older_transaction_waits_behind_a_gap_of_nonces__stops_nothing(stage):
    to_lock(stage)
    account = stage.accounts[OPERATOR].address
    following = stage.node.number("eth_getTransactionCount", account, "latest") + 1
    stage.node.ask("eth_sendTransaction", {"from": account, "to": account, "nonce": hex(following)})

    assert stage.operate().exit_code == 0
    assert state(stage) == State.OPENED
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__disk_is_full__is_told_and_goes_on_when_there_is_room(stage):
    def fill_up() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    full = 0
    for whole, expected in looks(stage):
        for step, name in enumerate(whole.steps):
            if not name.endswith("is half written"):
                continue
            with stage.stage.undone():
                outcome = stage.operate(kill=step, strike=fill_up)
                assert outcome.exit_code == 4
                assert any("No space left on device" in text for text in said(outcome, "alarm"))
                assert stage.operate().exit_code == 0
                assert stage.outcome() == expected
                full += 1

    assert full > 10
    assert closed(stage) == ("CLOSED", 1)


@pytest.mark.parametrize("seconds", [-600, 600])
def test_drill__clock_of_the_machine_is_off__follows_the_chain_all_the_same(stage, monkeypatch, seconds):
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + seconds)

    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__owner_appoints_another_operator__old_one_is_refused_and_the_new_one_goes_on(stage):
    to_lock(stage)
    owner = stage.session.only("Timelock").address
    stage.node.ask("anvil_impersonateAccount", owner)
    stage.node.ask("anvil_setBalance", owner, hex(10**18))
    set_operator = stage.tournament.encode("set_operator", stage.accounts[STRANGER].address)
    stage.node.ask("eth_sendTransaction", {"from": owner, "to": stage.tournament.address, "data": data(set_operator)})

    outcome = stage.operate()
    assert outcome.exit_code == 2
    assert f"The operator is {stage.accounts[STRANGER].address}" in outcome.stdout + outcome.stderr

    for _ in stage.moments():
        stage.operate("--account", f"TEST::{STRANGER}")
    assert closed(stage) == ("CLOSED", 1)


def test_drill__operator_is_killed_at_every_step_of_a_round__next_look_ends_as_if_it_had_not_been(stage):
    killed = 0
    for whole, expected in looks(stage):
        for step in range(len(whole.steps)):
            with stage.stage.undone():
                assert stage.operate(kill=step).killed
                assert stage.operate().exit_code == 0
                assert stage.outcome() == expected
                killed += 1

    assert killed > 50
    assert closed(stage) == ("CLOSED", 1)


def test_drill__store_is_away_at_the_lock__is_told_and_the_list_follows_when_it_is_back(stage):
    to_lock(stage)
    stage.remove_store()

    outcome = stage.operate()
    assert outcome.exit_code == 4
    assert state(stage) == State.LOCKED
    assert any("There is no store" in text and "left" in text for text in said(outcome, "alarm"))

    stage.return_store()
    assert stage.operate().exit_code == 0
    assert state(stage) == State.OPENED
    assert lead(stage) == []
    assert closed(stage) == ("CLOSED", 1)


def test_drill__object_store_hangs_at_the_lock__is_told_and_the_list_follows_when_it_answers(stage, bucket):
    stage.use_store("s3://season")
    to_lock(stage)
    os.kill(bucket, signal.SIGSTOP)

    outcome = stage.operate()
    assert outcome.exit_code == 4
    assert any("s3://season" in text for text in said(outcome, "alarm"))

    os.kill(bucket, signal.SIGCONT)
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
