# SPDX-License-Identifier: MIT
import random
from itertools import pairwise

import pytest

from nmr.protocol.reference.rounds import State
from nmr.rounds.history import Played
from nmr.rounds.pool_records import LEAST_COMMON, OPPOSITE, Growth, drawdown, growth, opposites, rates
from nmr.text.amounts import NMR


def test_growth__epochs_and_places__multiply_and_average():
    # Place 0 doubled in an epoch that ended and lost a quarter since; nobody was ever at place 1; place 2 is as it was.
    found = growth([[(200, 100)], [], []], [(75, 100), (0, 0), (50, 50)])
    assert found == Growth((1.5, None, 1.0))
    assert found.total == 1.25


def test_growth__burned_to_nothing__stays_nothing():
    found = growth([[(0, 100)], []], [(500, 100), (0, 0)])
    assert found.places == (0.0, None) and found.total == 0


def test_growth__never_opened__has_no_total():
    assert growth([[], []], [(0, 0), (0, 0)]).total is None


def test_rates__settled_stakes__count_alone():
    def played(number: int, stake: int, payout: int | None) -> Played:
        return Played(number, 3, State.CLOSED, stake, True, payout=payout)

    rows = [played(1, 100 * NMR, 5 * NMR), played(2, 100 * NMR, None), played(3, 0, 0), played(4, 50 * NMR, -NMR)]
    assert rates(rows) == {3: {1: 0.05, 4: -0.02}}
    assert rates(rows[1:3]) == {}


def test_drawdown__two_places__is_the_deepest_of_one():
    # Place 0 rises by 10%, falls by half and doubles; place 1 falls by a tenth twice.
    by_round = {0: 0.1, 1: -0.1, 2: -0.5, 3: -0.1, 4: 1.0}
    assert drawdown(by_round, 2) == 0.5
    assert drawdown({1: -0.1, 3: -0.1}, 2) == pytest.approx(0.19)
    assert drawdown({0: 0.1, 2: 0.1}, 2) == 0


@pytest.fixture
def payouts() -> dict[int, float]:
    dice = random.Random(1)
    return {number: dice.uniform(-0.05, 0.05) for number in range(LEAST_COMMON)}


def test_opposites__one_wins_what_the_other_loses__are_found_whatever_their_size(payouts):
    other = {number: -0.2 * rate for number, rate in payouts.items()}
    dice = random.Random(2)
    unlike = {number: dice.uniform(-0.05, 0.05) for number in payouts}
    [found] = opposites({4: payouts, 7: other, 9: unlike})
    assert (found.models, found.rounds) == ((4, 7), LEAST_COMMON)
    assert found.correlation == pytest.approx(-1)


def test_opposites__alike_or_too_few_or_always_the_same__are_none(payouts):
    most = dict(list(payouts.items())[1:])
    assert opposites({4: payouts, 7: payouts}) == []
    assert opposites({4: payouts, 7: {number: -rate for number, rate in most.items()}}) == []
    assert opposites({4: payouts, 7: dict.fromkeys(payouts, 0.01)}) == []


def test_opposites__several__come_the_most_opposite_first(payouts):
    dice = random.Random(3)
    noisy = {number: -rate + dice.uniform(-0.03, 0.03) for number, rate in payouts.items()}
    exact = {number: -rate for number, rate in payouts.items()}
    found = opposites({1: noisy, 2: payouts, 3: exact})
    assert [each.models for each in found] == [(2, 3), (1, 2)]
    assert all(one.correlation <= other.correlation <= OPPOSITE for one, other in pairwise(found))
