# SPDX-License-Identifier: MIT
"""What commands remind people of: a sentence each, on standard error or among the notes, and no other exit code."""

import pytest

from nmr.sealing.keys import PrivateKey
from tests.support.evm_suite import EvmSuite
from tests.support.terminal import Terminal, open_round

UNSUBMITTED = "No submission for round 0 yet: {}. A stake without one wins nothing."
UNSTAKED = "No stake in round 0 yet: {}. A submission without one wins nothing."


@pytest.fixture
def models(terminal) -> Terminal:
    """Models 0 to 4 of the staker, with a target of 5, but of 0 for model 3; 0 to 2 and 3 have idle NMR."""
    terminal.do("stake register a b c d e")
    terminal.do("stake policy 0-2,4 --target 5")
    terminal.do("stake deposit 0=9 1=9 2=0.05 3=9")
    return terminal


def open_with_key(suite: EvmSuite) -> None:
    open_round(suite, sealing_key=PrivateKey.generate().public)


def submit(models: Terminal, tmp_path, *chosen: int) -> list[str]:
    """The notes of a submission."""
    (tmp_path / "p.csv").write_text("id,prediction\na,0.25\nb,0.75\n")
    files = " ".join(f"{model}={tmp_path}/p.csv" for model in chosen)
    return models.do(f"submit {files} --store {tmp_path}/store")["notes"]


def test_now__no_submission_yet__says_so_and_stakes(models, tmp_path):
    open_with_key(models.suite)
    result = models.type("stake now 0-1=3")
    assert (result.exit_code, result.stderr) == (0, UNSUBMITTED.format("models 0-1") + "\n")
    submit(models, tmp_path, 0)
    assert models.do("stake now 0-1=2")["notes"] == [UNSUBMITTED.format("model 1")]
    submit(models, tmp_path, 1)
    assert models.do("stake now 0-1=1")["notes"] == []


def test_submit__no_stake_yet__says_so_and_submits(models, tmp_path):
    open_with_key(models.suite)
    assert submit(models, tmp_path, 0, 1) == [UNSTAKED.format("models 0-1")]
    models.do("stake now 0=3")
    result = models.type(f"submit 0={tmp_path}/p.csv 1={tmp_path}/p.csv --store {tmp_path}/store")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == UNSTAKED.format("model 1")
    assert submit(models, tmp_path, 0) == []


def test_enter__named_models__says_which_did_not_and_why(models, tmp_path):
    open_with_key(models.suite)
    submit(models, tmp_path, 0)
    assert models.do("stake enter 0")["notes"] == []
    assert models.do("stake policy 0 --target 9")
    result = models.type("stake enter 0-4")
    assert result.exit_code == 0
    assert result.stderr == (
        "Left out: model 1, at the target already; model 2, below the least stake, 0.1 NMR; model 3, no target; "
        "model 4, nothing is idle.\n"
    )


@pytest.mark.parametrize("chosen", ["--all", "--groups 0-1"])
def test_enter__groups__says_whose_target_is_missed(models, chosen):
    open_round(models.suite)
    assert models.do(f"stake enter {chosen}")["notes"] == [
        "Left out: model 2, below the least stake, 0.1 NMR; model 4, nothing is idle."
    ]
