# SPDX-License-Identifier: MIT
import ape
import pytest

from nmr.protocol.reference.buyback import Lot
from tests.support.programme import DOLLAR, HOUR, PROGRAMME, REFERENCE

LOT = PROGRAMME.lot_cap
LEAST = PROGRAMME.min_lot
CYCLE = PROGRAMME.length + PROGRAMME.gap


def test_kick__first__draws_a_lot_and_starts_the_auction(buyback, stablecoin, treasury, stranger):
    held = stablecoin.balanceOf(treasury)
    assert buyback.kick.call(sender=stranger) == LOT
    receipt = buyback.kick(sender=stranger)
    now = receipt.timestamp
    assert receipt.events == [
        buyback.Kicked(lot=1, amount=LOT, drawn=LOT, reference=REFERENCE, ends_at=now + HOUR),
        stablecoin.Approval(owner=treasury, spender=buyback, value=held - LOT),
        stablecoin.Transfer(sender=treasury, receiver=buyback, value=LOT),
    ]
    assert tuple(buyback.lot()) == Lot(1, now, REFERENCE, LOT)
    assert stablecoin.balanceOf(buyback) == LOT
    assert stablecoin.balanceOf(treasury) == held - LOT
    assert buyback.next_kick_at() == now + CYCLE
    assert (buyback.total_paid(), buyback.total_bought()) == (0, 0)


def test_kick__never__is_due_at_once(buyback):
    assert buyback.next_kick_at() == 0
    assert buyback.next_amount() == LOT
    assert tuple(buyback.lot()) == Lot()


@pytest.mark.parametrize("late", [0, 1, HOUR])
def test_kick__at_the_end_of_the_gap_or_later__is_taken(buyback, feed, kicked, at, stranger, late):
    feed.set(15 * 10**8, sender=stranger)
    at(kicked + CYCLE + late)
    buyback.kick(sender=stranger)
    assert tuple(buyback.lot()) == Lot(2, kicked + CYCLE + late, REFERENCE, LOT)


@pytest.mark.parametrize("moment", [1, HOUR, CYCLE - 1])
def test_kick__early__reverts(buyback, kicked, at, stranger, moment):
    at(kicked + moment)
    with ape.reverts("buyback: next lot is not due"):
        buyback.kick(sender=stranger)


def test_kick__lot_is_sold_out__still_waits_for_the_gap(buyback, kicked, filler, at, stranger):
    buyback.take(LOT, 0, filler, sender=filler)
    at(kicked + CYCLE - 1)
    with ape.reverts("buyback: next lot is not due"):
        buyback.kick(sender=stranger)
    at(kicked + CYCLE)
    buyback.kick(sender=stranger)
    assert buyback.lot().left == LOT


def test_kick__some_was_not_taken__rolls_over_and_draws_the_rest(buyback, stablecoin, kicked, filler, at, stranger):
    buyback.take(5_000 * DOLLAR, 0, filler, sender=filler)
    at(kicked + CYCLE)
    receipt = buyback.kick(sender=stranger)
    [event] = receipt.events.filter(buyback.Kicked)
    assert (event.amount, event.drawn) == (LOT, 5_000 * DOLLAR)
    assert stablecoin.balanceOf(buyback) == LOT


def test_kick__nothing_was_taken__draws_nothing(buyback, stablecoin, kicked, at, stranger):
    at(kicked + CYCLE)
    receipt = buyback.kick(sender=stranger)
    end = receipt.timestamp + HOUR
    assert receipt.events == [buyback.Kicked(lot=2, amount=LOT, drawn=0, reference=REFERENCE, ends_at=end)]
    assert stablecoin.balanceOf(buyback) == LOT


def test_kick__donation__is_no_part_of_the_lot(buyback, stablecoin, treasury, owner, stranger):
    treasury.allow(stablecoin, owner, 7, sender=owner)
    stablecoin.transferFrom(treasury, buyback, 7, sender=owner)
    buyback.kick(sender=stranger)
    assert buyback.lot().left == LOT
    assert stablecoin.balanceOf(buyback) == LOT + 7


@pytest.mark.parametrize("left", [1, PROGRAMME.min_lot - 1, LOT - 1, LOT, LOT + 1])
def test_kick__lifetime_cap_is_near__offers_what_it_leaves(make_buyback, filler, at, left):
    scene = make_buyback(lifetime_cap=LOT + left)
    buyback = scene.buyback
    start = buyback.kick(sender=filler).timestamp
    buyback.take(LOT, 0, filler, sender=filler)
    at(start + CYCLE)
    buyback.kick(sender=filler)
    assert buyback.lot().left == min(left, LOT)


def test_kick__lifetime_cap_is_spent__reverts(make_buyback, filler, at):
    buyback = make_buyback(lifetime_cap=LOT).buyback
    start = buyback.kick(sender=filler).timestamp
    buyback.take(LOT, 0, filler, sender=filler)
    at(start + CYCLE)
    with ape.reverts("buyback: nothing to spend"):
        buyback.kick(sender=filler)


@pytest.mark.parametrize("allowed", [LEAST, LOT - 1])
def test_kick__allowance_is_short__offers_a_smaller_lot(buyback, stablecoin, treasury, owner, stranger, allowed):
    treasury.allow(stablecoin, buyback, allowed, sender=owner)
    assert buyback.next_amount() == allowed
    buyback.kick(sender=stranger)
    assert buyback.lot().left == allowed


def test_kick__treasury_is_short__offers_a_smaller_lot(buyback, stablecoin, treasury, owner, receiver, stranger):
    treasury.allow(stablecoin, owner, 2**255, sender=owner)
    stablecoin.transferFrom(treasury, receiver, stablecoin.balanceOf(treasury) - LEAST, sender=owner)
    buyback.kick(sender=stranger)
    assert buyback.lot().left == LEAST


@pytest.mark.parametrize("funds", [1, LEAST - 1])
def test_kick__treasury_has_less_than_the_least_lot__reverts_until_it_has_more(
    buyback, stablecoin, treasury, owner, receiver, stranger, funds
):
    """A gift of one unit to an empty treasury must not use up the time of a lot."""
    treasury.allow(stablecoin, owner, 2**255, sender=owner)
    stablecoin.transferFrom(treasury, receiver, stablecoin.balanceOf(treasury) - funds, sender=owner)
    assert buyback.next_amount() == funds
    with ape.reverts("buyback: lot is too small"):
        buyback.kick(sender=stranger)
    stablecoin.transfer(treasury, LEAST - funds, sender=receiver)
    buyback.kick(sender=stranger)
    assert buyback.lot().left == LEAST


def test_kick__allowance_is_below_the_least_lot__reverts(buyback, stablecoin, treasury, owner, stranger):
    treasury.allow(stablecoin, buyback, LEAST - 1, sender=owner)
    with ape.reverts("buyback: lot is too small"):
        buyback.kick(sender=stranger)


@pytest.mark.parametrize("short", [0, 1])
def test_kick__what_was_not_taken__counts_for_the_least_lot(
    buyback, stablecoin, treasury, kicked, filler, owner, at, short
):
    treasury.allow(stablecoin, buyback, 1, sender=owner)
    buyback.take(LOT - LEAST + 1 + short, 0, filler, sender=filler)
    at(kicked + CYCLE)
    if short:
        with ape.reverts("buyback: lot is too small"):
            buyback.kick(sender=filler)
    else:
        buyback.kick(sender=filler)
        assert buyback.lot().left == LEAST


def test_kick__lifetime_cap_leaves_less_than_the_least_lot__has_to_offer_all_of_it(
    make_buyback, treasury, owner, filler, at
):
    """Otherwise the end of a programme could never be spent, or somebody could cut it into crumbs."""
    scene = make_buyback(lifetime_cap=LOT + 7)
    buyback = scene.buyback
    start = buyback.kick(sender=filler).timestamp
    buyback.take(LOT, 0, filler, sender=filler)
    treasury.allow(scene.stablecoin, buyback, 6, sender=owner)
    at(start + CYCLE)
    with ape.reverts("buyback: lot is too small"):
        buyback.kick(sender=filler)
    treasury.allow(scene.stablecoin, buyback, 7, sender=owner)
    buyback.kick(sender=filler)
    assert buyback.lot().left == 7


@pytest.mark.parametrize("decimals", [0, 18])
def test_kick__decimals_of_the_stablecoin__least_lot_is_in_its_smallest_unit(
    make_buyback, treasury, owner, stranger, decimals
):
    scene = make_buyback(decimals=decimals)
    least = 100 * scene.unit
    treasury.allow(scene.stablecoin, scene.buyback, least - 1, sender=owner)
    with ape.reverts("buyback: lot is too small"):
        scene.buyback.kick(sender=stranger)
    treasury.allow(scene.stablecoin, scene.buyback, least, sender=owner)
    scene.buyback.kick(sender=stranger)
    assert scene.buyback.lot().left == least


def test_kick__nothing_is_allowed__reverts(buyback, stablecoin, treasury, owner, stranger):
    treasury.allow(stablecoin, buyback, 0, sender=owner)
    with ape.reverts("buyback: nothing to spend"):
        buyback.kick(sender=stranger)


def test_kick__paused__reverts(buyback, guardian, stranger):
    buyback.pause(sender=guardian)
    with ape.reverts("buyback: programme is paused"):
        buyback.kick(sender=stranger)


def test_kick__ended__reverts(buyback, owner, stranger):
    buyback.end(sender=owner)
    assert buyback.next_amount() == 0
    with ape.reverts("buyback: programme has ended"):
        buyback.kick(sender=stranger)


def test_kick__clock_beyond_40_bits__reverts(buyback, feed, at, stranger):
    feed.set_round(2, 15 * 10**8, 2**40, 2, sender=stranger)
    at(2**40)
    with ape.reverts("lots: time does not fit"):
        buyback.kick(sender=stranger)


def test_kick__clock_at_40_bits__is_taken(buyback, feed, at, stranger):
    feed.set_round(2, 15 * 10**8, 2**40 - 1, 2, sender=stranger)
    at(2**40 - 1)
    buyback.kick(sender=stranger)
    assert tuple(buyback.lot()) == Lot(1, 2**40 - 1, REFERENCE, LOT)
