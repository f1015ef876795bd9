"""The audit against a node of the test's own: what is planted is found and named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address

from nmr.audit.chain import RpcChain
from nmr.audit.report import Report
from nmr.audit.run import NO_ROOTS, NoSuchBlock, OtherChain, Progress, audit_suite
from nmr.node import NodeError
from nmr.reference import World
from nmr.units import GWEI, NMR, SCORE
from tests.library.audit_scene import (
    OPERATION,
    PROPOSER,
    PROPOSER_ROLE,
    TIMELOCK,
    FakeNode,
    abis,
    entry,
    slots,
)
from tests.library.scene import GUARDIAN, NUMERAIRE, OWNER, RIVAL, STAKER, STRANGER, TOURNAMENT, TREASURY, Scene

UP, DOWN = (SCORE // 100, 0), (-SCORE // 100, 0)


@pytest.fixture(scope="module")
def world() -> World:
    """Three rounds of two groups: one settled, one void, one open; models that moved, were sold, and withdrew."""
    scene = Scene(models=6)
    call, treasury = scene.call, scene.world.treasury
    call("set_submitter", 1, STRANGER)
    call("offer_model", 2, RIVAL)
    call("accept_model", 2, sender=RIVAL)
    call("offer_model", 3, RIVAL)
    treasury.authorise(STRANGER, NMR, sender=OWNER, now=scene.now)
    treasury.spend(STRANGER, NMR, sender=OWNER, now=scene.now)
    scene.world.numeraire.transfer(TOURNAMENT, 7, sender=STRANGER, now=scene.now)
    for model in (0, 1, 4):
        call("deposit", model, 50 * NMR)
        call("set_policy", model, 40 * NMR, model == 0)
    call("move_idle", 0, 3, NMR)
    call("withdraw", 3, NMR // 2, RIVAL)
    first = scene.open(threshold=100 * NMR)
    call("enter", [0, 1])
    scene.submit(0, 1, 4)
    chunks = scene.finalise(first, {0: UP, 1: DOWN, 4: UP})
    second = scene.open()
    call("stake", 3, 10 * NMR)
    scene.lock(second)
    third = scene.open()
    scene.settle(first, chunks)
    call("void", second, sender=GUARDIAN)
    call("settle_expired", second, [0])
    scene.submit(0)
    call("pause", sender=GUARDIAN)
    assert scene.tournament.staked(third) > 0
    return scene.world


@pytest.fixture
def node(world: World) -> FakeNode:
    return FakeNode(copy.deepcopy(world))


def audited(node: FakeNode, **options: Any) -> Report:
    record = node.record
    return audit_suite(RpcChain(node, unslept), record, abis(), sleep=unslept, **options)


def unslept(_: float) -> None:
    """Nobody waits in a test."""


def differences(report: Report) -> list[tuple[Any, ...]]:
    return [(each.source, each.part, each.what, each.model, each.expected, each.found) for each in report.disagreements]


def transaction_of(node: FakeNode, name: str, nth: int = -1) -> tuple[int, str]:
    log = node.logs[node.log_index(name, nth)]
    return int(log["blockNumber"], 16), log["transactionHash"]


def change_data(node: FakeNode, index: int, word: int, change: Callable[[int], int]) -> None:
    """Change a word of a log's data."""
    data = node.logs[index]["data"]
    at = 2 + 64 * word
    value = change(int(data[at : at + 64], 16))
    node.logs[index]["data"] = f"{data[:at]}{value:064x}{data[at + 64 :]}"


def as_topic(address: str) -> str:
    return f"{int(address, 16):#066x}"


# what agrees


def test_audit__untouched_suite__agrees_and_counts_all_it_compared(node: FakeNode) -> None:
    report = audited(node)
    assert differences(report) == []
    assert report.agrees
    compared = report.content["compared"]
    assert compared["log"] == {"compared": len(node.logs), "differ": 0}
    assert compared["code"] == {"compared": 4, "differ": 0}
    assert compared["positions"]["compared"] == 2 * 2  # places, groups
    assert compared["idle"]["compared"] == compared["targets"]["compared"] == 2
    assert compared["owners"]["compared"] == 3 * 6
    assert compared["rounds"]["compared"] == 3 * 23
    assert compared["roots"]["compared"] == 4
    assert all(figures["differ"] == 0 for figures in compared.values())
    assert report.content["settlements"] == 3


def test_audit__figures__are_those_of_the_world(node: FakeNode, world: World) -> None:
    figures = audited(node).content["figures"]
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
    # The primary score of model 4, the lowest lane of the second word, is a bit less. Six fields and the number of
    # words come before the words.
    change_data(node, index, 6 + 1 + 1, lambda word: word - 1)
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


def test_audit__burn_short_by_one_unit__is_named_by_its_transaction(node: FakeNode, world: World) -> None:
    change_data(node, node.log_index("Settled"), 4, lambda burns: burns - GWEI)
    report = audited(node)
    burned = world.numeraire.burned
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


# what is planted in storage


AT, TOKEN, RESERVE, LOCK = (slots(name) for name in ("Tournament", "Numeraire", "Treasury", "Timelock"))
PLANTED = {
    "idle": (TOURNAMENT, AT["idle"] + 1, lambda word: word + 1, ("idle (gwei)", 4)),
    "position": (TOURNAMENT, AT["positions"] + 2**24, lambda word: word - 1, ("position at place 1 (gwei)", 0)),
    "tag": (
        TOURNAMENT,
        AT["positions"] + 2**24,
        lambda word: word + (1 << 240),
        ("round of the position at place 1", 0),
    ),
    "target": (TOURNAMENT, AT["targets"], lambda word: word + (1 << 60), ("target (gwei)", 1)),
    "compounding": (TOURNAMENT, AT["compounding"], lambda word: word ^ 2, ("compounds", 1)),
    "owner": (TOURNAMENT, entry(AT["owner_of"], 5), lambda _: int(STRANGER, 16), ("owner", 5)),
    "submitter": (TOURNAMENT, entry(AT["submitter_of"], 1), lambda _: int(RIVAL, 16), ("submitter", 1)),
    "offer": (TOURNAMENT, entry(AT["offered_to"], 3), lambda _: 0, ("offered to", 3)),
    "submission": (TOURNAMENT, entry(AT["words"], 3, 0), lambda word: word ^ 2, ("submitted in round 3", 1)),
    "round": (TOURNAMENT, entry(AT["book"], 1) + 14, lambda word: word + 1, ("at_risk (gwei) of round 1", None)),
    "idle total": (TOURNAMENT, AT["idle_sum"], lambda word: word + 1, ("sum of what is idle (gwei)", None)),
    "bounds": (TOURNAMENT, AT["bounds"] + 2, lambda word: word + 1, ("bounds.max_clip", None)),
    "operator": (TOURNAMENT, AT["operator"], lambda _: int(STRANGER, 16), ("operator", None)),
    "paused": (TOURNAMENT, AT["paused"], lambda _: 0, ("paused", None)),
    "owner of the tournament": (TOURNAMENT, AT["owner"], lambda _: int(STRANGER, 16), ("owner", None)),
    "pending owner": (TREASURY, RESERVE["pending_owner"], lambda _: int(STRANGER, 16), ("pending owner", None)),
    "cap": (
        TREASURY,
        entry(RESERVE["cap_of"], int(STRANGER, 16)),
        lambda cap: cap + 1,
        (f"cap of {to_checksum_address(STRANGER)} for a round (wei)", None),
    ),
    "reserved": (TREASURY, RESERVE["reserved"], lambda word: word + 1, ("reserved (wei)", None)),
    "reservation": (
        TREASURY,
        entry(RESERVE["grants"], int(TOURNAMENT, 16), 1) + 1,
        lambda word: word - 1,
        ("released of classic for round 1 (wei)", None),
    ),
    "supply": (NUMERAIRE, TOKEN["totalSupply"], lambda word: word + 1, ("total supply (wei)", None)),
    "balance": (
        NUMERAIRE,
        entry(TOKEN["balanceOf"], int(STAKER, 16)),
        lambda word: word + 1,
        (f"balance of {to_checksum_address(STAKER)} (wei)", None),
    ),
    "member": (
        TIMELOCK,
        entry(LOCK["hasRole"], int.from_bytes(PROPOSER_ROLE, "big"), int(PROPOSER, 16)),
        lambda _: 0,
        (f"hasRole(PROPOSER_ROLE, {to_checksum_address(PROPOSER)})", None),
    ),
    "admin": (
        TIMELOCK,
        entry(LOCK["getRoleAdmin"], int.from_bytes(PROPOSER_ROLE, "big")),
        lambda _: 5,
        ("getRoleAdmin(PROPOSER_ROLE)", None),
    ),
    "delay": (TIMELOCK, LOCK["get_minimum_delay"], lambda _: 0, ("minimum delay (seconds)", None)),
    "operation": (
        TIMELOCK,
        entry(LOCK["get_timestamp"], int.from_bytes(OPERATION, "big")),
        lambda _: 1,
        (f"time of operation 0x{OPERATION.hex()}", None),
    ),
}


@pytest.mark.parametrize("case", PLANTED)
def test_audit__storage_changed__that_figure_and_no_other_is_named(node: FakeNode, case: str) -> None:
    address, slot, change, (what, model) = PLANTED[case]
    before = node.storage.get((address, slot), 0)
    node.storage[address, slot] = change(before)
    report = audited(node)
    named = {(each.source, each.what, each.model) for each in report.disagreements}
    assert ("storage", what, model) in named
    assert {each.what for each in report.disagreements} == {what}
    assert all(each.expected != each.found for each in report.disagreements)
    assert all(each.transaction is not None for each in report.disagreements)


def test_audit__storage_changed__last_transaction_of_the_model_is_named(node: FakeNode) -> None:
    node.storage[TOURNAMENT, AT["idle"] + 1] += 1 << 60  # model 5, whom only its registration was about
    [only] = audited(node).disagreements
    assert only.model == 5
    assert (only.block, only.transaction) == transaction_of(node, "Settled")


def test_audit__unused_bits_of_words__mean_nothing(node: FakeNode) -> None:
    node.storage[TOURNAMENT, AT["idle"]] ^= 7 << 250
    node.storage[TOURNAMENT, AT["positions"] + 1] = 9 << 240
    assert audited(node).agrees


def test_audit__many_words_changed__all_counted_and_a_thousand_listed(node: FakeNode) -> None:
    for slot, value in list(node.storage.items()):
        if slot[0] == TOURNAMENT:
            node.storage[slot] = value ^ 1
    report = audited(node)
    assert report.count == len(report.disagreements) > 100


def test_audit__word_where_nothing_should_be__root_of_the_storage_tells(node: FakeNode) -> None:
    node.storage[TOURNAMENT, AT["idle"] + 1_000] = 5
    [only] = audited(node).disagreements
    assert (only.source, only.part) == ("storage", "classic")
    assert only.what == "root of the storage: it holds words that no event accounts for"


def test_audit__allowances_and_permits__are_not_compared_but_accounted_for(node: FakeNode) -> None:
    approval = copy.deepcopy(node.logs[node.log_index("Transfer")])
    [topic] = {event_abi_to_log_topic(event) for event in abis()["Numeraire"] if event["name"] == "Approval"}
    approval["topics"] = [f"0x{topic.hex()}", as_topic(STAKER), as_topic(TOURNAMENT)]
    approval["blockNumber"] = hex(node.head)
    node.logs.append(approval)
    node.storage[NUMERAIRE, entry(TOKEN["allowance"], int(STAKER, 16), int(TOURNAMENT, 16))] = 12
    node.storage[NUMERAIRE, entry(TOKEN["nonces"], int(STAKER, 16))] = 3
    assert differences(audited(node)) == []


def test_audit__anvil_whose_roots_are_its_own__says_what_was_not_checked(node: FakeNode) -> None:
    node.client = "anvil/v1.7.1"
    said: list[str] = []
    assert audited(node, progress=Progress(said=said.append)).content["compared"]["roots"]["compared"] == 0
    assert said == [NO_ROOTS]


def test_audit__node_without_proofs__says_what_was_not_checked(node: FakeNode) -> None:
    node.storage[TOURNAMENT, AT["idle"] + 1_000] = 5
    node.fail["eth_getProof"] = [NodeError("eth_getProof", -32_601, "not supported")]
    said: list[str] = []
    report = audited(node, progress=Progress(said=said.append))
    assert report.agrees
    assert report.content["compared"]["roots"]["compared"] == 0
    assert said == [NO_ROOTS]


# what is planted in code


def test_audit__code_changed__its_hash_is_named(node: FakeNode) -> None:
    record = node.record
    node.codes[TREASURY] = b"\xff" + node.codes[TREASURY][1:]
    report = audit_suite(RpcChain(node, unslept), record, abis(), sleep=unslept)
    assert [(each.source, each.part, each.what) for each in report.disagreements] == [
        ("code", "treasury", "hash of the code")
    ]


def test_audit__record_of_another_ring__code_tells_the_true_one(node: FakeNode) -> None:
    code = node.codes[TOURNAMENT]
    node.codes[TOURNAMENT] = code[:-128] + (5).to_bytes(32, "big") + code[-96:]
    report = audited(node)
    assert ("code", "classic", "RING in the code", None, "2", "5") in differences(report)


# what cannot be audited


def test_audit__another_chain__refused(node: FakeNode) -> None:
    node._eth_chainId = lambda: "0x1"
    with pytest.raises(OtherChain, match="deployed on chain 31337, and this is chain 1"):
        audited(node)


def test_audit__block_beyond_the_chain__refused(node: FakeNode) -> None:
    with pytest.raises(NoSuchBlock, match="Block 10000 cannot be audited: the suite begins with block 0"):
        audited(node, block=10_000)


def test_audit__confirmations__stops_before_the_latest(node: FakeNode) -> None:
    report = audited(node, confirmations=2)
    assert report.content["block"]["number"] == node.head - 2
