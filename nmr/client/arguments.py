# SPDX-License-Identifier: MIT
"""What callers of the package hand over: of the type that it has to be, or refused in one sentence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from nmr.errors import AmountTypeError, ArgumentError
from nmr.protocol.score_words import MAX_MODEL
from nmr.text.addresses import parse_address
from nmr.text.amounts import GWEI, PART_PLACES, format_fixed, integer_of, parse_fixed, parse_nmr, shorten, to_gwei
from nmr.text.selection import ModelName, SelectionError, parse_model

Given = TypeVar("Given")


def wei_of(amount: str | int) -> int:
    """Wei of an amount: a decimal string of NMR such as `"12.5"`, or an int, which is wei already; numpy's are, too.

    Raises:
        AmountTypeError: a float, which is not exact, or something else.
        AmountError: no amount that the ledger can count.
    """
    if isinstance(amount, str):
        return parse_nmr(amount)
    wei = integer_of(amount)
    if wei is None:
        raise AmountTypeError(f'an amount is a string of NMR such as "12.5" or an int of wei, not {amount!r}')
    return to_gwei(wei) * GWEI


def name_of(model: ModelName) -> ModelName:
    """An id, also if it is written as a text, or a label.

    Raises:
        SelectionError: neither.
    """
    if not isinstance(model, str) and integer_of(model) is None:
        raise SelectionError(f'A model is its id or its label, such as 7 or "ridge", not {model!r}.')
    return parse_model(str(model), MAX_MODEL)


def pool_name(name: ModelName) -> ModelName:
    """What names a pool: its address, the id of its model, or its label. Raises `SelectionError`."""
    if isinstance(name, str) and name.startswith("0x"):
        return name
    try:
        return name_of(name)
    except SelectionError:
        if str(name).isdigit():
            raise
        given = shorten(name) if isinstance(name, str) else repr(name)
        raise SelectionError(
            f"A pool is its address, the id of its model, or its label, such as 7 or ridge, not {given}."
        ) from None


def part_of(part: str, name: str, least: int, most: int) -> int:
    """A part such as `"0.2"`, times 10,000.

    Args:
        part: the text.
        name: what it is, for the message.
        least, most: what it may be.

    Raises:
        ArgumentError: no string.
        FixedPointError: no plain decimal.
        SelectionError: out of range.
    """
    found = parse_fixed(_of_kind(part, str, name, 'a string such as "0.2"'), PART_PLACES)
    if not least <= found <= most:
        bounds = f"{format_fixed(least, PART_PLACES)} to {format_fixed(most, PART_PLACES)}"
        raise SelectionError(f"{name} is from {bounds}, 0.2 being 20%, and not {part}")
    return found


def whole(number: int, name: str, least: int = 0) -> int:
    """A whole number, as an int; numpy's are whole numbers, too.

    Raises:
        ArgumentError: something else.
        SelectionError: less than the least that it can be.
    """
    found = integer_of(number)
    if found is None:
        raise ArgumentError(f"{name} is a whole number, not {number!r}")
    if found < least:
        raise SelectionError(f"{name} is {least} or more, and not {number}")
    return found


def maybe_whole(number: int | None, name: str, least: int = 0) -> int | None:
    """As `whole`; None stays None."""
    return None if number is None else whole(number, name, least)


def text_of(text: str, name: str) -> str:
    """A text. Raises as `_of_kind` does."""
    return _of_kind(text, str, name, "a string")


def flag_of(flag: bool, name: str) -> bool:
    """True or False. Raises as `_of_kind` does."""
    return _of_kind(flag, bool, name, "True or False")


def path_of(path: str | Path, name: str) -> Path:
    """A path. Raises as `_of_kind` does."""
    return Path(_of_kind(path, (str, Path), name, "a path"))


def address_of(address: str, name: str) -> str:
    """An address with its checksum.

    Raises:
        ArgumentError: no string.
        AddressError: no address, or one that is mistyped.
    """
    return parse_address(text_of(address, name))


def maybe_address(address: str | None, name: str) -> str | None:
    """As `address_of`; None stays None."""
    return None if address is None else address_of(address, name)


def mapping_of(mapping: Mapping[Any, Any], name: str) -> Mapping[Any, Any]:
    """A mapping.

    Raises:
        ArgumentError: something else.
    """
    if not isinstance(mapping, Mapping):
        raise ArgumentError(f"{name} is a mapping such as a dict, not {type(mapping).__name__}")
    return mapping


def _of_kind(value: Given, kind: type | tuple[type, ...], name: str, wanted: str) -> Given:
    """A value of a type.

    Raises:
        ArgumentError: it is of another.
    """
    if not isinstance(value, kind):
        raise ArgumentError(f"{name} is {wanted}, not {value!r}")
    return value
