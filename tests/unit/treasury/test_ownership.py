# SPDX-License-Identifier: MIT
from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts


def test_ownership__offered_and_accepted__moves(treasury, owner, receiver, stranger):
    receipt = treasury.transfer_ownership(receiver, sender=owner)
    assert receipt.events == [treasury.OwnershipTransferStarted(previous_owner=owner, new_owner=receiver)]
    assert treasury.owner() == owner
    assert treasury.pending_owner() == receiver

    receipt = treasury.accept_ownership(sender=receiver)
    assert receipt.events == [treasury.OwnershipTransferred(previous_owner=owner, new_owner=receiver)]
    assert treasury.owner() == receiver
    assert treasury.pending_owner() == ZERO_ADDRESS
    with reverts("ownable: caller is not the owner"):
        treasury.spend(stranger, 1, sender=owner)


def test_ownership__offered_to_zero__takes_the_offer_back(treasury, owner, receiver):
    treasury.transfer_ownership(receiver, sender=owner)
    treasury.transfer_ownership(ZERO_ADDRESS, sender=owner)
    with reverts("ownable_2step: caller is not the new owner"):
        treasury.accept_ownership(sender=receiver)
    assert treasury.owner() == owner


def test_ownership__offered_by_another__reverts(treasury, stranger):
    with reverts("ownable: caller is not the owner"):
        treasury.transfer_ownership(stranger, sender=stranger)


def test_ownership__accepted_without_an_offer__reverts(treasury, stranger):
    with reverts("ownable_2step: caller is not the new owner"):
        treasury.accept_ownership(sender=stranger)


def test_ownership__always__cannot_be_renounced(treasury):
    names = {method.name for method in treasury.contract_type.methods}
    assert "transfer_ownership" in names
    assert "renounce_ownership" not in names
