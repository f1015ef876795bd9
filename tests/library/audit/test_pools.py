# SPDX-License-Identifier: MIT
"""The audit of pools on a chain with proofs: it agrees after a bit of everything, and finds what is not the suite's."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nmr.audit.chain import RpcChain
from nmr.audit.checkpoint import FileCheckpoints
from nmr.audit.layout import FACTORY, POOL
from nmr.audit.report import Report
from nmr.audit.run import audit_suite
from nmr.chain.blueprints import blueprint_of
from nmr.chain.builds import build
from nmr.chain.node import NO_SUCH_METHOD, NodeError
from nmr.client.auditing import suite_abis
from nmr.deploy.genuine import differences
from nmr.protocol.reference.pool import PlaceView
from nmr.text.amounts import NMR
from tests.library.audit.pool_history import deserted, played
from tests.support.pool_node import MANAGER, PoolNode


class Changed:
    """A node that tells other words, and then proves none."""

    def __init__(self, chain: PoolNode, words: Mapping[tuple[str, int], int] | None = None) -> None:
        self.node = chain.node
        self.words = {(at.lower(), slot): word for (at, slot), word in (words or {}).items()}

    def ask(self, method: str, *parameters: Any) -> Any:
        if method == "eth_getProof" and self.words:
            raise NodeError(method, NO_SUCH_METHOD, "the method does not exist")
        if method == "eth_getStorageAt":
            at, slot, _ = parameters
            if (at.lower(), int(slot, 16)) in self.words:
                return f"{self.words[at.lower(), int(slot, 16)]:#066x}"
        return self.node.ask(method, *parameters)

    def ask_all(self, method: str, parameters: Any) -> list[Any]:
        return [self.ask(method, *each) for each in parameters]

    def try_each(self, requests: Any) -> Iterator[Any]:
        return self.node.try_each(requests)


def audited(chain: PoolNode, words: Mapping[tuple[str, int], int] | None = None, **options: Any) -> Report:
    node = RpcChain(Changed(chain, words), unslept)
    return audit_suite(node, chain.suite.record, suite_abis(), sleep=unslept, **options)


def unslept(_: float) -> None:
    """Nobody waits in a test."""


def test_audit__manager_left_a_tournament_that_opens_no_rounds__agrees_and_all_are_paid() -> None:
    chain, pool = deserted()
    view = PlaceView(*chain.read("Pool", pool, "place_view", 0))
    assert (view.epoch, view.value, view.entry_orders) == (1, 0, 100 * NMR)
    assert audited(chain).disagreements == ()


def test_audit__pools_after_a_bit_of_everything__agrees_and_counts_them() -> None:
    chain, first, _ = played()
    report = audited(chain)
    assert report.disagreements == ()
    assert report.agrees
    sums = report.content["figures"]["tournaments"]["classic"]
    assert sums["pools"] == 2
    owed = [chain.read("Pool", pool, "owed") for pool in played()[1:]]
    assert sums["in_pools"] == str(sum(owed)) and min(owed) > 0
    assert report.content["parts"]["classic-pool-0"]["address"] == first
    assert report.content["compared"]["pools"]["compared"] > 20
    assert report.content["proof"]["contracts"] == report.content["proof"]["roots"] == 9
    assert report.content["proof"]["recorded"] == 7


def test_audit__an_epoch_ends_after_the_managers_order_ran__agrees() -> None:
    """The pool keeps the time of an order that ran where no other stands when the epoch ends."""
    chain = PoolNode()
    pool = chain.create(2_000)
    locks_at = chain.open(2)
    chain.pool(pool, "enter_order", 0, 100 * NMR, sender=MANAGER)
    chain.pool(pool, "fill", 0)
    chain.resolve(2, locks_at, {1: 0})
    chain.pool(pool, "exit_order", 0, 10**18, sender=MANAGER)
    chain.pool(pool, "checkpoint", 0)
    chain.resolve(3, chain.open(3), {1: -(2**27)})
    chain.pool(pool, "checkpoint", 0)
    assert chain.read("Pool", pool, "place_view", 0)[5] == 1, "the epoch ended"
    assert audited(chain).disagreements == ()


def test_audit__block_is_named_by_its_hash__pools_are_proved() -> None:
    chain, *_ = played()
    head = chain.node.ask("eth_getBlockByNumber", "latest", False)["hash"]
    report = audited(chain, block_hash=head)
    assert report.agrees and report.content["proof"]["state"]


def test_audit__goes_on_from_a_checkpoint__says_the_same(tmp_path: Path) -> None:
    chain, *_ = played()
    head = int(chain.node.ask("eth_blockNumber"), 16)
    whole = audited(chain)
    for block in (head - 40, head - 20, head - 5, head):
        checkpoints = FileCheckpoints(tmp_path / "checkpoint", chain.suite.record)
        resumed = audited(chain, block=block, checkpoints=checkpoints)
    assert resumed.canonical() == whole.canonical()


@pytest.mark.parametrize("slot", [POOL["money"], POOL["places"], POOL["places"] + 3])
def test_audit__word_of_a_pool_is_another__is_found(slot: int) -> None:
    chain, first, _ = played()
    found = audited(chain, {(first, slot): 1})
    assert [(each.source, each.part) for each in found.disagreements] == [("storage", "classic-pool-0")]


def test_audit__factory_keeps_a_pool_that_it_did_not_log__is_found() -> None:
    chain, *_ = played()
    found = audited(chain, {(chain.factory, FACTORY["pool_count"]): 3})
    assert ("number of pools", "2", "3") in [(each.what, each.expected, each.found) for each in found.disagreements]


def test_audit__blueprint_of_other_code__is_found() -> None:
    """A pool that would pay somebody else: its factory is genuine, and what it copies is not."""

    def forged(code: bytes, _: bytes) -> bytes:
        return code[:-1] + bytes([code[-1] ^ 1])

    chain = PoolNode(forge={"blueprint of Pool": forged})
    found = audited(chain)
    assert [(each.source, each.part, each.what) for each in found.disagreements] == [
        ("code", "classic-pools", "hash of the blueprint")
    ]
    assert [(each.part, each.what) for each in differences(chain.node, chain.suite.record)] == [
        ("classic-pools", "hash of the blueprint")
    ]


def test_blueprint__of_the_suite__is_the_pools_code_behind_a_mark() -> None:
    chain, *_ = played()
    at = chain.read("PoolFactory", chain.factory, "BLUEPRINT")
    assert chain.suite.code_at(at) == blueprint_of(build("Pool").creation_code)
