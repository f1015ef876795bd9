# SPDX-License-Identifier: MIT
import ape
import pytest
from ape.utils import ZERO_ADDRESS

from nmr.protocol.reference.buyback import owed_for
from tests.support.programme import DOLLAR, FIFTEEN, HOUR, PROGRAMME, REFERENCE, fill_in

LOT = PROGRAMME.lot_cap
START = REFERENCE * 95 // 100
BOUND = REFERENCE * 101 // 100


def test_take__part__pays_stablecoin_and_takes_nmr(buyback, stablecoin, numeraire, treasury, kicked, filler, receiver):
    reserve = numeraire.balanceOf(treasury)
    receipt = buyback.take(6_000 * DOLLAR, 0, receiver, sender=filler)
    price = PROGRAMME.curve(REFERENCE, receipt.timestamp - kicked)
    owed = owed_for(6_000 * DOLLAR, price, 6)
    assert receipt.events == [
        buyback.Filled(
            lot=1,
            filler=filler,
            receiver=receiver,
            paid=6_000 * DOLLAR,
            bought=owed,
            price=price,
            left=LOT - 6_000 * DOLLAR,
            total_paid=6_000 * DOLLAR,
            total_bought=owed,
        ),
        stablecoin.Transfer(sender=buyback, receiver=receiver, value=6_000 * DOLLAR),
        numeraire.Transfer(sender=filler, receiver=treasury, value=owed),
    ]
    assert tuple(receipt.return_value) == (6_000 * DOLLAR, owed)
    assert stablecoin.balanceOf(receiver) == 6_000 * DOLLAR
    assert numeraire.balanceOf(treasury) == reserve + owed
    assert buyback.lot().left == LOT - 6_000 * DOLLAR
    # $6,000 at $14.25 is 421.05 NMR.
    assert 421 * 10**18 < owed < 422 * 10**18


def test_take__twice__totals_run(buyback, kicked, filler):
    first = fill_in(buyback.take(1_000 * DOLLAR, 0, filler, sender=filler), buyback)
    receipt = buyback.take(2_000 * DOLLAR, 0, filler, sender=filler)
    event = fill_in(receipt, buyback)
    assert event.total_paid == 3_000 * DOLLAR == buyback.total_paid()
    assert event.total_bought == first.bought + event.bought == buyback.total_bought()


def test_take__burning_programme__burns_what_it_buys(burning, numeraire, treasury, filler, receiver):
    burning.buyback.kick(sender=filler)
    supply, reserve = numeraire.totalSupply(), numeraire.balanceOf(treasury)
    event = fill_in(burning.buyback.take(500 * DOLLAR, 0, receiver, sender=filler), burning.buyback)
    assert event.bought > 33 * 10**18
    assert numeraire.totalSupply() == supply - event.bought
    assert numeraire.balanceOf(treasury) == reserve
    assert burning.stablecoin.balanceOf(receiver) == event.paid == 500 * DOLLAR


# The price


@pytest.mark.parametrize(
    ("after", "price"),
    [(1, REFERENCE * (95 * 3_600 + 6) // 360_000), (HOUR // 2, REFERENCE * 98 // 100), (HOUR, BOUND)],
)
def test_take__along_the_curve__pays_a_price_that_rises_in_a_straight_line(buyback, kicked, filler, at, after, price):
    at(kicked + after)
    event = fill_in(buyback.take(DOLLAR, 0, filler, sender=filler), buyback)
    assert event.price == price


def test_take__last_second__pays_the_premium_and_no_more(buyback, kicked, filler, at):
    at(kicked + HOUR)
    receipt = buyback.take(LOT, 0, filler, sender=filler)
    event = fill_in(receipt, buyback)
    assert event.price == BOUND
    # At the highest price the filler gains 1% on the reference: $20,000 for NMR worth $19,801.98.
    assert event.bought * 15 // 10**12 == 19_801_980_198


def test_take__one_second_too_late__reverts(buyback, kicked, filler, at):
    at(kicked + HOUR + 1)
    with ape.reverts("buyback: lot is over"):
        buyback.take(LOT, 0, filler, sender=filler)


@pytest.mark.parametrize(("after", "percent"), [(HOUR // 2, 98), (HOUR, 101)])
@pytest.mark.parametrize("fell", [1, FIFTEEN // 100, FIFTEEN // 2])
def test_take__price_fell_after_the_kick__curve_starts_from_the_fresh_one(
    buyback, feed, kicked, filler, at, stranger, fell, after, percent
):
    feed.set(FIFTEEN - fell, sender=stranger)
    at(kicked + after)
    event = fill_in(buyback.take(LOT, 0, filler, sender=filler), buyback)
    assert event.price == (FIFTEEN - fell) * 10**10 * percent // 100


def test_take__price_fell_and_rose_again__is_back_on_the_first_curve(buyback, feed, kicked, filler, at, stranger):
    feed.set(FIFTEEN // 2, sender=stranger)
    feed.set(FIFTEEN, sender=stranger)
    at(kicked + HOUR // 2)
    assert fill_in(buyback.take(LOT, 0, filler, sender=filler), buyback).price == REFERENCE * 98 // 100
    assert buyback.lot().reference == REFERENCE


def test_take__price_rose_after_the_kick__stays_on_the_curve(buyback, feed, kicked, filler, at, stranger):
    feed.set(2 * FIFTEEN, sender=stranger)
    at(kicked + HOUR)
    event = fill_in(buyback.take(LOT, 0, filler, sender=filler), buyback)
    assert event.price == BOUND


def test_take__feed_goes_mad__pays_the_absolute_bound(buyback, feed, at, filler, stranger):
    feed.set(1_000 * FIFTEEN, sender=stranger)
    start = buyback.kick(sender=stranger).timestamp
    at(start + 10)
    event = fill_in(buyback.take(LOT, 0, filler, sender=filler), buyback)
    assert event.price == PROGRAMME.max_price


def test_take__price_of_the_caller__is_met_to_the_unit(buyback, kicked, filler, at):
    at(kicked + HOUR)
    assert fill_in(buyback.take(DOLLAR, BOUND, filler, sender=filler), buyback).price == BOUND


def test_take__price_of_the_caller_is_a_unit_higher__reverts(buyback, kicked, filler, at):
    at(kicked + HOUR)
    with ape.reverts("buyback: price is below the caller's"):
        buyback.take(DOLLAR, BOUND + 1, filler, sender=filler)


@pytest.mark.parametrize("decimals", [0, 6, 18])
def test_take__decimals_of_the_stablecoin__do_not_change_the_price(make_buyback, filler, at, decimals):
    scene = make_buyback(decimals=decimals)
    start = scene.buyback.kick(sender=filler).timestamp
    at(start + HOUR)
    event = fill_in(scene.buyback.take(303 * scene.unit, 0, filler, sender=filler), scene.buyback)
    # $303 at $15.15.
    assert (event.paid, event.bought) == (303 * scene.unit, 20 * 10**18)


@pytest.mark.parametrize(
    ("decimals", "owed"),
    # One unit at $15.15: what is below a wei is owed as a whole one.
    [(6, 66_006_600_661), (18, 1)],
)
def test_take__one_unit__is_rounded_against_the_filler(make_buyback, filler, at, decimals, owed):
    buyback = make_buyback(decimals=decimals).buyback
    start = buyback.kick(sender=filler).timestamp
    at(start + HOUR)
    event = fill_in(buyback.take(1, 0, filler, sender=filler), buyback)
    assert (event.paid, event.bought) == (1, owed)


# What is left


def test_take__more_than_is_left__gets_what_is_left(buyback, kicked, filler):
    buyback.take(LOT - 1, 0, filler, sender=filler)
    assert fill_in(buyback.take(LOT, 0, filler, sender=filler), buyback).paid == 1
    assert buyback.lot().left == 0


def test_take__exactly_the_lot_cap__is_all(buyback, stablecoin, kicked, filler):
    assert fill_in(buyback.take(LOT, 0, filler, sender=filler), buyback).paid == LOT
    assert stablecoin.balanceOf(buyback) == 0


def test_take__one_above_the_lot_cap__gets_the_lot_cap(buyback, stablecoin, kicked, filler, treasury):
    held = stablecoin.balanceOf(treasury)
    assert fill_in(buyback.take(LOT + 1, 0, filler, sender=filler), buyback).paid == LOT
    assert stablecoin.balanceOf(treasury) == held


def test_take__nothing_is_left__reverts(buyback, kicked, filler):
    buyback.take(LOT, 0, filler, sender=filler)
    with ape.reverts("buyback: nothing is left"):
        buyback.take(1, 0, filler, sender=filler)


# Guards


def test_take__zero__reverts(buyback, kicked, filler):
    with ape.reverts("buyback: amount is zero"):
        buyback.take(0, 0, filler, sender=filler)


def test_take__to_nobody__reverts(buyback, kicked, filler):
    with ape.reverts("buyback: receiver is the zero address"):
        buyback.take(1, 0, ZERO_ADDRESS, sender=filler)


def test_take__to_the_buyback__reverts(buyback, kicked, filler):
    with ape.reverts("buyback: receiver is the buyback"):
        buyback.take(1, 0, buyback, sender=filler)


def test_take__before_the_first_kick__reverts(buyback, filler):
    with ape.reverts("buyback: no lot is on offer"):
        buyback.take(1, 0, filler, sender=filler)


def test_take__paused__reverts(buyback, kicked, filler, guardian):
    buyback.pause(sender=guardian)
    with ape.reverts("buyback: programme is paused"):
        buyback.take(1, 0, filler, sender=filler)


def test_take__ended__reverts(buyback, kicked, filler, owner):
    buyback.end(sender=owner)
    with ape.reverts("buyback: no lot is on offer"):
        buyback.take(1, 0, filler, sender=filler)


def test_take__without_nmr__reverts(buyback, numeraire, stablecoin, kicked, stranger):
    numeraire.approve(buyback, 2**256 - 1, sender=stranger)
    with ape.reverts("erc20: transfer amount exceeds balance"):
        buyback.take(DOLLAR, 0, stranger, sender=stranger)
    assert stablecoin.balanceOf(stranger) == 0


def test_take__without_allowance__reverts(buyback, numeraire, kicked, filler):
    numeraire.approve(buyback, 0, sender=filler)
    with ape.reverts("erc20: insufficient allowance"):
        buyback.take(DOLLAR, 0, filler, sender=filler)


def test_take__nmr_that_says_no_without_reverting__reverts_and_pays_nothing(
    project, deployer, treasury, owner, guardian, stablecoin, feed, filler
):
    """The suite's own NMR never does; another token's word is not taken for it either."""
    token = deployer.deploy(project.RefusingToken)
    arguments = (token, treasury, owner, guardian, stablecoin, feed, ZERO_ADDRESS, tuple(PROGRAMME))
    buyback = deployer.deploy(project.Buyback, *arguments)
    treasury.allow(stablecoin, buyback, LOT, sender=owner)
    buyback.kick(sender=filler)
    with ape.reverts("buyback: NMR refuses"):
        buyback.take(DOLLAR, 0, filler, sender=filler)
    assert stablecoin.balanceOf(filler) == 0
    assert buyback.total_paid() == 0


def test_quote__while_a_lot_runs__is_what_a_take_moves(buyback, kicked, filler, at, chain):
    chain.mine(timestamp=kicked + 100)
    assert list(buyback.quote(2 * LOT)) == [LOT, owed_for(LOT, buyback.price(), 6)]


def test_price__no_lot__reverts(buyback):
    with ape.reverts("buyback: no lot is on offer"):
        buyback.price()


def test_quote__no_lot__reverts(buyback):
    with ape.reverts("buyback: no lot is on offer"):
        buyback.quote(1)
