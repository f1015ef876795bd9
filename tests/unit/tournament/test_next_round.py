# SPDX-License-Identifier: MIT

from tests.support.refusals import reverts
from tests.support.suite import FIRST_ROUND


def test_next_round__none_opened__is_the_first(tournament):
    assert tournament.next_round() == tournament.FIRST_ROUND() == FIRST_ROUND


def test_next_round__opened_or_refused__counts_opened_ones(tournament, walk, terms, operator):
    walk.opened()
    assert tournament.next_round() == FIRST_ROUND + 1
    with reverts("rounds: another round is open"):
        tournament.open_round(tuple(terms()), sender=operator)
    assert tournament.next_round() == FIRST_ROUND + 1


def test_next_round__void__gives_no_id_back(tournament, walk):
    walk.voided(walk.opened())
    assert tournament.next_round() == FIRST_ROUND + 1
    assert walk.opened() == FIRST_ROUND + 1
    assert tournament.next_round() == FIRST_ROUND + 2
