# SPDX-License-Identifier: MIT
"""After any history of the reference, an audit of its log and of storage written from its views finds nothing."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from nmr.audit.chain import RpcChain
from nmr.audit.checkpoint import FileCheckpoints
from nmr.audit.report import Report
from nmr.audit.run import audit_suite
from nmr.text.amounts import GWEI
from tests.library.audit.scene import FakeNode, abis
from tests.library.protocol.walk.walker import Walk
from tests.support.example_suite import GUARDIAN, TOURNAMENT, ExampleSuite


@pytest.mark.parametrize("seed", range(12))
def test_audit__walk_over_the_reference__finds_nothing(seed: int) -> None:
    walk = Walk(seed)
    walk.play(400)
    audit_agrees(walk)


@pytest.mark.parametrize("late", [False, True])
def test_audit__last_round_of_a_place_void__knows_whether_it_was_open(late: bool) -> None:
    scene = ExampleSuite(models=1)
    void = scene.open()
    if late:
        scene.now = scene.terms_of(void).locks_at
    scene.call("void", void, sender=GUARDIAN)
    assert audited(FakeNode(scene.world)).disagreements == ()


def audit_agrees(walk: Walk) -> None:
    """An audit finds nothing, whether it goes on from a checkpoint or not, and comes to the sums of the walk."""
    world, tournament = walk.suite, walk.tournament
    node = FakeNode(world)
    report = audited(node)
    assert report.disagreements == ()
    a_checkpoint_changes_nothing(node, report)
    figures = report.content["figures"]
    sums = figures["tournaments"]["classic"]
    assert sums["idle"] == str(tournament.idle_total())
    assert sums["staked"] == str(tournament.staked_total())
    assert int(sums["idle"]) + int(sums["staked"]) == GWEI * sum(walk.worth.values())
    assert sums["balance"] == str(world.numeraire.balance_of(TOURNAMENT))
    assert figures["burned"] == sums["burns"] == str(world.numeraire.burned)


def a_checkpoint_changes_nothing(node: FakeNode, whole: Report) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "checkpoint"
        audited(node, block=node.head // 2, checkpoints=FileCheckpoints(file, node.record))
        resumed = audited(node, checkpoints=FileCheckpoints(file, node.record))
    assert resumed.canonical() == whole.canonical()


def audited(node: FakeNode, **options: Any) -> Report:
    return audit_suite(RpcChain(node, node.sleepless), node.record, abis(), sleep=node.sleepless, **options)
