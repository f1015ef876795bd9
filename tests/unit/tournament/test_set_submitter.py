# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts

FILE_HASH = b"\x44" * 32


def test_set_submitter__by_the_owner__replaces_the_submitter(tournament, team, staker, receiver, submitter):
    receipt = tournament.set_submitter(1, receiver, sender=staker)
    assert receipt.events == [tournament.SubmitterSet(model=1, submitter=receiver)]
    assert [tournament.submitter_of(model) for model in (0, 1, 2)] == [submitter, receiver, submitter]
    assert tournament.owner_of(1) == staker


def test_set_submitter__zero__owner_alone_submits(tournament, team, walk, staker, submitter):
    receipt = tournament.set_submitter(0, ZERO_ADDRESS, sender=staker)
    assert receipt.events == [tournament.SubmitterSet(model=0, submitter=staker)]
    assert tournament.submitter_of(0) == staker
    round_id = walk.opened()
    tournament.submit([0], [FILE_HASH], sender=staker)
    assert tournament.submitted(round_id, 0)
    with reverts("submissions: not the submitter"):
        tournament.submit([0], [FILE_HASH], sender=submitter)


def test_set_submitter__same_twice__is_set_and_logged_again(tournament, team, staker, receiver):
    for _ in range(2):
        receipt = tournament.set_submitter(0, receiver, sender=staker)
        assert receipt.events == [tournament.SubmitterSet(model=0, submitter=receiver)]
        assert tournament.submitter_of(0) == receiver


def test_set_submitter__round_open__takes_over_at_once(tournament, team, walk, staker, submitter, receiver):
    round_id = walk.opened()
    with reverts("submissions: not the submitter"):
        tournament.submit([0], [FILE_HASH], sender=receiver)
    tournament.set_submitter(0, receiver, sender=staker)
    tournament.submit([0], [FILE_HASH], sender=receiver)
    assert tournament.submitted(round_id, 0)
    with reverts("submissions: not the submitter"):
        tournament.submit([0], [FILE_HASH], sender=submitter)


def test_set_submitter__paused__still_works(tournament, team, guardian, staker, receiver):
    tournament.pause(sender=guardian)
    tournament.set_submitter(0, receiver, sender=staker)
    assert tournament.submitter_of(0) == receiver


def test_set_submitter__owner_is_a_contract__sets_it(tournament, team, as_owner, receiver):
    as_owner(tournament, "register", "contract", ZERO_ADDRESS)
    as_owner(tournament, "set_submitter", len(team), receiver)
    assert tournament.submitter_of(len(team)) == receiver


def test_set_submitter__offered_and_not_accepted__reverts(tournament, team, staker, receiver):
    tournament.offer_model(0, receiver, sender=staker)
    with reverts("models: not the owner"):
        tournament.set_submitter(0, receiver, sender=receiver)


@pytest.mark.parametrize(
    ("sender", "model"),
    [("submitter", 0), ("operator", 0), ("guardian", 0), ("stranger", 0), ("staker", 5)],
)
def test_set_submitter__not_the_owner__reverts(tournament, team, submitter, who, sender, model):
    with reverts("models: not the owner"):
        tournament.set_submitter(model, who[sender], sender=who[sender])
    assert tournament.submitter_of(0) == submitter
