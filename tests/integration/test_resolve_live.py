# SPDX-License-Identifier: MIT
"""A round resolved on a live devnet by commands in processes of their own, which are killed in the middle."""

import json
import subprocess
import time

from nmr.deploy.local import HOUR
from nmr.protocol.score_words import Score
from nmr.rounds.scores_file import format_scores
from nmr.text.amounts import SCORE
from tests.integration.conftest import APE, DEVNET, PROJECT

OPERATOR, STAKER, STRANGER = "TEST::1", "TEST::4", "TEST::11"
REGISTERED = 1_028
UP, DOWN, FLAT = (SCORE // 25, 0), (-SCORE // 25, 0), (0, 0)
SCORES: dict[int, Score] = {0: UP, 1: DOWN, 2: FLAT, 5: UP, 1_024: DOWN, 1_026: UP}
"""Of models in groups 0, 1 and 256: two chunks."""


def test_resolve__killed_on_a_live_devnet_and_run_again__comes_to_the_end(live_devnet, tmp_path):
    def run(*arguments, code=0):
        done = live_devnet.run(*arguments)
        assert done.returncode == code, done.stderr
        return done.stdout

    def status():
        return json.loads(run("round", "status", 0, "--json"))

    run("stake", "register", *(f"m{i}" for i in range(REGISTERED)), "--account", "TEST::4", "--json")
    run("round", "open", "--locks-at", "30m", "--primary", "0.5", "--account", OPERATOR)
    models = ",".join(map(str, SCORES))
    run("stake", "now", f"{models}=100", "--account", STAKER)
    (tmp_path / "predictions").mkdir()
    for model in SCORES:
        (tmp_path / "predictions" / f"{model}.csv").write_text("id,prediction\na,0.25\nb,0.75\n")
    run("submit", "--folder", tmp_path / "predictions", "--account", STAKER)
    scores = tmp_path / "scores.csv"
    scores.write_text(format_scores(SCORES))
    resolve = ("resolve", 0, "--scores", scores, "--account")

    live_devnet.pass_time(1_800)
    run(*resolve, STRANGER, code=4)
    run("round", "publish", 0, "--list", scores, "--account", OPERATOR)
    live_devnet.pass_time(24 * HOUR)

    # Killed as soon as its first transaction is there: the proposal, then a chunk.
    killed(live_devnet, [*resolve, OPERATOR])
    assert status()["state"] == "proposed"
    assert json.loads(run(*resolve, OPERATOR, "--json", code=4))["done"] == []
    live_devnet.pass_time(25 * HOUR)
    killed(live_devnet, [*resolve, STRANGER])
    half = status()
    assert half["waiting"]["groups"] < 3
    steps = json.loads(run(*resolve, "TEST::12", "--json"))["done"]
    assert len(steps) == (1 if half["state"] == "final" else 0)
    assert status()["state"] == "closed"
    shown = json.loads(run("stake", "show", models, "--json"))
    assert [entry["idle"] for entry in shown["models"]] == ["102", "98", "100", "102", "98", "102"]


def killed(devnet, arguments):
    """Start a command and kill it once it has sent a transaction."""
    height = int(devnet.node.ask("eth_blockNumber"), 16)
    command = [*APE, *map(str, arguments), "--network", DEVNET]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=devnet.environment | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 120
        while int(devnet.node.ask("eth_blockNumber"), 16) == height:
            assert time.monotonic() < deadline
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
