# SPDX-License-Identifier: MIT
"""Which id opens next at a place, and whose turn it is."""

import pytest

from nmr.protocol.reference.rounds import State
from nmr.text.amounts import NMR
from tests.support.refusals import reverts
from tests.support.suite import FIRST_ROUND, RING
from tests.support.walk import PACKAGE

NOBODYS = 2**256 - 1


def test_next_round__none_opened__is_the_lowest_of_the_place(tournament):
    assert [tournament.next_round(place) for place in range(2 * RING)] == [8, 7, 8, 7]
    assert tournament.due_round() == tournament.FIRST_ROUND() == FIRST_ROUND == 7


@pytest.mark.parametrize(("ring", "first_round"), [(1, 0), (3, 0), (3, 1), (3, 5), (128, 65_408)])
def test_next_round__first_turn__goes_from_the_first_round_on(
    deploy_owned, operator, guardian, terms, ring, first_round
):
    tournament = deploy_owned(ring=ring, first_round=first_round)
    expected = {round_id % ring: round_id for round_id in range(first_round, first_round + ring)}
    assert {place: tournament.next_round(place) for place in range(ring)} == expected
    assert tournament.last_opened() % ring == (first_round - 1) % ring
    for round_id in range(first_round, first_round + min(ring, 4)):
        assert tournament.due_round() == round_id
        tournament.open_round(round_id, tuple(terms()), PACKAGE, sender=operator)
        tournament.void(round_id, sender=guardian)
        assert tournament.next_round(round_id) == round_id + ring
        assert tournament.last_opened() == round_id


def test_next_round__void__gives_no_id_back(tournament, walk):
    walk.voided(walk.opened())
    assert tournament.next_round(FIRST_ROUND) == FIRST_ROUND + RING
    assert walk.opened() == FIRST_ROUND + 1


def test_due_round__place_blocked__passes_it_over_and_comes_back(tournament, team, walk, staker, stranger):
    """One place that is stuck stops no other."""
    slow = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    walk.locked(slow)
    others = []
    for _ in range(3):
        others.append(walk.opened())
        walk.voided(others[-1])
    assert others == [slow + 1, slow + 3, slow + 5]
    assert walk.state(slow) == State.LOCKED
    walk.at(walk.info(slow).terms.locks_at + 24 * 3_600)
    # Resolved: its next id opens, and the one after waits until the stakes are settled.
    assert tournament.due_round() == slow + 2
    walk.voided(walk.opened())
    assert tournament.due_round() == slow + 7
    walk.voided(walk.opened())
    assert tournament.due_round() == slow + 9
    tournament.settle_expired(slow, [0], sender=stranger)
    assert tournament.due_round() == slow + 4


def test_due_round__every_place_blocked__is_nobodys(tournament, team, walk, terms, operator, staker):
    for _ in range(RING):
        round_id = walk.opened()
        tournament.stake(0, NMR, sender=staker)
        walk.listed(round_id)
    assert tournament.due_round() == NOBODYS
    for round_id in (FIRST_ROUND + RING, FIRST_ROUND + RING + 1, NOBODYS):
        with reverts("rounds: not its turn"):
            tournament.open_round(round_id, tuple(terms()), PACKAGE, sender=operator)


def test_due_round__a_settlement_just_before__changes_whose_turn_it_is(
    tournament, team, walk, terms, operator, staker, stranger
):
    first = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    final = walk.final(first, {0: (0, 0)})
    for _ in range(3):
        walk.voided(walk.opened())
    # The place of the first is next, and waits for its settlement.
    assert [tournament.next_round(first), tournament.due_round()] == [first + 4, first + 5]
    tournament.settle(first, 0, final.chunks[0], [], sender=stranger)
    with reverts("rounds: not its turn"):
        tournament.open_round(first + 5, tuple(terms()), PACKAGE, sender=operator)
    assert walk.opened() == first + 4
