# SPDX-License-Identifier: MIT
"""The audit of a log: what agrees, and what is planted in it is found and named."""

import re
from collections.abc import Callable

import pytest
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nmr.audit.run import NoSuchBlock, OtherChain
from nmr.protocol.reference.rounds import Terms
from nmr.text.amounts import GWEI
from tests.library.audit.history import as_topic, audited, differences, history, node_of_history, transaction_of
from tests.library.audit.scene import FakeNode, abis
from tests.support.example_suite import TOURNAMENT, TREASURY


@pytest.fixture
def node() -> FakeNode:
    return node_of_history()


def change_data(node: FakeNode, index: int, word: int, change: Callable[[int], int]) -> None:
    """Change a word of a log's data."""
    data = node.logs[index]["data"]
    at = 2 + 64 * word
    value = change(int(data[at : at + 64], 16))
    node.logs[index]["data"] = f"{data[:at]}{value:064x}{data[at + 64 :]}"


# what agrees


def test_audit__untouched_suite__agrees_and_counts_all_it_compared(node: FakeNode) -> None:
    report = audited(node)
    assert differences(report) == []
    assert report.agrees
    compared = report.content["compared"]
    assert compared["log"] == {"compared": len(node.logs), "differ": 0}
    assert compared["code"] == {"compared": 7, "differ": 0}
    assert compared["positions"]["compared"] == 2 * 2  # places, groups
    assert compared["idle"]["compared"] == compared["targets"]["compared"] == 2
    assert compared["owners"]["compared"] == 3 * 6
    assert compared["rounds"]["compared"] == 3 * 21 + 1
    assert compared["roots"]["compared"] == 7
    assert all(figures["differ"] == 0 for figures in compared.values())
    assert report.content["settlements"] == 3


def test_audit__figures__are_those_of_the_world(node: FakeNode) -> None:
    figures, world = audited(node).content["figures"], history()
    tournament = world.tournaments[TOURNAMENT]
    assert figures["supply"] == str(world.numeraire.total_supply)
    assert figures["burned"] == str(world.numeraire.burned) != "0"
    assert figures["treasury"]["balance"] == str(world.numeraire.balance_of(TREASURY))
    assert figures["tournaments"]["classic"]["idle"] == str(tournament.idle_total())
    assert figures["tournaments"]["classic"]["staked"] == str(tournament.staked_total())
    assert figures["tournaments"]["classic"]["burns"] == str(world.numeraire.burned)


def test_audit__again_and_by_small_ranges__same_bytes(node: FakeNode) -> None:
    whole = audited(node).canonical()
    node.limit = 3
    assert audited(node).canonical() == whole


# what is planted in the log


def test_audit__score_word_changed__payout_root_and_models_are_named(node: FakeNode) -> None:
    index = node.log_index("Settled")
    # The primary score of model 4, the lowest lane of the second word, is a bit less. Six fields, the chunk's size, and
    # the head of its encoding come before the words.
    change_data(node, index, 6 + 1 + 2 + 1, lambda word: word - 1)
    report = audited(node)
    block, transaction = transaction_of(node, "Settled")
    log = [each for each in report.disagreements if each.source == "log"]
    assert log[0].what == "rewards"
    assert "root" in [each.what for each in log]
    assert {(each.block, each.transaction) for each in log} == {(block, transaction)}
    storage = [each for each in report.disagreements if each.source == "storage"]
    stakes = [each for each in storage if each.model is not None]
    assert {each.model for each in stakes} == {4}
    assert {(each.block, each.transaction) for each in stakes} == {(block, transaction)}


def test_audit__burn_short_by_one_unit__is_named_by_its_transaction(node: FakeNode) -> None:
    change_data(node, node.log_index("Settled"), 4, lambda burns: burns - GWEI)
    report = audited(node)
    burned = history().numeraire.burned
    first, *_ = report.disagreements
    assert (first.what, first.expected, first.found) == ("burns", str(burned), str(burned - GWEI))
    assert (first.block, first.transaction) == transaction_of(node, "Settled")
    assert not report.agrees


def test_audit__burn_that_never_reached_the_token__is_named(node: FakeNode) -> None:
    burn = [i for i, log in enumerate(node.logs) if log["topics"][1:] == [as_topic(TOURNAMENT), as_topic("0x0")]][-1]
    change_data(node, burn, 0, lambda amount: amount - 1)
    report = audited(node)
    address = to_checksum_address(TOURNAMENT)
    assert any(
        each.what == f"NMR from {address} to 0x{0:040x} beyond its events" and each.found == "-1"
        for each in report.disagreements
    )
    held = [each for each in report.disagreements if each.source == "storage"]
    assert [(each.what, int(each.expected) - int(each.found)) for each in held] == [
        ("total supply (wei)", 1),
        ("balance of classic (wei)", 1),
    ]


@pytest.mark.parametrize(
    "name", ["Deposited", "PolicySet", "Entered", "Submitted", "IdleMoved", "OwnershipMoved", "Spent", "Settled"]
)
def test_audit__log_missing__found(node: FakeNode, name: str) -> None:
    del node.logs[node.log_index(name, 0)]
    report = audited(node)
    assert not report.agrees
    assert report.count == len(report.disagreements) > 0


def test_audit__policy_missing__storage_names_the_model_and_both_figures(node: FakeNode) -> None:
    del node.logs[node.log_index("PolicySet", 2)]
    found = differences(audited(node))
    assert ("storage", "classic", "target (gwei)", 4, "0", str(40 * 10**9)) in found


def test_audit__log_twice__named_and_counted_once(node: FakeNode) -> None:
    index = node.log_index("Deposited", 0)
    node.logs.insert(index + 1, dict(node.logs[index]))
    report = audited(node)
    [only] = report.disagreements
    assert only.what == "order of the log"
    assert (only.block, only.transaction, only.model) == (*transaction_of(node, "Deposited", 0), 0)


def test_audit__log_that_no_contract_has__named(node: FakeNode) -> None:
    log = node.logs[node.log_index("Voided")]
    log["topics"] = [f"0x{'ab' * 32}"]
    report = audited(node)
    first = report.disagreements[0]
    assert (first.what, first.expected) == ("log", "an event of the contract")
    assert first.transaction == log["transactionHash"]


UNTOLD = {"ModelRegistered", "Submitted", "CallScheduled", "MinimumDelayChange", "Paused"}
"""Events with data of which nothing is stored: a label, hashes of files, calls to come, what was before, who paused."""
PACKAGE = "RoundOpened", len(Terms._fields)
"""The event and the word of it that has the hash of a round's package, which is logged alone."""


@given(st.data())
@settings(max_examples=80)
def test_audit__any_word_of_any_log_changed__found_unless_nothing_depends_on_it(data: st.DataObject) -> None:
    node = node_of_history()
    index = data.draw(st.sampled_from([i for i, log in enumerate(node.logs) if len(log["data"]) > 2]))
    word = data.draw(st.integers(0, len(node.logs[index]["data"]) // 64 - 1))
    change_data(node, index, word, lambda value: value ^ data.draw(st.sampled_from([1, 1 << 30, 1 << 100, 1 << 255])))
    report = audited(node)
    assert report.content["compared"]["log"]["compared"] >= len(node.logs) - 1
    untold = name_of(node, index) in UNTOLD or (name_of(node, index), word) == PACKAGE
    assert not report.agrees or untold


@given(st.data())
@settings(max_examples=40)
def test_audit__any_logs_missing_or_moved__read_to_the_end_and_found(data: st.DataObject) -> None:
    node = node_of_history()
    indexes = data.draw(st.lists(st.integers(0, len(node.logs) - 1), min_size=1, max_size=4, unique=True))
    missing = [node.logs[i] for i in indexes]
    # The token's owner is nobody with and without its event, and a round is closed by what comes before that is told.
    told = [i for i in indexes if name_of(node, i) not in ("OwnershipTransferred", "RoundClosed")]
    whole = node.logs
    node.logs = [log for i, log in enumerate(whole) if i not in indexes]
    if data.draw(st.booleans()):
        node.logs += missing
    assume(node.logs != whole)
    assert not audited(node).agrees or not told


def name_of(node: FakeNode, index: int) -> str:
    names = {event_abi_to_log_topic(event): event["name"] for each in abis().values() for event in each}
    return str(names[bytes.fromhex(node.logs[index]["topics"][0][2:])])


# what cannot be audited


def test_audit__another_chain__refused(node: FakeNode) -> None:
    node._eth_chainId = lambda: "0x1"
    with pytest.raises(OtherChain, match="deployed on chain 31337, and this is chain 1"):
        audited(node)


def test_audit__block_beyond_the_chain__refused(node: FakeNode) -> None:
    with pytest.raises(NoSuchBlock, match="Block 10000 cannot be audited: the chain's latest is 45"):
        audited(node, block=10_000)


def test_audit__more_confirmations_than_blocks__refused(node: FakeNode) -> None:
    refused = f"{node.head + 1} confirmations are more than the chain has blocks: its latest is {node.head}."
    with pytest.raises(NoSuchBlock, match=f"^{re.escape(refused)}$"):
        audited(node, confirmations=node.head + 1)


def test_audit__confirmations__stops_before_the_latest(node: FakeNode) -> None:
    report = audited(node, confirmations=2)
    assert report.content["block"]["number"] == node.head - 2
