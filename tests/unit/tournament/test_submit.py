# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference.rounds import State
from nmr.protocol.score_words import MAX_GROUP
from tests.support.refusals import reverts
from tests.support.suite import FIRST_ROUND, RING

HASHES = [bytes([fill]) * 32 for fill in range(1, 130)]
UNLIMITED = 2**256 - 1
NOT_THE_SUBMITTER = "submissions: not the submitter"


@pytest.fixture(scope="module")
def full_word(many, staker, submitter):
    """241 models of `staker`: one more than share a word."""
    for count in (64, 64, 64, 49):
        many(staker, *[("register", "", submitter)] * count)


def submitted(tournament, round_id: int, models) -> list[int]:
    return [model for model in models if tournament.submitted(round_id, model)]


@pytest.mark.parametrize("actor", ["staker", "submitter"], indirect=True)
def test_submit__by_owner_or_submitter__logs_and_marks_the_models(tournament, team, walk, actor):
    round_id = walk.opened()
    receipt = tournament.submit([3, 1], HASHES[:2], sender=actor)
    assert receipt.events == [tournament.Submitted(round=round_id, models=[3, 1], hashes=HASHES[:2])]
    assert submitted(tournament, round_id, team) == [1, 3]


def test_submit__by_the_submitter_before__reverts(tournament, team, walk, staker, submitter, receiver):
    walk.opened()
    tournament.set_submitter(0, receiver, sender=staker)
    with reverts("submissions: not the submitter"):
        tournament.submit([0], HASHES[:1], sender=submitter)


def test_submit__one_model_of_another__reverts_for_all(tournament, team, walk, submitter, stranger):
    tournament.register("theirs", stranger, sender=stranger)
    round_id = walk.opened()
    with reverts("submissions: not the submitter"):
        tournament.submit([0, 5], HASHES[:2], sender=submitter)
    assert not tournament.submitted(round_id, 0)


def test_submit__twice__is_logged_again_and_stays_marked(tournament, team, walk, submitter):
    round_id = walk.opened()
    tournament.submit([2], HASHES[:1], sender=submitter)
    receipt = tournament.submit([2, 4], HASHES[1:3], sender=submitter)
    assert receipt.events == [tournament.Submitted(round=round_id, models=[2, 4], hashes=HASHES[1:3])]
    assert submitted(tournament, round_id, team) == [2, 4]


def test_submit__same_model_twice_in_a_call__is_logged_in_order(tournament, team, walk, submitter):
    round_id = walk.opened()
    receipt = tournament.submit([2, 2], HASHES[:2], sender=submitter)
    assert receipt.events == [tournament.Submitted(round=round_id, models=[2, 2], hashes=HASHES[:2])]
    assert submitted(tournament, round_id, team) == [2]


def test_submit__until_the_lock__is_taken_to_the_last_second(tournament, chain, team, walk, submitter):
    round_id = walk.opened()
    locks_at = tournament.round_info(round_id).terms.locks_at
    walk.until(locks_at - 1)
    assert tournament.submit([0], HASHES[:1], sender=submitter).timestamp == locks_at - 1
    with reverts("rounds: no round is open"):
        tournament.submit([1], HASHES[:1], sender=submitter)
    assert chain.blocks.head.timestamp == locks_at
    assert submitted(tournament, round_id, team) == [0]


def test_submit__next_round_open__counts_for_that_one(tournament, team, walk, submitter):
    first = walk.opened()
    tournament.submit([0], HASHES[:1], sender=submitter)
    walk.locked(first)
    second = walk.opened()
    tournament.submit([3], HASHES[:1], sender=submitter)
    assert submitted(tournament, first, team) == [0]
    assert submitted(tournament, second, team) == [3]


def test_submit__paused__still_works(tournament, team, walk, submitter, guardian):
    round_id = walk.opened()
    tournament.pause(sender=guardian)
    tournament.submit([0], HASHES[:1], sender=submitter)
    assert tournament.submitted(round_id, 0)


@pytest.mark.parametrize(
    ("sender", "models", "hashes", "reason"),
    [
        *[(sender, [0], HASHES[:1], NOT_THE_SUBMITTER) for sender in ("operator", "guardian", "stranger")],
        *[("staker", [model], HASHES[:1], NOT_THE_SUBMITTER) for model in (5, 4 * MAX_GROUP + 3)],
        pytest.param("staker", [UNLIMITED], HASHES[:1], "", marks=pytest.mark.contract),
        ("submitter", [], [], "submissions: no model"),
        ("submitter", [], HASHES[:1], "submissions: one hash a model"),
        ("submitter", [0], [], "submissions: one hash a model"),
        ("submitter", [0, 1], HASHES[:1], "submissions: one hash a model"),
        ("submitter", [0], HASHES[:2], "submissions: one hash a model"),
        ("submitter", [0], [bytes(32)], "submissions: hash is empty"),
        ("submitter", [0, 1, 2], [HASHES[0], HASHES[1], bytes(32)], "submissions: hash is empty"),
        ("submitter", [0, 1, 2], [bytes(32), HASHES[0], HASHES[1]], "submissions: hash is empty"),
        ("staker", [5, 0], HASHES[:2], NOT_THE_SUBMITTER),
    ],
)
def test_submit__wrong__reverts(tournament, team, walk, who, sender, models, hashes, reason):
    round_id = walk.opened()
    with reverts(reason):
        tournament.submit(models, hashes, sender=who[sender])
    assert submitted(tournament, round_id, team) == []


def test_submit__models_of_two_words_in_turns__marks_exactly_those(tournament, full_word, walk, submitter):
    round_id = walk.opened()
    models = [239, 240, 0, 238, 240]
    tournament.submit(models, HASHES[:5], sender=submitter)
    assert submitted(tournament, round_id, [0, 1, 4, 236, 237, 238, 239, 240, 241, 244, 479, 480]) == [0, 238, 239, 240]
    tournament.submit([237], HASHES[:1], sender=submitter)
    assert submitted(tournament, round_id, [236, 237, 238, 239, 240, 477]) == [237, 238, 239, 240]


def test_submit__most_in_a_call__is_128(tournament, full_word, walk, submitter):
    round_id = walk.opened()
    models = list(range(130, 2, -1))
    receipt = tournament.submit(models, HASHES[:128], sender=submitter)
    assert receipt.events == [tournament.Submitted(round=round_id, models=models, hashes=HASHES[:128])]
    assert submitted(tournament, round_id, [2, 3, 130, 131]) == [3, 130]
    # Refused while the arguments are read.
    with reverts(""):
        tournament.submit([*models, 131], HASHES[:129], sender=submitter)
    assert not tournament.submitted(round_id, 131)


def test_submit__word_of_two_rings_ago__is_used_anew(tournament, team, walk, submitter):
    first = walk.opened()
    tournament.submit([0, 2], HASHES[:2], sender=submitter)
    walk.voided(first)
    for _ in range(2 * RING - 1):
        walk.voided(walk.opened())
    again = walk.opened()
    assert again == FIRST_ROUND + 2 * RING
    assert submitted(tournament, first, team) == [0, 2]
    assert submitted(tournament, again, team) == []
    tournament.submit([1], HASHES[:1], sender=submitter)
    assert submitted(tournament, again, team) == [1]
    assert submitted(tournament, first, team) == []
    assert walk.state(first) == State.CLOSED
