# SPDX-License-Identifier: MIT
import ape
import pytest

from nmr.protocol.reference.buyback import Lot
from tests.support.programme import BUDGET, DOLLAR, PROGRAMME, fill_in

LOT = PROGRAMME.lot_cap


def test_end__lot_runs__returns_all_stablecoin_to_the_treasury(buyback, stablecoin, treasury, kicked, filler, owner):
    event = fill_in(buyback.take(5_000 * DOLLAR, 0, filler, sender=filler), buyback)
    left = LOT - 5_000 * DOLLAR
    receipt = buyback.end(sender=owner)
    assert receipt.events == [
        buyback.Stopped(lot=1, left=left),
        buyback.Ended(returned=left, total_paid=5_000 * DOLLAR, total_bought=event.bought),
        stablecoin.Transfer(sender=buyback, receiver=treasury, value=left),
    ]
    assert buyback.ended()
    assert tuple(buyback.lot()) == Lot(1, kicked, 0, 0)
    assert stablecoin.balanceOf(buyback) == 0
    assert stablecoin.balanceOf(treasury) + stablecoin.balanceOf(filler) == BUDGET * DOLLAR


def test_end__never_kicked__returns_nothing(buyback, owner):
    receipt = buyback.end(sender=owner)
    assert receipt.events == [buyback.Ended(returned=0, total_paid=0, total_bought=0)]


def test_end__donation__is_returned_too(buyback, stablecoin, treasury, kicked, filler, owner):
    buyback.take(LOT, 0, filler, sender=filler)
    stablecoin.transfer(buyback, 7, sender=filler)
    buyback.end(sender=owner)
    assert stablecoin.balanceOf(buyback) == 0
    assert stablecoin.balanceOf(treasury) == (BUDGET - 20_000) * DOLLAR + 7


def test_end__paused__ends(buyback, stablecoin, treasury, kicked, guardian, owner):
    buyback.pause(sender=guardian)
    receipt = buyback.end(sender=owner)
    assert receipt.events == [
        buyback.Ended(returned=LOT, total_paid=0, total_bought=0),
        stablecoin.Transfer(sender=buyback, receiver=treasury, value=LOT),
    ]


def test_end__feed_is_dead__ends(make_buyback, project, deployer, treasury, numeraire, owner, guardian, stablecoin):
    feed = deployer.deploy(project.BrokenFeed)
    buyback = deployer.deploy(project.Buyback, numeraire, treasury, owner, guardian, stablecoin, feed, tuple(PROGRAMME))
    receipt = buyback.end(sender=owner)
    assert receipt.events == [buyback.Ended(returned=0, total_paid=0, total_bought=0)]


def test_end__twice__reverts(buyback, owner):
    buyback.end(sender=owner)
    with ape.reverts("buyback: programme has ended"):
        buyback.end(sender=owner)


@pytest.mark.parametrize("actor", ["guardian", "operator", "deployer", "stranger"], indirect=True)
def test_end__by_another__reverts(buyback, actor):
    with ape.reverts("ownable: caller is not the owner"):
        buyback.end(sender=actor)
