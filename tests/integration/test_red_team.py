# SPDX-License-Identifier: MIT
"""Who cheats is named: a forged suite of each contract, and a node that lies in each method that the audit uses.

The chain is py-evm's, with the id of none that is local; the auditor trusts the hash of one block.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple

from nmr.audit.chain import RpcChain
from nmr.audit.layout import NUMERAIRE, entry, number_of
from nmr.audit.proving import NotProved
from nmr.audit.report import Report
from nmr.audit.run import audit_suite
from nmr.chain import builds
from nmr.chain import node as nodes
from nmr.chain.node import NO_SUCH_METHOD, NodeError
from nmr.cli.command import REFUSED
from nmr.cli.main import cli
from nmr.client.auditing import suite_abis
from nmr.deploy.genuine import NotGenuine, require_genuine
from nmr.deploy.record import Record, write_record
from nmr.protocol.reference.buyback import Programme
from nmr.text.amounts import NMR
from tests.support.evm_server import served
from tests.support.evm_suite import DAY, PROGRAMME, STAKER, THIEF, EvmSuite, Forge, creation_of
from tests.support.forgery import delegating

PARTS = {
    "Timelock": "timelock",
    "Treasury": "treasury",
    "Numeraire": "numeraire",
    "TermsCheck": "terms-check",
    "Tournament": "classic",
    "Lens": "lens",
    "PoolFactory": "classic-pools",
    "Buyback": "buyback",
    "UniswapV2TwapFeed": "buyback-feed",
    "UniswapV2Filler": "buyback-filler",
}
CODE_CHANGED = ("hash of the code as built", "hash of the code that created it")


@cache
def genuine() -> EvmSuite:
    return EvmSuite()


class Liar:
    """A node whose answers to a method are changed on the way; `without` are methods that it does not know."""

    def __init__(self, node: Any, method: str, lie: Callable[[Any], Any], *without: str) -> None:
        self._node, self._method, self._lie, self._without = node, method, lie, without
        self.lied = 0
        self.asked: set[str] = set()

    def ask(self, method: str, *parameters: Any) -> Any:
        if method in self._without:
            raise NodeError(method, NO_SUCH_METHOD, "the method does not exist")
        self.asked.add(method)
        answer = self._node.ask(method, *parameters)
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


class Lie(NamedTuple):
    """A lie of a node, and what the command says to it.

    Attributes:
        method: of which an answer is false.
        lie: makes the false answer of the true one.
        code: what the command ends with.
        says: the last line of its standard error, or lines of its standard output where the lie is a disagreement.
        warns: another line of its standard error, which comes before the last.
        trusted: whether the block is named by its hash, and not as the latest.
        without: a method that the node does not know.
    """

    method: str
    lie: Callable[[Any], Any]
    code: int
    says: str
    warns: str = ""
    trusted: bool = True
    without: str = ""


FALSE = "Error: The node answers with an error: "
REORGANISED = "Error: The chain was reorganised 4 times while it was read: audit an older block."
RECEIPTS = "eth_getBlockReceipts or eth_getTransactionReceipt"
OF_FIRST = f"{FALSE}eth_getTransactionByHash: what it tells of {{created}} is not the transaction that block 1 has"
BEGUN_AGAIN = "The chain was reorganised while it was read: block 1 was {} and is {} now. The audit starts again."
LIES = {
    "another chain": Lie(
        "eth_chainId",
        changed(to=lambda _: "0x1"),
        3,
        "Error: The suite was deployed on chain 4242, and this is chain 1.",
    ),
    "block to come": Lie(
        "eth_blockNumber",
        changed(to=lambda _: "0x63"),
        3,
        f"{FALSE}eth_getBlockByNumber: the node has no block 99",
        trusted=False,
    ),
    "block before the suite": Lie(
        "eth_blockNumber",
        changed(to=lambda _: "0x0"),
        2,
        "Error: Block 0 cannot be audited: the suite begins with block 1 and is whole with block 6.",
        trusted=False,
    ),
    "header": Lie(
        "eth_getBlockByHash",
        changed("stateRoot", to=other),
        5,
        "Error: The header that the node gives for block {head} has another hash: it is false, or of a format that is "
        "not Ethereum's up to Prague.",
    ),
    "another block": Lie(
        "eth_getBlockByHash",
        lambda _: genuine().node.ask("eth_getBlockByNumber", "0x1", False),
        3,
        f"{FALSE}eth_getBlockByHash: asked for block {{head}}, the node gives {{first}}",
    ),
    "no block": Lie("eth_getBlockByHash", lambda _: None, 5, "Error: The node has no block {head}."),
    "time of a block": Lie(
        "eth_getBlockByNumber",
        changed("timestamp", to=other),
        3,
        f"{FALSE}eth_getBlockByNumber: the header of block 16 has another hash than it says",
    ),
    "hash of a block": Lie(
        "eth_getBlockByNumber", changed("hash", to=other), 4, REORGANISED, BEGUN_AGAIN.format("{first}", "{other}")
    ),
    "transaction of a block": Lie(
        "eth_getBlockByNumber",
        changed("transactions", 0, to=lambda each: {**each, "value": "0x1"} if isinstance(each, dict) else each),
        3,
        f"{FALSE}eth_getBlockByNumber: the transactions of block 1 are not its own",
    ),
    "code": Lie(
        "eth_getCode",
        changed(to=other),
        3,
        f"{FALSE}eth_getCode: the code of timelock is not the one that the state commits to",
    ),
    "word": Lie(
        "eth_getStorageAt",
        changed(to=lambda word: word if int(word, 16) != 3 * DAY else f"{DAY:#066x}"),
        3,
        f"{FALSE}eth_getStorageAt: it tells the word 0x15180 in slot 0x3 of timelock, and its block 17 commits to "
        "0x3f480",
    ),
    "proof": Lie(
        "eth_getProof",
        changed("accountProof", 0, to=other),
        3,
        f"{FALSE}eth_getProof: the proof of {{timelock}} does not hold: a node is another than its parent names",
    ),
    "no proof": Lie(
        "eth_getProof",
        changed("accountProof", to=lambda _: []),
        3,
        f"{FALSE}eth_getProof: the proof of {{timelock}} does not hold: a node is missing",
    ),
    "root": Lie(
        "eth_getProof",
        changed("storageHash", to=other),
        3,
        f"{FALSE}eth_getProof: what it tells of {{timelock}} is not what it proves",
    ),
    "log": Lie(
        "eth_getLogs",
        changed(0, "topics", 0, to=other),
        3,
        f"{FALSE}eth_getLogs: the logs of block 1 are not those of its receipts",
    ),
    "no logs": Lie(
        "eth_getLogs",
        lambda _: [],
        1,
        "29 figures disagree up to block 17.\n"
        "receipts compared                            0 of 0 blocks with logs\n"
        "where     storage, timelock\n"
        "what      minimum delay (seconds)\n"
        "expected  0\n"
        "found     259200\n",
    ),
    "log of another block": Lie(
        "eth_getLogs", changed(0, "blockHash", to=other), 4, REORGANISED, BEGUN_AGAIN.format("{other}", "{first}")
    ),
    "log of another contract": Lie(
        "eth_getLogs",
        changed(0, "address", to=lambda _: THIEF.address.lower()),
        3,
        f"{FALSE}eth_getLogs: a log of {THIEF.address} in block 1 is none that was asked for",
    ),
    "receipt": Lie(
        "eth_getBlockReceipts",
        changed(0, "cumulativeGasUsed", to=other),
        3,
        f"{FALSE}{RECEIPTS}: the receipts of block 17 are not its own",
    ),
    "no receipts": Lie(
        "eth_getBlockReceipts",
        lambda _: [],
        3,
        f"{FALSE}{RECEIPTS}: the receipts of block 17 are not its own",
    ),
    "one receipt": Lie(
        "eth_getTransactionReceipt",
        changed("status", to=other),
        3,
        f"{FALSE}{RECEIPTS}: the receipts of block 17 are not its own",
        without="eth_getBlockReceipts",
    ),
    "who created a contract": Lie(
        "eth_getTransactionByHash", changed("from", to=lambda _: THIEF.address.lower()), 3, OF_FIRST
    ),
    "what created a contract": Lie("eth_getTransactionByHash", changed("input", to=other), 3, OF_FIRST),
    "decimals": Lie(
        "eth_call",
        changed(to=lambda _: f"{0:#066x}"),
        1,
        "2 figures disagree up to block 17.\n"
        "where     code, buyback\n"
        "what      DECIMALS in the code\n"
        "expected  0\n"
        "found     6\n",
    ),
}


@pytest.fixture
def record_file(tmp_path: Path) -> Path:
    write_record(genuine().record, tmp_path / "record.json")
    return tmp_path / "record.json"


def typed(node: Liar, record: Path, *options: str) -> Any:
    """The audit as somebody types it."""
    with served(node) as url:
        arguments = ["audit", "--node", url, "--record", str(record), "--every-receipt", *options]
        return CliRunner(mix_stderr=False).invoke(cli, arguments, catch_exceptions=False)


@pytest.mark.parametrize("name", LIES)
def test_audit__node_that_lies__is_told_in_a_sentence(
    name: str, record_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "FIRST_PAUSE", 0.0)
    suite, told = genuine(), LIES[name]
    node = Liar(suite.node, told.method, told.lie, told.without)
    result = typed(node, record_file, *(("--block-hash", head_of(suite)) if told.trusted else ()))
    first = str(suite.node.ask("eth_getBlockByNumber", "0x1", False)["hash"])
    facts = {
        "head": head_of(suite),
        "first": first,
        "other": other(first),
        "timelock": suite["timelock"].address,
        "created": suite["timelock"].transaction,
    }
    assert result.exit_code == told.code, result.stdout + result.stderr
    if told.code == REFUSED:
        assert [line for line in told.says.splitlines() if line not in result.stdout.splitlines()] == []
        assert told.says.split("\n")[0] == result.stdout.split("\n")[0]
    else:
        said = [line for line in result.stderr.splitlines() if line.strip()]
        assert said[-1] == told.says.format(**facts)
        assert set(said[:-1]) == ({told.warns.format(**facts)} if told.warns else set())
    assert node.lied


def test_lies__one_for_each_method__that_the_audit_asks(record_file: Path) -> None:
    asked = set()
    for without in ("", "eth_getBlockReceipts"):
        node = Liar(genuine().node, "", lambda answer: answer, without)
        assert typed(node, record_file).exit_code == 0
        asked |= node.asked
    assert asked | {"eth_getBlockByHash"} == {lie.method for lie in LIES.values()}


def test_audit__node_that_hides_a_word_of_a_forged_contract__is_told_in_a_sentence() -> None:
    """The contract's words and the log agree, as long as the node lies about one word."""
    balance, true, false = entry(NUMERAIRE["balanceOf"], number_of(STAKER.address)), 10**6 * NMR, 2 * 10**6 * NMR

    def with_more(creation: bytes, arguments: bytes) -> bytes:
        return delegating(creation + arguments, stored={balance: false})

    suite = EvmSuite(forge={"Numeraire": with_more})
    node = Liar(suite.node, "eth_getStorageAt", lambda word: f"{true:#066x}" if int(word, 16) == false else word)
    sentence = f"slot {balance:#x} of numeraire, and its block 17 commits to {false:#x}"
    with pytest.raises(NodeError, match=sentence):
        audited(node, suite.record, head_of(suite))
    found = audited(suite.node, suite.record, head_of(suite)).disagreements
    assert f"balance of {STAKER.address} (wei)" in {each.what for each in found}


def test_audit__node_without_proofs_on_a_public_chain__nothing_disagrees_and_nothing_agrees() -> None:
    def refuse(_: Any) -> Any:
        raise NodeError("eth_getProof", -32_601, "the method does not exist")

    suite = genuine()
    report = audited(Liar(suite.node, "eth_getProof", refuse), suite.record)
    assert (report.agrees, report.count, report.content["unproved"]) == (False, 0, True)
    assert "The storage and the code: the node gives no proofs of them." in report.content["believed"]
    with pytest.raises(NotProved, match=r"gives no proofs \(eth_getProof\)"):
        audited(Liar(suite.node, "eth_getProof", refuse), suite.record, head_of(suite))


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
    node = Liar(suite.node, method, lambda _: answer)
    trusted = None if method == "eth_blockNumber" else head_of(suite)
    with pytest.raises((NodeError, NotProved)):
        audited(node, suite.record, trusted)
    assert node.lied
