# SPDX-License-Identifier: MIT
"""Addresses as text, with the checksum of EIP-55."""

import re
from functools import lru_cache
from typing import Final

from eth_hash.auto import keccak

from nmr.errors import NmrError

ZERO_ADDRESS: Final = "0x" + 40 * "0"
"""Nobody's address."""

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


class AddressError(NmrError, ValueError):
    """A text that is no address."""


@lru_cache(maxsize=65_536)
def checksummed(address: str) -> str:
    """An address with its checksum, whatever the case of its digits was.

    Raises:
        AddressError: it is none.
    """
    if _ADDRESS.fullmatch(address) is None:
        raise AddressError(f"{address!r} is no address")
    digits = address[2:].lower()
    digest = keccak(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(d, 16) > 7 else c for c, d in zip(digits, digest, strict=False))


def is_checksummed(text: str) -> bool:
    """Whether a text is an address with its checksum."""
    return _ADDRESS.fullmatch(text) is not None and checksummed(text) == text


def parse_address(text: str) -> str:
    """An address as people type it: with its checksum, or all in one case.

    Raises:
        AddressError: it is none, its checksum is wrong, or it is the zero address; the message is a sentence.
    """
    digits = text[2:]
    one_case = digits in (digits.lower(), digits.upper())
    if _ADDRESS.fullmatch(text) is None or not (one_case or is_checksummed(text)):
        raise AddressError(f"{text!r} is no address: it has 40 hexadecimal digits, and the case of each counts.")
    if int(text, 16) == 0:
        raise AddressError("The zero address is nobody's.")
    return checksummed(text)
