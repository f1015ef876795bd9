# SPDX-License-Identifier: MIT
"""Ethereum's Merkle Patricia trie (Yellow Paper, appendix D): the root of all that it holds, and proofs of one key.

The tries of state and storage have the hash of a key in its place: see `storage_root` and `account_of`. Those of a
block's transactions and receipts have the RLP of an index: see `list_root`.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from eth_hash.auto import keccak

from nmr.chain import rlp
from nmr.errors import NmrError

EMPTY: Final = keccak(rlp.encode(b""))
"""The root of a trie that holds nothing."""
NO_CODE: Final = keccak(b"")
"""The code hash of an account without code."""

_BRANCH: Final = 17
_HASH: Final = 32
_DIGITS: Final = "0123456789abcdef"


class ProofInvalid(NmrError, ValueError):
    """Nodes of a trie that do not lead from its root to a key, or to where it would be."""


class AccountState(NamedTuple):
    """An account of the state: its nonce, its balance in wei, the root of its storage, the hash of its code."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


NOBODY: Final = AccountState(0, 0, EMPTY, NO_CODE)
"""An account that the state does not hold."""


def trie_root(items: Mapping[bytes, bytes]) -> bytes:
    """The root of a trie that holds these values by their keys, none of which begins another, and nothing else."""
    entries = sorted((key.hex(), value) for key, value in items.items())
    return keccak(_node(entries, 0)) if entries else EMPTY


def list_root(values: Sequence[bytes]) -> bytes:
    """The root of a block's transactions or receipts, each serialised, in their order."""
    return trie_root({rlp.encode(rlp.minimal(index)): value for index, value in enumerate(values)})


def storage_root(words: Mapping[int, int], zeros: Sequence[int] = ()) -> bytes:
    """The root of storage that holds these words by their slots and nothing else; words of 0 are nothing.

    Args:
        words: by slot.
        zeros: slots that the trie holds with a word of 0, which Ethereum's never does and anvil's does.
    """
    held = {keccak(_word(slot)): rlp.encode(rlp.minimal(word)) for slot, word in words.items() if word}
    held |= {keccak(_word(slot)): rlp.encode(b"") for slot in zeros}
    return trie_root(held)


def prove(root: bytes, key: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The value that a trie has for a key, or None if it provably has none.

    Args:
        root: the trie's.
        key: of the value.
        proof: the nodes on the way from the root, serialised.

    Raises:
        ProofInvalid: a node on the way is missing, is no node, or is too many.
    """
    if root == EMPTY and list(proof) in ([], [rlp.encode(b"")]):
        return None
    digits, depth, wanted = key.hex(), 0, root
    rest = list(proof)
    while True:
        if not rest:
            raise ProofInvalid("a node is missing")
        raw = rest.pop(0)
        if keccak(raw) != wanted:
            raise ProofInvalid("a node is another than its parent names")
        node = _decoded(raw)
        # A node that is shorter than a hash stands within its parent.
        while True:
            step = _step(node, digits, depth)
            if step is None or step.value is not None:
                if rest:
                    raise ProofInvalid("nodes follow the last on the way")
                return None if step is None else step.value
            depth = step.depth
            if isinstance(step.child, bytes):
                break
            node = step.child
        wanted = step.child


def account_of(state_root: bytes, address: str, proof: Sequence[bytes]) -> AccountState:
    """The account at an address by the root of the state; `NOBODY` where there provably is none.

    Raises:
        ProofInvalid: the proof does not hold.
    """
    value = prove(state_root, keccak(bytes.fromhex(address[2:])), proof)
    if value is None:
        return NOBODY
    try:
        fields = rlp.decode(value)
    except rlp.RlpInvalid as error:
        raise ProofInvalid(f"the account is no RLP: {error}") from error
    match fields:
        case [bytes(nonce), bytes(balance), bytes(storage), bytes(code)] if len(storage) == len(code) == _HASH:
            return AccountState(int.from_bytes(nonce, "big"), int.from_bytes(balance, "big"), storage, code)
    raise ProofInvalid("the account has other fields")


def word_of(root: bytes, slot: int, proof: Sequence[bytes]) -> int | None:
    """The word in a slot by the root of a storage; None where the trie provably has no word, so that it is 0.

    Raises:
        ProofInvalid: the proof does not hold.
    """
    value = prove(root, keccak(_word(slot)), proof)
    if value is None:
        return None
    try:
        word = rlp.decode(value)
    except rlp.RlpInvalid as error:
        raise ProofInvalid(f"the word is no RLP: {error}") from error
    if not isinstance(word, bytes) or len(word) > _HASH or word[:1] == b"\0":
        raise ProofInvalid("the word is none")
    return int.from_bytes(word, "big")


class _Step(NamedTuple):
    """Where a node leads: to a value, or to a child, which is a hash or stands in the node."""

    depth: int
    child: bytes | list[rlp.Item]
    value: bytes | None = None


def _step(node: list[rlp.Item], digits: str, depth: int) -> _Step | None:
    """One node on; None where the trie ends without the key."""
    if len(node) == _BRANCH:
        if depth == len(digits):
            return _ended(node[-1], depth)
        return _to(node[int(digits[depth], 16)], depth + 1)
    path, is_leaf = _digits(node[0])
    if not digits.startswith(path, depth):
        return None
    depth += len(path)
    if is_leaf:
        return _ended(node[1], depth) if depth == len(digits) else None
    if not path:
        raise ProofInvalid("an extension leads nowhere")
    return _to(node[1], depth)


def _to(child: rlp.Item, depth: int) -> _Step | None:
    if isinstance(child, list):
        return _Step(depth, _node_of(child))
    if not child:
        return None
    if len(child) != _HASH:
        raise ProofInvalid("a child is no hash")
    return _Step(depth, child)


def _ended(value: rlp.Item, depth: int) -> _Step | None:
    if not isinstance(value, bytes):
        raise ProofInvalid("a value is a list")
    return _Step(depth, b"", value) if value else None


def _decoded(raw: bytes) -> list[rlp.Item]:
    try:
        return _node_of(rlp.decode(raw))
    except rlp.RlpInvalid as error:
        raise ProofInvalid(f"a node is no RLP: {error}") from error


def _node_of(item: rlp.Item) -> list[rlp.Item]:
    if not isinstance(item, list) or len(item) not in (2, _BRANCH):
        raise ProofInvalid("a node has neither 2 nor 17 fields")
    return item


def _digits(path: rlp.Item) -> tuple[str, bool]:
    """The digits of a leaf or an extension, and which of them it is."""
    written = path.hex() if isinstance(path, bytes) else ""
    if written[:1] not in ("0", "1", "2", "3") or (written[0] in "02" and written[1] != "0"):
        raise ProofInvalid("a path is none")
    return written[2 - int(written[0]) % 2 :], written[0] in "23"


def _word(slot: int) -> bytes:
    return slot.to_bytes(32, "big")


def _node(entries: Sequence[tuple[str, bytes]], depth: int) -> bytes:
    """The serialised node over entries, sorted, whose keys agree in their first `depth` digits."""
    key, value = entries[0]
    if len(entries) == 1:
        return rlp.encode_list([rlp.encode(_path(key[depth:], leaf=True)), rlp.encode(value)])
    last = entries[-1][0]
    shared = next(i for i, digit in enumerate(key) if digit != last[i])
    if shared > depth:
        return rlp.encode_list([rlp.encode(_path(key[depth:shared], leaf=False)), _reference(entries, shared)])
    children = {digit: list(group) for digit, group in groupby(entries, key=lambda entry: entry[0][depth])}
    nothing = rlp.encode(b"")
    references = [_reference(children[digit], depth + 1) if digit in children else nothing for digit in _DIGITS]
    return rlp.encode_list([*references, nothing])


def _reference(entries: Sequence[tuple[str, bytes]], depth: int) -> bytes:
    """How a node is named in its parent: by its hash, unless it is shorter."""
    node = _node(entries, depth)
    return node if len(node) < _HASH else rlp.encode(keccak(node))


def _path(digits: str, *, leaf: bool) -> bytes:
    """Digits of a key in bytes, with a flag for a leaf and for an odd number of them."""
    flag = 2 * leaf + len(digits) % 2
    return bytes.fromhex(f"{flag}{digits}" if len(digits) % 2 else f"{flag}0{digits}")
