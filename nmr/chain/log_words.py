# SPDX-License-Identifier: MIT
"""The data of a log whose fields are plain words, or arrays of them, decoded without a general decoder.

`eth_abi` takes a hundred times as long for each word, and a long log has millions of them. Only data exactly as a
compiler writes it is decoded here; for anything else the answer is None, and `eth_abi` has the say.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

WORD: Final = 32
_ITEMS: Final = ("uint256", "bytes32")
"""Types of array items and struct fields that are decoded here."""


def _number(word: bytes) -> int:
    return int.from_bytes(word, "big")


def _bytes32(word: bytes) -> bytes:
    return word


def _flag(word: bytes) -> bool | None:
    return {0: False, 1: True}.get(int.from_bytes(word, "big"))


def _address(word: bytes) -> str | None:
    return None if any(word[:12]) else f"0x{word[12:].hex()}"


_READERS: Final[dict[str, Callable[[bytes], Any]]] = {
    "uint256": _number,
    "bytes32": _bytes32,
    "bool": _flag,
    "address": _address,
}


class PlainData:
    """Decodes data of fields of these types; `fits` says whether all of them are plain."""

    def __init__(self, types: Sequence[str]) -> None:
        """Prepare for types as `eth_abi` spells them, such as `uint256[]` or `(uint256,bytes32)`."""
        self._fields: list[tuple[bool, list[Callable[[bytes], Any]]]] = []
        self.fits = True
        for kind in types:
            item = kind.removesuffix("[]")
            members = kind[1:-1].split(",") if kind.startswith("(") and kind.endswith(")") else [item]
            allowed = _ITEMS if kind != item or len(members) > 1 else _READERS
            self.fits = self.fits and all(member in allowed for member in members)
            if self.fits:
                self._fields.append((kind != item, [_READERS[member] for member in members]))
        self._head = WORD * sum(len(readers) for _, readers in self._fields)

    def decode(self, data: bytes) -> list[Any] | None:
        """The values in order, arrays and structs as tuples; None if the data is not exactly of this shape."""
        values: list[Any] = []
        at, tail = 0, self._head
        if len(data) < tail:
            return None
        for is_array, readers in self._fields:
            if is_array:
                [reader] = readers
                start = tail + WORD
                if int.from_bytes(data[at : at + WORD], "big") != tail or len(data) < start:
                    return None
                tail = start + WORD * int.from_bytes(data[tail:start], "big")
                if len(data) < tail:
                    return None
                values.append(tuple([reader(data[i : i + WORD]) for i in range(start, tail, WORD)]))
                at += WORD
                continue
            read = [reader(data[at + WORD * i : at + WORD * (i + 1)]) for i, reader in enumerate(readers)]
            if None in read:
                return None
            values.append(read[0] if len(readers) == 1 else tuple(read))
            at += WORD * len(readers)
        return values if tail == len(data) else None
