# SPDX-License-Identifier: MIT
"""Amounts of NMR and of stablecoins, and the protocol's fixed-point numbers, as people type and read them.

Money is an integer, never a float.
"""

import re
from decimal import Decimal
from operator import index
from typing import Final

from nmr.errors import AmountError, AmountTypeError, NmrError

WEI: Final = 1
GWEI: Final = 10**9
"""Wei in a gwei-NMR, the ledger's unit."""
NMR: Final = 10**18
"""Wei in one NMR."""
SUPPLY: Final = 11_000_000 * NMR
"""All NMR that were ever minted, in wei."""

MULTIPLIER: Final = 10**4
"""1.0 as a multiplier."""
SCORE: Final = 10**8
"""1.0 as a score."""
FACTOR: Final = 10**9
"""1.0 as a payout factor."""
RATIO: Final = 10**12
"""1.0 as a clip or a payout ratio."""

_UNIT_NAMES: Final = {WEI: "0.000000000000000001 NMR", GWEI: "0.000000001 NMR"}
_UNIT_OWNERS: Final = {WEI: "the token's unit", GWEI: "the ledger's unit"}
_PLAIN: Final = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)

MULTIPLIER_PLACES: Final = 4
PART_PLACES: Final = 4
"""Of a part of something, such as a pool's fee."""
SCORE_PLACES: Final = 8
FACTOR_PLACES: Final = 9
RATIO_PLACES: Final = 12
NMR_PLACES: Final = 18
ETHER_PLACES: Final = 18
PRICE_PLACES: Final = 18
"""Of the dollars that an NMR costs."""

_SIGNED: Final = re.compile(r"-?([0-9]+)(\.[0-9]+)?", re.ASCII)
_MOST_DIGITS: Final = 20
"""Before the point."""
_SHOWN: Final = 40
"""Characters of a wrong value that a message repeats."""


class FixedPointError(NmrError, ValueError):
    """A text that is no such decimal."""


def integer_of(value: object) -> int | None:
    """The int of an integer, numpy's among them; None of anything else, such as a float, True or a text."""
    if isinstance(value, bool):
        return None
    try:
        return index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def parse_nmr(amount: str | Decimal, unit: int = GWEI) -> int:
    """Wei in an amount of NMR such as `"12.5"`, exactly.

    Args:
        amount: plain decimal digits, or a finite Decimal. A float or an int is
            refused: the one is not exact, the other leaves open which unit it counts.
        unit: what the result must be a multiple of, `GWEI` (the ledger) or `WEI` (the token).

    Raises:
        AmountTypeError: neither a string nor a Decimal.
        AmountError: no number, negative, finer than the unit, or more than the whole supply.
    """
    if isinstance(amount, str):
        if _PLAIN.fullmatch(amount) is None:
            raise AmountError(f"{amount!r} is not an amount of NMR: write plain digits, such as 12.5")
        value = Decimal(amount)
    elif isinstance(amount, Decimal):
        value = amount
    else:
        raise AmountTypeError(f"an amount of NMR is a string or a Decimal, not {type(amount).__name__}: {amount!r}")
    if unit not in _UNIT_NAMES:
        raise AmountError(f"{unit} is no unit: use WEI or GWEI")
    if not value.is_finite():
        raise AmountError(f"{amount} is not an amount of NMR")
    if value == 0:
        return 0
    if value < 0:
        raise AmountError(f"{amount} NMR is negative")
    if value > SUPPLY // NMR:
        raise AmountError(f"{amount} NMR is more than ever existed")
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "a finite Decimal has an exponent"
    significant = "".join(map(str, digits)).rstrip("0")  # 1.50 is as coarse as 1.5
    shift = exponent + len(digits) - len(significant) + NMR_PLACES
    wei = int(significant) * 10**shift if shift >= 0 else 0
    if shift < 0 or wei % unit:
        raise AmountError(f"{amount} NMR is finer than {_UNIT_OWNERS[unit]}, {_UNIT_NAMES[unit]}")
    return wei


def format_nmr(wei: int) -> str:
    """An amount of wei in NMR, exactly and without trailing zeros: `12500000000000000000` is `"12.5"`.

    Raises:
        AmountTypeError: no integer.
    """
    amount = integer_of(wei)
    if amount is None:
        raise AmountTypeError(f"an amount of wei is an int, not {type(wei).__name__}: {wei!r}")
    whole, rest = divmod(abs(amount), NMR)
    sign = "-" if amount < 0 else ""
    fraction = f".{rest:0{NMR_PLACES}d}".rstrip("0") if rest else ""
    return f"{sign}{whole}{fraction}"


def show_nmr(wei: int) -> str:
    """An amount of wei in NMR for people to read, with thousands set off: `"1,234.5"`."""
    whole, point, rest = format_nmr(wei).partition(".")
    return f"{int(whole):,}{point}{rest}" if whole != "-0" else f"-0{point}{rest}"


def to_gwei(wei: int) -> int:
    """Gwei-NMR in an amount of wei.

    Raises:
        AmountError: negative, or finer than the ledger's unit.
    """
    if wei < 0:
        raise AmountError(f"{wei} wei is negative")
    gwei, rest = divmod(wei, GWEI)
    if rest:
        raise AmountError(f"{wei} wei is finer than the ledger's unit, {GWEI} wei")
    return gwei


def parse_fixed(text: str, places: int) -> int:
    """The integer that stands for a decimal such as `-0.0125`, without rounding.

    Args:
        text: plain decimal digits with at most `places` decimals, and a minus sign if need be.
        places: decimals of the fixed-point number.

    Raises:
        FixedPointError: no plain number, or more digits or decimals than there are places. The message is a predicate;
            callers prepend the field's name.
    """
    if not text:
        raise FixedPointError("is empty")
    number = _SIGNED.fullmatch(text)
    if number is None:
        raise FixedPointError(f"is {shorten(text)}, not a plain number such as 0.0125")
    if (digits := len(number[1])) > _MOST_DIGITS:
        raise FixedPointError(
            f"is {shorten(text)}, with {digits} digits before the point, and it can have {_MOST_DIGITS}"
        )
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


def parse_stablecoin(text: str, decimals: int) -> int:
    """The smallest units in an amount such as `"12.5"`, exactly.

    Raises:
        AmountError: no number, negative, or finer than the coin's unit. The message is a predicate.
    """
    try:
        amount = parse_fixed(text, decimals)
    except FixedPointError as error:
        raise AmountError(str(error)) from None
    if amount < 0:
        raise AmountError(f"is {text}, which is negative")
    return amount


def format_stablecoin(amount: int, decimals: int) -> str:
    """An amount with at least two decimals and thousands set off, exactly: `"$1,234.50"`."""
    sign = "-" if amount < 0 else ""
    whole, _, rest = format_fixed(abs(amount), decimals).partition(".")
    return f"{sign}${int(whole):,}.{rest:0<2}"


def format_price(price: int) -> str:
    """A price of 18 decimals with four of them, cut off: `"$15.0123"`."""
    whole, rest = divmod(price, 10**PRICE_PLACES)
    return f"${whole:,}.{rest // 10 ** (PRICE_PLACES - 4):04d}"
