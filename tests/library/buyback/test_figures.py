# SPDX-License-Identifier: MIT
"""The buyback beside TVL: its rows for people and its values for programs."""

import pytest

from nmr.buyback.figures import BuybackFigures, buyback_rows, plain_buyback
from nmr.text.amounts import NMR

DOLLAR = 10**6
RUNNING = BuybackFigures(
    decimals=6,
    in_treasury=900_000 * DOLLAR,
    allowed=400_000 * DOLLAR,
    held=7_000 * DOLLAR,
    left=7_000 * DOLLAR,
    spent=93_000 * DOLLAR + 1,
    lifetime_cap=1_000_000 * DOLLAR,
    bought=6_200 * NMR + 1,
    burns=False,
    ended=False,
)


def test_rows__running_programme__tell_where_all_of_it_is() -> None:
    assert buyback_rows(RUNNING) == [
        ("stablecoin in the treasury", "$900,000.00"),
        ("of it allowed to the buyback", "$400,000.00"),
        ("held by the buyback for its lot", "$7,000.00"),
        ("spent so far", "$93,000.000001"),
        ("may still be spent", "$906,999.999999"),
        ("NMR bought so far, part of 'treasury: balance'", "6200.000000000000000001 NMR"),
    ]


def test_rows__allowance_beyond_the_treasury__no_more_than_is_there() -> None:
    rows = dict(buyback_rows(RUNNING._replace(allowed=2**256 - 1)))
    assert rows["of it allowed to the buyback"] == rows["stablecoin in the treasury"] == "$900,000.00"


def test_rows__donation_to_the_buyback__is_a_line_of_its_own() -> None:
    rows = dict(buyback_rows(RUNNING._replace(held=7_005 * DOLLAR)))
    assert rows["held by the buyback for its lot"] == "$7,000.00"
    assert rows["held beyond that, the treasury's after a sweep"] == "$5.00"


@pytest.mark.parametrize(
    ("burns", "line", "name"), [(True, "burned so far", "burned"), (False, "treasury: balance", "treasury_balance")]
)
def test_bought__counted_once__in_the_line_it_is_part_of(burns: bool, line: str, name: str) -> None:
    figures = RUNNING._replace(burns=burns)
    assert buyback_rows(figures)[-1][0] == f"NMR bought so far, part of {line!r}"
    assert plain_buyback(figures)["counted_in"] == name


def test_rows__ended__nothing_may_be_spent_any_more() -> None:
    ended = RUNNING._replace(ended=True, held=0, left=0)
    assert ("may still be spent: it has ended", "$0.00") in buyback_rows(ended)
    assert plain_buyback(ended)["remaining"] == "0"


def test_plain_buyback__running_programme__strings_of_whole_coins() -> None:
    assert plain_buyback(RUNNING) == {
        "in_treasury": "900000",
        "allowed": "400000",
        "held": "7000",
        "left": "7000",
        "spent": "93000.000001",
        "lifetime_cap": "1000000",
        "remaining": "906999.999999",
        "bought": "6200.000000000000000001",
        "burns": False,
        "counted_in": "treasury_balance",
        "ended": False,
    }
