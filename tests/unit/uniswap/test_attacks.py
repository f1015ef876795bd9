# SPDX-License-Identifier: MIT
"""
What an attacker gains around a buyback, in figures, on a pool of 50,000 NMR and $750,000.

The prices that are true are those of `FIFTEEN`, and of the pool before anybody pushed it.
"""

import ape
import pytest

from nmr.ape.uniswap import NO_DEADLINE
from nmr.text.amounts import NMR
from tests.support.programme import DOLLAR, FIFTEEN, HOUR, REFERENCE, fill_in

LOT = 20_000 * DOLLAR
CYCLE = 3 * HOUR
TWELVE_SECONDS = 12


def worth(nmr: int) -> int:
    """Wei of NMR in the stablecoin's units at $15."""
    return nmr * 15 * DOLLAR // NMR


# Sandwiching the pool around a take


@pytest.fixture
def wealth(numeraire, trader, sell):
    """The trader's stablecoin once it has sold what it bought."""

    def sold_out(market, held: int) -> int:
        sell(market, numeraire.balanceOf(trader) - held)
        return market.stablecoin.balanceOf(trader)

    return sold_out


def test_sandwich__around_a_fill__takes_from_the_filler_and_never_from_the_treasury(
    market, numeraire, trader, stranger, receiver, buy, wealth, undone, at
):
    start = market.buyback.kick(sender=stranger).timestamp
    takes = []
    gains = []
    profits = []
    for push in (0, 1_000 * DOLLAR):
        with undone():
            dollars, held = market.stablecoin.balanceOf(trader), numeraire.balanceOf(trader)
            if push:
                buy(market, push)
            at(start + HOUR)
            takes.append(fill_in(market.filler.fill(2_000 * DOLLAR, 0, receiver, sender=stranger), market.buyback))
            profits.append(market.stablecoin.balanceOf(receiver))
            gains.append(wealth(market, held) - dollars if push else 0)
    assert (takes[0].paid, takes[0].bought, takes[0].price) == (takes[1].paid, takes[1].bought, takes[1].price)
    # The filler would have earned $8.59 and earns $3.27; what the attacker makes of it does not pay its own fees.
    assert profits == [8_585_651, 3_272_622]
    assert gains[1] == -701_799


def test_sandwich__pushed_too_far__makes_the_fill_fail(market, stranger, buy, at):
    start = market.buyback.kick(sender=stranger).timestamp
    buy(market, 10_000 * DOLLAR)
    at(start + HOUR)
    with ape.reverts("filler: pool is dearer than the buyback"):
        market.filler.fill(2_000 * DOLLAR, 0, stranger, sender=stranger)
    assert market.buyback.lot().left == LOT


def test_sandwich__filler_names_its_profit__is_not_taken_from(market, stranger, buy, at):
    start = market.buyback.kick(sender=stranger).timestamp
    buy(market, 1_000 * DOLLAR)
    at(start + HOUR)
    with ape.reverts("filler: profit is too small"):
        market.filler.fill(2_000 * DOLLAR, 8_500_000, stranger, sender=stranger)


# Pushing the spot price before the TWAP is read


@pytest.fixture
def observed(twap_market, at):
    """A TWAP market at a moment when the average covers a window of $15, and half of another."""
    moment = twap_market.twap.newer().made_at + twap_market.twap.WINDOW()
    at(moment)
    return twap_market


def test_push__a_second_before_a_kick__changes_nothing_or_is_refused(observed, buy, trader, undone, chain):
    """A purchase of $10,000, 2.7% on the spot price: the average has moved by what one second weighs."""
    market = observed
    buy(market, 10_000 * DOLLAR)
    market.buyback.kick(sender=trader)
    assert 0 <= market.buyback.lot().reference - REFERENCE < REFERENCE * 27 // 1_000 * 2 // 1_800
    with undone():
        buy(market, 200_000 * DOLLAR)
        chain.mine()
        with ape.reverts("twap: spot strays from the average"):
            market.twap.latestRoundData()
        with ape.reverts("feed: no answer"):
            market.buyback.take(LOT, 0, trader, sender=trader)


def test_push__held_for_a_block_and_undone__moves_the_average_by_its_share(
    observed, buy, sell, numeraire, trader, chain, at
):
    """
    $200,000 for one block of twelve seconds: a spot price 60% above, an average 0.4% above, at a cost of $947.

    On a lot of $20,000 that is worth $80 at most, if nobody sells into the pushed price meanwhile.
    """
    market = observed
    dollars, held = market.stablecoin.balanceOf(trader), numeraire.balanceOf(trader)
    start = buy(market, 200_000 * DOLLAR).timestamp
    at(start + TWELVE_SECONDS)
    sell(market, numeraire.balanceOf(trader) - held)
    cost = dollars - market.stablecoin.balanceOf(trader)
    market.buyback.kick(sender=trader)
    shift = market.buyback.lot().reference - REFERENCE
    assert 940 * DOLLAR < cost < 950 * DOLLAR
    assert REFERENCE * 35 // 10_000 < shift < REFERENCE * 45 // 10_000
    assert LOT * shift // REFERENCE < cost // 10


def test_push__held_within_the_deviation__gains_at_most_the_deviation(observed, buy, trader, at, chain):
    """Whoever holds the price 2.7% above for a window gets a reference 2.7% above, and pays who trades against it."""
    market = observed
    start = buy(market, 10_000 * DOLLAR).timestamp
    at(start + market.twap.WINDOW())
    market.twap.update(sender=trader)
    at(start + 2 * market.twap.WINDOW())
    market.buyback.kick(sender=trader)
    shift = market.buyback.lot().reference - REFERENCE
    assert 0 < shift <= REFERENCE * market.twap.MAX_DEVIATION() // 10_000


def test_push__average_of_an_emptied_pool__cannot_be_used_with_depth_of_one_block(
    twap_market, exchange, buy, numeraire, trader, at
):
    """
    $1,000 of the pool are left, and $1,000 more hold the price at $60 for a window. Within one transaction borrowed
    liquidity would make the pool as deep as it has to be: a lot of $20,000 would be paid for with NMR worth $6,000.
    """
    market = twap_market
    liquidity = market.pair.balanceOf(trader)
    market.pair.approve(exchange.router, liquidity, sender=trader)
    sides = (numeraire, market.stablecoin)
    exchange.router.removeLiquidity(*sides, liquidity * 749 // 750, 0, 0, trader, NO_DEADLINE, sender=trader)
    start = buy(market, 1_000 * DOLLAR).timestamp
    at(start + market.twap.WINDOW())
    market.twap.update(sender=trader)
    at(start + 2 * market.twap.WINDOW())
    nmr, dollars = numeraire.balanceOf(market.pair), market.stablecoin.balanceOf(market.pair)
    deep = 300_000 * DOLLAR
    exchange.router.addLiquidity(*sides, deep * nmr // dollars, deep, 0, 0, trader, NO_DEADLINE, sender=trader)
    # A call is made at the moment of the latest block, and so in one with the deposit.
    with ape.reverts("twap: pool was traded on in this block"):
        market.twap.latestRoundData()
    with ape.reverts("feed: no answer"):
        market.buyback.kick.call(sender=trader)


# The feed lags behind the market


def test_lagging_feed__pool_fell_by_a_tenth__costs_the_lag_less_the_discount(
    market, sell, numeraire, trader, stranger, receiver, at
):
    """
    The feed says $15 while the pool is at $13.50: the lot begins at $14.25, so whoever is first gains 5% less fees.

    A fresh feed makes that impossible; `max_age` and the feed's own threshold are the bound.
    """
    sell(market, 2_710 * NMR)
    market.buyback.kick(sender=stranger)
    receipt = market.filler.fill(LOT, 0, receiver, sender=stranger)
    event = fill_in(receipt, market.buyback)
    assert event.price < REFERENCE * 951 // 1_000
    gain = market.stablecoin.balanceOf(receiver)
    # $20,000 for 1,403 NMR that cost $19,481: less than what the pool's fall would have been worth at $15.
    assert 0 < gain < LOT * 5 // 100


# Timing


def test_last_second__of_every_lot__gains_the_premium_and_no_more(market, trader, numeraire, at):
    numeraire.approve(market.buyback, 2**256 - 1, sender=trader)
    total = 0
    start = 0
    for _ in range(3):
        start = market.buyback.kick(sender=trader).timestamp
        at(start + HOUR)
        event = fill_in(market.buyback.take(LOT, 0, trader, sender=trader), market.buyback)
        total += event.paid - worth(event.bought)
        at(start + CYCLE)
    # 1% on top of the price is 0.99% of what is spent: $198.02 a lot.
    assert total == 3 * 198_019_802
    assert total < 3 * LOT // 100


def test_first_second__of_a_lot__gains_nothing(market, trader, numeraire, at):
    numeraire.approve(market.buyback, 2**256 - 1, sender=trader)
    start = market.buyback.kick(sender=trader).timestamp
    at(start + 1)
    event = fill_in(market.buyback.take(LOT, 0, trader, sender=trader), market.buyback)
    # NMR worth $1,052.26 more than it was paid for.
    assert event.paid - worth(event.bought) == -1_052_262_241


def test_price_falls__after_the_kick__is_not_paid_for(market, trader, numeraire, stranger, at):
    """At $15 the curve would pay 1% above; the market fell by 20%, and the fresh price pays 1% above that."""
    numeraire.approve(market.buyback, 2**256 - 1, sender=trader)
    start = market.buyback.kick(sender=trader).timestamp
    market.feed.set(FIFTEEN * 8 // 10, sender=stranger)
    at(start + HOUR)
    event = fill_in(market.buyback.take(LOT, 0, trader, sender=trader), market.buyback)
    assert event.price == REFERENCE * 8 // 10 * 101 // 100
    assert event.paid - worth(event.bought) * 8 // 10 == 198_019_803


# Dust


def test_dust__taken_forever__gains_nothing_and_delays_nobody(market, trader, numeraire, stranger, at):
    """Each unit costs more NMR than it is worth, and an amount that is no longer there is cut to what is."""
    numeraire.approve(market.buyback, 2**256 - 1, sender=trader)
    start = market.buyback.kick(sender=stranger).timestamp
    at(start + HOUR - 30)
    for _ in range(5):
        event = fill_in(market.buyback.take(1, 0, trader, sender=trader), market.buyback)
        assert event.paid == 1
        assert event.bought * event.price >= 10**30
        assert (event.bought - 1) * event.price < 10**30
    event = fill_in(market.buyback.take(LOT, 0, trader, sender=trader), market.buyback)
    assert event.paid == LOT - 5
    assert market.buyback.lot().left == 0


def test_dust__is_left__costs_the_next_lot_nothing(market, trader, numeraire, stranger, at):
    numeraire.approve(market.buyback, 2**256 - 1, sender=trader)
    start = market.buyback.kick(sender=stranger).timestamp
    market.buyback.take(LOT - 1, 0, trader, sender=trader)
    at(start + CYCLE)
    market.buyback.kick(sender=stranger)
    assert market.buyback.lot().left == LOT
