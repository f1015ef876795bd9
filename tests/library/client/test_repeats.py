# SPDX-License-Identifier: MIT
"""Commands that are typed again: they go on where they ended, and do nothing twice unless told so."""

import pytest

from nmr.chain.node import NodeError
from nmr.cli.command import LOST, REFUSED
from nmr.client.session import MAX_CALLS
from nmr.text.addresses import ZERO_ADDRESS
from tests.support.evm_suite import DAY, RIVAL, STAKER
from tests.support.terminal import Terminal, open_round

MANY = 2 * MAX_CALLS + 2
"""Models that take three transactions."""
EVERYONE = f"0-{MANY - 1}"


@pytest.fixture
def models(terminal) -> Terminal:
    """Models 0 and 1 of the staker."""
    terminal.do("stake register a b")
    return terminal


@pytest.fixture
def many(terminal) -> Terminal:
    terminal.do(f"stake register {' '.join(f'm{i}' for i in range(MANY))}")
    return terminal


@pytest.mark.parametrize("sent", [1, 2])
@pytest.mark.parametrize("stop", [KeyboardInterrupt(), NodeError("eth_sendRawTransaction", 1, "no more")])
def test_deposit__stopped_between_its_transactions__goes_on_and_pays_nobody_twice(many, sent, stop):
    after = isinstance(stop, KeyboardInterrupt)
    many.stops = [*[None] * (sent - after), stop]
    stopped = many.type(f"stake deposit {EVERYONE}=3")
    assert stopped.exit_code == (LOST if after else REFUSED)
    counted = sent - after
    if counted:
        assert (
            f": models 0-{counted * MAX_CALLS - 1} done; models {counted * MAX_CALLS}-{MANY - 1} not." in stopped.stderr
        )
    else:
        assert "Interrupted. It is uncertain whether this was done for models 0-129." in stopped.stderr
    assert "Go on by typing the command again, or for those alone, but not before the next trans" in stopped.stderr
    done = sent * MAX_CALLS
    assert many.idle() == [3] * done + [0] * (MANY - done)

    printed = many.do(f"stake deposit {EVERYONE}=3")
    assert [each["model"] for each in printed["models"]] == list(range(done, MANY))
    assert printed["notes"] == [
        f"Left out, since exactly this was done in the last 24 hours: models 0-{done - 1}. --again does it once more."
    ]
    assert many.idle() == [3] * MANY
    assert many.paid() == 3 * MANY
    assert many.refused(f"stake deposit {EVERYONE}=3") == (
        "Error: Nothing is left to do: exactly this was done in the last 24 hours, for models 0-129. "
        "Add --again to do it once more.\n"
    )
    many.do(f"stake deposit {EVERYONE}=3 --again")
    assert many.idle() == [6] * MANY


def test_deposit__interrupted_before_anything_was_sent__says_so(models, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("nmr.client.session.Session.try_batches", interrupted)
    result = models.type("stake deposit 0-1=3")
    assert result.exit_code == LOST
    assert result.stderr == (
        "Error: Interrupted. Nothing was sent for models 0-1. Go on by typing the command again, or for those alone.\n"
    )
    assert models.paid() == 0


def test_deposit__another_amount_model_account_or_day__is_made(models):
    models.suite.call(models.suite["classic"], "register", "c", ZERO_ADDRESS, sender=RIVAL)
    models.do("stake deposit 0=3")
    assert models.do("stake deposit 0=3.5")["notes"] == []
    assert models.do("stake deposit 1=3")["notes"] == []
    models.do("stake deposit 0=3 --for-others", "rival")
    models.refused("stake deposit 0=3")
    models.suite.node.wait(DAY - 100)
    models.suite.node.mine()
    models.refused("stake deposit 0=3")
    models.suite.node.wait(100)
    models.suite.node.mine()
    models.do("stake deposit 0=3")
    assert models.idle() == [12, 3, 0]


def test_deposit__transaction_waits_for_its_block__is_refused_until_it_is_there(models, monkeypatch):
    node, counts = models.suite.node, iter(["0x6", "0x5"])
    monkeypatch.setattr(node, "_eth_getTransactionCount", lambda *_: next(counts), raising=False)
    refusal = models.refused("stake deposit 0=3")
    assert refusal == (
        f"Error: A transaction of {STAKER.address} waits for its block: type this again when it is in one. "
        "--again does not wait for it.\n"
    )


def test_now__typed_again__stakes_once_a_round(models):
    open_round(models.suite)
    assert models.do("stake now 0-1=3")["total"] == "6"
    assert "in the last 24 hours, for models 0-1." in models.refused("stake now 0-1=3")
    assert models.do("stake now 0-1=3 --again")["total"] == "6"
    models.suite.node.wait(2 * DAY)
    open_round(models.suite)
    # The last minutes count, but for another round.
    models.do("stake now 0=1")
    assert models.paid() == 13


def test_now__another_round_on_the_same_day__stakes_the_same(models):
    suite = models.suite
    open_round(suite)
    suite.node.wait(2 * DAY - 600)
    suite.node.mine()
    models.do("stake now 0=3")
    suite.node.wait(1_200)
    open_round(suite)
    assert models.do("stake now 0=3")["total"] == "3"


def test_move_and_withdraw__typed_again__leave_out_what_was_done(models):
    models.do("stake deposit 0=9 1=9")
    models.do("stake move 0=2 --to 1")
    assert "for model 0. Add --again" in models.refused("stake move 0=2 --to 1")
    models.do("stake move 0=2 --to 1 --again")
    assert models.idle() == [5, 13]
    models.do("stake withdraw 1=4")
    assert [each["model"] for each in models.do("stake withdraw 0-1=4")["models"]] == [0]
    # To somebody else it is something else.
    assert models.do("stake withdraw 0=1 1=4 --receiver rival")["notes"] == []
    assert models.do("stake withdraw 1=4 --again")["total"] == "4"
    assert models.idle() == [0, 1]
    models.do("stake deposit 0=2")
    assert models.do("stake withdraw 0=all")["total"] == "2"
    models.do("stake deposit 0=2 --again")
    assert models.do("stake withdraw 0=all")["total"] == "2"


def test_register__stopped_between_its_transactions__registers_the_rest(terminal):
    labels = " ".join(f"m{i}" for i in range(MAX_CALLS + 1))
    terminal.stops = [None, NodeError("eth_sendRawTransaction", 1, "no more")]
    assert terminal.type(f"stake register {labels}").exit_code == REFUSED
    printed = terminal.do(f"stake register {labels}")
    assert [(new["model"], new["label"]) for new in printed["models"]] == [(MAX_CALLS, f"m{MAX_CALLS}")]
    assert printed["notes"][0] == (
        "Left out, since exactly this was registered in the last 24 hours: models 0-63. --again does it once more."
    )
    # So many are one line, and not a row each.
    assert terminal.type(f"stake register {labels} --again").stdout.startswith("registered  65 in all: 65-129\n")
    assert "for models 0-64. Add --again" in terminal.refused(f"stake register {labels}")


def test_register__a_label_several_times__each_counts(terminal):
    terminal.do("stake register a a")
    printed = terminal.do("stake register a b a a")
    assert [(new["model"], new["label"]) for new in printed["models"]] == [(2, "b"), (3, "a")]
    assert terminal.do("stake register a", "rival")["models"][0]["model"] == 4
    assert terminal.do("stake register a --again")["models"][0]["model"] == 5
