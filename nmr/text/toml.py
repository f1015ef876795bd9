# SPDX-License-Identifier: MIT
"""Entries of a TOML file, taken out one by one and checked: what is wrong is one sentence that names the entry."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from eth_utils.address import is_checksum_address

from nmr.errors import AmountError
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import FixedPointError, format_nmr, parse_fixed, parse_nmr, shorten
from nmr.text.times import TimeError, format_duration, parse_duration

MAX_ADDRESSES: Final = 32
"""In a list."""

T = TypeVar("T")


def read_toml(path: Path, parse: Callable[[Mapping[str, Any]], T], error: type[Exception]) -> T:
    """What `parse` makes of a file's entries. Numbers stay the text that they are: a float would not be exact.

    Args:
        path: the file.
        parse: takes its entries; may raise `EntryInvalid`.
        error: raised, with one sentence, for whatever is wrong with the file or its entries.
    """
    try:
        return parse(tomllib.loads(path.read_bytes().decode("utf-8"), parse_float=str))
    except OSError as cause:
        raise error(f"{path} cannot be read: {cause.strerror}.") from cause
    except UnicodeDecodeError as cause:
        raise error(f"{path} is not text in UTF-8.") from cause
    except tomllib.TOMLDecodeError as cause:
        raise error(f"{path} is not TOML: {cause}.") from cause
    except EntryInvalid as cause:
        raise error(f"{path}: {cause}.") from cause


class EntryInvalid(Exception):
    """What is wrong with an entry; the sentence lacks its file and its full stop."""


class Table:
    """A table of the file, whose entries are taken out one by one."""

    def __init__(self, name: str, content: Any) -> None:
        self.name = name
        if not isinstance(content, dict):
            raise EntryInvalid(f"{name} is no table")
        self._left = dict(content)

    def take(self, key: str, parse: Callable[[str, Any], Any], default: Any = None) -> Any:
        """An entry; without a default it has to be there."""
        name = f"{self.name}.{key}" if self.name else key
        if key not in self._left:
            if default is None:
                raise EntryInvalid(f"{name} is missing")
            return default
        return parse(name, self._left.pop(key))

    def items(self) -> list[tuple[str, Any]]:
        """All entries that are left."""
        items, self._left = list(self._left.items()), {}
        return items

    def end(self) -> None:
        """Make sure that no entry is left."""
        for key in self._left:
            raise EntryInvalid(f"{self.name + '.' if self.name else ''}{key} is unknown")


def number(least: int, most: int) -> Callable[[str, Any], int]:
    """A whole number from `least` to `most`."""

    def parse(name: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise EntryInvalid(f"{name} is {shorten(str(value))}, not a whole number")
        if not least <= value <= most:
            raise EntryInvalid(f"{name} is {value}: it has to be between {least} and {most}")
        return value

    return parse


def fixed(places: int, most: int) -> Callable[[str, Any], int]:
    """A decimal of so many places, from 0 to `most`."""

    def parse(name: str, value: Any) -> int:
        try:
            number = parse_fixed(text(name, value), places)
        except FixedPointError as error:
            raise EntryInvalid(f"{name} {error}") from None
        if not 0 <= number <= most:
            raise EntryInvalid(f"{name} is {value}: it has to be between 0 and {most // 10**places}")
        return number

    return parse


def amount(least: int, most: int, unit: int) -> Callable[[str, Any], int]:
    """An amount of NMR, a multiple of `unit` wei, from `least` to `most` wei."""

    def parse(name: str, value: Any) -> int:
        try:
            amount = parse_nmr(text(name, value), unit)
        except AmountError as error:
            raise EntryInvalid(f"{name} is wrong: {error}") from None
        if not least <= amount <= most:
            raise EntryInvalid(f"{name} is {value} NMR: it has to be at least {format_nmr(least)} NMR")
        return amount

    return parse


def duration(least: int, most: int) -> Callable[[str, Any], int]:
    """A duration such as 1d12h, from `least` to `most` seconds."""

    def parse(name: str, value: Any) -> int:
        try:
            seconds = 0 if value in (0, "0") else parse_duration(text(name, value))
        except TimeError as error:
            raise EntryInvalid(f"{name} {error}") from None
        if not least <= seconds <= most:
            limits = f"{format_duration(least)} and {format_duration(most)}"
            raise EntryInvalid(f"{name} is {format_duration(seconds)}: it has to be between {limits}")
        return seconds

    return parse


def boolean(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise EntryInvalid(f"{name} is {shorten(str(value))}: it has to be true or false")
    return value


def address(name: str, value: Any) -> str:
    """Somebody's address, with its checksum."""
    if not isinstance(value, str) or not is_checksum_address(value):
        raise EntryInvalid(
            f"{name} is {shorten(str(value))}, not an address with its checksum: the case of letters counts"
        )
    if value == ZERO_ADDRESS:
        raise EntryInvalid(f"{name} is the zero address, which is nobody's")
    return value


def addresses(name: str, value: Any) -> tuple[str, ...]:
    """A list of addresses, none of them twice."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise EntryInvalid(f"{name} is no list of addresses")
    if not 1 <= len(value) <= MAX_ADDRESSES:
        raise EntryInvalid(f"{name} has {len(value)} addresses: it has to have 1 to {MAX_ADDRESSES}")
    addresses = tuple(address(name, item) for item in value)
    if len(set(addresses)) != len(addresses):
        raise EntryInvalid(f"{name} has an address twice")
    return addresses


def text(name: str, value: Any) -> str:
    """A text, or a number as it was written."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise EntryInvalid(f"{name} is neither a number nor a text")
    return str(value)
