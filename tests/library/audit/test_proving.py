# SPDX-License-Identifier: MIT
"""How far back an audit links blocks to the one that is trusted, and what it believes where it does not get there."""

from typing import Any

import pytest

from nmr.audit import evidence
from nmr.audit.chain import RpcChain
from nmr.audit.proving import HISTORY
from nmr.audit.run import audit_suite
from nmr.chain.node import NodeError
from nmr.client.auditing import suite_abis
from tests.support.evm_suite import EvmSuite

EMPTY = 40
"""Blocks without logs between the suite and the one that is trusted."""
PARTS, LOGGED = 7, 4
"""Contracts of the suite, each in a block of its own, and those of them that log something."""


@pytest.fixture(scope="module")
def suite() -> EvmSuite:
    suite = EvmSuite(buyback=False)
    suite.node.mine(EMPTY)
    return suite


class WithoutHistory:
    """A node that proves nothing of the contract that keeps hashes of blocks."""

    def __init__(self, suite: EvmSuite) -> None:
        self._node = suite.node

    def ask(self, method: str, *parameters: Any) -> Any:
        if method == "eth_getProof" and parameters[0] == HISTORY:
            raise NodeError(method, -32_601, "not supported")
        return self._node.ask(method, *parameters)

    def ask_all(self, method: str, parameters: Any) -> list[Any]:
        return [self.ask(method, *each) for each in parameters]

    def try_each(self, requests: Any) -> Any:
        return self._node.try_each(requests)


def audited(node: Any, suite: EvmSuite, *, every_receipt: bool = False) -> dict[str, Any]:
    head = str(suite.node.ask("eth_getBlockByNumber", "latest", False)["hash"])
    chain = RpcChain(node, lambda _: None)
    options = {"block_hash": head, "every_receipt": every_receipt, "sleep": lambda _: None}
    return audit_suite(chain, suite.record, suite_abis(), **options).content


def test_audit__blocks_farther_than_it_walks__are_linked_by_hashes_in_the_state(
    suite: EvmSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "WALK", PARTS)
    proof = audited(suite.node, suite)["proof"]
    assert (proof["creations"], proof["lowest"]) == (PARTS, 1)
    assert proof["linked"] == proof["receipts"] == proof["blocks"] == LOGGED


def test_audit__chain_that_keeps_no_hashes__is_linked_by_parents(suite: EvmSuite) -> None:
    proof = audited(WithoutHistory(suite), suite)["proof"]
    assert (proof["linked"], proof["creations"]) == (LOGGED, PARTS)


def test_audit__parents_farther_than_it_walks__are_believed_and_said(
    suite: EvmSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "WALK", EMPTY - 1)
    content = audited(WithoutHistory(suite), suite)
    assert (content["proof"]["linked"], content["proof"]["lowest"], content["proof"]["creations"]) == (0, None, 0)
    assert content["believed"] == [
        "The logs of 4 of 4 blocks, as far as storage does not show them: "
        "their receipts were not compared, or not linked to the block.",
        "That no other block has a log of the suite, as far as storage does not show it.",
        "The transactions that created timelock, treasury, numeraire, terms-check, classic, lens and classic-pools: "
        "their blocks were not linked to the block.",
    ]
    # All of them are walked to if every receipt is wanted.
    assert audited(WithoutHistory(suite), suite, every_receipt=True)["proof"]["linked"] == LOGGED
