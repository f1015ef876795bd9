# SPDX-License-Identifier: MIT
"""An account whose transactions are stuck, on an anvil that mines when it is told to."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from nmr.chain.node import Node, NodeError
from nmr.client.session import NoEther, require_ether
from nmr.client.signers import KeySigner, NotMined
from nmr.deploy.anvil import Anvil, find_anvil
from tests.support.anvil_suite import local_accounts

PROJECT = Path(__file__).parents[3]
GWEI = 10**9
TO = f"0x{'22' * 20}"
POOR = Account.from_key(b"\1" * 32)


@pytest.fixture
def node() -> Iterator[Node]:
    """A chain that mines no block by itself."""
    with Anvil(find_anvil(PROJECT)) as anvil:
        anvil.node.ask("evm_setAutomine", False)
        yield anvil.node


def signer(sleep: Callable[[float], None]) -> KeySigner:
    """An account; `sleep` is called between two looks for a receipt."""
    return KeySigner(local_accounts()[1], sleep=sleep)


def mine(node: Node, base_fee: int) -> None:
    """A block of that base fee."""
    node.ask("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
    node.ask("evm_mine")


def fee_of(node: Node, transaction: str) -> int:
    return int(node.ask("eth_getTransactionByHash", transaction)["maxFeePerGas"], 16)


def test_insistent__fee_is_too_low_for_blocks__sends_it_again_for_more_until_one_takes_it(node):
    mine(node, GWEI)
    waits = 0

    def sleep(seconds: float) -> None:
        nonlocal waits
        waits += 1
        mine(node, 6 * GWEI)

    sent = signer(sleep).insistent(patience=0.01).send(node, TO, b"")

    assert waits > 1
    assert fee_of(node, sent) >= 6 * GWEI
    assert node.number("eth_getTransactionCount", local_accounts()[1].address, "latest") == 1


def test_insistent__an_older_transaction_is_stuck__takes_its_place(node):
    stuck = {"from": local_accounts()[1].address, "to": TO, "data": "0xaa", "maxFeePerGas": hex(4 * GWEI)}
    node.ask("eth_sendTransaction", {**stuck, "maxPriorityFeePerGas": hex(3 * GWEI)})

    sent = signer(lambda _: mine(node, GWEI)).insistent(patience=0.01).send(node, TO, b"\xbb")

    assert node.ask("eth_getTransactionByHash", sent)["input"] == "0xbb"
    assert node.number("eth_getTransactionCount", local_accounts()[1].address, "latest") == 1


def test_insistent__local_chain_drops_it__sends_it_again_within_seconds(node):
    mine(node, GWEI)
    node.ask("evm_setAutomine", True)
    waited: list[float] = []

    class Dropping:
        """The node, which does not take the first transaction and says that it did."""

        dropped = False

        def ask(self, method, *parameters):
            if method == "eth_sendRawTransaction" and not self.dropped:
                self.dropped = True
                return f"0x{'00' * 32}"
            return node.ask(method, *parameters)

    sent = signer(waited.append).insistent().send(Dropping(), TO, b"\xbb")

    assert node.ask("eth_getTransactionByHash", sent)["input"] == "0xbb"
    assert 4 < sum(waited) < 8


def test_insistent__blocks_never_take_it__says_so_in_the_end(node):
    with pytest.raises(NotMined, match="was sent, and is in no block"):
        signer(lambda _: None).insistent(patience=0.01).send(node, TO, b"")


def test_insistent__somebody_else_takes_the_nonce__says_so(node):
    account = local_accounts()[1]
    mine(node, 2 * GWEI)

    def sleep(_: float) -> None:
        node.ask("anvil_dropAllTransactions")
        node.ask("eth_sendTransaction", {"from": account.address, "to": TO, "data": "0xcc"})
        mine(node, 2 * GWEI)

    with pytest.raises(NotMined, match="took the nonce"):
        signer(sleep).insistent(patience=0.01).send(node, TO, b"\xbb")


def test_send__not_insistent__waits_behind_what_is_stuck(node):
    node.ask("eth_sendTransaction", {"from": local_accounts()[1].address, "to": TO, "data": "0xaa"})

    signer(lambda _: mine(node, GWEI)).send(node, TO, b"\xbb")

    assert node.number("eth_getTransactionCount", local_accounts()[1].address, "latest") == 2


class Refusing:
    """The node, which takes no transaction, and says why in words of its own."""

    def __init__(self, node: Node, *, silent: bool = False) -> None:
        self.node, self.silent = node, silent

    def ask(self, method: str, *parameters: Any) -> Any:
        if method == "eth_sendRawTransaction" or (self.silent and method == "eth_getBalance"):
            raise NodeError(method, -32_000, "no")
        return self.node.ask(method, *parameters)


def test_insistent__node_refuses_for_another_reason__raises_it(node):
    with pytest.raises(NodeError, match=r"^eth_sendRawTransaction: no$"):
        signer(lambda _: None).insistent(patience=0.01).send(Refusing(node), TO, b"")


@pytest.mark.parametrize("insist", [False, True])
@pytest.mark.parametrize("of", [lambda node: node, Refusing], ids=["anvil's words", "other words"])
def test_send__no_ether_for_gas__says_whose_and_how_much(node, of, insist):
    node.ask("anvil_setBalance", POOR.address, hex(10**9))
    poor = KeySigner(POOR, sleep=lambda _: None)
    with pytest.raises(NoEther) as refused:
        (poor.insistent(0.01) if insist else poor).send(of(node), TO, b"")
    has = f"{POOR.address} has 0.000000001 ether, too little to pay for gas, which may cost 0.000"
    assert str(refused.value).startswith(has)
    assert str(refused.value).endswith(": send ether to it first.")


def test_send__refused_and_no_balance_told__is_what_the_node_said(node):
    with pytest.raises(NodeError, match=r"^eth_sendRawTransaction: no$"):
        KeySigner(POOR).send(Refusing(node, silent=True), TO, b"")


@pytest.mark.parametrize(("balance", "told"), [(0, True), (1, False)])
def test_require_ether__cost_is_not_known__tells_of_an_account_with_nothing(node, balance, told):
    node.ask("anvil_setBalance", POOR.address, hex(balance))
    with pytest.raises(NoEther) if told else nullcontext() as refused:
        require_ether(node, POOR.address, 0)
    if told:
        assert str(refused.value) == f"{POOR.address} has 0 ether, too little to pay for gas: send ether to it first."
