# SPDX-License-Identifier: MIT
"""The bulk driver on a live anvil, and the benchmark of whole rounds that drives with it."""

from typing import Any
from xml.etree import ElementTree

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from benchmarks.rounds import bulk
from benchmarks.rounds.bulk import BulkDriver, Call, CallsFailed, Stuck, UnlockedSender, Unsent
from benchmarks.rounds.chain import BLOCK_GAS, RoundsChain
from benchmarks.rounds.page import render
from benchmarks.rounds.picture import picture
from benchmarks.rounds.play import ONCE, ROUNDS, ZERO, Play, WrongBooks
from nmr.chain.node import Node, NodeError, data
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.integration.conftest import PROJECT

GAS = 300_000


class Public(Node):
    """A node that lets nobody mine."""

    def ask(self, method, *parameters):
        if method.startswith(("anvil_", "evm_")):
            raise NodeError(method, -32_601, "Method not found")
        return super().ask(method, *parameters)


@pytest.fixture(scope="session")
def running(project):
    """One anvil with the suite for all tests here."""
    with Anvil(find_anvil(PROJECT), options=("--gas-limit", str(BLOCK_GAS))) as anvil:
        yield RoundsChain(anvil, project)


@pytest.fixture
def chain(running):
    """Undone after each test."""
    snapshot = running.node.ask("evm_snapshot")
    yield running
    running.node.ask("anvil_dropAllTransactions")
    running.node.ask("evm_setAutomine", True)
    assert running.node.ask("evm_revert", snapshot)


class KeySender:
    """An account whose key is here."""

    def __init__(self, key: bytes) -> None:
        self._account = Account.from_key(key)
        self.address = str(self._account.address)

    def request(self, transaction: dict[str, Any]) -> tuple[str, Any]:
        """A signed transaction."""
        return "eth_sendRawTransaction", data(bytes(self._account.sign_transaction(transaction).raw_transaction))


@pytest.fixture
def driver(chain):
    return BulkDriver(chain.node)


@pytest.fixture
def register(chain):
    """Calls that register models, by accounts in turn."""

    def calls(number, senders=None):
        senders = senders or chain.stakers
        content = chain.tournament.encode("register", "a model", ZERO)
        return [Call(senders[i % len(senders)], chain.tournament.address, content, GAS) for i in range(number)]

    return calls


@pytest.fixture
def registered(chain):
    """The topic of the event that registering leaves."""
    return chain.tournament.topics["ModelRegistered"]


@pytest.fixture
def key_sender(chain):
    """An account whose key is here, with ether."""
    key = keccak(text="bulk")
    chain.node.ask("anvil_setBalance", Account.from_key(key).address, hex(100 * NMR))
    return KeySender(key)


def model_count(chain) -> int:
    return chain.read("model_count", [()])[0]


def test_drive__many_calls__all_are_mined_and_left_their_event(chain, driver, register, registered):
    told = []
    span = driver.drive(register(1_200), event=registered, done=told.append)
    assert model_count(chain) == 1_200
    assert told == [500, 500, 200]
    assert [log["transactionHash"] for log in span.logs].sort() == list(span.hashes).sort()
    assert len(set(span.hashes)) == len(span.logs) == 1_200


def test_drive__gas__is_that_of_the_receipts(chain, driver, register, registered):
    span = driver.drive(register(20), event=registered)
    receipts = chain.node.ask_all("eth_getTransactionReceipt", [[each] for each in span.hashes])
    assert span.gas == sum(int(receipt["gasUsed"], 16) for receipt in receipts)
    assert {int(receipt["blockNumber"], 16) for receipt in receipts} <= set(
        range(span.first_block, span.last_block + 1)
    )


def test_drive__one_sender__keeps_the_order_of_the_calls(chain, driver, registered):
    [staker, *_] = chain.stakers
    calls = [
        Call(staker, chain.tournament.address, chain.tournament.encode("register", str(i), ZERO), GAS)
        for i in range(600)
    ]
    span = driver.drive(calls, event=registered)
    assert [int(log["topics"][1], 16) for log in span.logs] == list(range(600))
    assert [log["transactionHash"] for log in span.logs] == span.hashes


def test_drive__key_and_unlocked_senders__both_sign(chain, driver, register, registered, key_sender):
    span = driver.drive(register(30, [key_sender, chain.stakers[0]]), event=registered)
    owners = {log["topics"][2][-40:] for log in span.logs}
    assert owners == {key_sender.address[2:].lower(), chain.stakers[0].address[2:].lower()}


def test_drive__afterwards__the_node_mines_by_itself_again(chain, driver, register, registered):
    driver.drive(register(3), event=registered)
    assert chain.node.ask("anvil_getAutomine") is True


def test_drive__a_call_reverts__is_named_with_its_reason(chain, driver, register, registered):
    calls = register(8)
    calls[5] = Call(calls[5].sender, calls[5].to, chain.tournament.encode("deposit", 10**6, NMR, ZERO_ADDRESS), GAS)
    with pytest.raises(
        CallsFailed, match="1 of 8 calls failed, the first of them number 5: models: another owner"
    ) as e:
        driver.drive(calls, event=registered)
    assert e.value.failures == {5: "models: another owner"}
    assert model_count(chain) == 7
    assert chain.node.ask("anvil_getAutomine") is True


def test_drive__a_call_leaves_another_event__is_named(chain, driver, register, registered):
    driver.drive(register(1), event=registered)
    calls = [Call(chain.stakers[0], chain.tournament.address, chain.tournament.encode("set_submitter", 0, ZERO), GAS)]
    with pytest.raises(CallsFailed, match="it left no such event, and would go through now"):
        driver.drive(calls, event=registered)


def test_drive__node_takes_one_no_more__says_how_many_and_why(chain, driver, register, registered, key_sender):
    calls = register(3)
    chain.node.ask("anvil_setBalance", key_sender.address, "0x0")
    calls.append(Call(key_sender, calls[0].to, calls[0].data, GAS))
    with pytest.raises(Unsent, match="The node took 3 transactions and not the next: Insufficient funds") as error:
        driver.drive(calls, event=registered)
    assert error.value.sent == 3
    assert model_count(chain) == 3


def test_drive__nothing__sends_nothing(chain, driver):
    block = chain.node.number("eth_blockNumber")
    span = driver.drive([], event="0x00")
    assert (span.hashes, span.gas, span.logs) == ([], 0, [])
    assert chain.node.number("eth_blockNumber") == block


def test_drive__public_node__waits_until_they_are_mined(chain, register, registered):
    chain.node.ask("evm_setAutomine", False)
    chain.node.ask("evm_setIntervalMining", 1)
    span = BulkDriver(Public(chain.node.url)).drive(register(20), event=registered)
    assert len(span.logs) == model_count(chain) == 20


def test_drive__public_node_that_mines_no_more__gives_up(chain, register, registered, monkeypatch):
    monkeypatch.setattr(bulk, "PATIENCE", 1.0)
    chain.node.ask("evm_setAutomine", False)
    with pytest.raises(Stuck, match="No block takes 20 transactions that the node took"):
        BulkDriver(Public(chain.node.url)).drive(register(20), event=registered)


def test_drive__full_blocks_raise_the_base_fee__goes_on(chain, driver, register, registered):
    chain.node.ask("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    chain.node.ask("evm_setBlockGasLimit", hex(1_000_000))
    try:
        span = driver.drive(register(200), event=registered)
    finally:
        chain.node.ask("evm_setBlockGasLimit", hex(BLOCK_GAS))
    assert len(span.logs) == 200
    last = chain.node.ask("eth_getBlockByNumber", hex(span.last_block), False)
    assert int(last["baseFeePerGas"], 16) < 3 * 10**9 < 10**9 * 9**8 // 8**8 * 2


def test_drive__fee_is_too_low_for_the_next_block__gives_up(chain, register, registered):
    chain.node.ask("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    chain.node.ask("evm_setBlockGasLimit", hex(1_000_000))
    try:
        with pytest.raises(Stuck, match=r"No block takes \d+ transactions that the node took\."):
            BulkDriver(chain.node, fee=10**9 * 33 // 32).drive(register(60), event=registered)
    finally:
        chain.node.ask("evm_setBlockGasLimit", hex(BLOCK_GAS))


def test_refusals__some_would_revert__are_named_and_nothing_is_sent(chain, driver, register):
    calls = register(3)
    calls[1] = Call(calls[1].sender, calls[1].to, chain.tournament.encode("deposit", 10**6, NMR, ZERO_ADDRESS), GAS)
    block = chain.node.number("eth_blockNumber")
    assert driver.refusals(calls) == {1: "models: another owner"}
    assert chain.node.number("eth_blockNumber") == block


@pytest.fixture
def waiting(chain, register):
    """A transaction of somebody on a node that was told not to mine."""
    chain.node.ask("evm_setAutomine", False)
    [call] = register(1)
    chain.node.ask("eth_sendTransaction", call.request())
    yield
    chain.node.ask("anvil_dropAllTransactions")


def node_state(chain) -> tuple[bool, int, int]:
    """Whether the node mines by itself, how many transactions wait there, and how many models there are."""
    waiting = int(chain.node.ask("txpool_status")["pending"], 16)
    return chain.node.ask("anvil_getAutomine"), waiting, model_count(chain)


def test_refusals__node_does_not_mine__is_left_as_it_is(chain, register, waiting):
    own = Call(chain.stakers[0], chain.tournament.address, chain.tournament.encode("set_submitter", 0, ZERO), GAS)
    missing = Call(own.sender, own.to, chain.tournament.encode("set_submitter", 1, ZERO), GAS)
    # Model 0 is only in the transaction that waits.
    assert BulkDriver(chain.node).refusals([own, missing]) == {1: "models: not the owner"}
    assert node_state(chain) == (False, 1, 0)


@pytest.mark.parametrize("number", [0, 2])
def test_drive__node_does_not_mine__mines_what_waits_and_lets_it_mine_again(chain, register, waiting, number):
    span = BulkDriver(chain.node).drive(register(number))
    assert len(span.hashes) == number
    assert node_state(chain) == (True, 0, 1 + number)


def test_unlocked_sender__unknown_to_the_node__is_not_taken(driver, register, registered):
    calls = register(1, [UnlockedSender("0x" + "12" * 20)])
    with pytest.raises(Unsent, match="The node took 0 transactions and not the next: No Signer available"):
        driver.drive(calls, event=registered)


# The benchmark


@pytest.fixture(scope="session")
def played(project):
    """Three rounds of a few models, and the page about them."""
    with Anvil(find_anvil(PROJECT), options=("--gas-limit", str(BLOCK_GAS))) as anvil:
        return {10: Play(RoundsChain(anvil, project), 10, lambda *_: None).run()}


def test_play__three_rounds__measure_every_phase(played):
    [phases] = played.values()
    names = ["enter", "submit", "lock", "root", "settle", "read back"]
    expected = [(ONCE, "register"), (ONCE, "deposit and policy")]
    expected += [(number, name) for number in range(1, ROUNDS + 1) for name in names]
    assert [(phase.round, phase.name) for phase in phases] == expected
    for phase in phases:
        assert (phase.gas > 0) == (phase.name not in ("root", "read back"))
        assert phase.seconds > 0


def test_play__chain_has_other_stakes__is_noticed(chain):
    play = Play(chain, 5, lambda *_: None)
    play._register()
    play._stakes[3] = 1
    with pytest.raises(WrongBooks, match="Model 3 has 0 gwei at stake after round 0, and the payout rule gives 1"):
        play._read(1, 0)


def test_page__phases__are_all_in_it(played):
    page = render({10: played[10], 40: played[10]}, "rounds.svg")
    for text in ("![", "| register a model | 10 |", "| settle, 300 groups a transaction | 1 |", "4.0 times the models"):
        assert text in page
    drawing = ElementTree.fromstring(picture({10: played[10], 40: played[10]}))  # noqa: S314 - our own
    texts = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"enter", "submit", "lock", "root", "settle", "read back"} <= set(texts)
    assert "rounds.svg" not in render(played)
