# SPDX-License-Identifier: MIT
"""What a pool decides, worked out by hand: a fee of 20%, a skin of 10%, a floor of 100 gwei."""

import pytest

from nmr.protocol.reference.pool_books import EntriesDue, ExitsDue, Order, PlaceBooks, Queue
from nmr.protocol.reference.pool_rules import PoolRules
from nmr.protocol.reference.rounds import RoundBook
from tests.support.terms import terms

RULES = PoolRules(fee=2_000, skin=1_000, ring=2, min_stake=5)
LAST = 65_535
"""The last id of a round."""
CAP = 2**127
"""Of shares and of the mark."""
NOW = 100
EARLIER = NOW - 1


def waiting(amount: int) -> Queue:
    """Orders of an earlier block."""
    return Queue(total=amount, fresh=amount, at=EARLIER)


# fee


@pytest.mark.parametrize(
    ("shares", "mark", "value", "fee", "minted"),
    [
        pytest.param(1_000, 100, 150, 10, 71, id="20% of 50, for 10 * 1000 / 140 shares"),
        pytest.param(1_000, 100, 104, 0, 0, id="less than a unit"),
        pytest.param(1_000, 100, 100, 0, 0, id="at the mark"),
        pytest.param(1_000, 100, 99, 0, 0, id="below the mark"),
        pytest.param(1_000, 0, 0, 0, 0, id="all burnt"),
        pytest.param(0, 0, 150, 0, 0, id="nobody's"),
        pytest.param(CAP - 7, CAP - 35, CAP, 7, 7, id="as many shares as there may be"),
        pytest.param(CAP - 6, CAP - 34, CAP + 1, 0, 0, id="a share too many"),
    ],
)
def test_fee_due__gain_above_the_mark__in_new_shares(shares: int, mark: int, value: int, fee: int, minted: int) -> None:
    place = PlaceBooks(shares=shares, manager_shares=min(shares, 500), mark=mark)
    assert RULES.fee_due(place, value) == (fee, minted)


# exits


@pytest.mark.parametrize(
    ("manager", "leaving", "asked", "value", "due"),
    [
        pytest.param(600, 0, 0, 1_000, None, id="no orders"),
        pytest.param(600, 200, 0, 1_001, ExitsDue(False, 200, 200, 0, 0), id="backers, rounded down"),
        pytest.param(600, 0, 100, 1_001, ExitsDue(False, 0, 0, 100, 100), id="manager, rounded down"),
        pytest.param(600, 200, 100, 2_000, ExitsDue(False, 200, 400, 100, 200), id="both"),
        # 400 stay, and have to be 90%: 44.4 of the manager's stay too.
        pytest.param(600, 0, 600, 1_000, ExitsDue(False, 0, 0, 555, 555), id="manager keeps his skin"),
        pytest.param(40, 0, 40, 1_000, None, id="manager below his skin"),
        pytest.param(900, 0, 895, 1_000, ExitsDue(False, 0, 0, 888, 888), id="those who stay have the floor exactly"),
        # Those who stay have 95, below the floor, and the whole has 100, which is the floor.
        pytest.param(5, 900, 0, 1_000, ExitsDue(False, 900, 900, 0, 0), id="manager below his skin stays"),
        pytest.param(6, 899, 1, 1_000, ExitsDue(True, 994, 994, 6, 6), id="manager below his skin takes one"),
        # Of the 100 that are left, the manager has 10.
        pytest.param(15, 895, 5, 1_000, ExitsDue(False, 895, 895, 5, 5), id="manager keeps his skin exactly"),
        pytest.param(500, 450, 450, 1_000, ExitsDue(False, 450, 450, 450, 450), id="the floor is left"),
        pytest.param(500, 451, 450, 1_000, ExitsDue(True, 500, 500, 500, 500), id="less than the floor is left"),
        # The manager's part is rounded down, the backers get the rest.
        pytest.param(500, 500, 500, 1_001, ExitsDue(True, 500, 501, 500, 500), id="everybody leaves"),
        pytest.param(600, 0, 0, 99, ExitsDue(True, 400, 40, 600, 59), id="burnt below the floor"),
        pytest.param(600, 0, 0, 1, ExitsDue(True, 400, 1, 600, 0), id="burnt but for one"),
        pytest.param(600, 200, 0, 0, ExitsDue(True, 0, 0, 600, 0), id="all burnt"),
    ],
)
def test_exits_due__of_1000_shares__what_runs(
    manager: int, leaving: int, asked: int, value: int, due: ExitsDue | None
) -> None:
    order = Order(asked, at=EARLIER)
    place = PlaceBooks(shares=1_000, manager_shares=manager, exits=waiting(leaving), manager_exit=order)
    assert RULES.exits_due(place, value, 5, NOW, dormant=False) == due


@pytest.mark.parametrize("value", [0, 150])
def test_exits_due__no_shares__nothing(value: int) -> None:
    assert RULES.exits_due(PlaceBooks(), value, 5, NOW, dormant=False) is None


def test_exits_due__orders_of_this_block__wait() -> None:
    place = PlaceBooks(shares=1_000, manager_shares=600)
    place.exits, place.manager_exit = Queue(total=200, fresh=150, at=NOW), Order(100, at=NOW)
    assert RULES.exits_due(place, 1_000, 5, NOW, dormant=False) == ExitsDue(False, 50, 50, 0, 0)
    assert RULES.exits_due(place, 1_000, 5, NOW + 1, dormant=False) == ExitsDue(False, 200, 200, 100, 100)


def test_exits_due__last_eight_turns__everybody_is_paid() -> None:
    place = PlaceBooks(shares=1_000, manager_shares=600)
    assert RULES.exits_due(place, 1_000, LAST - 8 * RULES.ring, NOW, dormant=False) is None
    assert RULES.exits_due(place, 1_000, LAST - 8 * RULES.ring + 1, NOW, dormant=False) == ExitsDue(
        True, 400, 400, 600, 600
    )


LEAVING_WHOLE = PlaceBooks(shares=1_000, manager_shares=600, manager_exit=Order(600, at=EARLIER))
"""A manager who ordered all of 600 shares out, of which 555 may leave."""


def test_exits_due__manager_kept_by_his_skin__all_are_paid_once_no_round_opens() -> None:
    assert RULES.exits_due(LEAVING_WHOLE, 1_000, 5, NOW, dormant=False) == ExitsDue(False, 0, 0, 555, 555)
    assert RULES.exits_due(LEAVING_WHOLE, 1_000, 5, NOW, dormant=True) == ExitsDue(True, 400, 400, 600, 600)


@pytest.mark.parametrize("asked", [0, 555])
def test_exits_due__no_round_opens_and_no_skin_keeps_him__as_before(asked: int) -> None:
    place = PlaceBooks(shares=1_000, manager_shares=600, manager_exit=Order(asked, at=EARLIER))
    assert RULES.exits_due(place, 1_000, 5, NOW, dormant=True) == RULES.exits_due(place, 1_000, 5, NOW, dormant=False)


@pytest.mark.parametrize(
    ("opened", "now", "dormant"),
    [
        pytest.param([], 10**12, False, id="no round yet"),
        pytest.param([5], 1_000 + 180 * 86_400 - 1, False, id="a second less than 180 days"),
        pytest.param([5], 1_000 + 180 * 86_400, True, id="180 days"),
        pytest.param([5, 6], 1_000 + 180 * 86_400, False, id="another opened since"),
    ],
)
def test_is_dormant__rounds_that_opened__the_newest_counts(opened: list[int], now: int, dormant: bool) -> None:
    rounds = RoundBook(ring=2, first_round=5, hour=3_600)
    for number, round_id in enumerate(opened):
        rounds.open(round_id, terms(now=0, expires_at=1_000 + number))
    assert RULES.is_dormant(rounds, now) is dormant


# entries


@pytest.mark.parametrize(
    ("shares", "manager", "mark", "value", "own", "ordered", "due"),
    [
        pytest.param(0, 0, 0, 0, 99, 50, None, id="below the floor"),
        pytest.param(0, 0, 0, 0, 100, 0, EntriesDue(0, 0, 0, 100, 100, 100 * 10**9), id="an epoch opens"),
        pytest.param(
            *(0, 0, 0, 0, 100, 50), EntriesDue(50, 50, 50 * 10**9, 100, 100, 100 * 10**9), id="with a backer's"
        ),
        # The manager's 100 carry 900 of backers.
        pytest.param(
            *(0, 0, 0, 0, 100, 1_000),
            EntriesDue(1_000, 900, 900 * 10**9, 100, 100, 100 * 10**9),
            id="as far as it fits",
        ),
        pytest.param(1_000, 600, 2_000, 2_000, 0, 0, None, id="no orders"),
        pytest.param(1_000, 600, 2_000, 2_000, 0, 4, None, id="backers below the smallest stake"),
        pytest.param(1_000, 600, 2_000, 2_000, 0, 5, EntriesDue(5, 5, 2, 0, 0, 0), id="two shares for 5, rounded down"),
        pytest.param(1_000, 600, 2_000, 2_000, 3, 0, EntriesDue(0, 0, 0, 3, 3, 1), id="manager alone"),
        # 10 of the manager's carry 90 of backers, who have 990.
        pytest.param(1_000, 10, 10_000, 10_000, 0, 50, None, id="no room"),
        # 101 carry 909 of backers, who have 899; one more of the manager's makes room for nine more.
        pytest.param(1_000, 101, 1_000, 1_000, 0, 50, EntriesDue(50, 10, 10, 0, 0, 0), id="room for ten"),
        pytest.param(1_000, 101, 1_000, 1_000, 1, 50, EntriesDue(50, 19, 19, 1, 1, 1), id="the manager's make room"),
        # Room for 10 of 1,990, and with one more share of the manager's for 20: 1% is 19.
        pytest.param(1_999, 201, 1_990, 1_990, 0, 50, None, id="room for less than a hundredth"),
        pytest.param(1_999, 201, 1_990, 1_990, 0, 10, EntriesDue(10, 10, 10, 0, 0, 0), id="all fits there"),
        pytest.param(1_999, 202, 1_990, 1_990, 0, 50, EntriesDue(50, 20, 20, 0, 0, 0), id="a hundredth fits"),
        # The mark moves with what enters: twice the stake, twice the mark.
        pytest.param(
            *(1_000, 1_000, 2**125, 1_000, 1_000, 2_000),
            EntriesDue(2_000, 2_000, 2_000, 1_000, 1_000, 1_000),
            id="mark",
        ),
        pytest.param(
            *(1_000, 1_000, 2**125 + 1, 1_000, 1_000, 2_000),
            EntriesDue(2_000, 0, 0, 1_000, 1_000, 1_000),
            id="mark over",
        ),
        pytest.param(1_000, 1_000, 2**126 + 1, 50, 50, 0, EntriesDue(0, 0, 0, 50, 0, 0), id="manager's mark over"),
        pytest.param(
            *(2**126, 2**126, 50, 50, 50, 0), EntriesDue(0, 0, 0, 50, 50, 2**126), id="as many shares as there may be"
        ),
        pytest.param(2**126, 2**126, 50, 50, 51, 0, EntriesDue(0, 0, 0, 51, 0, 0), id="too many shares"),
    ],
)
def test_entries_due__orders__what_is_bought(
    shares: int, manager: int, mark: int, value: int, own: int, ordered: int, due: EntriesDue | None
) -> None:
    order = Order(own, at=EARLIER)
    place = PlaceBooks(shares=shares, manager_shares=manager, mark=mark, entries=waiting(ordered), manager_entry=order)
    assert RULES.entries_due(place, value, NOW) == due


def test_entries_due__orders_of_this_block__wait() -> None:
    place = PlaceBooks(manager_entry=Order(100, at=NOW), entries=Queue(total=50, fresh=30, at=NOW))
    assert RULES.entries_due(place, 0, NOW) is None
    place = PlaceBooks(shares=1_000, manager_shares=1_000, mark=1_000, manager_entry=place.manager_entry)
    place.entries = Queue(total=50, fresh=30, at=NOW)
    assert RULES.entries_due(place, 1_000, NOW) == EntriesDue(20, 20, 20, 0, 0, 0)
