# SPDX-License-Identifier: MIT
"""Who cheats is named: a forged suite of each contract, and a node that lies in each method that the audit uses.

The chain is py-evm's, with the id of none that is local; the auditor trusts the hash of one block.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple

from nmr.audit.chain import RpcChain
from nmr.audit.layout import NUMERAIRE, entry, number_of
from nmr.audit.proving import NotProved
from nmr.audit.report import Report
from nmr.audit.run import OtherChain, audit_suite
from nmr.chain import builds
from nmr.chain.node import NodeError
from nmr.client.auditing import suite_abis
from nmr.deploy.genuine import NotGenuine, require_genuine
from nmr.deploy.record import Record
from nmr.protocol.reference.buyback import Programme
from nmr.text.amounts import NMR
from tests.support.evm_suite import PROGRAMME, THIEF, EvmSuite, Forge, creation_of
from tests.support.forgery import delegating

PARTS = {
    "Timelock": "timelock",
    "Treasury": "treasury",
    "Numeraire": "numeraire",
    "Tournament": "classic",
    "Lens": "lens",
    "Buyback": "buyback",
    "UniswapV2TwapFeed": "buyback-feed",
    "UniswapV2Filler": "buyback-filler",
}
CODE_CHANGED = ("hash of the code as built", "hash of the code that created it")


@cache
def genuine() -> EvmSuite:
    return EvmSuite()


class Liar:
    """The genuine suite's node, whose answers to a method are changed on the way."""

    def __init__(self, method: str, lie: Callable[..., Any]) -> None:
        self._method, self._lie = method, lie
        self.lied = 0

    def ask(self, method: str, *parameters: Any) -> Any:
        answer = genuine().node.ask(method, *parameters)
        if method != self._method:
            return answer
        self.lied += 1
        return self._lie(answer)

    def ask_all(self, method: str, parameters: Any) -> list[Any]:
        return [self.ask(method, *each) for each in parameters]

    def try_each(self, requests: Any) -> Any:
        return (self.ask(method, *parameters) for method, parameters in requests)


def audited(node: Any, record: Record, block_hash: str | None = None, **options: Any) -> Report:
    chain = RpcChain(node, lambda _: None)
    return audit_suite(chain, record, suite_abis(), block_hash=block_hash, sleep=lambda _: None, **options)


def head_of(suite: EvmSuite) -> str:
    return str(suite.node.ask("eth_getBlockByNumber", suite.node.ask("eth_blockNumber"), False)["hash"])


def test_audit__genuine_suite__agrees_by_the_hash_of_its_block_alone() -> None:
    suite = genuine()
    content = audited(suite.node, suite.record, head_of(suite), every_receipt=True).content
    assert content["agrees"], content["disagreements"]
    proof = content["proof"]
    assert proof["contracts"] == proof["creations"] == len(PARTS)
    assert proof["blocks"] == proof["receipts"] == proof["linked"] > 0


def with_another_runtime(contract: str) -> Callable[[bytes, bytes], bytes]:
    """Code that is the contract's but for one byte, deployed with the arguments that the record has."""
    runtime = builds.build(contract).runtime_code

    def forge(creation: bytes, arguments: bytes) -> bytes:
        start = creation.index(runtime)
        # A letter of a reason: what is deployed runs all the same.
        reason = re.search(rb"[a-z0-9_]{4,}: ", runtime)
        at = start + (len(runtime) - 1 if reason is None else reason.start())
        return creation[:at] + bytes([creation[at] ^ 1]) + creation[at + 1 :] + arguments

    return forge


@pytest.mark.parametrize("contract", PARTS)
def test_audit__forged_contract__is_named_and_nothing_signed_for_it(contract: str) -> None:
    suite = EvmSuite(forge={contract: with_another_runtime(contract)})
    record = suite.record
    found = audited(suite.node, record, head_of(suite)).disagreements
    assert {each.part for each in found} == {PARTS[contract]}
    assert set(CODE_CHANGED) <= {each.what for each in found}
    with pytest.raises(NotGenuine, match=PARTS[contract]):
        require_genuine(suite.node, record, record.parts["classic"].address)


LOOSE = PROGRAMME._replace(
    lifetime_cap=5 * PROGRAMME.lifetime_cap, lot_cap=20 * PROGRAMME.lot_cap, max_price=1_000 * PROGRAMME.max_price
)
FALSE_ARGUMENTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    # Whatever is a contract can be the feed.
    "Buyback": lambda arguments: {"feed": arguments["stablecoin"], "programme": tuple(LOOSE)},
    "Treasury": lambda arguments: {"token": THIEF.address, "owner": THIEF.address},
    "UniswapV2TwapFeed": lambda _: {"max_deviation": 1_000, "min_reserve": 1},
}
FALSE_WORDS = {
    "Buyback": {"FEED", *(f"PROGRAMME.{field}" for field in ("lifetime_cap", "lot_cap", "max_price"))},
    "Treasury": {"TOKEN"},
    "UniswapV2TwapFeed": {"MAX_DEVIATION", "MIN_RESERVE"},
}


def words_of(suite: EvmSuite, contract: str) -> bytes:
    """What the constructor of a contract fixed, as it stands behind the code."""
    return suite.code_at(suite[PARTS[contract]].address)[len(builds.build(contract).runtime_code) :]


def with_decoys(contract: str) -> Forge:
    """The genuine constructor, run with other arguments, and behind its code the words that the genuine ones give."""

    def forge(creation: bytes, arguments: bytes) -> bytes:
        inputs = creation_of(contract)[1]
        types = [collapse_if_tuple(each) for each in inputs]
        given = dict(zip((each["name"] for each in inputs), decode(types, arguments), strict=True))
        false = encode(types, list({**given, **FALSE_ARGUMENTS[contract](given)}.values()))
        return delegating(creation + false, behind=words_of(genuine(), contract))

    return forge


@pytest.mark.parametrize("contract", FALSE_ARGUMENTS)
def test_audit__constructor_run_by_init_code_that_appends_decoys__each_false_word_is_named(contract: str) -> None:
    suite = EvmSuite(forge={contract: with_decoys(contract)})
    record, name = suite.record, PARTS[contract]
    # The forgery is what it is meant to be: its end, where no contract reads, looks genuine.
    expected, words = words_of(genuine(), contract), words_of(suite, contract)
    assert words.endswith(expected)
    assert len(words) == 2 * len(expected)
    if contract == "Buyback":
        assert Programme(*suite.read(suite["buyback"], "programme")) == LOOSE
    report = audited(suite.node, record, head_of(suite))
    assert not report.agrees
    found = {each.what for each in report.disagreements if (each.source, each.part) == ("code", name)}
    assert found == {
        "length of the code (bytes)",
        "hash of the code that created it",
        *(f"{word} in the code" for word in FALSE_WORDS[contract]),
    }
    with pytest.raises(NotGenuine, match=name):
        require_genuine(suite.node, record, record.parts["classic"].address)


def test_audit__constructor_run_by_init_code_that_adds_a_balance__creation_and_root_are_named() -> None:
    balance = entry(NUMERAIRE["balanceOf"], number_of(THIEF.address))

    def with_a_balance(creation: bytes, arguments: bytes) -> bytes:
        return delegating(creation + arguments, stored={balance: NMR})

    suite = EvmSuite(forge={"Numeraire": with_a_balance})
    record = suite.record
    assert suite.read(suite["numeraire"], "balanceOf", THIEF.address) == NMR
    assert record.parts["numeraire"].code_hash == genuine().record.parts["numeraire"].code_hash
    found = audited(suite.node, record, head_of(suite)).disagreements
    assert {(each.source, each.part, each.what) for each in found} == {
        ("code", "numeraire", "hash of the code that created it"),
        ("storage", "numeraire", "root of the storage: it holds words that no event accounts for"),
    }
    with pytest.raises(NotGenuine, match="numeraire"):
        require_genuine(suite.node, record, record.parts["classic"].address)


def changed(*path: Any, to: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An answer in which a value at a path is another; an empty list or nothing stays what it is."""

    def lie(answer: Any) -> Any:
        if not path:
            return to(answer)
        if not answer:
            return answer
        inner = changed(*path[1:], to=to)(answer[path[0]])
        if isinstance(answer, list):
            return [inner if i == path[0] else each for i, each in enumerate(answer)]
        return {**answer, path[0]: inner}

    return lie


def other(value: str) -> str:
    """A value whose last digit is another."""
    return f"{value[:-1]}{'1' if value[-1] == '0' else '0'}"


LIES = {
    "another chain": ("eth_chainId", changed(to=other)),
    "header": ("eth_getBlockByHash", changed("stateRoot", to=other)),
    "no block": ("eth_getBlockByHash", changed(to=lambda _: None)),
    "time of a block": ("eth_getBlockByNumber", changed("timestamp", to=other)),
    "hash of a block": ("eth_getBlockByNumber", changed("hash", to=other)),
    "code": ("eth_getCode", changed(to=other)),
    "word": ("eth_getStorageAt", changed(to=lambda _: f"{7:#066x}")),
    "proof": ("eth_getProof", changed("accountProof", 0, to=other)),
    "no proof": ("eth_getProof", changed("accountProof", to=lambda _: [])),
    "root": ("eth_getProof", changed("storageHash", to=other)),
    "log": ("eth_getLogs", changed(0, "topics", 0, to=other)),
    "no logs": ("eth_getLogs", changed(to=lambda _: [])),
    "log of another block": ("eth_getLogs", changed(0, "blockHash", to=other)),
    "receipt": ("eth_getBlockReceipts", changed(0, "cumulativeGasUsed", to=other)),
    "no receipts": ("eth_getBlockReceipts", changed(to=lambda _: [])),
    "decimals": ("eth_call", changed(to=other)),
}


@pytest.mark.parametrize("name", LIES)
def test_audit__node_that_lies__does_not_get_through(name: str) -> None:
    suite, (method, lie) = genuine(), LIES[name]
    node = Liar(method, lie)
    try:
        report = audited(node, suite.record, head_of(suite), every_receipt=True)
    except (NodeError, NotProved, OtherChain) as error:
        assert str(error).strip()
    except RuntimeError as error:
        assert "reorganised" in str(error)
    else:
        assert not report.agrees
        assert report.disagreements
    assert node.lied


def test_audit__node_without_proofs_on_a_public_chain__nothing_disagrees_and_nothing_agrees() -> None:
    def refuse(_: Any) -> Any:
        raise NodeError("eth_getProof", -32_601, "the method does not exist")

    suite = genuine()
    report = audited(Liar("eth_getProof", refuse), suite.record)
    assert (report.agrees, report.count, report.content["unproved"]) == (False, 0, True)
    assert "The storage and the code: the node gives no proofs of them." in report.content["believed"]
    with pytest.raises(NotProved, match=r"gives no proofs \(eth_getProof\)"):
        audited(Liar("eth_getProof", refuse), suite.record, head_of(suite))


@pytest.mark.parametrize("answer", [None, 7, "0x1g", "", {"a": 1}, [5], [{}]], ids=repr)
@pytest.mark.parametrize(
    "method",
    [
        "eth_chainId",
        "eth_blockNumber",
        "eth_getBlockByNumber",
        "eth_getBlockByHash",
        "eth_getCode",
        "eth_getStorageAt",
        "eth_getProof",
        "eth_getLogs",
        "eth_getBlockReceipts",
        "eth_getTransactionByHash",
        "eth_call",
    ],
)
def test_audit__answer_that_makes_no_sense__is_the_nodes_error_and_no_traceback(method: str, answer: Any) -> None:
    suite = genuine()
    if (method, answer) == ("eth_getBlockReceipts", None) or (method, answer) == ("eth_getTransactionByHash", None):
        pytest.skip("what a node says that does not have it")
    node = Liar(method, lambda _: answer)
    trusted = None if method == "eth_blockNumber" else head_of(suite)
    with pytest.raises((NodeError, NotProved)):
        audited(node, suite.record, trusted)
    assert node.lied
