"""A round of sealed submissions by the commands alone: keys, submit, opening, resolve from the store, verify."""

import pytest

from nmr.units import NMR
from tests.integration.round_walk import RoundWalk
from tests.integration.sealed_round import SealedRound, predictions_of

ZERO = "0x" + "0" * 40
MODELS = range(6)


@pytest.fixture
def tournament(local_suite, accounts):
    tournament = local_suite.tournaments["classic"]
    local_suite.numeraire.approve(tournament, 1_000 * NMR, sender=accounts[4])
    for _ in MODELS:
        tournament.register("", ZERO, sender=accounts[4])
    return tournament


@pytest.fixture
def sealed(run, tournament, accounts, chain, tmp_path):
    """A round, open, with 10 NMR and more of each model at stake."""
    round_ = SealedRound(run, RoundWalk(tournament, accounts, chain), tmp_path)
    round_.open()
    for model in MODELS:
        tournament.stake(model, (10 + model) * NMR, sender=accounts[4])
    return round_


@pytest.fixture
def closed(sealed):
    """The round, submitted, opened, resolved and closed; model 5 did not submit."""
    sealed.submit({model: predictions_of(model) for model in range(5)})
    sealed.lock()
    sealed.opening()
    sealed.propose()
    sealed.close()
    return sealed


def test_sealed_round__from_key_to_verification__agrees(closed, run):
    auditor = closed.hand_over()
    verified = closed.do("verify", closed.number, "--key", auditor)
    assert verified["agrees"] and verified["findings"] == verified["notes"] == []
    assert verified["root"] == f"0x{closed.walk.tournament.round_info(closed.number).root.hex()}"
    assert [check["model"] for check in verified["models"]] == list(MODELS)
    assert all(check["right"] and check["computed"] == check["on_chain"] for check in verified["models"])
    assert [check["reason"] for check in verified["models"]] == [None] * 5 + ["It committed to no file."]
    scores = [check["computed"] for check in verified["models"]]
    assert scores[5] == ["0", "0"] and len({tuple(score) for score in scores}) == 6
    printed = run("verify", closed.number, "--key", auditor)
    assert printed.exit_code == 0
    assert printed.stdout.splitlines()[-1] == "Round 0 is right."
