# SPDX-License-Identifier: MIT
"""Values of JSON-RPC, read strictly: what a node answers may be anything."""

import re
from typing import Any, Final

from nmr.errors import NmrError

HASH: Final = 32
ADDRESS: Final = 20

_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)


class Malformed(NmrError, ValueError):
    """An answer without the shape that JSON-RPC gives it; the message is the end of a sentence."""


def number_of(value: Any) -> int:
    """A quantity, of 256 bits at most.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(value, str) or _QUANTITY.fullmatch(value) is None:
        raise Malformed(f"{_shown(value)} is no quantity")
    return int(value, 16)


def data_of(value: Any) -> bytes:
    """Bytes of any length.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(value, str) or _DATA.fullmatch(value) is None:
        raise Malformed(f"{_shown(value)} is no data")
    return bytes.fromhex(value[2:])


def hash_of(value: Any) -> bytes:
    """32 bytes.

    Raises:
        Malformed: it is no data, or of another length.
    """
    return _sized(value, HASH, "hash")


def address_of(value: Any) -> bytes:
    """20 bytes.

    Raises:
        Malformed: it is no data, or of another length.
    """
    return _sized(value, ADDRESS, "address")


def list_of(value: Any) -> list[Any]:
    """A list.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(value, list):
        raise Malformed(f"{_shown(value)} is no list")
    return value


def object_of(value: Any) -> dict[str, Any]:
    """An object.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(value, dict):
        raise Malformed(f"{_shown(value)} is no object")
    return value


def _sized(value: Any, size: int, what: str) -> bytes:
    data = data_of(value)
    if len(data) != size:
        raise Malformed(f"{_shown(value)} is no {what}")
    return data


def _shown(value: Any) -> str:
    """A value as far as a sentence should repeat it; what prints the sentence escapes it."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return repr(value[:40]) if len(value) <= 40 else f"{value[:40]!r}…"
    return f"a value of the type {type(value).__name__}"
