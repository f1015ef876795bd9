"""Amounts of a stablecoin as people type and read them. An amount is an integer of the coin's smallest unit."""

from nmr.errors import AmountError
from nmr.text.fixed import FixedPointError, format_fixed, parse_fixed


def parse_stablecoin(text: str, decimals: int) -> int:
    """The smallest units in an amount such as `"12.5"`, exactly.

    Raises:
        AmountError: no number, negative, or finer than the coin's unit; says so as the end of a sentence.
    """
    try:
        amount = parse_fixed(text, decimals)
    except FixedPointError as error:
        raise AmountError(str(error)) from None
    if amount < 0:
        raise AmountError(f"is {text}, which is negative")
    return amount


def format_stablecoin(amount: int, decimals: int, places: int = 2) -> str:
    """An amount with at least two decimals and thousands set off, exactly: `"$1,234.50"`."""
    sign = "-" if amount < 0 else ""
    whole, _, rest = format_fixed(abs(amount), decimals).partition(".")
    return f"{sign}${int(whole):,}.{rest:0<{places}}"


def format_price(price: int) -> str:
    """A price of 18 decimals with four of them, cut off: `"$15.0123"`."""
    return f"${price // 10**18:,}.{price % 10**18 // 10**14:04d}"
