# SPDX-License-Identifier: MIT
import ape
import pytest

from nmr.protocol.reference.buyback import Lot
from tests.support.programme import DOLLAR, HOUR, PROGRAMME, REFERENCE, fill_in

LOT = PROGRAMME.lot_cap
CYCLE = PROGRAMME.length + PROGRAMME.gap


def test_pause__lot_runs__stops_it_and_keeps_what_is_left(buyback, stablecoin, kicked, filler, guardian):
    buyback.take(5_000 * DOLLAR, 0, filler, sender=filler)
    receipt = buyback.pause(sender=guardian)
    left = LOT - 5_000 * DOLLAR
    assert receipt.events == [buyback.Paused(account=guardian), buyback.Stopped(lot=1, left=left)]
    assert buyback.paused()
    assert tuple(buyback.lot()) == Lot(1, kicked, 0, left)
    assert stablecoin.balanceOf(buyback) == left


def test_pause__no_lot__only_pauses(buyback, guardian):
    receipt = buyback.pause(sender=guardian)
    assert receipt.events == [buyback.Paused(account=guardian)]


def test_pause__paused__reverts(buyback, guardian):
    buyback.pause(sender=guardian)
    with ape.reverts("pausable: contract is paused"):
        buyback.pause(sender=guardian)


@pytest.mark.parametrize("actor", ["owner", "operator", "deployer", "stranger"], indirect=True)
def test_pause__by_another__reverts(buyback, actor):
    with ape.reverts("buyback: not the guardian"):
        buyback.pause(sender=actor)


def test_unpause__after_a_pause_amid_an_auction__offers_nothing_until_the_next_kick(
    buyback, kicked, filler, guardian, owner, at, stranger
):
    """The curve would have gone on during the pause: who comes first would get a price nobody competed for."""
    buyback.pause(sender=guardian)
    receipt = buyback.unpause(sender=owner)
    assert receipt.events == [buyback.Unpaused(account=owner)]
    at(kicked + HOUR)
    with ape.reverts("buyback: no lot is on offer"):
        buyback.take(DOLLAR, 0, filler, sender=filler)
    at(kicked + CYCLE - 1)
    with ape.reverts("buyback: next lot is not due"):
        buyback.kick(sender=stranger)
    at(kicked + CYCLE)
    receipt = buyback.kick(sender=stranger)
    assert receipt.events == [
        buyback.Kicked(lot=2, amount=LOT, drawn=0, reference=REFERENCE, ends_at=receipt.timestamp + HOUR)
    ]
    assert fill_in(buyback.take(LOT, 0, filler, sender=filler), buyback).paid == LOT


def test_unpause__not_paused__reverts(buyback, owner):
    with ape.reverts("pausable: contract is not paused"):
        buyback.unpause(sender=owner)


@pytest.mark.parametrize("actor", ["guardian", "deployer", "stranger"], indirect=True)
def test_unpause__by_another__reverts(buyback, guardian, actor):
    buyback.pause(sender=guardian)
    with ape.reverts("ownable: caller is not the owner"):
        buyback.unpause(sender=actor)
