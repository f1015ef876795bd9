# SPDX-License-Identifier: MIT
"""The tree over a round's score words, against trees that others' libraries compute: see `merkle.js`."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final, NamedTuple

import boa
import pytest

from nmr.protocol.chunk_tree import ChunkTree, leaf

HERE: Final = Path(__file__).parent
SIZES: Final = (*range(1, 34), 63, 64, 65, 100, 255, 256, 257)
FULL: Final = 256
"""Words of a full chunk."""
CONTRACT: Final = """
# pragma version 0.4.3
from contracts.modules import chunk_tree


@external
@pure
def leaf(words: DynArray[uint256, 256]) -> bytes32:
    return chunk_tree._leaf(words)


@external
@pure
def holds(root: bytes32, chunks: uint256, index: uint256, leaf: bytes32, proof: DynArray[bytes32, 16]) -> bool:
    return chunk_tree._holds(root, chunks, index, leaf, proof)
"""


class Theirs(NamedTuple):
    """Chunks, and what the libraries say of the tree over them."""

    chunks: list[list[int]]
    leaves: list[bytes]
    root: bytes
    proofs: list[list[tuple[str, bytes]]]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.fixture(scope="module")
def theirs() -> dict[int, Theirs]:
    """By the number of chunks."""
    draw = random.Random(5267)
    trees = [
        [[draw.randrange(2**256) for _ in range(draw.choice((0, 1, 4, FULL)))] for _ in range(size)] for size in SIZES
    ]
    node = shutil.which("node")
    assert node, "node is not installed"
    told: list[dict[str, Any]] = json.loads(
        subprocess.run(
            [node, str(HERE / "merkle.js")],
            input=json.dumps([[[str(word) for word in words] for words in chunks] for chunks in trees]),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    return {
        len(chunks): Theirs(
            chunks,
            [unhex(node) for node in tree["leaves"]],
            unhex(tree["root"]),
            [[(side, unhex(sibling)) for side, sibling in proof] for proof in tree["proofs"]],
        )
        for chunks, tree in zip(trees, told, strict=True)
    }


@pytest.fixture(scope="module")
def contract():
    return boa.loads(CONTRACT)


def test_leaf__any_chunk__is_that_of_openzeppelin(theirs, contract):
    chunks = [(words, node) for tree in theirs.values() for words, node in zip(tree.chunks, tree.leaves, strict=True)]
    assert {len(words) for words, _ in chunks} == {0, 1, 4, FULL}
    assert [leaf(words) for words, _ in chunks] == [node for _, node in chunks]
    for words, node in chunks[:100]:
        assert contract.leaf(words) == node


@pytest.mark.parametrize("size", SIZES)
def test_tree__any_number_of_chunks__is_that_of_merkletreejs(theirs, size):
    tree = theirs[size]
    ours = ChunkTree.of(tree.chunks)
    assert ours.root == tree.root
    for index, proof in enumerate(tree.proofs):
        assert ours.proof(index) == [sibling for _, sibling in proof]
        # Bit k of the index says on which side of step k the node stands, so the sibling stands on the other one.
        assert [side for side, _ in proof] == ["left" if index >> k & 1 else "right" for k in range(len(proof))]


@pytest.mark.parametrize("size", SIZES)
def test_holds__proof_of_merkletreejs__is_taken_for_its_chunk_only(theirs, contract, size):
    tree = theirs[size]
    # At most about twenty of them.
    for index in range(0, size, 1 + size // 20):
        proof = [sibling for _, sibling in tree.proofs[index]]
        assert contract.holds(tree.root, size, index, tree.leaves[index], proof)
        other = (index + 1) % size
        if tree.leaves[other] != tree.leaves[index]:
            assert not contract.holds(tree.root, size, index, tree.leaves[other], proof)
            assert not contract.holds(tree.root, size, other, tree.leaves[index], proof)
