# SPDX-License-Identifier: MIT
"""The root of a contract's storage trie, from all words that are not zero: equal roots leave no room for another word.

Ethereum's Merkle Patricia trie with hashed keys (Yellow Paper, appendix D): a key is keccak(slot), a value is the RLP
of the word without leading zeros.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from eth_hash.auto import keccak

EMPTY: Final = f"0x{keccak(bytes([0x80])).hex()}"
"""The root of no words at all."""
_SHORTEST_HASHED: Final = 32
_LONGEST_SHORT: Final = 55

Item = tuple[str, bytes]
"""A key as hexadecimal digits, and the RLP of its word."""


def storage_root(words: Mapping[int, int]) -> str:
    """The root, as hex, of storage that holds these words by their slots and nothing else; zeros are nothing."""
    items = sorted(
        (keccak(slot.to_bytes(32, "big")).hex(), _rlp(word.to_bytes(-(-word.bit_length() // 8), "big")))
        for slot, word in words.items()
        if word
    )
    return f"0x{keccak(_node(items, 0)).hex()}" if items else EMPTY


def _node(items: Sequence[Item], depth: int) -> bytes:
    """The RLP of the node over items, sorted, whose keys agree in their first `depth` digits."""
    key, value = items[0]
    if len(items) == 1:
        return _rlp_list([_rlp(_path(key[depth:], leaf=True)), _rlp(value)])
    last = items[-1][0]
    shared = next(i for i, digit in enumerate(key) if digit != last[i])
    if shared > depth:
        return _rlp_list([_rlp(_path(key[depth:shared], leaf=False)), _reference(items, shared)])
    children = {digit: list(group) for digit, group in groupby(items, key=lambda item: item[0][depth])}
    references = [_reference(children[d], depth + 1) if d in children else _rlp(b"") for d in "0123456789abcdef"]
    return _rlp_list([*references, _rlp(b"")])


def _reference(items: Sequence[Item], depth: int) -> bytes:
    """How a node is named in its parent: by its hash, unless it is shorter."""
    node = _node(items, depth)
    return node if len(node) < _SHORTEST_HASHED else _rlp(keccak(node))


def _path(digits: str, *, leaf: bool) -> bytes:
    """Digits of a key in bytes, with a flag for a leaf and for an odd number of them."""
    flag = 2 * leaf + len(digits) % 2
    return bytes.fromhex(f"{flag}{digits}" if len(digits) % 2 else f"{flag}0{digits}")


def _rlp(content: bytes) -> bytes:
    if len(content) == 1 and content[0] < 0x80:
        return content
    return _header(0x80, len(content)) + content


def _rlp_list(items: Sequence[bytes]) -> bytes:
    content = b"".join(items)
    return _header(0xC0, len(content)) + content


def _header(base: int, length: int) -> bytes:
    if length <= _LONGEST_SHORT:
        return bytes([base + length])
    size = length.to_bytes(-(-length.bit_length() // 8), "big")
    return bytes([base + _LONGEST_SHORT + len(size)]) + size
