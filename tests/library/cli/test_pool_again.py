# SPDX-License-Identifier: MIT
"""Commands of pools that are typed again, or interrupted: nothing is ordered twice unless it is asked for."""

import pytest

from nmr.cli.command import LOST
from nmr.text.amounts import NMR
from tests.library.cli.conftest import Run, Sending, events, refused, told
from tests.support.pool_node import BACKER, PoolNode

DAY = 86_400


def again(what: str, about: str) -> str:
    return f"Nothing is left to do: {what} in the last 24 hours, for {about}. Add --again to do it once more."


def entered(run: Run, amount: str, *options: object) -> list[int]:
    """The places at which the backer ordered."""
    done = events(run("enter", "ridge", "--amount", amount, *options, account="backer", as_json=True))
    return [each["place"] for name, each in done if name == "EntryOrdered"]


def test_create__typed_again__is_refused_unless_asked_for(run: Run, pool: str) -> None:
    same = ("create", "ridge", "--fee", "0.2", "--skin", "0.1")
    assert refused(run(*same, account="manager")) == again("exactly this was created", "the pool of model 1")
    # Another's, or one with other terms, is another.
    assert told(run(*same, account="other", as_json=True))["model"] == 2
    assert told(run("create", "ridge", "--fee", "0.1", account="manager", as_json=True))["model"] == 3
    assert told(run(*same, "--again", account="manager", as_json=True))["model"] == 4
    assert refused(run(*same, account="manager")) == again("exactly this was created", "the pool of models 1, 4")


def test_enter__typed_again__orders_the_rest(run: Run, chain: PoolNode, pool: str) -> None:
    assert entered(run, "50", "--place", 0) == [0]
    done = told(run("enter", "ridge", "--amount", "50", account="backer", as_json=True))
    assert [each["place"] for each in done["events"]] == [1]
    assert done["notes"] == [
        "Left out, since exactly this was ordered in the last 24 hours: place 0. --again does it once more."
    ]
    assert refused(run("enter", "ridge", "--amount", "50", account="backer")) == again(
        "exactly this was ordered", "places 0-1"
    )
    assert chain.read("Pool", pool, "owed") == 100 * NMR
    # What is raised by another amount counts as that amount, whatever the sum is then.
    assert entered(run, "20") == [0, 1]
    assert refused(run("enter", "ridge", "--amount", "20", account="backer")) == again(
        "exactly this was ordered", "places 0-1"
    )
    assert entered(run, "70") == [0, 1]
    assert entered(run, "50", "--again") == [0, 1]
    assert chain.read("Pool", pool, "owed") == 380 * NMR


def test_enter__taken_back_or_a_day_ago_or_anothers__orders(run: Run, chain: PoolNode, pool: str) -> None:
    assert entered(run, "5") == [0, 1]
    assert len(events(run("enter", "ridge", "--amount", 5, account="other", as_json=True))) == 2
    run("cancel", "ridge", "--place", 0, account="backer")
    assert entered(run, "5") == [0]
    chain.node.wait(DAY)
    assert entered(run, "5") == [0, 1]


def test_enter__donation_between__is_no_order(run: Run, chain: PoolNode, pool: str) -> None:
    assert entered(run, "5", "--place", 0) == [0]
    chain.call("Numeraire", chain.numeraire, "transfer", pool, 7 * NMR, sender=BACKER)
    assert entered(run, "7", "--place", 0) == [0]


@pytest.mark.parametrize(("places", "about"), [((), "places 0-1"), (("--place", 1), "place 1")])
def test_enter__interrupted_after_its_order_was_sent__says_so_and_orders_once(
    run: Run, chain: PoolNode, pool: str, monkeypatch: pytest.MonkeyPatch, places: tuple[object, ...], about: str
) -> None:
    chain.call("Numeraire", chain.numeraire, "approve", pool, 100 * NMR, sender=BACKER)
    stopped(monkeypatch)
    result = run("enter", "ridge", "--amount", 5, *places, account="backer")
    assert result.exit_code == LOST
    assert refused(result) == (
        f"Interrupted. It is uncertain whether this was done for {about}. Go on by typing the command again, or for "
        "those alone, but not before the next transaction is in a block: it may still go through."
    )
    assert refused(run("enter", "ridge", "--amount", 5, *places, account="backer")) == again(
        "exactly this was ordered", about
    )


def test_exit__interrupted_before_anything_was_sent__says_so(
    run: Run, chain: PoolNode, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    chain.resolve(2, opened, {1: 0})
    monkeypatch.setattr("nmr.client.session.Session.try_batches", interrupted)
    result = run("exit", "ridge", account="backer")
    assert result.exit_code == LOST
    assert refused(result) == (
        "Interrupted. Nothing was sent for place 0. Go on by typing the command again, or for those alone."
    )


@pytest.mark.parametrize(
    "command", [("enter", "ridge", "--amount", 5), ("create", "lasso"), ("submitter", "ridge", "--manager")]
)
def test_command__interrupted_at_its_first_transaction__says_that_it_may_be_sent(
    run: Run, pool: str, monkeypatch: pytest.MonkeyPatch, command: tuple[object, ...]
) -> None:
    stopped(monkeypatch)
    result = run(*command, account="manager")
    assert result.exit_code == LOST
    assert refused(result) == (
        "Interrupted. A transaction may have been sent: look whether it is in a block before you type the command "
        "again."
    )


def test_exit__part_typed_again__orders_that_once(run: Run, chain: PoolNode, opened: int) -> None:
    chain.resolve(2, opened, {1: 0})
    half = ("exit", "ridge", "--part", "0.5")
    assert events(run(*half, account="backer", as_json=True))[0][1]["shares"] == str(25 * NMR)
    assert refused(run(*half, "--place", 0, account="backer")) == again("shares were ordered out", "place 0")
    run("cancel", "ridge", account="backer")
    assert events(run(*half, account="backer", as_json=True))[0][1]["shares"] == str(25 * NMR)
    # Half of the other half; the sum is told.
    assert events(run(*half, "--again", account="backer", as_json=True))[0][1]["shares"] == str(75 * NMR // 2)
    # All of them is the same however often it is typed.
    assert events(run("exit", "ridge", account="backer", as_json=True))[0][1]["shares"] == str(50 * NMR)


def test_enter__transaction_waits_for_its_block__is_refused_until_it_is_there(
    run: Run, chain: PoolNode, pool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter(["0x6", "0x5"])
    monkeypatch.setattr(chain.node, "_eth_getTransactionCount", lambda *_: next(counts), raising=False)
    assert refused(run("enter", "ridge", "--amount", 5, account="backer")) == (
        f"A transaction of {BACKER.address} waits for its block: type this again when it is in one. "
        "--again does not wait for it."
    )


def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C comes after the next transaction was sent."""
    send = Sending.send

    def interrupted(self: Sending, *arguments: object) -> str:
        monkeypatch.setattr(Sending, "send", send)
        send(self, *arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(Sending, "send", interrupted)
