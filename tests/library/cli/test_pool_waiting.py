# SPDX-License-Identifier: MIT
"""What `nmr pool` says of a place whose orders wait, of a fee that is due, and of what comes back."""

import pytest

from nmr.text.amounts import NMR
from tests.library.cli.conftest import Run, events, refused, told
from tests.support.pool_node import OTHER, PoolNode

POINT = 10**6
LATER = "Its orders are of the newest block: they run in a later one."
OPENS = (
    "Nobody has shares there, and orders wait until the manager's own is at least 20 NMR, which opens the place: it is "
)


def row(output: str, title: str, place: int) -> list[str]:
    """The cells of a place in the table of a title."""
    lines = output[output.index(title) :].splitlines()
    return next(
        cells for line in lines if (cells := [cell.strip() for cell in line.split("│")[1:-1]])[:1] == [str(place)]
    )


def test_fill__manager_is_short_of_the_floor__says_what_opens_the_place(run: Run, chain: PoolNode, pool: str) -> None:
    chain.open(2)
    run("enter", "ridge", "--amount", 50, "--place", 0, account="backer")
    assert refused(run("fill", "ridge", "--place", 0, account="stranger")) == f"{OPENS}0."
    done = told(run("enter", "ridge", "--amount", 19, account="manager", as_json=True))
    assert done["notes"] == ["An order of the manager's opens an empty place from 20 NMR on: not yet places 0-1."]
    assert refused(run("fill", "ridge", "--place", 0, account="stranger")) == f"{OPENS}19."
    assert told(run("enter", "ridge", "--amount", 1, account="manager", as_json=True))["notes"] == []
    assert [name for name, _ in events(run("fill", "ridge", account="stranger", as_json=True))] == ["EntriesRun"]


def test_fill__skin_leaves_too_little_room__says_how_much(run: Run, chain: PoolNode, opened: int) -> None:
    # Beside the manager's 100 NMR others may have 900.
    run("enter", "ridge", "--amount", "849.5", "--place", 0, account="other")
    assert [name for name, _ in events(run("fill", "ridge", account="stranger", as_json=True))] == ["EntriesRun"]
    run("enter", "ridge", "--amount", 5, "--place", 0, account="other")
    assert refused(run("fill", "ridge", "--place", 0, account="stranger")) == (
        "Beside the manager's shares there is room for 0.5 NMR, less than the smallest stake or than 1% of "
        "the place: orders to enter wait until the manager enters with more, or others leave."
    )


def test_fill__room_for_less_than_a_hundredth__says_how_much(run: Run, chain: PoolNode, opened: int) -> None:
    run("enter", "ridge", "--amount", 845, "--place", 0, account="other")
    run("fill", "ridge", account="stranger")
    run("enter", "ridge", "--amount", 6, "--place", 0, account="other")
    assert refused(run("fill", "ridge", "--place", 0, account="stranger")).startswith(
        "Beside the manager's shares there is room for 5 NMR, less than the smallest stake or than 1% of the place: "
    )


def test_fill__no_order_to_enter_is_left__says_so(run: Run, chain: PoolNode, opened: int) -> None:
    assert refused(run("fill", "ridge", "--place", 0, account="stranger")) == (
        "No order to enter waits. No fee and no order to leave is due."
    )


def test_enter_and_exit__raised__show_the_whole_order(run: Run, chain: PoolNode, opened: int) -> None:
    chain.resolve(2, opened, {1: 0})
    for amount, whole in ((5, "5"), (95, "100")):
        shown = run("enter", "ridge", "--amount", amount, "--place", 0, account="other").output
        assert row(shown, "Ordered", 0)[1:3] == ["on order to enter now, in all", whole]
    for part, whole in (("0.2", 10), ("0.5", 30)):
        shown = run("exit", "ridge", "--part", part, "--again", account="backer").output
        assert row(shown, "Ordered", 0)[1:] == ["on order to leave now, in all", "", str(whole * NMR)]


def test_fill__more_is_ordered_than_fits__says_what_comes_back(run: Run, chain: PoolNode, opened: int) -> None:
    run("enter", "ridge", "--amount", 1_000, "--place", 0, account="other")
    shown = run("fill", "ridge", account="stranger").output
    assert row(shown, "Filled", 0)[1:3] == ["entered; 150 did not fit, to claim", "850"]
    [(_, claimed)] = events(run("claim", "ridge", account="other", as_json=True))
    assert claimed["paid"] == "150"


def test_checkpoint__manager_has_the_least_part__says_that_the_order_waits(
    run: Run, chain: PoolNode, opened: int
) -> None:
    chain.resolve(2, opened, {1: 0})
    run("exit", "ridge", account="manager")
    run("checkpoint", "ridge", account="stranger")
    assert refused(run("checkpoint", "ridge", "--place", 0, account="stranger")) == (
        "The manager's order to leave waits for others to leave: the least part is all that the manager has. "
        "180 days after the newest round expired, a checkpoint pays everybody out."
    )


@pytest.mark.parametrize("who", ["manager", "backer"])
def test_checkpoint__order_of_the_newest_block__says_that_it_is_too_early(
    run: Run, chain: PoolNode, pool: str, opened: int, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    chain.resolve(2, opened, {1: 0})
    run("exit", "ridge", account=who)
    # The block that follows has the same time, as it may on a chain with several a second.
    monkeypatch.setattr(chain.node, "mine", lambda: None)
    assert refused(run("checkpoint", "ridge", "--place", 0, account="stranger")) == LATER


def test_show__fee_is_due__every_number_is_after_it(run: Run, chain: PoolNode, opened: int) -> None:
    chain.resolve(2, opened, {1: 10 * POINT})
    run("exit", "ridge", account="backer")
    shown = run("show", "ridge", account="manager").output
    # Of 165 NMR 3 are the fee: the backer's third of the other 162 is 54, and the manager has 111.
    assert "A fee of 3 NMR is due to the manager at place 0: all parts and worths here count it as paid.\n" in shown
    assert row(shown, "Places, in NMR", 0)[4:7] == ["67.27%", "54", "0"]
    assert row(shown, "What the account has", 0)[1:3] == ["110.999999999", "67.27%"]
    assert told(run("list", as_json=True))["pools"][0]["manager_staked"] == "110.999999999"
    held = told(run("show", "ridge", account="backer", as_json=True))["holding"][0]
    assert (held["value"], held["exit_value"]) == ("54", "54")
    run("checkpoint", "ridge", account="stranger")
    after = run("show", "ridge", account="manager").output
    assert "A fee of" not in after
    assert row(after, "Places, in NMR", 0)[2:7] == ["111", "111", "100%", "0", "0"]


def test_show__manager__tells_once_what_can_be_claimed(run: Run, chain: PoolNode, opened: int) -> None:
    chain.resolve(2, opened, {1: 0})
    run("exit", "ridge", "--part", "0.4", account="manager")
    run("checkpoint", "ridge", account="stranger")
    shown = run("show", "ridge", account="manager").output
    assert [row(shown, "What the account has", place)[-1] for place in (0, 1)] == ["", ""]
    assert "To claim, of all places: 40 NMR." in shown
    plain = told(run("show", "ridge", account="manager", as_json=True))
    assert (plain["credit"], [each["claimable"] for each in plain["holding"]]) == ("40", [None, None])


def test_show__nothing_is_at_stake__there_is_no_round(run: Run, chain: PoolNode, opened: int) -> None:
    assert [each["round"] for each in told(run("show", "ridge", as_json=True))["places"]] == [2, None]


def test_create__label_like_an_address__is_refused(run: Run) -> None:
    assert refused(run("create", "0xabc", account="manager")) == (
        "The label '0xabc' could not be typed for its pool: it would be taken for an address."
    )


def test_create__label_is_taken__says_what_backers_need(run: Run, pool: str) -> None:
    assert told(run("create", "ridge", account="other", as_json=True))["notes"] == [
        "The pool of model 1 has the label 'ridge' already: backers need the model or address."
    ]


def test_submitter__others_have_the_label__is_the_managers_own(run: Run, pool: str) -> None:
    run("create", "ridge", account="other")
    assert told(run("submitter", "ridge", "--to", OTHER.address, account="manager", as_json=True))["pool"] == pool
    assert told(run("submitter", "ridge", "--manager", account="other", as_json=True))["submitter"] == OTHER.address
