# SPDX-License-Identifier: MIT
"""The end of a programme, which no other contract can prevent, and the sweep that follows."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS

from nmr.protocol.reference.buyback import Lot
from tests.support.programme import BUDGET, DOLLAR, PROGRAMME, fill_in

LOT = PROGRAMME.lot_cap


def test_end__lot_runs__stops_it_and_moves_nothing(buyback, stablecoin, kicked, filler, owner):
    event = fill_in(buyback.take(5_000 * DOLLAR, 0, filler, sender=filler), buyback)
    left = LOT - 5_000 * DOLLAR
    receipt = buyback.end(sender=owner)
    assert receipt.events == [
        buyback.Stopped(lot=1, left=left),
        buyback.Ended(left=left, total_paid=5_000 * DOLLAR, total_bought=event.bought),
    ]
    assert buyback.ended()
    assert tuple(buyback.lot()) == Lot(1, kicked, 0, 0)
    assert stablecoin.balanceOf(buyback) == left


def test_end__never_kicked__ends(buyback, owner):
    receipt = buyback.end(sender=owner)
    assert receipt.events == [buyback.Ended(left=0, total_paid=0, total_bought=0)]


def test_end__paused__ends(buyback, kicked, guardian, owner):
    buyback.pause(sender=guardian)
    receipt = buyback.end(sender=owner)
    assert receipt.events == [buyback.Ended(left=LOT, total_paid=0, total_bought=0)]


def test_end__feed_is_dead__ends(project, deployer, treasury, numeraire, owner, guardian, stablecoin):
    feed = deployer.deploy(project.BrokenFeed)
    arguments = (numeraire, treasury, owner, guardian, stablecoin, feed, ZERO_ADDRESS, tuple(PROGRAMME))
    receipt = deployer.deploy(project.Buyback, *arguments).end(sender=owner)
    assert len(receipt.events) == 1


def test_end__twice__reverts(buyback, owner):
    buyback.end(sender=owner)
    with ape.reverts("buyback: programme has ended"):
        buyback.end(sender=owner)


@pytest.mark.parametrize("actor", ["guardian", "operator", "deployer", "stranger"], indirect=True)
def test_end__by_another__reverts(buyback, actor):
    with ape.reverts("ownable: caller is not the owner"):
        buyback.end(sender=actor)


# The sweep


def test_sweep__ended__returns_all_stablecoin_to_the_treasury(buyback, stablecoin, treasury, kicked, filler, owner):
    buyback.take(5_000 * DOLLAR, 0, filler, sender=filler)
    buyback.end(sender=owner)
    left = LOT - 5_000 * DOLLAR
    assert buyback.sweep.call(sender=owner) == left
    receipt = buyback.sweep(sender=owner)
    assert receipt.events == [
        buyback.Swept(amount=left),
        stablecoin.Transfer(sender=buyback, receiver=treasury, value=left),
    ]
    assert stablecoin.balanceOf(buyback) == 0
    assert stablecoin.balanceOf(treasury) + stablecoin.balanceOf(filler) == BUDGET * DOLLAR


def test_sweep__donation__is_returned_too(buyback, stablecoin, treasury, kicked, filler, owner):
    buyback.take(LOT, 0, filler, sender=filler)
    stablecoin.transfer(buyback, 7, sender=filler)
    buyback.end(sender=owner)
    buyback.sweep(sender=owner)
    assert stablecoin.balanceOf(buyback) == 0
    assert stablecoin.balanceOf(treasury) == (BUDGET - 20_000) * DOLLAR + 7


@pytest.mark.parametrize("paused", [False, True])
def test_sweep__before_the_end__reverts_and_the_lot_keeps_its_stablecoin(
    buyback, stablecoin, kicked, guardian, owner, paused
):
    if paused:
        buyback.pause(sender=guardian)
    with ape.reverts("buyback: programme has not ended"):
        buyback.sweep(sender=owner)
    assert stablecoin.balanceOf(buyback) == buyback.lot().left == LOT


def test_sweep__twice__reverts_until_something_comes(buyback, stablecoin, treasury, kicked, owner):
    buyback.end(sender=owner)
    buyback.sweep(sender=owner)
    with ape.reverts("buyback: nothing to sweep"):
        buyback.sweep(sender=owner)
    treasury.allow(stablecoin, owner, 3, sender=owner)
    stablecoin.transferFrom(treasury, buyback, 3, sender=owner)
    assert buyback.sweep(sender=owner).events.filter(buyback.Swept) == [buyback.Swept(amount=3)]
    assert stablecoin.balanceOf(treasury) == BUDGET * DOLLAR


def test_sweep__paused__returns(buyback, stablecoin, treasury, kicked, guardian, owner):
    buyback.pause(sender=guardian)
    buyback.end(sender=owner)
    buyback.sweep(sender=owner)
    assert stablecoin.balanceOf(treasury) == BUDGET * DOLLAR


@pytest.mark.parametrize("actor", ["guardian", "operator", "deployer", "stranger"], indirect=True)
def test_sweep__by_another__reverts(buyback, kicked, owner, actor):
    buyback.end(sender=owner)
    with ape.reverts("ownable: caller is not the owner"):
        buyback.sweep(sender=actor)
