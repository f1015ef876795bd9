# SPDX-License-Identifier: MIT
"""The Merkle tree over the chunks of a round's score words.

Chunk i is abi.encode(words_i), and leaf i is keccak(keccak(chunk_i)), so that no inner
node, which is one hash of 64 bytes, passes as a chunk. The depth is ceil(log2(chunks)); leaves missing
up to the power of two are 32 zero bytes; an inner node is keccak(left ++ right).
A proof is the siblings from the bottom up, and bit k of the index says on which
side of step k the node stands (1: right).
"""

from collections.abc import Sequence
from typing import Final

from eth_hash.auto import keccak

from nmr.errors import ChunkError
from nmr.protocol.lanes import MAX_WORD

MAX_WORDS: Final = 300
"""Words of a chunk."""
MAX_BYTES: Final = 64 + 32 * MAX_WORDS
MAX_CHUNKS: Final = 55_924
MAX_DEPTH: Final = 16
EMPTY: Final = bytes(32)


def encode(words: Sequence[int]) -> bytes:
    """A chunk: the ABI encoding of its words.

    Raises:
        ChunkError: not a 256-bit word.
    """
    for word in words:
        if not 0 <= word <= MAX_WORD:
            raise ChunkError(f"{word} is not a 256-bit word")
    # One uint256[]: offset, length, items.
    head = (32).to_bytes(32, "big") + len(words).to_bytes(32, "big")
    return head + b"".join(word.to_bytes(32, "big") for word in words)


def decode(chunk: bytes) -> list[int]:
    """The words of a chunk.

    Raises:
        ChunkError: it is not what `encode` makes of any words.
    """
    words = [int.from_bytes(chunk[at : at + 32], "big") for at in range(64, len(chunk), 32)]
    if chunk != encode(words):
        raise ChunkError("the chunk is not the encoding of its words")
    return words


def leaf(words: Sequence[int]) -> bytes:
    """The leaf of a chunk of these words.

    Raises:
        ChunkError: not a 256-bit word.
    """
    return leaf_of(encode(words))


def leaf_of(chunk: bytes) -> bytes:
    """The leaf of a chunk."""
    return keccak(keccak(chunk))


def depth_of(chunks: int) -> int:
    """The length of every proof in a tree over so many chunks.

    Raises:
        ChunkError: none, or more than `MAX_CHUNKS`.
    """
    if not 1 <= chunks <= MAX_CHUNKS:
        raise ChunkError(f"a tree has 1 to {MAX_CHUNKS} chunks, not {chunks}")
    return (chunks - 1).bit_length()


def verify(root: bytes, chunks: int, index: int, chunk: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `chunk` is number `index` of the tree over `chunks` chunks with this root.

    Raises:
        ChunkError: a number of chunks that no tree has.
    """
    if not 0 <= index < chunks or len(proof) != depth_of(chunks):
        return False
    node = leaf_of(chunk)
    for sibling in proof:
        node = keccak(sibling + node) if index & 1 else keccak(node + sibling)
        index >>= 1
    return node == root


class ChunkTree:
    """The tree over the leaves of all chunks, chunk 0 first."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """Build the tree.

        Raises:
            ChunkError: no leaves, more than `MAX_CHUNKS`, or one that is not 32 bytes.
        """
        depth = depth_of(len(leaves))
        if any(len(node) != 32 for node in leaves):
            raise ChunkError("a leaf has 32 bytes")
        self._levels = [list(leaves)]
        self._empty = [EMPTY]  # the node over nothing, by level
        for level in range(depth):
            nodes = self._levels[level]
            empty = self._empty[level]
            padded = [*nodes, empty] if len(nodes) % 2 else nodes
            pairs = zip(padded[::2], padded[1::2], strict=True)
            self._levels.append([keccak(left + right) for left, right in pairs])
            self._empty.append(keccak(empty + empty))

    @classmethod
    def of(cls, chunks: Sequence[Sequence[int]]) -> "ChunkTree":
        """The tree over the words of all chunks."""
        return cls([leaf(words) for words in chunks])

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        """The root, as proposed."""
        return self._levels[-1][0]

    def proof(self, index: int) -> list[bytes]:
        """The siblings of chunk `index`, from the bottom up.

        Raises:
            ChunkError: no such chunk.
        """
        if not 0 <= index < self.chunks:
            raise ChunkError(f"there is no chunk {index} among {self.chunks}")
        siblings = []
        for level in range(len(self._levels) - 1):
            nodes = self._levels[level]
            sibling = index >> level ^ 1
            siblings.append(nodes[sibling] if sibling < len(nodes) else self._empty[level])
        return siblings
