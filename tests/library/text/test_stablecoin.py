# SPDX-License-Identifier: MIT
import pytest

from nmr.errors import AmountError
from nmr.text.amounts import format_price, format_stablecoin, parse_stablecoin


@pytest.mark.parametrize(
    ("text", "decimals", "amount"), [("0", 6, 0), ("12.5", 6, 12_500_000), ("7", 0, 7), ("0.000001", 6, 1)]
)
def test_parse_stablecoin__plain_digits__is_exact(text, decimals, amount):
    assert parse_stablecoin(text, decimals) == amount


@pytest.mark.parametrize(
    ("text", "decimals", "reason"),
    [
        ("-1", 6, "is -1, which is negative"),
        ("1.5", 0, "is '1.5', with 1 decimals, and it can have 0"),
        ("1e6", 6, "is '1e6', not a plain number such as 0.0125"),
        ("", 6, "is empty"),
    ],
)
def test_parse_stablecoin__wrong__is_refused(text, decimals, reason):
    with pytest.raises(AmountError) as error:
        parse_stablecoin(text, decimals)
    assert str(error.value) == reason


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (0, 6, "$0.00"),
        (1, 6, "$0.000001"),
        (1_234_500_000, 6, "$1,234.50"),
        (-5 * 10**17, 18, "-$0.50"),
        (7, 0, "$7.00"),
    ],
)
def test_format_stablecoin__any__is_exact(amount, decimals, text):
    assert format_stablecoin(amount, decimals) == text


def test_format_price__18_decimals__shows_four():
    assert format_price(15_012_399_999_999_999_999) == "$15.0123"
