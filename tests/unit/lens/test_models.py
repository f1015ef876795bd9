# SPDX-License-Identifier: MIT
"""Pages of models with their stakes."""

import ape
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from nmr.tvl.figures import ModelStakes, decode_page

LARGEST = 2**256 - 1


def page(lens, tournament, first: int, count: int, place: int = 0) -> list[ModelStakes]:
    answer = lens.models(tournament, first, count, place)
    return decode_page(first, ([tuple(model.values()) for model in answer.models], answer.positions))


@pytest.fixture
def crowd(seen):
    """Six models in classic: number m has m NMR and a gwei idle, and some are at stake in two rounds."""
    for model in range(6):
        seen.deposit(seen.classic, model * NMR + GWEI)
    seen.classic.set_policy(2, 30 * NMR, True, sender=seen.staker)
    seen.classic.set_policy(3, 40 * NMR, False, sender=seen.staker)
    first = seen.walk.open()
    seen.classic.stake(0, 10 * NMR, sender=seen.staker)
    seen.classic.stake(5, 15 * NMR, sender=seen.staker)
    seen.classic.void(first, sender=seen.guardian)
    second = seen.walk.open()
    seen.classic.stake(0, 20 * NMR, sender=seen.staker)
    return first, second


def test_models__all__have_owner_idle_policy_and_every_position(seen, lens, crowd):
    first, second = crowd
    owner = seen.staker.address
    assert page(lens, seen.classic, 0, 640) == [
        ModelStakes(0, owner, GWEI, 0, False, {first: 10 * NMR, second: 20 * NMR}),
        ModelStakes(1, owner, NMR + GWEI, 0, False, {}),
        ModelStakes(2, owner, 2 * NMR + GWEI, 30 * NMR, True, {}),
        ModelStakes(3, owner, 3 * NMR + GWEI, 40 * NMR, False, {}),
        ModelStakes(4, owner, 4 * NMR + GWEI, 0, False, {}),
        ModelStakes(5, owner, 5 * NMR + GWEI, 0, False, {first: 15 * NMR}),
    ]


def test_models__two_pages__are_the_whole(seen, lens, crowd):
    assert page(lens, seen.classic, 0, 4) + page(lens, seen.classic, 4, 4) == page(lens, seen.classic, 0, 640)


def test_models__part_of_a_group__has_no_other_models(seen, lens, crowd):
    assert [model.model for model in page(lens, seen.classic, 0, 3)] == [0, 1, 2]


def test_models__ring_of_four__has_four_places(seen, lens, crowd):
    assert len(lens.models(seen.classic, 0, 4, 0).positions) == 4
    assert len(lens.models(seen.classic, 0, 4, 3).positions) == 1


@pytest.mark.parametrize(("count", "groups"), [(1, 1), (4, 1), (5, 2), (640, 2)])
def test_models__some__have_a_word_for_each_of_their_groups(seen, lens, crowd, count, groups):
    assert [len(words) for words in lens.models(seen.classic, 0, count, 0).positions] == [groups] * 4


def test_models__places_from_the_second_on__leave_out_the_first(seen, lens, crowd):
    first, second = crowd
    assert (first, second) == (0, 1)
    [model, *_] = page(lens, seen.classic, 0, 4, place=1)
    assert model.positions == {second: 20 * NMR}


@pytest.mark.parametrize("place", [4, 64, LARGEST])
def test_models__places_beyond_the_ring__are_empty(seen, lens, crowd, place):
    answer = lens.models(seen.classic, 0, 4, place)
    assert (len(answer.models), answer.positions) == (4, [])


@pytest.mark.parametrize("first", [8, 2**26, LARGEST - 3])
def test_models__beyond_the_last__is_empty(seen, lens, crowd, first):
    answer = lens.models(seen.classic, first, 640, 0)
    assert (answer.models, answer.positions) == ([], [])


def test_models__right_behind_the_last__is_empty(seen, lens, crowd):
    for _ in range(2):
        seen.deposit(seen.classic, NMR)
    answer = lens.models(seen.classic, 8, 4, 0)
    assert (answer.models, answer.positions) == ([], [])


def test_models__largest_ring__comes_in_two_halves(seen, lens):
    large = seen.another(seen.numeraire, 128)
    large.register("only", ZERO_ADDRESS, sender=seen.anybody)
    assert [len(lens.models(large, 0, 4, place).positions) for place in (0, 64, 127)] == [64, 64, 1]


def test_models__none_asked_for__is_empty(seen, lens, crowd):
    assert lens.models(seen.classic, 0, 0, 0).models == []


def test_models__first_within_a_group__reverts(seen, lens):
    with ape.reverts("lens: first is no multiple of 4"):
        lens.models(seen.classic, 2, 4, 0)


@pytest.mark.parametrize("count", [641, LARGEST])
def test_models__more_than_a_page_has__reverts(seen, lens, count):
    with ape.reverts("lens: page is too large"):
        lens.models(seen.classic, 0, count, 0)


def test_models__of_a_plain_account__reverts(seen, lens):
    with ape.reverts("lens: tournament has no code"):
        lens.models(seen.anybody, 0, 4, 0)


def test_models__of_the_zero_address__reverts(lens):
    with ape.reverts("lens: tournament has no code"):
        lens.models(ZERO_ADDRESS, 0, 4, 0)
