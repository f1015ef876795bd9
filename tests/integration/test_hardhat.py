# SPDX-License-Identifier: MIT
"""The audit by a block's hash, through a node that is not anvil: Hardhat's network, a process of its own."""

import socket
import subprocess
import time
from pathlib import Path

import pytest

from nmr.chain.node import Node, NodeUnreachable
from nmr.client.auditing import audit_chain
from tests.support.anvil_suite import deploy_on_anvil
from tests.support.evm_suite import parameters

FOLDER = Path(__file__).parent / "hardhat"
COMMAND = FOLDER / "node_modules" / ".bin" / "hardhat"
PATIENCE = 60.0


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A fresh chain."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    output = tmp_path_factory.mktemp("hardhat") / "output"
    with output.open("w") as log:
        command = [COMMAND, "node", "--hostname", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, cwd=FOLDER, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield _awaited(f"http://127.0.0.1:{port}", process, output)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _awaited(url: str, process: subprocess.Popen, output: Path) -> Node:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        node = Node(url)
        try:
            node.ask("eth_chainId")
            return node
        except NodeUnreachable:
            time.sleep(0.2)
    raise AssertionError(output.read_text(encoding="utf-8"))


def test_audit__block_named_by_its_hash__is_proved_and_agrees(node, tmp_path):
    record = deploy_on_anvil(node, tmp_path / "record.json", parameters())
    block_hash = node.ask("eth_getBlockByNumber", "latest", False)["hash"]
    node.ask("evm_mine")
    content = audit_chain(node, record, block_hash=block_hash, every_receipt=True).content
    assert content["agrees"], content["disagreements"]
    proof = content["proof"]
    assert proof["trusted"] and proof["header"] and proof["state"]
    assert proof["contracts"] == proof["roots"] == proof["creations"] == 7
    assert proof["blocks"] == proof["receipts"] == proof["linked"] > 0
