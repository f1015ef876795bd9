# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Chunk tree
@author NMR contributors
@license AGPL-3.0-only
@notice The Merkle tree over the chunks of a round's score words.
@dev Leaf `i` is chunk `i` as `abi.encode(words)`, hashed twice, so no inner
     node passes as a chunk; the path to the root is ordered by the bits of `i`
     and as long as the number of chunks demands, so no chunk can stand in two
     places. Leaves that are missing to a power of two are zero.
"""


# A chunk has the words of five pages of 60 groups, which share their words of
# submissions and of compounding. Seven pages are 44 gas a model cheaper, at a
# dearest chunk of 13.5 million gas of the 16.8 million that a transaction has.
PAGES: constant(uint256) = 5
MAX_WORDS: constant(uint256) = 60 * PAGES
MAX_BYTES: constant(uint256) = 64 + 32 * MAX_WORDS
MAX_DEPTH: constant(uint256) = 16
MAX_CHUNKS: constant(uint256) = 55_924


@internal
@pure
def _is_encoded(chunk: Bytes[MAX_BYTES]) -> bool:
    """
    @return Whether the chunk is what `abi.encode` makes of its words. Decoding
            takes other heads and trailing bytes as well, so the same words
            would have leaves that nobody finds who knows the words alone.
    """
    return (
        len(chunk) >= 64
        and len(chunk) % 32 == 0
        and extract32(chunk, 0, output_type=uint256) == 32
        and extract32(chunk, 32, output_type=uint256) == unsafe_div(len(chunk), 32) - 2
    )


@internal
@pure
def _leaf(chunk: Bytes[MAX_BYTES]) -> bytes32:
    """
    @return keccak(keccak(abi.encode(words))).
    """
    return keccak256(keccak256(chunk))


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
