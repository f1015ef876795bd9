# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Chunk tree
@author NMR contributors
@license AGPL-3.0-only
@notice The Merkle tree over the chunks of a round's score words.
@dev Leaf `i` is chunk `i`, hashed twice, so no inner node passes as a chunk;
     the path to the root is ordered by the bits of `i` and as long as the
     number of chunks demands, so no chunk can stand in two places. Leaves
     that are missing to a power of two are zero.
"""


MAX_WORDS: constant(uint256) = 256
MAX_DEPTH: constant(uint256) = 16
# Chunks of 256 groups each, for the 2**24 groups of the ledger.
MAX_CHUNKS: constant(uint256) = 2**16


@internal
@pure
def _leaf(words: DynArray[uint256, MAX_WORDS]) -> bytes32:
    """
    @return keccak(keccak(abi.encode(words))).
    """
    return keccak256(keccak256(abi_encode(words)))


@internal
@pure
def _holds(root: bytes32, chunks: uint256, index: uint256, leaf: bytes32, proof: DynArray[bytes32, MAX_DEPTH]) -> bool:
    """
    @param proof The siblings of the path from the leaf, bottom up.
    @return Whether `leaf` is number `index` of the tree of `chunks` leaves.
    """
    if index >= chunks or len(proof) != self._depth(chunks):
        return False
    node: bytes32 = leaf
    path: uint256 = index
    for sibling: bytes32 in proof:
        if path & 1 == 0:
            node = keccak256(concat(node, sibling))
        else:
            node = keccak256(concat(sibling, node))
        path >>= 1
    return node == root


@internal
@pure
def _depth(chunks: uint256) -> uint256:
    """
    @return The levels above the leaves, for 1 to `MAX_CHUNKS` chunks.
    """
    depth: uint256 = 0
    for level: uint256 in range(MAX_DEPTH):
        if 1 << level >= chunks:
            break
        depth += 1
    return depth
