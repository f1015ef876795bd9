# SPDX-License-Identifier: MIT
"""A snapshot of the audit's history beside what the audit reports of it, for the tests of the page in TypeScript.

Run it by `python -m tests.library.page.fixture FOLDER`.
"""

import sys
from pathlib import Path

from nmr.audit.chain import RpcChain
from nmr.page.export import Snapshot, take_snapshot
from tests.library.audit.history import audited, node_of_history, unslept
from tests.library.audit.scene import FakeNode, abis


def snapshot_of(node: FakeNode, **options) -> Snapshot:
    return take_snapshot(RpcChain(node, unslept), node.record, abis(), sleep=unslept, **options)


def write(folder: Path) -> None:
    """The snapshot's files, and `audit.json`."""
    node = node_of_history()
    for name, content in snapshot_of(node).files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "audit.json").write_bytes(audited(node).canonical())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
