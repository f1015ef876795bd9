# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts


def test_offer_model__by_the_owner__changes_nothing_but_the_offer(tournament, team, staker, submitter, receiver):
    receipt = tournament.offer_model(0, receiver, sender=staker)
    assert receipt.events == [tournament.OwnershipOffered(model=0, owner=staker, to=receiver)]
    assert tournament.offered_to(0) == receiver
    assert tournament.offered_to(1) == ZERO_ADDRESS
    assert tournament.owner_of(0) == staker
    assert tournament.submitter_of(0) == submitter


def test_offer_model__offered_again__replaces_the_offer(tournament, team, staker, receiver, stranger):
    tournament.offer_model(0, receiver, sender=staker)
    receipt = tournament.offer_model(0, stranger, sender=staker)
    assert receipt.events == [tournament.OwnershipOffered(model=0, owner=staker, to=stranger)]
    assert tournament.offered_to(0) == stranger
    with reverts("models: not offered to you"):
        tournament.accept_model(0, sender=receiver)


def test_offer_model__to_zero__takes_the_offer_back(tournament, team, staker, receiver):
    tournament.offer_model(0, receiver, sender=staker)
    receipt = tournament.offer_model(0, ZERO_ADDRESS, sender=staker)
    assert receipt.events == [tournament.OwnershipOffered(model=0, owner=staker, to=ZERO_ADDRESS)]
    assert tournament.offered_to(0) == ZERO_ADDRESS
    with reverts("models: not offered to you"):
        tournament.accept_model(0, sender=receiver)
    assert tournament.owner_of(0) == staker


def test_offer_model__paused__still_works(tournament, team, guardian, staker, receiver):
    tournament.pause(sender=guardian)
    tournament.offer_model(0, receiver, sender=staker)
    assert tournament.offered_to(0) == receiver


def test_offer_model__to_a_third_by_whom_it_was_offered_to__reverts(tournament, team, staker, receiver, stranger):
    tournament.offer_model(0, receiver, sender=staker)
    with reverts("models: not the owner"):
        tournament.offer_model(0, stranger, sender=receiver)


@pytest.mark.parametrize(
    ("sender", "model"),
    [("submitter", 0), ("operator", 0), ("guardian", 0), ("stranger", 0), ("staker", 5)],
)
def test_offer_model__not_the_owner__reverts(tournament, team, who, sender, model):
    with reverts("models: not the owner"):
        tournament.offer_model(model, who[sender], sender=who[sender])
    assert tournament.offered_to(model) == ZERO_ADDRESS
