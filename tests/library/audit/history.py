# SPDX-License-Identifier: MIT
"""One history of a suite that has a bit of everything, its node, and what tests of the audit ask of it."""

import copy
from functools import cache
from typing import Any

from nmr.audit.chain import RpcChain
from nmr.audit.report import Report
from nmr.audit.run import audit_suite
from nmr.protocol.reference import ReferenceSuite
from nmr.text.amounts import NMR, SCORE
from tests.library.audit.scene import FakeNode, abis
from tests.support.example_suite import GUARDIAN, OWNER, RIVAL, STAKER, STRANGER, TOURNAMENT, ExampleSuite

UP, DOWN = (SCORE // 100, 0), (-SCORE // 100, 0)


@cache
def history() -> ReferenceSuite:
    """Three rounds: one settled, one void, whose stake waits, one open; models that moved, were sold, and withdrew."""
    scene = ExampleSuite(models=6)
    call, treasury = scene.call, scene.world.treasury
    call("set_submitter", 1, STRANGER)
    call("offer_model", 2, RIVAL)
    call("accept_model", 2, sender=RIVAL)
    call("offer_model", 3, RIVAL)
    treasury.authorise(STRANGER, NMR, 2 * NMR, NMR, sender=OWNER, now=scene.now)
    treasury.spend(STRANGER, NMR, sender=OWNER, now=scene.now)
    scene.world.numeraire.transfer(TOURNAMENT, 7, sender=STRANGER, now=scene.now)
    for model in (0, 1, 4):
        call("deposit", model, 50 * NMR, STAKER)
        call("set_policy", model, 40 * NMR, model == 0)
    call("set_policy", 3, 5 * NMR, False)
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


def node_of_history() -> FakeNode:
    """A node that a test may change."""
    return FakeNode(copy.deepcopy(history()))


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


def as_topic(address: str) -> str:
    return f"{int(address, 16):#066x}"
