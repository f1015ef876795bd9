# SPDX-License-Identifier: MIT
"""Every contract of a record is compared to the last byte, its creation and its references, before it is trusted."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from nmr.chain import builds
from nmr.chain.node import NodeError
from nmr.deploy.code import IMMUTABLES, Facts, code_differences, immutables_of, reference_differences
from nmr.deploy.genuine import (
    NotGenuine,
    Unanswered,
    differences,
    read_creations,
    read_facts,
    require_genuine,
)
from nmr.deploy.record import PartRecord, Record, hash_of
from nmr.protocol.reference.buyback import Programme
from tests.support.evm_suite import CHAIN_ID, THIEF, EvmSuite

OTHER = THIEF.address


@pytest.fixture(scope="module")
def suite() -> EvmSuite:
    return EvmSuite()


@pytest.fixture(scope="module")
def record(suite: EvmSuite) -> Record:
    return suite.record


@pytest.fixture(scope="module")
def facts(suite: EvmSuite, record: Record) -> Facts:
    return read_facts(suite.node, record)


class Lying:
    """A node whose answer to a method is changed on the way."""

    def __init__(self, suite: EvmSuite, changes: Mapping[str, Callable[..., Any]]) -> None:
        self._node = suite.node
        self._changes = changes

    def ask(self, method: str, *parameters: Any) -> Any:
        answer = self._node.ask(method, *parameters)
        return self._changes[method](answer, *parameters) if method in self._changes else answer

    def ask_all(self, method: str, parameters: Any) -> list[Any]:
        return [self.ask(method, *each) for each in parameters]


def with_part(record: Record, name: str, **changes: Any) -> Record:
    """A record in which a part is another."""
    return replace(record, parts={**record.parts, name: replace(record.parts[name], **changes)})


def with_argument(record: Record, name: str, argument: str, value: Any) -> Record:
    arguments = {**record.parts[name].arguments, argument: value}
    return with_part(record, name, arguments=arguments)


def code_of(suite: EvmSuite, part: PartRecord) -> bytes:
    return bytes.fromhex(suite.node.ask("eth_getCode", part.address, "latest")[2:])


def whats(suite: EvmSuite, record: Record, name: str, code: bytes, facts: Facts) -> list[str]:
    return [difference.what for difference in code_differences(record, name, code, facts)]


def test_immutables__of_every_contract__have_a_row_each(record: Record, facts: Facts) -> None:
    # Those of the tests, which a devnet has beside a suite, are nobody's to trust.
    names = [name for name in builds.names() if not builds.build(name).source.startswith("contracts/mocks/")]
    assert set(IMMUTABLES) == set(names)
    parts = {part.contract: part for part in record.parts.values()}
    # A pool is no part of a record: an audit finds it by the factory's log.
    terms = {"tournament": parts["Tournament"].address, "manager": OTHER, "model": 3, "fee": 2_000, "skin": 1_000}
    parts["Pool"] = replace(parts["PoolFactory"], contract="Pool", arguments=terms)
    assert set(parts) == set(names)
    for name in names:
        held = immutables_of(record, parts[name], facts)
        assert list(held) == [each.name for each in builds.build(name).immutables]
        assert None not in held.values()


def test_differences__suite_as_deployed__are_none(suite: EvmSuite, record: Record) -> None:
    assert list(differences(suite.node, record)) == []
    require_genuine(suite.node, record, record.parts["classic"].address)


def test_code_differences__each_word_behind_the_code_changed__is_named(
    suite: EvmSuite, record: Record, facts: Facts
) -> None:
    count = 0
    for name, part in record.parts.items():
        code, built = code_of(suite, part), builds.build(part.contract)
        for each in built.immutables:
            for word in range(each.size // 32):
                at = len(built.runtime_code) + each.offset + 32 * word + 31
                changed = code[:at] + bytes([code[at] ^ 1]) + code[at + 1 :]
                field = f".{Programme._fields[word]}" if each.name == "PROGRAMME" else ""
                what = f"{each.name}{field} in the code"
                assert whats(suite, record, name, changed, facts) == [what, "hash of the code"]
                # A record that was made for such code changes nothing.
                made_for_it = with_part(record, name, code_hash=hash_of(changed))
                assert whats(suite, made_for_it, name, changed, facts) == [what]
                count += 1
    assert count == 15 + 1 + 1 + 7 + 2 + 2 + 6 + 11 + 5 + 8


def test_code_differences__something_follows_or_lacks__is_named(suite: EvmSuite, record: Record, facts: Facts) -> None:
    for name, part in record.parts.items():
        code = code_of(suite, part)
        for changed in (code + b"\0", code + code[-32:], code[:-1]):
            made_for_it = with_part(record, name, code_hash=hash_of(changed))
            assert "length of the code (bytes)" in whats(suite, made_for_it, name, changed, facts)
        other = bytes([code[0] ^ 1]) + code[1:]
        made_for_it = with_part(record, name, code_hash=hash_of(other))
        assert whats(suite, made_for_it, name, other, facts) == ["hash of the code as built"]
        assert whats(suite, record, name, b"", facts) == ["code"]


def test_code_differences__decoy_words_behind_others__are_named(suite: EvmSuite, record: Record, facts: Facts) -> None:
    part = record.parts["buyback"]
    code = code_of(suite, part)
    # What is read from the end is as it should be; what the contract reads is a price bound ten times as high.
    start = len(builds.build("Buyback").runtime_code)
    words = [code[i : i + 32] for i in range(start, len(code), 32)]
    [programme] = [each for each in builds.build("Buyback").immutables if each.name == "PROGRAMME"]
    bound = programme.offset // 32 + Programme._fields.index("max_price")
    false = [*words[:bound], (10 * int.from_bytes(words[bound], "big")).to_bytes(32, "big"), *words[bound + 1 :]]
    forged = code[:start] + b"".join([*false, *words])
    made_for_it = with_part(record, "buyback", code_hash=hash_of(forged))
    assert whats(suite, made_for_it, "buyback", forged, facts) == [
        "length of the code (bytes)",
        "PROGRAMME.max_price in the code",
    ]


def test_code_differences__contract_without_a_row__is_named(suite: EvmSuite, record: Record, facts: Facts) -> None:
    [difference] = code_differences(with_part(record, "classic", contract="Contest"), "classic", b"\1", facts)[:1]
    assert str(difference) == "classic: contract should be one of this suite and is Contest"


@pytest.mark.parametrize("contract", ["Stablecoin", "SettableFeed"])
def test_code_differences__stand_in_on_a_public_chain__is_named(
    suite: EvmSuite, record: Record, facts: Facts, contract: str
) -> None:
    code = b"\1"
    changed = with_part(record, "buyback-feed", contract=contract, code_hash=hash_of(code))
    [difference] = code_differences(changed, "buyback-feed", code, facts)
    assert difference.found == f"{contract}, which is for local chains only"
    assert code_differences(replace(changed, chain_id=31_337), "buyback-feed", code, facts) == []


def test_reference_differences__each_address_that_ties_the_suite__is_compared(record: Record, facts: Facts) -> None:
    tied = {
        ("treasury", "token"),
        ("treasury", "owner"),
        ("classic", "token"),
        ("classic", "terms_check"),
        ("classic", "treasury"),
        ("classic", "owner"),
        ("lens", "token"),
        ("lens", "treasury"),
        ("classic-pools", "tournament"),
        ("classic-pools", "blueprint"),
        ("buyback", "token"),
        ("buyback", "treasury"),
        ("buyback", "owner"),
        ("buyback", "feed"),
        ("buyback", "stablecoin"),
        ("buyback-feed", "base"),
        ("buyback-feed", "pair"),
        ("buyback-filler", "buyback"),
        ("buyback-filler", "pair"),
    }
    free = {("classic", "operator"), ("classic", "guardian"), ("buyback", "guardian"), ("buyback", "sequencer")}
    addresses = {
        (name, argument)
        for name, part in record.parts.items()
        for argument, value in part.arguments.items()
        if isinstance(value, str)
    }
    assert addresses == tied | free
    assert reference_differences(record, facts) == []
    for name, argument in tied:
        assert reference_differences(with_argument(record, name, argument, OTHER), facts), (name, argument)


def test_reference_differences__tournament_that_is_not_recorded__is_named(record: Record, facts: Facts) -> None:
    changed = with_argument(record, "treasury", "tournaments", (record.parts["classic"].address, OTHER))
    [difference] = reference_differences(changed, facts)
    assert (difference.expected, difference.found) == ("only tournaments of the record", OTHER)


def test_reference_differences__argument_is_missing__is_named(record: Record, facts: Facts) -> None:
    changed = with_part(record, "treasury", arguments={})
    [difference] = reference_differences(changed, facts)
    assert difference.what == "arguments"


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("timelock", "delay", 1),
        ("timelock", "proposers", (OTHER,)),
        ("treasury", "limits", ({"cap": 2**200, "ceiling": 1, "rate": 0},)),
        ("numeraire", "receivers", (OTHER,)),
        ("classic", "operator", OTHER),
        ("classic", "guardian", OTHER),
        ("buyback", "guardian", OTHER),
    ],
)
def test_differences__argument_that_no_code_holds__is_that_of_the_creation(
    suite: EvmSuite, record: Record, name: str, argument: str, value: Any
) -> None:
    [difference] = list(differences(suite.node, with_argument(record, name, argument, value)))
    assert (difference.part, difference.what) == (name, "hash of the code that created it") or argument == "receivers"


def test_differences__transaction_of_another_contract__is_named(suite: EvmSuite, record: Record) -> None:
    lens = record.parts["lens"]
    changed = with_part(record, "treasury", transaction=lens.transaction, block=lens.block)
    assert {difference.what for difference in differences(suite.node, changed)} == {
        "contract that the transaction created",
        "hash of the code that created it",
    }


def test_differences__transaction_that_created_nothing__is_named(suite: EvmSuite, record: Record) -> None:
    def called(answer: Any, transaction: str) -> Any:
        return {**answer, "to": OTHER} if transaction == record.parts["lens"].transaction else answer

    [difference] = differences(Lying(suite, {"eth_getTransactionByHash": called}), record)
    assert str(difference) == (f"lens: receiver of the transaction that created it should be nobody and is {OTHER}")


def test_read_creations__not_found_by_hash__are_found_in_their_blocks(suite: EvmSuite, record: Record) -> None:
    pruned = Lying(suite, {"eth_getTransactionByHash": lambda *_: None})
    assert read_creations(pruned, record) == read_creations(suite.node, record)
    gone = Lying(suite, {"eth_getTransactionByHash": lambda *_: None, "eth_getBlockByNumber": lambda *_: None})
    with pytest.raises(Unanswered, match="does not tell the transaction that created timelock"):
        list(differences(gone, record))


def test_read_creations__another_transaction_than_asked__is_not_taken(suite: EvmSuite, record: Record) -> None:
    other = suite.node.ask("eth_getTransactionByHash", record.parts["lens"].transaction)
    found = read_creations(Lying(suite, {"eth_getTransactionByHash": lambda *_: other}), record)
    assert set(found) == {"lens"}


def test_require_genuine__spender_of_no_record__is_refused(suite: EvmSuite, record: Record) -> None:
    for address in (OTHER, record.parts["treasury"].address):
        with pytest.raises(NotGenuine, match="is no tournament of the record: nothing is signed for it"):
            require_genuine(suite.node, record, address)


def test_require_genuine__another_chain__is_refused(suite: EvmSuite, record: Record) -> None:
    with pytest.raises(NotGenuine, match=f"deployed on chain 1, and this is chain {CHAIN_ID}"):
        require_genuine(suite.node, replace(record, chain_id=1), record.parts["classic"].address)


def test_require_genuine__false_tournament_beside_the_real_token__is_refused(suite: EvmSuite, record: Record) -> None:
    thief = suite.node.send(THIEF, None, bytes.fromhex("600a600c600039600a6000f3") + 10 * b"\x5b")
    address = thief["contractAddress"]
    false = with_part(
        with_argument(record, "treasury", "tournaments", (address,)),
        "classic",
        address=address,
        transaction=thief["transactionHash"],
        block=int(thief["blockNumber"], 16),
        code_hash=hash_of(10 * b"\x5b"),
    )
    with pytest.raises(NotGenuine, match=r"is not the suite that the record claims, and nothing is signed for it\."):
        require_genuine(suite.node, replace(false, chain_id=CHAIN_ID), address)


@pytest.mark.parametrize("answer", [None, 7, "0x1g", "0x123", {"a": 1}, []])
@pytest.mark.parametrize("method", ["eth_chainId", "eth_getCode", "eth_getStorageAt", "eth_call"])
def test_require_genuine__answer_that_makes_no_sense__is_one_sentence(
    suite: EvmSuite, record: Record, method: str, answer: Any
) -> None:
    if (method, answer) in (("eth_chainId", "0x123"), ("eth_getStorageAt", "0x123"), ("eth_call", "0x123")):
        pytest.skip("a number")
    with pytest.raises(Unanswered, match=f"The node's answer to {method} makes no sense: .*\\."):
        require_genuine(Lying(suite, {method: lambda *_: answer}), record, record.parts["classic"].address)


@pytest.mark.parametrize("answer", [7, [], {}, {"hash": "0x12"}, {"hash": 3}])
def test_require_genuine__transaction_that_makes_no_sense__is_refused(
    suite: EvmSuite, record: Record, answer: Any
) -> None:
    with pytest.raises(Unanswered):
        node = Lying(suite, {"eth_getTransactionByHash": lambda *_: answer})
        require_genuine(node, record, record.parts["classic"].address)


def test_read_facts__pair_of_other_code__tells_nothing(suite: EvmSuite, record: Record) -> None:
    def with_other_pair(code: str, address: str, _: str) -> str:
        return f"{code}00" if address == suite.pair else code

    node = Lying(suite, {"eth_getCode": with_other_pair})
    assert read_facts(node, record).pairs == {}
    found = {(difference.part, difference.what) for difference in differences(node, record)}
    assert {("buyback-filler", "pair"), ("buyback-feed", "pair")} <= found


def test_read_facts__stablecoin_of_other_decimals__is_named(suite: EvmSuite, record: Record) -> None:
    node = Lying(suite, {"eth_call": lambda *_: f"{18:#066x}"})
    found = {(difference.part, difference.what) for difference in differences(node, record)}
    assert found == {("buyback", "DECIMALS in the code"), ("buyback-feed", "FACTOR in the code")}


def test_differences__node_refuses__is_its_error(suite: EvmSuite, record: Record) -> None:
    def refuse(*_: Any) -> Any:
        raise NodeError("eth_getCode", -32_000, "missing trie node")

    with pytest.raises(NodeError, match="missing trie node"):
        list(differences(Lying(suite, {"eth_getCode": refuse}), record))
