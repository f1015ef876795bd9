# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.text.amounts import FixedPointError, format_fixed, parse_fixed, shorten


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [
        ("0", 8, 0),
        ("-0", 8, 0),
        ("-0.00000000", 8, 0),
        ("1", 8, 100_000_000),
        ("0.00000001", 8, 1),
        ("-0.00000001", 8, -1),
        ("-1.34217728", 8, -134_217_728),
        ("007.5", 4, 75_000),
        ("3", 0, 3),
    ],
)
def test_parse_fixed__plain_decimal__is_exact(text: str, places: int, value: int) -> None:
    assert parse_fixed(text, places) == value


@pytest.mark.parametrize(
    "text", ["nan", "NaN", "inf", "-inf", "Infinity", "1e-3", "+1", ".5", "1.", "1,5", " 1", "1 ", "--1", "0x1", "1_0"]
)
def test_parse_fixed__no_plain_number__is_refused(text: str) -> None:
    with pytest.raises(FixedPointError, match=r"^is '.*', not a plain number such as 0.0125$"):
        parse_fixed(text, 8)


def test_parse_fixed__more_digits_than_any_number_has__says_how_many() -> None:
    assert parse_fixed("9" * 20, 0) == 10**20 - 1
    with pytest.raises(FixedPointError, match=r"^is '9{40}'…, with 41 digits before the point, and it can have 20$"):
        parse_fixed("9" * 41, 0)


def test_parse_fixed__digits_of_another_script__are_refused() -> None:
    with pytest.raises(FixedPointError, match="not a plain number"):
        parse_fixed("\u0663", 8)


def test_parse_fixed__empty__is_refused() -> None:
    with pytest.raises(FixedPointError, match=r"^is empty$"):
        parse_fixed("", 8)


@pytest.mark.parametrize("text", ["0.123456789", "0.000000000", "-1.1234567890"])
def test_parse_fixed__too_many_decimals__is_refused_and_not_rounded(text: str) -> None:
    with pytest.raises(
        FixedPointError, match=f"^is '{text}', with {len(text.split('.')[1])} decimals, and it can have 8"
    ):
        parse_fixed(text, 8)


def test_parse_fixed__endless_digits__are_refused_in_a_short_message() -> None:
    with pytest.raises(FixedPointError) as caught:
        parse_fixed("9" * 100_000, 8)
    assert len(str(caught.value)) < 120


@given(st.integers(-(10**20) + 1, 10**20 - 1), st.integers(0, 12))
def test_format_fixed__any_value__is_read_back(value: int, places: int) -> None:
    text = format_fixed(value, places)
    assert parse_fixed(text, places) == value
    assert "." not in text or text[-1] not in "0."


def test_format_fixed__fraction__has_no_trailing_zeros() -> None:
    assert [format_fixed(value, 8) for value in (-125_000, 100_000_000, 1, 0)] == ["-0.00125", "1", "0.00000001", "0"]


def test_shorten__long_text__is_cut() -> None:
    assert shorten("x" * 1_000) == "'" + "x" * 40 + "'…"
    assert shorten("x") == "'x'"
