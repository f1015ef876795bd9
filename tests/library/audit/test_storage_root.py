# SPDX-License-Identifier: MIT
"""The root of storage is that of an independent trie."""

from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from rlp import encode
from trie import HexaryTrie

from nmr.audit.storage_root import EMPTY, storage_root

WORDS = st.one_of(st.integers(0, 2**256 - 1), st.integers(0, 300))
SLOTS = st.one_of(st.integers(0, 40), st.integers(0, 2**256 - 1))


def root_of_a_trie(words: dict[int, int]) -> str:
    trie = HexaryTrie({})
    for slot, word in words.items():
        if word:
            trie[keccak(slot.to_bytes(32, "big"))] = encode(word)
    return f"0x{trie.root_hash.hex()}"


@given(st.dictionaries(SLOTS, WORDS, max_size=80))
def test_storage_root__any_words__as_py_tries(words: dict[int, int]) -> None:
    assert storage_root(words) == root_of_a_trie(words)


def test_storage_root__many_words__as_py_tries() -> None:
    words = {slot * slot: slot << slot % 200 for slot in range(3_000)}
    assert storage_root(words) == root_of_a_trie(words)


def test_storage_root__nothing__is_the_known_root() -> None:
    assert storage_root({}) == EMPTY == "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert storage_root({5: 0}) == EMPTY
