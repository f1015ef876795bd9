"""Decimals in text: the protocol's fixed-point numbers as people type and read them, exactly."""

import re
from typing import Final

from nmr.errors import NmrError

MULTIPLIER_PLACES: Final = 4
SCORE_PLACES: Final = 8
FACTOR_PLACES: Final = 9
RATIO_PLACES: Final = 12

_PLAIN: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]+)?", re.ASCII)
_SHOWN: Final = 40
"""Characters of a wrong value that a message repeats."""


class FixedPointError(NmrError, ValueError):
    """A text that is no such decimal."""


def parse_fixed(text: str, places: int) -> int:
    """The integer that stands for a decimal such as `-0.0125`, without rounding.

    Args:
        text: plain decimal digits with at most `places` decimals, and a minus sign if need be.
        places: decimals of the fixed-point number.

    Raises:
        FixedPointError: no plain number, or more decimals than there are places; says so as the end of a sentence
            whose beginning is the name of the number.
    """
    if not text:
        raise FixedPointError("is empty")
    if _PLAIN.fullmatch(text) is None:
        raise FixedPointError(f"is {shorten(text)}, not a plain number such as 0.0125")
    whole, _, decimals = text.partition(".")
    if len(decimals) > places:
        raise FixedPointError(f"is {shorten(text)}, with {len(decimals)} decimals, and it can have {places}")
    return int(whole + decimals.ljust(places, "0"))


def format_fixed(value: int, places: int) -> str:
    """The decimal of a fixed-point number, exactly and without trailing zeros: `-125000` of 8 places is `-0.00125`."""
    digits = f"{abs(value):0{places + 1}d}"
    whole, decimals = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"


def shorten(text: str) -> str:
    """A text in quotes, as far as a message should repeat it."""
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}…"
