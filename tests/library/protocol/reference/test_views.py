# SPDX-License-Identifier: MIT
"""What the reference tells of places, of models beyond the last, and of words."""

import pytest

from nmr.protocol.reference.rounds import MAX_ROUND, RoundBook
from nmr.protocol.reference.views import IDLE_ROW, POLICY_ROW, Place, PlaceStatus, Policy, Position
from nmr.text.amounts import GWEI, NMR
from tests.support.example_suite import ExampleSuite


def running(suite: ExampleSuite) -> int:
    """A round with a stake, which keeps its place."""
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.publish(round_id)
    return round_id


def test_places__ring_of_three__in_the_order_of_their_turns() -> None:
    suite = ExampleSuite(ring=3, first_round=10)
    due, later = PlaceStatus.DUE, PlaceStatus.LATER
    assert suite.tournament.last_opened == 12
    assert suite.tournament.places(suite.now) == [Place(10, due), Place(11, later), Place(12, later)]
    running(suite)
    unresolved = PlaceStatus.UNRESOLVED
    assert suite.tournament.places(suite.now) == [Place(11, due), Place(12, later), Place(13, unresolved)]


def test_places__last_ids__the_last_may_open_and_none_after_it() -> None:
    suite = ExampleSuite(first_round=MAX_ROUND - 3)
    rounds = [running(suite) for _ in range(2)]
    unresolved = [Place(MAX_ROUND - 1, PlaceStatus.UNRESOLVED), Place(MAX_ROUND, PlaceStatus.UNRESOLVED)]
    assert suite.tournament.places(suite.now) == unresolved
    suite.wait(1_000)
    for round_id in rounds:
        suite.call("settle_expired", round_id, [0])
        suite.lock(suite.open())
    ended = [Place(MAX_ROUND + 1, PlaceStatus.ENDED), Place(MAX_ROUND + 2, PlaceStatus.ENDED)]
    assert suite.tournament.places(suite.now) == ended


def test_due_round__two_places_are_free__the_one_after_the_last_first() -> None:
    suite = ExampleSuite(ring=3)
    for round_id in (1, 2, 3, 4):
        assert suite.tournament.due_round(suite.now) == round_id
        suite.lock(suite.open())
        suite.wait(1_000)


@pytest.mark.parametrize("models", [4, 5])
def test_views__model_after_the_last__has_nothing(models: int) -> None:
    tournament = ExampleSuite(models=models).tournament
    assert tournament.policy_of(models) == Policy(0, False)
    assert tournament.idle_of(models) == 0
    assert tournament.place_of(models, 0, 0) == Position(0, 0, False)
    assert tournament.stakes_of(models, 0) == []


def test_words__policies_and_idle__of_groups_there_are() -> None:
    suite = ExampleSuite(models=5)
    suite.call("set_policy", 1, 3 * NMR, True)
    suite.call("deposit", 4, 2 * NMR, suite.tournament.owner_of(4))
    gwei = NMR // GWEI
    assert suite.tournament.words(POLICY_ROW, 0, 3) == [(3 * gwei << 60) + (0b10 << 240), 0, 0]
    assert suite.tournament.words(IDLE_ROW, 0, 3) == [0, 2 * gwei, 0]


def test_rounds__before_and_after_the_first_is_opened() -> None:
    suite = ExampleSuite()
    rounds: RoundBook = suite.tournament.books.rounds
    assert not rounds.opened(1)
    suite.open()
    assert rounds.opened(1) and not rounds.opened(2)
    assert rounds.can_leave(1, suite.now) and rounds.can_leave(2, suite.now)
    assert not rounds.is_final(1, suite.now)
