# SPDX-License-Identifier: MIT
"""`nmr pool …` on a chain of py-evm, as backers and managers use it: each command, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest

from nmr.chain.builds import build
from nmr.cli import tables
from nmr.cli.tables import wide_console
from nmr.rounds import pool_records
from nmr.text.amounts import NMR
from nmr.text.reasons import EXPLANATIONS
from tests.library.cli.conftest import Run, Sending, events, refused, told
from tests.support.pool_node import BACKER, MANAGER, OTHER, PoolNode

POINT = 10**6
"""A score of 1%."""


def test_create__with_terms__says_what_cannot_be_changed(run: Run, chain: PoolNode) -> None:
    shown = run("create", "ridge", "--fee", "0.2", "--submitter", OTHER.address, account="manager")
    assert shown.exit_code == 0
    assert "fee      20% of what a place gains above its mark" in shown.output
    assert "skin     the manager keeps 10% of each place at least" in shown.output
    model = told(run("show", "ridge", as_json=True))["model"]
    assert chain.read("Tournament", chain.tournament, "submitter_of", model) == OTHER.address.lower()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--fee", "0.31"), "0.31 is out of range: it is 0 to 0.3, 0.2 being 20%."),
        (("--fee", "20%"), "It is '20%', not a plain number such as 0.0125."),
        (("--skin", "0.05"), "0.05 is out of range: it is 0.1 to 0.5, 0.2 being 20%."),
    ],
)
def test_create__out_of_range__is_refused(run: Run, options: tuple[str, ...], reason: str) -> None:
    assert reason in run("create", "ridge", *options, account="manager").output


def test_create__label_of_33_bytes__is_refused(run: Run) -> None:
    assert refused(run("create", "x" * 33, account="manager")).endswith("has 33 bytes, and 32 is the most.")


def test_enter__nothing_allowed_yet__allows_exactly_the_sum(run: Run, chain: PoolNode, pool: str) -> None:
    done = told(run("enter", "ridge", "--amount", "50.5", account="backer", as_json=True))
    assert done["approved"] == "101" and len(done["transactions"]) == 2
    assert [(each["event"], each["place"], each["amount"]) for each in done["events"]] == [
        ("EntryOrdered", 0, "50.5"),
        ("EntryOrdered", 1, "50.5"),
    ]
    assert chain.read("Numeraire", chain.numeraire, "allowance", BACKER.address, pool) == 0


def test_enter__allowed_already__approves_nothing(run: Run, chain: PoolNode, pool: str) -> None:
    chain.call("Numeraire", chain.numeraire, "approve", pool, 10 * NMR, sender=BACKER)
    done = told(run("enter", "ridge", "--amount", "5", "--place", 1, account="backer", as_json=True))
    assert done["approved"] is None and len(done["transactions"]) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--amount", "0.9"), "An order is 1 NMR at least, the tournament's MIN_STAKE."),
        (("--amount", "60000"), "The account holds 100000 NMR, and 120000 are needed."),
        (("--amount", "1", "--place", 2), "There is no place 2: the tournament has the places 0 to 1."),
    ],
)
def test_enter__what_cannot_be__is_refused(run: Run, pool: str, arguments: tuple[Any, ...], reason: str) -> None:
    assert refused(run("enter", "ridge", *arguments, account="backer")) == reason


def test_enter__blueprint_is_forged__nothing_is_approved(tmp_path: Path) -> None:
    """The factory is genuine, and copies what pays somebody else."""
    from nmr.client.pools import Backer
    from nmr.client.session import Session
    from nmr.deploy.genuine import NotGenuine

    code = build("Pool").creation_code
    chain = PoolNode(forge={"blueprint of Pool": lambda *_: code[:-1] + bytes([code[-1] ^ 1])})
    chain.create(0)
    chain.call("Numeraire", chain.numeraire, "approve", _address_of_pool(chain), 0, sender=BACKER)
    session = Session(chain.suite.record, chain.node)
    pools = Backer(session, session.tournament(), Sending(chain, BACKER))
    [pool] = pools.all()
    with pytest.raises(NotGenuine, match="classic-pools: hash of the blueprint should be"):
        pools.enter(pool, {0: NMR})


def _address_of_pool(chain: PoolNode) -> str:
    return str(chain.read("PoolFactory", chain.factory, "pool_at", 0))


def test_pool__enters_wins_and_leaves__tells_each_step(run: Run, chain: PoolNode, opened: int) -> None:
    chain.resolve(2, opened, {1: 10 * POINT})
    shown = run("show", "ridge", account="backer")
    assert "at stake   165 NMR" in shown.output
    [first, _] = told(run("show", "ridge", account="backer", as_json=True))["holding"]
    assert first["value"] == "54"
    assert events(run("exit", "ridge", "--part", "0.5", account="backer", as_json=True))[0][1]["shares"] == str(
        25 * NMR
    )
    [(booked, fee), (run_, paid)] = events(run("checkpoint", "ridge", account="stranger", as_json=True))
    assert (booked, fee["fee"], run_, paid["paid"]) == ("Booked", "3", "ExitsRun", "27")
    [(name, claimed)] = events(run("claim", "ridge", account="backer", as_json=True))
    assert (name, claimed["paid"], claimed["shares"]) == ("Claimed", "27", str(25 * NMR))
    assert events(run("exit", "ridge", account="backer", as_json=True))[0][0] == "ExitOrdered"
    assert "1 │" not in run("cancel", "ridge", account="backer").output
    assert refused(run("cancel", "ridge", account="backer")) == (
        "The account has no such order that waits: see pool show."
    )


def test_claim__manager__collects_what_is_his(run: Run, chain: PoolNode, opened: int) -> None:
    chain.resolve(2, opened, {1: 0})
    run("exit", "ridge", account="manager")
    run("exit", "ridge", account="backer")
    assert [name for name, _ in events(run("checkpoint", "ridge", account="stranger", as_json=True))] == ["EpochEnded"]
    assert events(run("claim", "ridge", account="manager", as_json=True)) == [
        ("ManagerPaid", {"event": "ManagerPaid", "amount": "100"})
    ]


def test_exit__manager_orders_all_out_beside_a_backer__leaves_down_to_the_skin(
    run: Run, chain: PoolNode, opened: int
) -> None:
    chain.resolve(2, opened, {1: 0})
    ordered = events(run("exit", "ridge", account="manager", as_json=True))
    assert [(name, each["shares"]) for name, each in ordered] == [("ExitOrdered", str(100 * NMR))]
    [(name, ran)] = events(run("checkpoint", "ridge", account="stranger", as_json=True))
    kept = -(-50 * NMR // 9)
    assert (name, ran["manager_shares"]) == ("ExitsRun", str(100 * NMR - kept))
    [place, _] = told(run("show", "ridge", as_json=True))["places"]
    assert (place["manager_shares"], place["manager_exit"]) == (str(kept), str(kept))
    [(name, paid)] = events(run("claim", "ridge", account="manager", as_json=True))
    assert (name, paid["amount"]) == ("ManagerPaid", "94.444444444")
    assert [name for name, _ in events(run("cancel", "ridge", account="manager", as_json=True))] == ["ExitCancelled"]


STUCK = "Shares were bought in this round at place 1: none there are ordered out before it is settled."
PARTS = pytest.mark.parametrize(("options", "shares"), [((), 50), (("--part", "0.5"), 25), (("--part", "0.3"), 15)])


@pytest.fixture
def bought(run: Run, chain: PoolNode, opened: int) -> None:
    """At place 0 round 2 won 10%, its fee is due, and at place 1 the backer bought 50 NMR of shares in round 3."""
    chain.resolve(2, opened, {1: 10 * POINT})
    chain.node.wait(chain.open(3) - chain.node.now - 600)
    for account, amount in (("manager", 100), ("backer", 50)):
        assert run("enter", "ridge", "--amount", amount, "--place", 1, account=account).exit_code == 0
    assert run("fill", "ridge", "--place", 1, account="stranger").exit_code == 0


@PARTS
def test_exit__bought_at_one_place__orders_the_rest_with_a_note(
    run: Run, bought: None, options: tuple[str, ...], shares: int
) -> None:
    done = told(run("exit", "ridge", *options, account="backer", as_json=True))
    ordered = [(each["place"], each["shares"]) for each in done["events"] if each["event"] == "ExitOrdered"]
    assert (ordered, done["notes"]) == ([(0, str(shares * NMR))], [STUCK])


@pytest.mark.parametrize("options", [("--place", 1), ("--place", 1, "--part", "0.3")])
def test_exit__no_place_but_where_shares_were_bought__is_refused(
    run: Run, bought: None, options: tuple[object, ...]
) -> None:
    assert refused(run("exit", "ridge", *options, account="backer")) == STUCK


def test_exit__older_shares_where_more_were_bought__wait_too(run: Run, chain: PoolNode, opened: int) -> None:
    chain.resolve(2, opened, {1: 0})
    chain.node.wait(chain.open(3) - chain.node.now)
    chain.open(4)
    run("enter", "ridge", "--amount", 1, "--place", 0, account="backer")
    assert run("fill", "ridge", "--place", 0, account="stranger").exit_code == 0
    assert refused(run("exit", "ridge", "--part", "0.1", account="backer")) == STUCK.replace("place 1", "place 0")


def test_exit__manager_orders_all_out_while_a_fee_is_due__is_told_to_order_again(
    run: Run, chain: PoolNode, bought: None
) -> None:
    out = ("exit", "ridge", "--place", 0)
    done = told(run(*out, account="manager", as_json=True))
    assert done["notes"] == [
        "Fees of the next checkpoint at place 0 are new shares and not of this order: after it, order out what is left."
    ]
    # There are no shares of the fee yet: nothing is left to order.
    assert refused(run(*out, account="manager")) == "The account has no shares there that are not on order."
    run("checkpoint", "ridge", "--place", 0, account="stranger")
    [place, _] = told(run("show", "ridge", as_json=True))["places"]
    assert int(place["manager_shares"]) > int(place["manager_exit"])
    assert told(run(*out, account="manager", as_json=True))["notes"] == []


def test_exit__manager_at_a_place_at_risk__is_told_of_a_fee_to_come(run: Run, chain: PoolNode, opened: int) -> None:
    assert told(run("exit", "ridge", "--part", "0.5", account="manager", as_json=True))["notes"] == []
    chain.node.wait(opened - chain.node.now)
    assert told(run("exit", "ridge", account="manager", as_json=True))["notes"] == [
        "Fees of the next checkpoint at place 0 are new shares and not of this order: after it, order out what is left."
    ]


def test_exit__part_of_the_managers_while_a_fee_is_due__is_of_the_shares_that_are_there(run: Run, bought: None) -> None:
    done = events(run("exit", "ridge", "--part", "0.99", "--place", 0, account="manager", as_json=True))
    assert [each["shares"] for _, each in done] == [str(99 * NMR)]


@pytest.mark.parametrize("part", [(), ("--part", "0.5")])
def test_exit__nothing_held__is_refused(run: Run, pool: str, part: tuple[str, ...]) -> None:
    assert refused(run("exit", "ridge", *part, account="other")).startswith("The account has no shares")


def test_cancel__one_kind__leaves_the_other(run: Run, chain: PoolNode, opened: int) -> None:
    chain.resolve(2, opened, {1: 0})
    run("exit", "ridge", account="backer")
    run("enter", "ridge", "--amount", 2, account="backer")
    assert [name for name, _ in events(run("cancel", "ridge", "--entries", account="backer", as_json=True))] == [
        "EntryCancelled",
        "EntryCancelled",
    ]
    assert [name for name, _ in events(run("cancel", "ridge", account="backer", as_json=True))] == ["ExitCancelled"]


def test_checkpoint__nothing_is_due__says_so_of_every_place(run: Run, chain: PoolNode, opened: int) -> None:
    assert refused(run("checkpoint", "ridge", account="stranger")) == "No fee and no order to leave is due."
    chain.node.wait(opened - chain.node.now)
    assert refused(run("fill", "ridge", account="stranger")) == (
        "Nothing can be done at any place. Place 0: The place's stake is at risk until its round is settled: see when "
        "it is free. (pool: value is not exact) Place 1: The place's round is not open: entries run while it is. "
        "(pool: round is not open)"
    )


def test_sweep__donation__is_burned(run: Run, chain: PoolNode, pool: str) -> None:
    assert refused(run("sweep", "ridge", account="stranger")).startswith("All NMR of the pool is owed to somebody.")
    chain.call("Numeraire", chain.numeraire, "transfer", pool, NMR, sender=OTHER)
    assert events(run("sweep", "ridge", account="stranger", as_json=True)) == [
        ("Swept", {"event": "Swept", "amount": "1"})
    ]


def test_submitter__manager__names_another_and_himself(run: Run, chain: PoolNode, pool: str) -> None:
    shown = run("submitter", "ridge", "--to", OTHER.address, account="manager")
    assert shown.output.startswith(f"{OTHER.address} submits for model 1 ridge now.\n")
    assert told(run("show", "ridge", as_json=True))["submitter"] == OTHER.address
    said = told(run("submitter", "ridge", "--manager", account="manager", as_json=True))
    assert (said["pool"], said["submitter"]) == (pool, MANAGER.address)
    assert told(run("show", "ridge", as_json=True))["submitter"] == MANAGER.address
    assert run("submitter", "ridge", "--manager", account="manager").output.startswith("The manager submits for ")


def test_submitter__not_the_manager_or_nobody_named__is_refused(run: Run, pool: str) -> None:
    assert refused(run("submitter", "ridge", "--to", OTHER.address, account="other")).startswith(
        EXPLANATIONS["pool: not the manager"]
    )
    for given in ((), ("--to", OTHER.address, "--manager")):
        assert refused(run("submitter", "ridge", *given, account="manager")) == (
            "Who submits? Give either --to or --manager."
        )


def test_list__two_pools__each_is_a_row_in_80_columns(run: Run, opened: int) -> None:
    assert run("create", "lasso", account="other").exit_code == 0
    shown = run("list").output
    assert max(map(len, shown.splitlines())) <= 80
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if line.startswith("│")]
    short = [f"{who.address[:6]}…{who.address[-4:]}" for who in (MANAGER, OTHER)]
    assert [[*row[:6], row[-1]] for row in rows] == [
        ["1", "ridge", "20%", "10%", "150", "66.67%", short[0]],
        ["2", "lasso", "0%", "10%", "0", "", short[1]],
    ]
    plain = told(run("list", as_json=True))["pools"]
    assert [(each["label"], each["staked"], each["manager_staked"]) for each in plain] == [
        ("ridge", "150", "100"),
        ("lasso", "0", "0"),
    ]


def test_list__into_a_pipe__has_both_addresses_whole(run: Run, pool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "wide_console", wide_console)
    assert [row.split()[-4:-1:2] for row in run("list").output.splitlines() if " ridge " in row] == [
        [pool, MANAGER.address]
    ]


def test_list__no_pool__says_so(run: Run) -> None:
    assert run("list").output == "There is no pool yet.\n"


def test_leaderboard__two_opposite_pools__are_ranked_and_flagged(
    run: Run, chain: PoolNode, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_records, "LEAST_COMMON", 2)
    second = chain.create(0)
    chain.pool(second, "enter_order", 0, 100 * NMR, sender=MANAGER)
    chain.node.mine()
    chain.pool(second, "fill", 0)
    chain.resolve(2, opened, {1: 10 * POINT, 2: -10 * POINT})
    chain.node.wait(chain.open(3) - chain.node.now)
    chain.resolve(4, chain.open(4), {1: -4 * POINT, 2: 4 * POINT})
    found = told(run("leaderboard", as_json=True))
    # 150 NMR won 10% and lost 4%: 8.4 NMR more, of which nobody booked a fee of 20% so far.
    rows = [(each["label"], each["rounds"], each["won_by_place"], each["fall"]) for each in found["pools"]]
    assert [(label, rounds) for label, rounds, *_ in rows] == [("ridge", 2), ("pool", 2)]
    assert rows[0][2:] == ([pytest.approx(0.8 * 0.056), None], pytest.approx(0.04))
    assert rows[1][2:] == ([pytest.approx(0.9 * 1.04 - 1), None], pytest.approx(0.1))
    [pair] = found["offset"]
    assert (pair["models"], pair["rounds"], pair["correlation"]) == ([1, 2], 2, pytest.approx(-1))
    shown = run("leaderboard").output
    assert max(len(line) for line in shown.splitlines() if line.startswith("│")) <= 80
    assert "Pools 1 ridge and 2 pool offset each other: over 2 common rounds" in " ".join(shown.split())


def test_leaderboard__no_pool__says_so(run: Run) -> None:
    assert run("leaderboard").output == "There is no pool yet.\n"
    assert told(run("leaderboard", as_json=True)) == {"pools": [], "offset": []}


def test_show__value_at_risk__says_when_it_is_free(run: Run, chain: PoolNode, opened: int) -> None:
    chain.node.wait(opened - chain.node.now)
    [first, second] = told(run("show", "1", as_json=True))["places"]
    assert not first["free"] and first["free_from"] < first["free_by"] and second["free"]
    shown = run("show", "1", account="backer").output
    assert max(map(len, shown.splitlines())) <= 80
    assert "in 3d" in shown


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("7", "No pool owns model 7: see pool list."),
        ("", "A pool is its address, the id of its model, or its label, such as 7 or ridge, not ''."),
        ("1-2", "A pool is its address, the id of its model, or its label, such as 7 or ridge, not '1-2'."),
        ("lasso", "No pool is 'lasso', by its label or address: see pool list."),
        ("0x" + "1" * 40, f"No pool is '0x{'1' * 40}', by its label or address: see pool list."),
    ],
)
def test_show__no_such_pool__is_refused(run: Run, pool: str, name: str, reason: str) -> None:
    assert refused(run("show", name)) == reason


def test_show__two_pools_of_a_label__asks_for_the_model(run: Run, pool: str) -> None:
    run("create", "ridge", account="other")
    assert refused(run("show", "ridge")) == (
        "The pools of models 1-2 have the label 'ridge': name one by its model or address."
    )
