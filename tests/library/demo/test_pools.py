# SPDX-License-Identifier: MIT
"""Who comes to and goes from the demo's pools, and what is said of it."""

import pytest

from demo.checks import ROUNDINGS, check_pools
from demo.pools import MANAGER, PLANS, stays
from demo.results import HolderResult, PoolResult, SeasonResult
from demo.tables import POOLS, pool_rows
from nmr.text.amounts import NMR


@pytest.mark.parametrize("rounds", [1, 2, 6, 30, 174])
def test_stays__any_season__managers_come_first_and_nobody_leaves_before_coming(rounds: int) -> None:
    found = stays(rounds)
    assert {(stay.pool, stay.joins) for stay in found if stay.who == MANAGER} == {(0, 0), (1, 0)}
    assert all(stay.leaves is None or stay.joins <= stay.leaves < rounds for stay in found)
    # Once at most in a pool, so that what somebody put in and took out is of one stay.
    assert len({(stay.who, stay.pool) for stay in found}) == len(found)


def test_stays__whole_season__one_changes_the_pool_and_one_comes_late() -> None:
    found = stays(30)
    [left] = [stay for stay in found if stay.who == "first" and stay.leaves is not None]
    assert [stay.pool for stay in found if stay.who == "first" and stay.joins == left.leaves] == [1 - left.pool]
    assert [stay.joins for stay in found if stay.who == "third"] == [7]


def pool(owed: int = 5, held: int = 5, shares: int = 0) -> PoolResult:
    holders = {
        MANAGER: HolderResult(0, 100 * NMR, 110 * NMR),
        "first": HolderResult(2, 200 * NMR, 199 * NMR, left=9),
    }
    plan = PLANS[0]
    return PoolResult(plan.label, plan.predicts, plan.fee, 24, holders, NMR, 0, owed, held, shares)


def test_pool_rows__manager_and_backer__tell_what_came_of_it() -> None:
    rows = [dict(zip(POOLS, row, strict=True)) for row in pool_rows(SeasonResult(pools=[pool()]))]
    assert [row["weeks"] for row in rows] == ["0 to the end", "2 to 9"]
    assert [row["gained"] for row in rows] == ["+10.00%", "-0.50%"]
    assert [row["fees booked"] for row in rows] == ["1.00", ""]
    assert {row["fee"] for row in rows} == {"20%"}


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (pool(), True),
        (pool(ROUNDINGS, ROUNDINGS), True),
        (pool(ROUNDINGS + 1, ROUNDINGS + 1), False),
        (pool(held=6), False),
        (pool(shares=1), False),
    ],
)
def test_check_pools__anything_left_but_roundings__fails(found: PoolResult, holds: bool) -> None:
    assert check_pools([found]).holds == holds
