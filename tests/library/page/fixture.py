# SPDX-License-Identifier: MIT
"""Snapshots of histories beside what the audit reports of them, for the tests of the page in TypeScript.

`FOLDER` gets the audit's history, `FOLDER/pools` and `FOLDER/deserted` those of pools:
`python -m tests.library.page.fixture FOLDER`.
"""

import sys
from pathlib import Path

from nmr.audit.chain import RpcChain
from nmr.audit.run import audit_suite
from nmr.client.auditing import suite_abis
from nmr.page.export import Snapshot, take_snapshot
from tests.library.audit.history import audited, node_of_history, unslept
from tests.library.audit.pool_history import deserted, played
from tests.library.audit.scene import FakeNode, abis
from tests.support.pool_node import PoolNode


def snapshot_of(node: FakeNode, **options) -> Snapshot:
    return take_snapshot(RpcChain(node, unslept), node.record, abis(), sleep=unslept, **options)


def snapshot_of_pools(chain: PoolNode) -> Snapshot:
    return take_snapshot(RpcChain(chain.node, unslept), chain.suite.record, suite_abis(), sleep=unslept)


def write(folder: Path, snapshot: Snapshot, audit: bytes) -> None:
    """The snapshot's files, and `audit.json`."""
    for name, content in snapshot.files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "audit.json").write_bytes(audit)


def main(folder: Path) -> None:
    """Write all."""
    node = node_of_history()
    write(folder, snapshot_of(node), audited(node).canonical())
    for name, chain in (("pools", played()[0]), ("deserted", deserted()[0])):
        report = audit_suite(RpcChain(chain.node, unslept), chain.suite.record, suite_abis(), sleep=unslept)
        write(folder / name, snapshot_of_pools(chain), report.canonical())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
