# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference.rounds import State
from nmr.protocol.score_words import MAX_GROUP
from tests.support.refusals import reverts
from tests.support.walk import PACKAGE

FILE_HASH = b"\x44" * 32
UNLIMITED = 2**256 - 1


@pytest.fixture(scope="module")
def submitted_round(tournament, team, walk, submitter):
    """A round in which models 1 and 4 submitted."""
    opened = walk.opened()
    tournament.submit([1, 4], [FILE_HASH] * 2, sender=submitter)
    return opened


def told(tournament, round_id: int) -> list[bool]:
    return [tournament.submitted(round_id, model) for model in range(6)]


def test_submitted__each_model__is_told_apart(tournament, submitted_round):
    assert told(tournament, submitted_round) == [False, True, False, False, True, False]


@pytest.mark.parametrize("other", [0, 6, 8, 9, 11, 7 + 65_536, UNLIMITED])
def test_submitted__another_round__is_false(tournament, submitted_round, other):
    assert submitted_round == 7
    assert not tournament.submitted(other, 1)


@pytest.mark.parametrize("model", [5, 240 + 1, 2**16 + 1, 4 * MAX_GROUP + 3])
def test_submitted__no_such_model__is_false(tournament, submitted_round, model):
    assert not tournament.submitted(submitted_round, model)


@pytest.mark.contract
def test_submitted__beyond_every_id__reverts(tournament, submitted_round):
    with reverts(""):
        tournament.submitted(submitted_round, UNLIMITED)


def test_submitted__round_over__is_still_told(tournament, submitted_round, walk):
    walk.locked(submitted_round)
    assert walk.state(submitted_round) == State.CLOSED
    assert told(tournament, submitted_round) == [False, True, False, False, True, False]


def test_submitted__round_zero__is_told_from_a_word_never_written(deploy_owned, terms, operator, staker, submitter):
    tournament = deploy_owned(ring=1, first_round=0)
    for label in ("first", "second"):
        tournament.register(label, submitter, sender=staker)
    tournament.open_round(0, tuple(terms()), PACKAGE, sender=operator)
    assert not tournament.submitted(0, 1)
    tournament.submit([1], [FILE_HASH], sender=submitter)
    assert [tournament.submitted(0, model) for model in (0, 1)] == [False, True]


def test_submitted__largest_round__needs_all_bits_of_the_tag(deploy_owned, terms, operator, staker, submitter):
    tournament = deploy_owned(ring=1, first_round=65_534)
    tournament.register("only", submitter, sender=staker)
    tournament.open_round(65_534, tuple(terms()), PACKAGE, sender=operator)
    tournament.submit([0], [FILE_HASH], sender=submitter)
    assert tournament.submitted(65_534, 0)
    assert not tournament.submitted(65_534 - 2**15, 0)
