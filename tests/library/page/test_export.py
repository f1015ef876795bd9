# SPDX-License-Identifier: MIT
"""The snapshot of the page beside the audit, and what keeps it from being written."""

import gzip
import json

import pytest

from nmr.audit.chain import RpcChain
from nmr.audit.run import NoSuchBlock, OtherChain
from nmr.errors import Mismatch
from nmr.page.export import SUMMARY, take_snapshot
from nmr.text.amounts import NMR
from nmr.tvl.figures import Price, PriceStatus
from tests.library.audit.history import audited, node_of_history, unslept
from tests.library.audit.pool_history import played
from tests.library.audit.scene import abis
from tests.library.page.fixture import snapshot_of, snapshot_of_pools
from tests.support.pool_node import BACKER, MANAGER


@pytest.fixture(scope="module")
def node():
    return node_of_history()


@pytest.fixture(scope="module")
def files(node):
    return {name: json.loads(gzip.decompress(content)) for name, content in snapshot_of(node).files()}


def test_snapshot__of_a_history__has_the_figures_of_the_audit(node, files):
    report, books = audited(node).content, files[SUMMARY]["books"]
    [figures], [shown] = report["figures"]["tournaments"].values(), books["tournaments"].values()

    assert {name: books[name] for name in ("supply", "burned", "treasury")} == {
        name: report["figures"][name] for name in ("supply", "burned", "treasury")
    }
    names = ("idle", "staked", "balance", "rewards", "burns")
    assert {name: shown[name] for name in names} == {name: figures[name] for name in names}
    assert (len(shown["models"]["label"]), len(shown["rounds"])) == (figures["models"], figures["rounds"])
    assert shown["settlements"] == report["settlements"] == 3


def test_snapshot__of_a_history__has_each_payout(files):
    models = files["classic/models-0.json.gz"]
    gain, loss = 666_666_666 * 10**9, -666_666_666 * 10**9

    assert models[0]["rounds"] == [[1, str(40 * NMR), 10**6, 0, 1, str(gain), str(40 * NMR + gain)]]
    assert models[1]["rounds"] == [[1, str(40 * NMR), -(10**6), 0, 1, str(loss), str(40 * NMR + loss)]]
    # A void round pays nothing, and keeps what the policy says.
    assert models[3]["rounds"] == [[2, str(10 * NMR), 0, 0, 0, "0", str(5 * NMR)]]
    assert models[3]["positions"] == [[4, str(5 * NMR)]]
    assert [event[2] for event in models[3]["events"]] == ["registered", "policy", "received", "withdrawn", "staked"]


def test_snapshot__of_a_history__has_the_same_rows_by_round_and_by_model(files):
    rows = {row[0]: row[1:] for row in files["classic/round-1.json.gz"]}

    assert sorted(rows) == [0, 1, 4]
    for model, row in rows.items():
        assert files["classic/models-0.json.gz"][model]["rounds"][0][1:] == row


def test_snapshot__with_pools__has_their_places_backers_and_events():
    files = {name: json.loads(gzip.decompress(content)) for name, content in snapshot_of_pools(played()[0]).files()}
    shown = files[SUMMARY]["books"]["tournaments"]["classic"]
    first, second = shown["pools"]
    shard = files["classic/pool-1.json.gz"]

    assert (first["model"], first["manager"], first["fee"], first["skin"]) == (1, MANAGER.address, 2_000, 1_000)
    assert shown["in_pools"] == str(sum(int(pool["owed"]) for pool in shown["pools"]))
    [place] = first["places"]
    [of_model] = files["classic/models-0.json.gz"][1]["positions"]
    assert [place["round"], place["value"]] == of_model
    shares = sum(int(row[3]) for row in shard["holdings"])
    waiting = sum(int(row[6]) + int(row[7]) for row in shard["holdings"])
    assert first["backers"] == len(shard["holdings"]) == 2
    assert waiting + int(first["credit"]) <= int(first["owed"]) <= waiting + int(first["credit"]) + 4 * 10**9
    # What ran and nobody claimed yet is in the holdings.
    assert int(place["manager_shares"]) + shares == int(place["shares"])
    assert shard["events"][1][2:] == ["entry ordered", 0, BACKER.address, str(50 * NMR), "0"]
    assert {event[2] for event in shard["events"]} >= {"fee", "exits run", "entries run", "claimed", "swept"}
    assert (second["places"][0]["epoch"], second["places"][0]["shares"]) == (1, "0")


def test_snapshot__taken_twice__has_the_same_bytes(node):
    assert list(snapshot_of(node).files()) == list(snapshot_of(node).files())


def test_snapshot__with_a_price__tells_it_with_its_age(node):
    assert snapshot_of(node).summary["price"] is None
    priced = snapshot_of(node, price_at=lambda block: Price.parse("12.5")).summary
    assert priced["price"] == [str(12_500_000_000_000_000_000), 18, 0, ""]


def test_snapshot__with_the_price_of_a_feed__names_the_feed(node):
    def snapshot(price):
        return snapshot_of(node, price_at=lambda block: price, feed="0x" + 40 * "1").summary["price"]

    assert snapshot(Price(PriceStatus.KNOWN, 1_250, 2, 99, 5)) == ["1250", 2, 99, "0x" + 40 * "1"]
    assert snapshot(Price(PriceStatus.NOT_POSITIVE)) is None


def test_snapshot__of_a_block_to_come__is_refused(node):
    with pytest.raises(NoSuchBlock, match=f"^There is no block {node.head + 1} yet: the chain's latest is "):
        snapshot_of(node, block=node.head + 1)


def test_snapshot__of_another_chain__is_refused():
    node = node_of_history()
    record = node.record
    node.chain_id = 1

    with pytest.raises(OtherChain, match=r"^The suite was deployed on chain 31337, and this is chain 1\.$"):
        take_snapshot(RpcChain(node, unslept), record, abis(), sleep=unslept)


def test_snapshot__of_a_log_that_disagrees__is_refused():
    node = node_of_history()
    log = node.logs[node.log_index("Settled")]
    log["data"] = log["data"][:-64] + f"{1:064x}"

    with pytest.raises(Mismatch, match=r"staked|rewards|burns|idled"):
        snapshot_of(node)
