# SPDX-License-Identifier: MIT
"""Roots and proofs of tries are those of an independent trie, and whatever was changed in a proof is refused."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
import rlp as py_rlp
from eth_hash.auto import keccak
from hypothesis import assume, example, given
from hypothesis import strategies as st
from trie import HexaryTrie
from trie.constants import BLANK_NODE

from nmr.chain import rlp
from nmr.chain.trie import (
    EMPTY,
    NO_CODE,
    NOBODY,
    AccountState,
    ProofInvalid,
    account_of,
    list_root,
    prove,
    storage_root,
    trie_root,
    word_of,
)

WORDS = st.one_of(st.integers(0, 2**256 - 1), st.integers(0, 300))
SLOTS = st.one_of(st.integers(0, 40), st.integers(0, 2**256 - 1))
STORAGE = st.dictionaries(SLOTS, WORDS, max_size=80)
ITEMS = st.recursive(st.binary(max_size=70), lambda items: st.lists(items, max_size=5), max_leaves=30)
ADDRESS = "0x" + 40 * "a"


def key(slot: int) -> bytes:
    return bytes(keccak(slot.to_bytes(32, "big")))


def trie_of(words: dict[int, int]) -> HexaryTrie:
    trie = HexaryTrie({})
    for slot, word in words.items():
        if word:
            trie[key(slot)] = py_rlp.encode(word)
    return trie


def proof_of(trie: HexaryTrie, at: bytes) -> list[bytes]:
    return [py_rlp.encode(node) for node in trie.get_proof(at) if node != BLANK_NODE]


@given(STORAGE)
def test_storage_root__any_words__as_py_tries(words: dict[int, int]) -> None:
    assert storage_root(words) == trie_of(words).root_hash


def test_storage_root__many_words__as_py_tries() -> None:
    words = {slot * slot: slot << slot % 200 for slot in range(3_000)}
    assert storage_root(words) == trie_of(words).root_hash


def test_storage_root__nothing__is_the_known_root() -> None:
    known = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert storage_root({}) == EMPTY == bytes.fromhex(known)
    assert storage_root({5: 0}) == EMPTY


def test_storage_root__words_of_zero_that_are_held__count() -> None:
    trie = trie_of({1: 5})
    trie[key(2)] = py_rlp.encode(0)
    assert storage_root({1: 5, 2: 0}, [2]) == trie.root_hash != storage_root({1: 5, 2: 0})


@given(STORAGE, SLOTS)
def test_word_of__proof_of_py_trie__is_the_word_or_its_absence(words: dict[int, int], slot: int) -> None:
    trie = trie_of(words)
    assert word_of(trie.root_hash, slot, proof_of(trie, key(slot))) == (words.get(slot) or None)


@given(st.dictionaries(st.integers(0, 60), WORDS.filter(bool), min_size=2), st.data())
def test_word_of__proof_with_a_bit_changed__is_refused(words: dict[int, int], data: st.DataObject) -> None:
    trie = trie_of(words)
    slot = data.draw(st.sampled_from([*words, 61]))
    proof = proof_of(trie, key(slot))
    node = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 8 * len(proof[node]) - 1))
    changed = bytearray(proof[node])
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ProofInvalid, match="a node is another than its parent names"):
        word_of(trie.root_hash, slot, [*proof[:node], bytes(changed), *proof[node + 1 :]])


@given(st.dictionaries(st.integers(0, 60), WORDS.filter(bool), min_size=2))
def test_word_of__proof_too_short_or_too_long__is_refused(words: dict[int, int]) -> None:
    trie = trie_of(words)
    for slot in [*words, 61]:
        proof = proof_of(trie, key(slot))
        with pytest.raises(ProofInvalid, match="a node is missing"):
            word_of(trie.root_hash, slot, proof[:-1])
        with pytest.raises(ProofInvalid, match="nodes follow the last on the way"):
            word_of(trie.root_hash, slot, [*proof, proof[0]])


@given(st.dictionaries(st.integers(0, 60), WORDS.filter(bool), min_size=2), st.integers(0, 60), st.integers(0, 60))
def test_word_of__proof_of_another_slot__shows_nothing_false(words: dict[int, int], slot: int, other: int) -> None:
    trie = trie_of(words)
    assume(slot != other)
    with suppress(ProofInvalid):
        assert word_of(trie.root_hash, slot, proof_of(trie, key(other))) == (words.get(slot) or None)


def test_prove__empty_trie__needs_no_node_or_the_empty_one() -> None:
    assert prove(EMPTY, key(1), []) is None
    assert prove(EMPTY, key(1), [b"\x80"]) is None
    with pytest.raises(ProofInvalid, match="a node has neither 2 nor 17 fields"):
        prove(EMPTY, key(1), [b"\x80", b"\x80"])


def nodes(*items: object) -> tuple[bytes, list[bytes]]:
    """A root and a proof of one node."""
    raw = py_rlp.encode(list(items))
    return bytes(keccak(raw)), [raw]


LEAF = bytes.fromhex("20") + key(1)
HOSTILE = {
    "three fields": (nodes(b"", b"", b""), "a node has neither 2 nor 17 fields"),
    "an extension of nothing": (nodes(b"\0", 32 * b"a"), "an extension leads nowhere"),
    "an odd flag": (nodes(b"\x40" + key(1), b"\1"), "a path is none"),
    "padding that is not zero": (nodes(b"\x21" + key(1), b"\1"), "a path is none"),
    "no path": (nodes(b"", b"\1"), "a path is none"),
    "a path that is a list": (nodes([b"\x20"], b"\1"), "a path is none"),
    "a value that is a list": (nodes(LEAF, [b"\1"]), "a value is a list"),
    "a child that is no hash": (nodes(*[31 * b"a"] * 16, b""), "a child is no hash"),
    "a word of 33 bytes": (nodes(LEAF, py_rlp.encode(33 * b"\1")), "the word is none"),
    "a word with a zero before": (nodes(LEAF, b"\x82\0\1"), "the word is none"),
    "a word that is a list": (nodes(LEAF, py_rlp.encode([b"\1"])), "the word is none"),
    "a word that is no RLP": (nodes(LEAF, b"\x82\1"), "the word is no RLP: it ends too early"),
}


@pytest.mark.parametrize(("built", "problem"), HOSTILE.values(), ids=HOSTILE)
def test_word_of__hostile_node__is_refused_in_a_sentence(built: tuple[bytes, list[bytes]], problem: str) -> None:
    with pytest.raises(ProofInvalid, match=problem):
        word_of(built[0], 1, built[1])


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "it ends too early"),
        (b"\x81\x01", "a byte is longer than it has to be"),
        (b"\xb8\x01\x01", "a length is longer than it has to be"),
        (b"\xb9\x00\x40" + 64 * b"a", "a length is longer than it has to be"),
        (b"\xbf" + 8 * b"\xff", "it ends too early"),
        (b"\xc2\x01", "it ends too early"),
        (b"\xc1\x82", "it ends too early"),
        (b"\x01\x02", "1 bytes follow"),
        (50 * b"\xc1" + b"\x01", "it is nested too deeply|it ends too early"),
    ],
)
def test_decode__no_rlp__is_refused(raw: bytes, problem: str) -> None:
    with pytest.raises(rlp.RlpInvalid, match=problem):
        rlp.decode(raw)


@given(ITEMS)
@example(55 * b"a")
@example(56 * b"a")
@example(300 * b"a")
def test_rlp__any_item__as_py_rlp_and_back(item: bytes | list[object]) -> None:
    encoded = rlp.encode(item)
    assert encoded == py_rlp.encode(item)
    try:
        assert rlp.decode(encoded) == item
    except rlp.RlpInvalid as error:
        assert "nested too deeply" in str(error)


@given(st.binary(max_size=80))
def test_decode__any_bytes__is_refused_or_the_only_spelling(raw: bytes) -> None:
    with suppress(rlp.RlpInvalid):
        assert rlp.encode(rlp.decode(raw)) == raw


def test_account_of__proof_of_py_trie__is_the_account_or_nobody() -> None:
    trie = HexaryTrie({})
    accounts = {f"0x{number:040x}": AccountState(number, number**9, EMPTY, NO_CODE) for number in range(1, 90)}
    for address, account in accounts.items():
        nonce, balance, storage, code = account
        trie[keccak(bytes.fromhex(address[2:]))] = py_rlp.encode([nonce, balance, storage, code])
    for address, account in {**accounts, ADDRESS: NOBODY}.items():
        assert account_of(trie.root_hash, address, proof_of(trie, keccak(bytes.fromhex(address[2:])))) == account


@pytest.mark.parametrize("fields", [[b"", b"", EMPTY], [b"", b"", EMPTY, b"short"], [b"", b"", EMPTY, [b""]], b"text"])
def test_account_of__other_fields__is_refused(fields: Sequence[object]) -> None:
    root, proof = nodes(b"\x20" + keccak(bytes.fromhex(ADDRESS[2:])), py_rlp.encode(fields))
    with pytest.raises(ProofInvalid, match="the account has other fields"):
        account_of(root, ADDRESS, proof)


@pytest.mark.parametrize("count", [0, 1, 2, 127, 128, 129, 300])
def test_list_root__any_number__as_py_tries(count: int) -> None:
    trie, values = HexaryTrie({}), [b"value %d" % number * 9 for number in range(count)]
    for index, value in enumerate(values):
        trie[py_rlp.encode(index)] = value
    assert list_root(values) == trie.root_hash == trie_root({py_rlp.encode(i): v for i, v in enumerate(values)})
