# SPDX-License-Identifier: MIT
"""Ethereum's serialisation, RLP (Yellow Paper, appendix B): byte strings, and lists of what can be serialised."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from nmr.errors import NmrError

Item: TypeAlias = "bytes | list[Item]"
"""What is decoded."""
DEPTH: Final = 8
"""Lists within lists that are decoded; nodes of tries and headers need fewer."""

_SHORT: Final = 0x80
_LIST: Final = 0xC0
_LONGEST_SHORT: Final = 55


class RlpInvalid(NmrError, ValueError):
    """Bytes that are no RLP, or not the shortest of what they stand for."""


def encode(item: bytes | Sequence[object]) -> bytes:
    """The serialisation of a byte string, or of a list of them, however nested."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < _SHORT:
            return item
        return _head(_SHORT, len(item)) + item
    return encode_list([encode(each) for each in item])  # type: ignore[arg-type]


def encode_list(encoded: Sequence[bytes]) -> bytes:
    """The serialisation of a list of what is serialised already."""
    content = b"".join(encoded)
    return _head(_LIST, len(content)) + content


def minimal(number: int) -> bytes:
    """A number as RLP has it: big-endian, without leading zeros; nothing for 0."""
    return number.to_bytes(-(-number.bit_length() // 8), "big")


def decode(data: bytes) -> Item:
    """What bytes stand for, all of them.

    Raises:
        RlpInvalid: they are no RLP, not the shortest, or nested deeper than `DEPTH`.
    """
    item, end = _decode(data, 0, len(data), DEPTH)
    if end != len(data):
        raise RlpInvalid(f"{len(data) - end} bytes follow")
    return item


def _decode(data: bytes, at: int, limit: int, depth: int) -> tuple[Item, int]:
    if at >= limit:
        raise RlpInvalid("it ends too early")
    first = data[at]
    if first < _SHORT:
        return data[at : at + 1], at + 1
    is_list = first >= _LIST
    start, end = _extent(data, at, _LIST if is_list else _SHORT, limit)
    if not is_list:
        if end - start == 1 and data[start] < _SHORT:
            raise RlpInvalid("a byte is longer than it has to be")
        return data[start:end], end
    if depth == 0:
        raise RlpInvalid("it is nested too deeply")
    items = []
    while start < end:
        item, start = _decode(data, start, end, depth - 1)
        items.append(item)
    return items, end


def _extent(data: bytes, at: int, base: int, limit: int) -> tuple[int, int]:
    """Where the content of an item that begins at a place begins and ends."""
    length, start = data[at] - base, at + 1
    if length > _LONGEST_SHORT:
        size = length - _LONGEST_SHORT
        written = data[start : start + size]
        length, start = int.from_bytes(written, "big"), start + size
        if start > limit or written[0] == 0 or length <= _LONGEST_SHORT:
            raise RlpInvalid("a length is longer than it has to be")
    if start + length > limit:
        raise RlpInvalid("it ends too early")
    return start, start + length


def _head(base: int, length: int) -> bytes:
    if length <= _LONGEST_SHORT:
        return bytes([base + length])
    size = minimal(length)
    return bytes([base + _LONGEST_SHORT + len(size)]) + size
