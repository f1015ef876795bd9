# SPDX-License-Identifier: MIT
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.errors import AmountError, AmountTypeError, NmrError
from nmr.text.amounts import GWEI, NMR, SUPPLY, WEI, format_nmr, parse_nmr, to_gwei


@pytest.mark.parametrize(
    ("amount", "wei"),
    [
        ("0", 0),
        ("0.000", 0),
        ("12.5", 12_500_000_000 * GWEI),
        ("0.000000001", GWEI),
        ("1.5000000000000000000000", 3 * NMR // 2),
        ("0011", 11 * NMR),
        ("11000000", SUPPLY),
        (Decimal("1E+3"), 1_000 * NMR),
        (Decimal("-0"), 0),
        (Decimal("1.50"), 3 * NMR // 2),
    ],
)
def test_parse_nmr__plain_amount__exact_wei(amount: str | Decimal, wei: int) -> None:
    assert parse_nmr(amount) == wei


@pytest.mark.parametrize(("wei", "text"), [(np.int64(5 * 10**17), "0.5"), (np.uint64(10**19), "10")])
def test_format_nmr__integer_of_numpy__as_an_int(wei: int, text: str) -> None:
    assert format_nmr(wei) == text


@pytest.mark.parametrize("text", ["", " 1", "1 ", "1,000", "0.1_5", "1e3", ".5", "5.", "-1", "+1", "0x1", "NaN", "٣"])
def test_parse_nmr__no_plain_digits__refused(text: str) -> None:
    with pytest.raises(AmountError, match="is not an amount of NMR: write plain digits"):
        parse_nmr(text)


@pytest.mark.parametrize("amount", [1.5, 1, True, None, b"1"])
def test_parse_nmr__neither_text_nor_decimal__refused(amount: object) -> None:
    with pytest.raises(AmountTypeError, match="is a string or a Decimal, not"):
        parse_nmr(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        (Decimal("NaN"), "NaN is not an amount of NMR"),
        (Decimal("sNaN"), "sNaN is not an amount of NMR"),
        (Decimal("Infinity"), "Infinity is not an amount of NMR"),
        (Decimal("-0.1"), "-0.1 NMR is negative"),
        ("11000000.000000001", "11000000.000000001 NMR is more than ever existed"),
        (Decimal("1E+999999"), "more than ever existed"),
        (Decimal("1E-999999"), "finer than the ledger's unit"),
        ("0." + 5_000 * "1", "finer than the ledger's unit"),
    ],
)
def test_parse_nmr__no_possible_amount__refused(amount: str | Decimal, message: str) -> None:
    with pytest.raises(AmountError, match=message):
        parse_nmr(amount)


def test_parse_nmr__finer_than_the_ledger__only_the_token_counts_it() -> None:
    with pytest.raises(AmountError, match=r"^0\.0000000001 NMR is finer than the ledger's unit, 0\.000000001 NMR$"):
        parse_nmr("0.0000000001")
    assert parse_nmr("0.0000000001", WEI) == GWEI // 10


def test_parse_nmr__finer_than_the_token__refused() -> None:
    with pytest.raises(AmountError, match=r"finer than the token's unit, 0\.000000000000000001 NMR"):
        parse_nmr("0.0000000000000000001", WEI)


def test_parse_nmr__unknown_unit__refused() -> None:
    with pytest.raises(AmountError, match="7 is no unit"):
        parse_nmr("1", 7)


@given(st.integers(0, SUPPLY))
def test_format_nmr__any_amount__parses_back(wei: int) -> None:
    assert parse_nmr(format_nmr(wei), WEI) == wei
    assert parse_nmr(Decimal(format_nmr(wei)), WEI) == wei


@given(st.integers(-SUPPLY, SUPPLY))
def test_format_nmr__any_amount__is_its_exact_decimal(wei: int) -> None:
    text = format_nmr(wei)
    assert Decimal(text).scaleb(18) == wei
    assert "." not in text or not text.endswith(("0", "."))


@pytest.mark.parametrize(("wei", "text"), [(0, "0"), (1, "0.000000000000000001"), (-NMR // 2, "-0.5"), (NMR, "1")])
def test_format_nmr__edge__as_written(wei: int, text: str) -> None:
    assert format_nmr(wei) == text


@pytest.mark.parametrize("amount", [1.0, True, "1", Decimal(1)])
def test_format_nmr__no_int__refused(amount: object) -> None:
    with pytest.raises(AmountTypeError, match="an amount of wei is an int"):
        format_nmr(amount)  # type: ignore[arg-type]


@given(st.integers(0, SUPPLY // GWEI))
def test_to_gwei__whole_gwei__and_back(gwei: int) -> None:
    assert to_gwei(gwei * GWEI) == gwei


@pytest.mark.parametrize("wei", [1, GWEI - 1, GWEI + 1])
def test_to_gwei__finer_than_the_ledger__refused(wei: int) -> None:
    with pytest.raises(AmountError, match=f"{wei} wei is finer than the ledger's unit"):
        to_gwei(wei)


def test_to_gwei__negative__refused() -> None:
    with pytest.raises(AmountError, match="-1000000000 wei is negative"):
        to_gwei(-GWEI)


def test_errors__of_amounts__are_the_builtins_that_fit() -> None:
    assert issubclass(AmountError, NmrError) and issubclass(AmountError, ValueError)
    assert issubclass(AmountTypeError, NmrError) and issubclass(AmountTypeError, TypeError)
