# SPDX-License-Identifier: MIT
"""The stake ledger of the reference by itself: gwei."""

import pytest

from nmr.protocol.reference.stakes import EMPTY, Stakes
from tests.support.refusals import reverts


def stakes(models: int, ring: int = 3) -> Stakes:
    made = Stakes(ring, min_stake=5)
    made.make_room(models)
    return made


@pytest.mark.parametrize(("models", "groups", "bitmaps"), [(0, 0, 0), (1, 1, 1), (4, 1, 1), (5, 2, 1), (241, 61, 2)])
def test_make_room__models__whole_groups_and_bitmaps(models: int, groups: int, bitmaps: int) -> None:
    made = stakes(models)
    for lanes in (made.idle, made.target, made.compound, *made.positions):
        assert len(lanes) == 4 * groups
    assert made.tags == 3 * [groups * [EMPTY]]
    # A bitmap stands until the second turn of the place after its own.
    assert made.submissions == 6 * [bitmaps * [0]]


def test_make_room__again__keeps_what_is_there() -> None:
    made = stakes(4)
    made.credit(3, 7)
    made.make_room(5)
    made.make_room(3)
    assert (made.idle, made.idle_total) == ([0, 0, 0, 7, 0, 0, 0, 0], 7)


def test_policy_word__targets_and_who_compounds() -> None:
    made = stakes(8)
    made.target[4:] = [1, 0, 3, 4]
    made.compound[4:] = [False, False, True, True]
    assert made.policy_word(0) == 0
    assert made.policy_word(1) == 1 + (3 << 120) + (4 << 180) + (0b1100 << 240)


def test_leave__stakes_of_another_round__refused() -> None:
    made = stakes(4)
    made.stake(1, 2, 10)
    for round_id, reason in ((4, "ledger: settle first"), (-2, "ledger: waits for a later round")):
        with reverts(reason):
            made.leave(round_id, 2, 0)
    assert (made.position(1, 2), made.tags[1]) == (10, [1])


def test_enter__target_reached__moves_nothing() -> None:
    made = stakes(4)
    made.stake(1, 2, 10)
    made.credit(2, 7)
    made.target[2] = 10
    assert made.enter(1, [0]) == 0
    made.target[2] = 11
    assert made.enter(1, [0]) == 1
    assert (made.position(1, 2), made.idle[2], made.idle_total) == (11, 6, 6)
