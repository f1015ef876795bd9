# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference import ALL_IDLE
from nmr.protocol.score_words import MAX_GROUP
from nmr.text.amounts import NMR
from tests.support.refusals import reverts
from tests.support.suite import RING

UNLIMITED = 2**256 - 1


@pytest.fixture(scope="module")
def waiting_round(many, walk, staker):
    """An open round with stakes in groups 0 (models 0 and 3), 2 (model 9) and 5 (model 20) of 0 to 5."""
    many(staker, *[("register", "", staker)] * 24)
    opened = walk.opened()
    many(staker, *[("stake", model, (model + 1) * NMR) for model in (0, 3, 9, 20)])
    return opened


@pytest.mark.parametrize(
    ("first", "count", "groups"),
    [
        (0, 6, [0, 2, 5]),
        (0, 5, [0, 2]),
        (1, 4, [2]),
        (2, 1, [2]),
        (2, 4, [2, 5]),
        (3, 2, []),
        (0, 0, []),
        (6, 1_024, []),
        (0, 1_024, [0, 2, 5]),
        (MAX_GROUP, 1, []),
    ],
)
def test_waiting_groups__window__tells_those_in_it(tournament, lens, waiting_round, first, count, groups):
    assert lens.waiting_groups(tournament, waiting_round, first, count) == groups


@pytest.mark.contract
@pytest.mark.parametrize(("first", "count"), [(MAX_GROUP, 2), (MAX_GROUP + 1, 1)])
def test_waiting_groups__beyond_the_last_group__reverts(tournament, lens, waiting_round, first, count):
    with reverts("ledger: no such groups"):
        lens.waiting_groups(tournament, waiting_round, first, count)


@pytest.mark.contract
@pytest.mark.parametrize(("first", "count"), [(0, 1_025), (0, UNLIMITED)])
def test_waiting_groups__more_than_fit__revert(tournament, lens, waiting_round, first, count):
    with reverts("ledger: no such groups"):
        lens.waiting_groups(tournament, waiting_round, first, count)


def test_waiting_groups__another_round_of_the_place__has_none(tournament, lens, waiting_round):
    for other in (waiting_round - RING, waiting_round + RING, waiting_round + 65_536, waiting_round + 1):
        assert lens.waiting_groups(tournament, other, 0, 6) == []


def test_waiting_groups__all_lanes_left__waits_no_more(tournament, lens, waiting_round, staker):
    tournament.leave(0, waiting_round, ALL_IDLE, sender=staker)
    assert lens.waiting_groups(tournament, waiting_round, 0, 6) == [0, 2, 5]
    tournament.leave(3, waiting_round, ALL_IDLE, sender=staker)
    assert lens.waiting_groups(tournament, waiting_round, 0, 6) == [2, 5]


def test_waiting_groups__void_and_part_settled__tells_the_rest(tournament, lens, waiting_round, walk, stranger):
    walk.voided(waiting_round)
    assert lens.waiting_groups(tournament, waiting_round, 0, 6) == [0, 2, 5]
    tournament.settle_expired(waiting_round, [2, 5], sender=stranger)
    assert lens.waiting_groups(tournament, waiting_round, 0, 6) == [0]


def test_waiting_groups__settled_into_the_next_round__wait_there(
    tournament, lens, many, waiting_round, walk, staker, stranger
):
    # Group 5 goes home: model 20 has no target.
    many(staker, *[("set_policy", model, 100 * NMR, False) for model in (0, 3, 9)])
    proposal = walk.final(waiting_round, {0: (0, 0), 9: (0, 0), 20: (0, 0)})
    walk.voided(walk.opened())
    following = walk.opened()
    tournament.settle(waiting_round, 0, proposal.chunks[0], [], sender=stranger)
    assert lens.waiting_groups(tournament, waiting_round, 0, 6) == []
    assert lens.waiting_groups(tournament, following, 0, 6) == [0, 2]
