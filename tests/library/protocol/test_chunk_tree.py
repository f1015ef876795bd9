# SPDX-License-Identifier: MIT
import pytest
from eth_abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from nmr.errors import ChunkError
from nmr.protocol.chunk_tree import MAX_BYTES, MAX_WORDS, ChunkTree, depth_of, leaf
from nmr.protocol.chunk_tree import encode as encode_chunk
from nmr.protocol.chunk_tree import verify as verify_chunk

WORD = st.integers(0, 2**256 - 1)
CHUNKS = st.lists(st.lists(WORD, max_size=4), min_size=1, max_size=20)


def verify(root: bytes, chunks: int, index: int, words: list[int], proof: list[bytes]) -> bool:
    return verify_chunk(root, chunks, index, encode_chunk(words), proof)


@st.composite
def chunks_and_index(draw: st.DrawFn) -> tuple[list[list[int]], int]:
    """Chunks and the index of one of them."""
    chunks = draw(CHUNKS)
    return chunks, draw(st.integers(0, len(chunks) - 1))


def slow_root(nodes: list[bytes]) -> bytes:
    """The root by the definition: pad to the power of two, then hash pairs."""
    while len(nodes) & (len(nodes) - 1):
        nodes = [*nodes, bytes(32)]
    if len(nodes) == 1:
        return nodes[0]
    return keccak(slow_root(nodes[: len(nodes) // 2]) + slow_root(nodes[len(nodes) // 2 :]))


@given(st.lists(WORD, max_size=8))
def test_leaf__any_words__double_hash_of_the_abi_encoding(words: list[int]) -> None:
    assert leaf(words) == keccak(keccak(encode(["uint256[]"], [words])))


def test_encode__most_words_of_a_chunk__have_the_most_bytes() -> None:
    assert len(encode_chunk(MAX_WORDS * [2**256 - 1])) == MAX_BYTES


@given(CHUNKS)
def test_root__any_chunks__as_defined(chunks: list[list[int]]) -> None:
    assert ChunkTree.of(chunks).root == slow_root([leaf(words) for words in chunks])


@given(chunks_and_index())
def test_verify__proof_of_the_chunk__holds(case: tuple[list[list[int]], int]) -> None:
    chunks, index = case
    tree = ChunkTree.of(chunks)
    assert tree.chunks == len(chunks)
    assert len(tree.proof(index)) == depth_of(len(chunks))
    assert verify(tree.root, len(chunks), index, chunks[index], tree.proof(index))


@given(chunks_and_index(), st.data())
def test_verify__a_word_changed__fails(case: tuple[list[list[int]], int], data: st.DataObject) -> None:
    chunks, index = case
    tree = ChunkTree.of(chunks)
    changed = data.draw(st.lists(WORD, max_size=4).filter(lambda words: words != chunks[index]))
    assert not verify(tree.root, len(chunks), index, changed, tree.proof(index))


@given(st.lists(st.lists(WORD, max_size=3), min_size=2, max_size=12, unique_by=tuple), st.data())
def test_verify__wrong_index_or_anothers_proof__fails(chunks: list[list[int]], data: st.DataObject) -> None:
    tree = ChunkTree.of(chunks)
    index = data.draw(st.integers(0, len(chunks) - 1))
    other = data.draw(st.integers(0, len(chunks) - 1).filter(lambda other: other != index))
    assert not verify(tree.root, len(chunks), other, chunks[index], tree.proof(index))
    assert not verify(tree.root, len(chunks), index, chunks[index], tree.proof(other))
    assert not verify(tree.root, len(chunks), other, chunks[index], tree.proof(other))
    # The right path with higher bits set on top is another index, too.
    assert not verify(tree.root, len(chunks), index + (1 << depth_of(len(chunks))), chunks[index], tree.proof(index))
    assert not verify(tree.root, len(chunks), -1, chunks[index], tree.proof(index))


@given(st.lists(st.lists(WORD, max_size=3), min_size=3, max_size=12, unique_by=tuple), st.data())
def test_verify__proof_swapped_truncated_or_extended__fails(chunks: list[list[int]], data: st.DataObject) -> None:
    tree = ChunkTree.of(chunks)
    index = data.draw(st.integers(0, len(chunks) - 1))
    proof = tree.proof(index)
    assert not verify(tree.root, len(chunks), index, chunks[index], proof[::-1])
    assert not verify(tree.root, len(chunks), index, chunks[index], proof[:-1])
    assert not verify(tree.root, len(chunks), index, chunks[index], proof[1:])
    assert not verify(tree.root, len(chunks), index, chunks[index], [*proof, bytes(32)])
    assert not verify(tree.root, len(chunks), index, chunks[index], [])


def test_verify__inner_node_as_a_chunk__fails() -> None:
    chunks = [[1], [2], [3], [4]]
    tree = ChunkTree.of(chunks)
    left, right = leaf(chunks[0]), leaf(chunks[1])
    inner = [int.from_bytes(left, "big"), int.from_bytes(right, "big")]
    sibling = tree.proof(0)[1]
    assert keccak(keccak(left + right) + sibling) == tree.root
    assert not verify(tree.root, 4, 0, inner, [sibling])
    assert not verify(tree.root, 2, 0, inner, [sibling])


def test_verify__missing_leaf_as_an_empty_chunk__fails() -> None:
    chunks = [[1], [2], [3]]
    tree = ChunkTree.of(chunks)
    proof = [leaf([3]), tree.proof(2)[1]]
    assert not verify(tree.root, 3, 3, [], proof)
    assert not verify(tree.root, 4, 3, [], proof)


def test_verify__another_number_of_chunks__fails() -> None:
    chunks = [[1], [2], [3]]
    tree = ChunkTree.of(chunks)
    assert not verify(tree.root, 2, 1, chunks[1], tree.proof(1))
    assert not verify(tree.root, 5, 1, chunks[1], tree.proof(1))


def test_tree__one_chunk__its_leaf_is_the_root() -> None:
    tree = ChunkTree.of([[7, 8]])
    assert tree.root == leaf([7, 8])
    assert tree.proof(0) == []
    assert verify(tree.root, 1, 0, [7, 8], [])
    assert not verify(tree.root, 1, 0, [7, 8], [bytes(32)])


@pytest.mark.parametrize(("chunks", "depth"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (2**15 + 1, 16), (55_924, 16)])
def test_depth_of__chunks__log_rounded_up(chunks: int, depth: int) -> None:
    assert depth_of(chunks) == depth


@pytest.mark.parametrize("chunks", [-1, 0, 55_925])
def test_depth_of__no_such_tree__refused(chunks: int) -> None:
    with pytest.raises(ChunkError, match=f"a tree has 1 to 55924 chunks, not {chunks}"):
        depth_of(chunks)


def test_tree__what_it_cannot_hold__refused() -> None:
    with pytest.raises(ChunkError, match="a tree has 1 to 55924 chunks, not 0"):
        ChunkTree([])
    with pytest.raises(ChunkError, match="a leaf has 32 bytes"):
        ChunkTree([bytes(32), bytes(31)])
    with pytest.raises(ChunkError, match="is not a 256-bit word"):
        leaf([2**256])


@pytest.mark.parametrize("index", [-1, 3])
def test_proof__no_such_chunk__refused(index: int) -> None:
    with pytest.raises(ChunkError, match=f"there is no chunk {index} among 3"):
        ChunkTree.of([[1], [2], [3]]).proof(index)
