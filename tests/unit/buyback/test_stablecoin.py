# SPDX-License-Identifier: MIT
"""Stablecoins with habits: one that returns nothing serves, the others cost nobody but themselves."""

import ape
import pytest

from tests.support.programme import BUDGET, DOLLAR, PROGRAMME, fill_in

LOT = PROGRAMME.lot_cap
FEE, SURCHARGE, REFUSE, REVERT = 1, 2, 4, 8


@pytest.fixture
def tether_scene(project, deployer, treasury, make_buyback):
    """A stablecoin that returns nothing."""
    return make_buyback(coin=deployer.deploy(project.TetherToken, treasury, BUDGET * DOLLAR))


@pytest.fixture
def odd(project, deployer, treasury, make_buyback):
    """A stablecoin that behaves, as yet."""
    return make_buyback(coin=deployer.deploy(project.OddStablecoin, treasury, BUDGET * DOLLAR))


def test_programme__token_that_returns_nothing__works_from_kick_to_sweep(tether_scene, treasury, filler, owner):
    buyback, tether = tether_scene.buyback, tether_scene.stablecoin
    buyback.kick(sender=filler)
    assert tether.balanceOf(buyback) == LOT
    assert fill_in(buyback.take(5_000 * DOLLAR, 0, filler, sender=filler), buyback).paid == 5_000 * DOLLAR
    assert tether.balanceOf(filler) == 5_000 * DOLLAR
    buyback.end(sender=owner)
    assert buyback.sweep(sender=owner).events.filter(buyback.Swept) == [buyback.Swept(amount=LOT - 5_000 * DOLLAR)]
    assert tether.balanceOf(treasury) == BUDGET * DOLLAR - 5_000 * DOLLAR


def test_kick__token_takes_a_fee__reverts(odd, treasury, filler):
    odd.stablecoin.behave(FEE, sender=filler)
    with ape.reverts("stablecoin: takes a fee"):
        odd.buyback.kick(sender=filler)
    assert odd.stablecoin.balanceOf(treasury) == BUDGET * DOLLAR
    assert odd.buyback.lot().number == 0


def test_take__token_charges_the_sender__reverts_before_others_lose(odd, filler):
    buyback = odd.buyback
    buyback.kick(sender=filler)
    odd.stablecoin.behave(SURCHARGE, sender=filler)
    with ape.reverts("buyback: stablecoin is missing"):
        buyback.take(DOLLAR, 0, filler, sender=filler)
    assert odd.stablecoin.balanceOf(buyback) == LOT


def test_take__token_takes_a_fee_from_the_filler__keeps_the_books_right(odd, filler):
    buyback = odd.buyback
    buyback.kick(sender=filler)
    odd.stablecoin.behave(FEE, sender=filler)
    event = fill_in(buyback.take(DOLLAR, 0, filler, sender=filler), buyback)
    assert (event.paid, odd.stablecoin.balanceOf(filler)) == (DOLLAR, DOLLAR - 1)
    assert odd.stablecoin.balanceOf(buyback) == buyback.lot().left == LOT - DOLLAR


@pytest.mark.parametrize(("habit", "reason"), [(REFUSE, "stablecoin: refuses"), (REVERT, "odd: no transfers today")])
def test_kick__token_refuses__reverts(odd, filler, habit, reason):
    odd.stablecoin.behave(habit, sender=filler)
    with ape.reverts(reason):
        odd.buyback.kick(sender=filler)
    assert odd.buyback.lot().number == 0


@pytest.mark.parametrize(("habit", "reason"), [(REFUSE, "stablecoin: refuses"), (REVERT, "odd: no transfers today")])
def test_take__token_refuses__reverts_and_takes_no_nmr(odd, numeraire, filler, habit, reason):
    odd.buyback.kick(sender=filler)
    held = numeraire.balanceOf(filler)
    odd.stablecoin.behave(habit, sender=filler)
    with ape.reverts(reason):
        odd.buyback.take(DOLLAR, 0, filler, sender=filler)
    assert numeraire.balanceOf(filler) == held
    assert odd.buyback.lot().left == LOT


@pytest.mark.parametrize(("habit", "reason"), [(REFUSE, "stablecoin: refuses"), (REVERT, "odd: no transfers today")])
def test_end__token_refuses__ends_and_the_sweep_can_be_tried_again(odd, treasury, filler, owner, habit, reason):
    odd.buyback.kick(sender=filler)
    odd.stablecoin.behave(habit, sender=filler)
    odd.buyback.end(sender=owner)
    assert odd.buyback.ended()
    with ape.reverts(reason):
        odd.buyback.sweep(sender=owner)
    assert odd.stablecoin.balanceOf(odd.buyback) == LOT
    odd.stablecoin.behave(0, sender=filler)
    odd.buyback.sweep(sender=owner)
    assert odd.stablecoin.balanceOf(treasury) == BUDGET * DOLLAR


def test_sweep__token_calls_the_owner_back__cannot_sweep_again(project, deployer, odd, treasury, filler, owner):
    buyback, coin = odd.buyback, odd.stablecoin
    buyback.kick(sender=filler)
    buyback.end(sender=owner)
    mighty = deployer.deploy(project.CallingFiller)
    buyback.transfer_ownership(mighty, sender=owner)
    mighty.call(buyback, buyback.accept_ownership.encode_input(), sender=filler)
    sweep = buyback.sweep.encode_input()
    coin.arm(mighty, mighty.call.encode_input(buyback, sweep), sender=filler)
    receipt = mighty.call(buyback, sweep, sender=filler)
    assert coin.called() and mighty.succeeded()
    assert receipt.events.filter(buyback.Swept) == [buyback.Swept(amount=LOT)]
    assert coin.balanceOf(treasury) == BUDGET * DOLLAR
