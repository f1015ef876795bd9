# SPDX-License-Identifier: MIT
"""The audit of storage and code: what is planted there is found and named."""

import copy
from dataclasses import replace

import pytest
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address

from nmr.audit.chain import RpcChain
from nmr.audit.evidence import NO_ROOTS
from nmr.audit.run import NoSuchBlock, Progress, audit_suite
from nmr.chain.node import NodeError
from nmr.deploy.record import Record
from tests.library.audit.history import as_topic, audited, differences, node_of_history, transaction_of, unslept
from tests.library.audit.scene import LENS, OPERATION, PROPOSER, PROPOSER_ROLE, TIMELOCK, FakeNode, abis, entry, slots
from tests.support.example_suite import NUMERAIRE, RIVAL, STAKER, STRANGER, TOURNAMENT, TREASURY


@pytest.fixture
def node() -> FakeNode:
    return node_of_history()


# what is planted in storage


AT, TOKEN, RESERVE, LOCK = (slots(name) for name in ("Tournament", "Numeraire", "Treasury", "Timelock"))
PLANTED = {
    "idle": (TOURNAMENT, AT["idle"] + 1, lambda word: word + 1, ("idle (gwei)", 4)),
    "position": (TOURNAMENT, AT["positions"] + 16_777_200, lambda word: word - 1, ("position at place 1 (gwei)", 0)),
    "tag": (
        TOURNAMENT,
        AT["positions"] + 16_777_200,
        lambda word: word + (1 << 240),
        ("round of the position at place 1", 0),
    ),
    "target": (TOURNAMENT, AT["targets"], lambda word: word + (1 << 60), ("target (gwei)", 1)),
    "compounding": (TOURNAMENT, AT["compounding"], lambda word: word ^ 2, ("compounds", 1)),
    "owner": (TOURNAMENT, entry(AT["owner_of"], 5), lambda _: int(STRANGER, 16), ("owner", 5)),
    "submitter": (TOURNAMENT, entry(AT["submitter_of"], 1), lambda _: int(RIVAL, 16), ("submitter", 1)),
    "offer": (TOURNAMENT, entry(AT["offered_to"], 3), lambda _: 0, ("offered to", 3)),
    "submission": (TOURNAMENT, AT["words"] + 3 * 279_620, lambda word: word ^ 2, ("submitted in round 3", 1)),
    "round": (TOURNAMENT, entry(AT["book"], 1) + 12, lambda word: word + 1, ("at_risk (gwei) of round 1", None)),
    "idle total": (TOURNAMENT, AT["idle_sum"], lambda word: word + 1, ("sum of what is idle (gwei)", None)),
    "bounds": (TOURNAMENT, AT["bounds"] + 2, lambda word: word + 1, ("bounds.max_clip", None)),
    "operator": (TOURNAMENT, AT["operator"], lambda _: int(STRANGER, 16), ("operator", None)),
    "paused": (TOURNAMENT, AT["paused_until"], lambda word: word + 1, ("paused_until", None)),
    "turn": (TOURNAMENT, AT["turns"] + 1, lambda word: word + 2, ("turn of place 1", None)),
    "waiting": (TOURNAMENT, entry(AT["book"], 4) + 9, lambda word: word + 1, ("waiting for round 4 (gwei)", None)),
    "owner of the tournament": (TOURNAMENT, AT["owner"], lambda _: int(STRANGER, 16), ("owner", None)),
    "pending owner": (TREASURY, RESERVE["pending_owner"], lambda _: int(STRANGER, 16), ("pending owner", None)),
    "cap": (
        TREASURY,
        entry(RESERVE["budgets"], int(STRANGER, 16)),
        lambda cap: cap + 1,
        (f"cap of {to_checksum_address(STRANGER)}", None),
    ),
    "used": (
        TREASURY,
        entry(RESERVE["budgets"], int(TOURNAMENT, 16)) + 3,
        lambda used: used + 1,
        ("used of classic", None),
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


def test_audit__every_word_changed__all_are_counted(node: FakeNode) -> None:
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


@pytest.mark.parametrize("client", ["anvil/v1.7.1", "Geth/v1.16.0"])
def test_audit__node_of_any_name__its_roots_are_compared(node: FakeNode, client: str) -> None:
    node.client = client
    node.storage[TOURNAMENT, AT["idle"] + 1_000] = 5
    report = audited(node)
    assert report.content["compared"]["roots"] == {"compared": 7, "differ": 1}
    assert "web3_clientVersion" not in node.asked


def test_audit__local_chain_whose_tries_hold_words_of_zero__agrees_by_their_proofs(node: FakeNode) -> None:
    known = NUMERAIRE, TOKEN["nonces"], TOURNAMENT, AT["pending_owner"]
    node.zeros = {(known[2], known[3]), (TREASURY, RESERVE["pending_owner"])}
    report = audited(node)
    assert report.agrees
    assert report.content["compared"]["roots"] == {"compared": 7, "differ": 0}


def test_audit__local_chain_with_a_word_of_zero_that_was_only_read__believes_that_root(node: FakeNode) -> None:
    node.zeros = {(TOURNAMENT, AT["pending_owner"]), (TOURNAMENT, AT["idle"] + 1_000)}
    content = audited(node).content
    assert content["agrees"]
    assert content["compared"]["roots"] == {"compared": 6, "differ": 0}
    assert "That classic stores nothing else: the trie of this local chain holds words of 0." in content["believed"]


def test_audit__public_chain_whose_tries_hold_words_of_zero__does_not_agree(node: FakeNode) -> None:
    node.zeros = {(TOURNAMENT, AT["pending_owner"])}
    node.chain_id = 4_242
    assert audited(node).content["compared"]["roots"]["differ"] == 1


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
        ("code", "treasury", "hash of the code as built"),
        ("code", "treasury", "hash of the code"),
    ]


@pytest.mark.parametrize("what", ["root", "code"])
def test_audit__contract_that_keeps_no_books__is_compared_all_the_same(node: FakeNode, what: str) -> None:
    record = node.record
    if what == "root":
        node.storage[LENS, 0] = 1
    else:
        node.codes[LENS] += b"\0"
    report = audit_suite(RpcChain(node, unslept), record, abis(), sleep=unslept)
    assert {(each.source, each.part) for each in report.disagreements} == {
        ("storage" if what == "root" else "code", "lens")
    }


def with_rival(node: FakeNode, block: int) -> Record:
    """The record with a second tournament, that is the copy of the first and came later."""
    record = node.record
    rival = replace(record.parts["classic"], address=to_checksum_address(RIVAL), block=block)
    return replace(record, parts={**record.parts, "rival": rival})


def test_audit__part_that_comes_later__is_not_counted(node: FakeNode) -> None:
    node.codes[RIVAL] = b""
    whole = audited(node, block=node.head - 1).content
    later = audit_suite(
        RpcChain(node, unslept), with_rival(node, node.head), abis(), block=node.head - 1, sleep=unslept
    )
    assert later.agrees
    # Of the treasury more is known: that the later one has neither a budget of five words, a place nor a reservation.
    whole["compared"]["reservations"]["compared"] += 7
    assert later.content["compared"] == whole["compared"]
    assert "rival" not in later.content["parts"]


def test_audit__part_without_code_in_its_block__is_named(node: FakeNode) -> None:
    node.codes[RIVAL] = b""
    report = audit_suite(RpcChain(node, unslept), with_rival(node, node.head), abis(), sleep=unslept)
    assert ("rival", "code") in {(each.part, each.what) for each in report.disagreements}


def test_audit__code_where_a_later_part_is_said_to_come__is_named(node: FakeNode) -> None:
    node.codes[RIVAL] = node.codes[TOURNAMENT]
    record = with_rival(node, node.head)
    report = audit_suite(RpcChain(node, unslept), record, abis(), block=node.head - 1, sleep=unslept)
    [difference] = report.disagreements
    assert difference.what == f"code before block {node.head}, in which it was created"


def test_audit__block_before_the_suite_was_whole__is_refused(node: FakeNode) -> None:
    record = node.record
    lens = replace(record.parts["lens"], block=7)
    record = replace(record, parts={**record.parts, "lens": lens})
    with pytest.raises(NoSuchBlock, match="Block 6 cannot be audited: the suite begins with block 0 and is whole with"):
        audit_suite(RpcChain(node, unslept), record, abis(), block=6, sleep=unslept)


def test_audit__record_of_another_ring__code_tells_the_true_one(node: FakeNode) -> None:
    record, code = node.record, node.codes[TOURNAMENT]
    node.codes[TOURNAMENT] = code[:-128] + (5).to_bytes(32, "big") + code[-96:]
    report = audit_suite(RpcChain(node, unslept), record, abis(), sleep=unslept)
    assert ("code", "classic", "rounds.RING in the code", None, "2", "5") in differences(report)
