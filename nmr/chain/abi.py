# SPDX-License-Identifier: MIT
"""The words of calls, answers and logs: Solidity's contract ABI, as far as the suite's contracts use it.

Source: https://docs.soliditylang.org/en/latest/abi-spec.html. `eth_abi` does the same and takes half a second to import
and a hundred times as long for each word of a long log, which is most of what reading a chain takes; the tests compare
the two.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Protocol

from eth_hash.auto import keccak

from nmr.errors import NmrError
from nmr.text.addresses import checksummed

WORD: Final = 32
UNDECODABLE: Final = "backslashreplace"
"""What becomes of bytes in a string that are no UTF-8, which the contracts let anybody log: 0xff reads as `\\xff`."""

_SIZED: Final = re.compile(r"(uint|int|bytes)([0-9]+)", re.ASCII)
_ARRAY: Final = re.compile(r"(.*)\[([0-9]*)\]", re.ASCII)


class AbiError(NmrError, ValueError):
    """Data that has another shape than its type, or a value that its type cannot hold."""


class Codec(Protocol):
    """A type: how its values are written and read.

    Attributes:
        size: bytes of it in the head of what has it; a dynamic type has one word there, which says where it is.
        dynamic: whether its length depends on the value.
    """

    size: int
    dynamic: bool

    def encode(self, value: Any) -> bytes:
        """The bytes of a value. Raises `AbiError`."""

    def decode(self, data: bytes, at: int) -> Any:
        """The value at a place. Raises `AbiError`."""


class _Word:
    """A type of one word."""

    size = WORD
    dynamic = False

    def __init__(self, encode: Callable[[Any], int], decode: Callable[[int], Any], kind: str) -> None:
        self._encode = encode
        self._decode = decode
        self._kind = kind
        self.plain = kind == "uint256"

    def encode(self, value: Any) -> bytes:
        try:
            return self._encode(value).to_bytes(WORD, "big")
        except (TypeError, ValueError, OverflowError):
            raise AbiError(f"{value!r} is no {self._kind}") from None

    def decode(self, data: bytes, at: int) -> Any:
        if at + WORD > len(data):
            raise AbiError(f"the data ends within a {self._kind}")
        return self._decode(int.from_bytes(data[at : at + WORD], "big"))


class _Bytes:
    """`bytes`, or a `string`."""

    size = WORD
    dynamic = True

    def __init__(self, text: bool) -> None:
        self._text = text

    def encode(self, value: Any) -> bytes:
        content = value.encode() if self._text and isinstance(value, str) else value
        if not isinstance(content, bytes) or (self._text and content is value):
            raise AbiError(f"{value!r} is no {'string' if self._text else 'bytes'}")
        return len(content).to_bytes(WORD, "big") + content + bytes(-len(content) % WORD)

    def decode(self, data: bytes, at: int) -> Any:
        length, start = _length(data, at), at + WORD
        if start + length > len(data):
            raise AbiError("the data ends within a string")
        content = data[start : start + length]
        return content.decode("utf-8", UNDECODABLE) if self._text else content


class _Tuple:
    """Values of several types in a row, or of one type so many times."""

    def __init__(self, items: Sequence[Codec]) -> None:
        self.items = items
        self.head = sum(item.size for item in items)
        self.dynamic = any(item.dynamic for item in items)
        self.size = WORD if self.dynamic else self.head

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, list | tuple) or len(value) != len(self.items):
            raise AbiError(f"{len(self.items)} values are needed, and not {value!r}")
        head, tail = b"", b""
        for item, each in zip(self.items, value, strict=True):
            content = item.encode(each)
            if item.dynamic:
                head += (self.head + len(tail)).to_bytes(WORD, "big")
                tail += content
            else:
                head += content
        return head + tail

    def decode(self, data: bytes, at: int) -> tuple[Any, ...]:
        values, place = [], at
        for item in self.items:
            values.append(item.decode(data, at + _length(data, place) if item.dynamic else place))
            place += item.size
        return tuple(values)


class _List:
    """A list of any length."""

    size = WORD
    dynamic = True

    def __init__(self, item: Codec) -> None:
        self._item = item
        self._plain = isinstance(item, _Word) and item.plain

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, list | tuple):
            raise AbiError(f"{value!r} is no list")
        return len(value).to_bytes(WORD, "big") + _Tuple([self._item] * len(value)).encode(value)

    def decode(self, data: bytes, at: int) -> tuple[Any, ...]:
        count, start = _length(data, at), at + WORD
        if start + count * self._item.size > len(data):
            raise AbiError(f"the data ends within a list of {count}")
        if self._plain:
            return tuple([int.from_bytes(data[i : i + WORD], "big") for i in range(start, start + WORD * count, WORD)])
        return _Tuple([self._item] * count).decode(data, start)


def canonical_type(field: Mapping[str, Any]) -> str:
    """The type of a field of an ABI as signatures spell it: a struct is `(uint256,bytes32)`."""
    kind = str(field["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(canonical_type(part) for part in field['components'])}){kind.removeprefix('tuple')}"


@cache
def codec(kind: str) -> Codec:
    """What writes and reads a type, such as `(uint256,bytes32)[]`.

    Raises:
        AbiError: there is no such type.
    """
    if array := _ARRAY.fullmatch(kind):
        item = codec(array[1])
        return _Tuple([item] * int(array[2])) if array[2] else _List(item)
    if kind.startswith("(") and kind.endswith(")"):
        return _Tuple([codec(part) for part in _split(kind[1:-1])])
    if kind in ("string", "bytes"):
        return _Bytes(kind == "string")
    if kind == "bool":
        return _Word(_flag_word, _flag, kind)
    if kind == "address":
        return _Word(_address_word, _address, kind)
    if sized := _SIZED.fullmatch(kind):
        return _sized(sized[1], int(sized[2]), kind)
    raise AbiError(f"there is no type {kind}")


def encode(kinds: Sequence[str], values: Sequence[Any]) -> bytes:
    """Values of these types, as a call's arguments have them. Raises `AbiError`."""
    return codec(f"({','.join(kinds)})").encode(tuple(values))


def decode(kinds: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """The values in data of these types: lists and structs are tuples, addresses have their checksum.

    Raises:
        AbiError: the data is too short, or a value is none of its type.
    """
    values: tuple[Any, ...] = codec(f"({','.join(kinds)})").decode(data, 0)
    return values


def selector(signature: str) -> bytes:
    """The first four bytes of a call, from a signature such as `transfer(address,uint256)`."""
    return keccak(signature.encode())[:4]


def _sized(family: str, size: int, kind: str) -> Codec:
    if family == "bytes" and 1 <= size <= WORD:
        return _Word(lambda value: _fixed_word(value, size), lambda word: _fixed(word, size), kind)
    if family == "bytes" or size % 8 or not 8 <= size <= 256:
        raise AbiError(f"there is no type {kind}")
    if family == "uint":
        return _Word(lambda value: _within(value, 0, 2**size), lambda word: _within(word, 0, 2**size), kind)
    half = 2 ** (size - 1)
    return _Word(
        lambda value: _within(value, -half, half) % 2**256,
        lambda word: _within(word - (word >> 255) * 2**256, -half, half),
        kind,
    )


def _within(value: int, least: int, limit: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < limit:
        raise AbiError(f"{value!r} is not from {least} to {limit - 1}")
    return value


def _fixed_word(value: bytes, size: int) -> int:
    if not isinstance(value, bytes) or len(value) != size:
        raise AbiError(f"{value!r} are not {size} bytes")
    return int.from_bytes(value.ljust(WORD, b"\0"), "big")


def _fixed(word: int, size: int) -> bytes:
    content = word.to_bytes(WORD, "big")
    if any(content[size:]):
        raise AbiError(f"there is something behind {size} bytes")
    return content[:size]


def _flag_word(value: bool) -> int:
    if not isinstance(value, bool):
        raise AbiError(f"{value!r} is neither true nor false")
    return int(value)


def _flag(word: int) -> bool:
    if word > 1:
        raise AbiError(f"{word} is neither true nor false")
    return word == 1


def _address_word(value: str) -> int:
    if not isinstance(value, str) or not value.startswith("0x") or len(value) != 42:
        raise AbiError(f"{value!r} is no address")
    return int(value, 16)


def _address(word: int) -> str:
    if word >> 160:
        raise AbiError("an address has 20 bytes")
    return checksummed(f"0x{word:040x}")


def _length(data: bytes, at: int) -> int:
    if at + WORD > len(data):
        raise AbiError("the data ends too early")
    length = int.from_bytes(data[at : at + WORD], "big")
    if length > len(data):
        raise AbiError("the data is shorter than it says")
    return length


def _split(kinds: str) -> list[str]:
    """The types in a list with commas, of which those in parentheses are not at its level."""
    parts, depth, part = [], 0, ""
    for character in kinds:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            parts.append(part)
            part = ""
        else:
            part += character
    return [*parts, part] if part or parts else []
