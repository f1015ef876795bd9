# SPDX-License-Identifier: MIT
"""Bech32 (BIP 173) without its limit of 90 characters, as age writes keys."""

from collections.abc import Iterable
from typing import Final

from nmr.errors import NmrError

ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM: Final = 6
"""Characters of the checksum."""


class Bech32Error(NmrError, ValueError):
    """A text that is not Bech32."""


def encode(prefix: str, content: bytes) -> str:
    """The Bech32 text of bytes, in lower case."""
    values = _regroup(content, 8, 5, pad=True)
    polymod = _polymod([*_expand(prefix), *values, *[0] * _CHECKSUM]) ^ 1
    checksum = [polymod >> 5 * (_CHECKSUM - 1 - place) & 31 for place in range(_CHECKSUM)]
    return f"{prefix}1{''.join(ALPHABET[value] for value in [*values, *checksum])}"


def decode(text: str) -> tuple[str, bytes]:
    """Prefix and bytes of a Bech32 text.

    Raises:
        Bech32Error: a wrong character or checksum, mixed case, or padding that is not zero.
    """
    if text.lower() != text and text.upper() != text:
        raise Bech32Error("It mixes upper and lower case.")
    prefix, found, data = text.lower().rpartition("1")
    if not found or not prefix or len(data) < _CHECKSUM or not set(data) <= set(ALPHABET):
        raise Bech32Error("It is not Bech32.")
    values = [ALPHABET.index(character) for character in data]
    if _polymod([*_expand(prefix), *values]) != 1:
        raise Bech32Error("Its checksum is wrong.")
    return prefix, bytes(_regroup(values[:-_CHECKSUM], 5, 8, pad=False))


def _expand(prefix: str) -> list[int]:
    codes = [ord(character) for character in prefix]
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            check ^= generator if top >> place & 1 else 0
    return check


def _regroup(values: Iterable[int], old: int, new: int, *, pad: bool) -> list[int]:
    """Numbers of `old` bits as numbers of `new` bits."""
    buffer = bits = 0
    regrouped = []
    for value in values:
        buffer = buffer << old | value
        bits += old
        while bits >= new:
            bits -= new
            regrouped.append(buffer >> bits & (1 << new) - 1)
        buffer &= (1 << bits) - 1
    if pad and bits:
        regrouped.append(buffer << new - bits & (1 << new) - 1)
    elif not pad and (bits >= old or buffer):
        raise Bech32Error("Its padding is not zero.")
    return regrouped
