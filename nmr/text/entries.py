# SPDX-License-Identifier: MIT
"""The entries of a file as models of pydantic, which takes 0.2 s to import: commands that only read do without it.

A validator raises a ValueError that goes on where the entry's name ends: "is 5d: it has to be between 1h and 1d".
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from nmr.errors import AmountError
from nmr.text.addresses import ZERO_ADDRESS, is_checksummed
from nmr.text.amounts import (
    format_fixed,
    format_nmr,
    format_stablecoin,
    parse_fixed,
    parse_nmr,
    parse_stablecoin,
    shorten,
)
from nmr.text.times import format_duration, parse_duration
from nmr.text.toml import EntryInvalid

MAX_ADDRESSES: Final = 32
"""In a list."""
_SENTENCES: Final = {
    "missing": "is missing",
    "extra_forbidden": "is unknown",
    "model_type": "is no table",
    "dict_type": "is no table",
    "tuple_type": "is no list",
    "int_type": "is {found}, not a whole number",
    "bool_type": "is {found}: it has to be true or false",
    "greater_than": "is {found}: it has to be above {gt}",
    "greater_than_equal": "is {found}: it has to be at least {ge}",
    "less_than_equal": "is {found}: it has to be at most {le}",
    "too_short": "has {actual_length} entries: it has to have at least {min_length}",
    "too_long": "has {actual_length} entries: it has to have at most {max_length}",
    "value_error": "{error}",
}
"""How a message goes on after the entry's name, by pydantic's type of error."""


class Entries(BaseModel):
    """A table that has no other entries than those of its model."""

    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=BaseModel)


def check_entries(model: type[M], content: Mapping[str, Any], **context: int) -> M:
    """What a model makes of a file's content; its validators ask for what is `given` in the context.

    Raises:
        EntryInvalid: names the first entry that is missing, unknown or not allowed.
    """
    try:
        return model.model_validate(content, context={"second": 1, **context})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"] if part != "[key]")
    found = shorten(first["input"]) if isinstance(first["input"], str) else first["input"]
    what = _SENTENCES.get(first["type"], "is {found}: {msg}").format(found=found, **first, **first.get("ctx", {}))
    raise EntryInvalid(f"{name} {what}".strip())


def given(info: ValidationInfo, name: str) -> int:
    """What `check_entries` was given under a name."""
    return int((info.context or {})[name])


def fixed(places: int, least: int, most: int) -> BeforeValidator:
    """A decimal of so many places, from `least` to `most`."""
    parse, show = partial(parse_fixed, places=places), partial(format_fixed, places=places)
    return BeforeValidator(lambda value: _read(value, parse, show, least, most))


def amount(least: int, most: int, unit: int) -> BeforeValidator:
    """An amount of NMR, a multiple of `unit` wei, from `least` to `most` wei."""

    def parse(text: str) -> int:
        try:
            return parse_nmr(text, unit)
        except AmountError as error:
            raise ValueError(f"is wrong: {error}") from None

    return BeforeValidator(lambda value: _read(value, parse, lambda wei: f"{format_nmr(wei)} NMR", least, most))


def stablecoin(least: int, most: int) -> BeforeValidator:
    """An amount of a stablecoin in its smallest unit, from `least` to `most` whole ones; its `decimals` are given."""

    def check(value: Any, info: ValidationInfo) -> int:
        decimals = given(info, "decimals")
        parse, show = partial(parse_stablecoin, decimals=decimals), partial(format_stablecoin, decimals=decimals)
        return _read(value, parse, show, least * 10**decimals, most * 10**decimals)

    return BeforeValidator(check)


def duration(least: int, most: int, unit: str = "second") -> BeforeValidator:
    """A duration such as 1d12h, from `least` to `most` seconds, or units that are given as seconds."""

    def check(value: Any, info: ValidationInfo) -> int:
        seconds = given(info, unit)
        return _read(value, _duration, format_duration, least * seconds, most * seconds)

    return BeforeValidator(check)


def _duration(text: str) -> int:
    return 0 if text == "0" else parse_duration(text)


def _read(value: Any, parse: Callable[[str], int], show: Callable[[int], str], least: int, most: int) -> int:
    """The integer that a text stands for, or a number as it was written."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("is neither a number nor a text")
    number = parse(str(value))
    if not least <= number <= most:
        raise ValueError(f"is {show(number)}: it has to be between {show(least)} and {show(most)}")
    return number


def _address(value: str) -> str:
    if not is_checksummed(value):
        raise ValueError(f"is {shorten(value)}, not an address with its checksum: the case of letters counts")
    if value == ZERO_ADDRESS:
        raise ValueError("is the zero address, which is nobody's")
    return value


def _each_once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(addresses)) != len(addresses):
        raise ValueError("has an address twice")
    return addresses


Address = Annotated[str, AfterValidator(_address)]
"""Somebody's address, with its checksum."""
Addresses = Annotated[tuple[Address, ...], Field(min_length=1, max_length=MAX_ADDRESSES), AfterValidator(_each_once)]
"""A list of addresses, none of them twice."""
