# SPDX-License-Identifier: MIT
import ape
import pytest
from ape.utils import ZERO_ADDRESS


def test_owner__always__is_who_was_named_and_not_the_deployer(buyback, owner, guardian):
    assert buyback.owner() == owner
    assert buyback.guardian() == guardian
    assert not hasattr(buyback, "renounce_ownership")


def test_set_guardian__owner__appoints(buyback, owner, guardian, stranger):
    receipt = buyback.set_guardian(stranger, sender=owner)
    assert receipt.events == [buyback.GuardianSet(guardian=stranger)]
    assert buyback.guardian() == stranger
    with ape.reverts("buyback: not the guardian"):
        buyback.pause(sender=guardian)
    buyback.pause(sender=stranger)
    assert buyback.paused()


def test_set_guardian__nobody__reverts(buyback, owner):
    with ape.reverts("buyback: guardian is the zero address"):
        buyback.set_guardian(ZERO_ADDRESS, sender=owner)


@pytest.mark.parametrize("actor", ["guardian", "deployer", "stranger"], indirect=True)
def test_set_guardian__by_another__reverts(buyback, actor):
    with ape.reverts("ownable: caller is not the owner"):
        buyback.set_guardian(actor, sender=actor)


def test_transfer_ownership__accepted__moves_it(buyback, owner, stranger):
    buyback.transfer_ownership(stranger, sender=owner)
    assert buyback.owner() == owner
    assert buyback.pending_owner() == stranger
    buyback.accept_ownership(sender=stranger)
    assert buyback.owner() == stranger
    with ape.reverts("ownable: caller is not the owner"):
        buyback.end(sender=owner)
