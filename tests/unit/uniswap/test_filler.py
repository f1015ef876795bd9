# SPDX-License-Identifier: MIT
import ape
import pytest
from ape.utils import ZERO_ADDRESS

from nmr.protocol.reference.buyback import owed_for
from nmr.text.amounts import NMR
from tests.support.programme import HOUR, REFERENCE, fill_in

LATE = HOUR - 60
"""Seconds after a kick when the price offered is near its highest."""


@pytest.fixture
def late(either, at, stranger):
    """A lot of $20,000 at the premium of nearly 1%, on a pool whose price is the reference."""
    start = either.buyback.kick(sender=stranger).timestamp
    at(start + LATE)
    return either


def test_fill__pool_is_cheaper__earns_the_difference_and_keeps_nothing(
    late, pool_of, numeraire, treasury, receiver, stranger
):
    market, before = late, pool_of(late)
    reserve = numeraire.balanceOf(treasury)
    receipt = market.filler.fill(1_000 * market.unit, 0, receiver, sender=stranger)
    event = fill_in(receipt, market.buyback)
    cost = before.cost_of(event.bought)
    profit = event.paid - cost
    assert event.paid == 1_000 * market.unit
    assert 0 < profit < event.paid // 100
    [reported] = receipt.events.filter(market.filler.Profit)
    assert (reported.caller, reported.receiver, reported.amount) == (stranger, receiver, profit)
    assert market.stablecoin.balanceOf(receiver) == profit
    assert market.stablecoin.balanceOf(market.filler) == numeraire.balanceOf(market.filler) == 0
    assert numeraire.balanceOf(treasury) == reserve + event.bought
    assert pool_of(market) == before.after_purchase(cost, event.bought)


@pytest.fixture
def profit(late, pool_of):
    """What a fill of $1,000 leaves."""
    paid = 1_000 * late.unit
    owed = owed_for(paid, late.terms.curve(REFERENCE, LATE), late.stablecoin.decimals())
    return paid - pool_of(late).cost_of(owed)


def test_fill__nothing_is_left__sends_nothing(market, at, receiver, stranger):
    """With 6 decimals the smallest unit buys what costs a unit on the pool, too."""
    at(market.buyback.kick(sender=stranger).timestamp + LATE)
    receipt = market.filler.fill(1, 0, receiver, sender=stranger)
    event = fill_in(receipt, market.buyback)
    [reported] = receipt.events.filter(market.filler.Profit)
    assert (event.paid, reported.amount) == (1, 0)
    assert [log.receiver for log in receipt.events.filter(market.stablecoin.Transfer)] == [market.filler, market.pair]


def test_fill__least_profit_is_met_to_the_unit__goes_through(late, profit, receiver, stranger):
    late.filler.fill(1_000 * late.unit, profit, receiver, sender=stranger)
    assert late.stablecoin.balanceOf(receiver) == profit


def test_fill__profit_is_a_unit_short__reverts(late, profit, receiver, stranger):
    with ape.reverts("filler: profit is too small"):
        late.filler.fill(1_000 * late.unit, profit + 1, receiver, sender=stranger)


def test_fill__too_much_for_the_pool__reverts(late, receiver, stranger):
    """All of the lot moves the price on the pool by more than the premium."""
    with ape.reverts("filler: pool is dearer than the buyback"):
        late.filler.fill(20_000 * late.unit, 0, receiver, sender=stranger)


def test_fill__pool_has_less_nmr_than_is_owed__reverts(market, numeraire, pool_of, trader, stranger, receiver):
    market.feed.set(1, sender=stranger)
    market.buyback.kick(sender=stranger)
    with ape.reverts("filler: pool has too little NMR"):
        market.filler.fill(20_000 * market.unit, 0, receiver, sender=stranger)


def test_fill__pool_has_exactly_what_is_owed__reverts(market, pool_of, at, stranger, receiver):
    start, owed = market.buyback.kick(sender=stranger).timestamp, pool_of(market).nmr
    at(start + market.terms.length + market.terms.gap)
    # $20,000 for all NMR of the pool, at the price that is offered 60 seconds after the kick.
    wanted = 20_000 * 10**18 * NMR // owed
    reference = wanted * 10**30 // market.terms.curve(10**30, 60) + 1
    assert market.terms.curve(reference, 60) == wanted
    market.feed.set_decimals(18, sender=stranger)
    market.feed.set(reference, sender=stranger)
    start = market.buyback.kick(sender=stranger).timestamp
    at(start + 60)
    with ape.reverts("filler: pool has too little NMR"):
        market.filler.fill(20_000 * market.unit, 0, receiver, sender=stranger)


def test_fill__tokens_that_were_sent_here__go_to_who_fills_next(late, trader, receiver, stranger):
    late.stablecoin.transfer(late.filler, 5, sender=trader)
    receipt = late.filler.fill(1_000 * late.unit, 0, receiver, sender=stranger)
    [reported] = receipt.events.filter(late.filler.Profit)
    assert late.stablecoin.balanceOf(receiver) == reported.amount
    assert late.stablecoin.balanceOf(late.filler) == 0


def test_fill__to_nobody__reverts(market, stranger):
    with ape.reverts("filler: receiver is the zero address"):
        market.filler.fill(1, 0, ZERO_ADDRESS, sender=stranger)


def test_fill__no_lot__reverts(market, stranger):
    with ape.reverts("buyback: no lot is on offer"):
        market.filler.fill(1, 0, stranger, sender=stranger)


@pytest.mark.parametrize("actor", ["trader", "stranger", "deployer"], indirect=True)
def test_on_buyback__by_another__reverts(market, actor):
    with ape.reverts("filler: not the buyback"):
        market.filler.on_buyback(1, 1, b"", sender=actor)


def test_constructor__pair_of_another_stablecoin__reverts(project, deployer, market, other_market):
    with ape.reverts("filler: stablecoin is not in the pair"):
        deployer.deploy(project.UniswapV2Filler, market.buyback, other_market.pair)


def test_constructor__pair_without_nmr__reverts(project, deployer, exchange, market, other_market):
    exchange.factory.createPair(market.stablecoin, other_market.stablecoin, sender=deployer)
    pair = exchange.pair(market.stablecoin, other_market.stablecoin)
    with ape.reverts("filler: NMR is not in the pair"):
        deployer.deploy(project.UniswapV2Filler, market.buyback, pair)


def test_constructor__nmr_that_says_no_without_reverting__reverts(
    project, deployer, exchange, market, treasury, owner, guardian
):
    token, coin = deployer.deploy(project.RefusingToken), market.stablecoin
    exchange.factory.createPair(token, coin, sender=deployer)
    arguments = (token, treasury, owner, guardian, coin, market.feed, ZERO_ADDRESS, tuple(market.terms))
    buyback = deployer.deploy(project.Buyback, *arguments)
    with ape.reverts("filler: NMR refuses"):
        deployer.deploy(project.UniswapV2Filler, buyback, exchange.pair(token, coin))


# The library's arithmetic beside the pair's


@pytest.mark.parametrize("dollars", [1, 999, 10**6, 20_000 * 10**6, 750_000 * 10**6])
def test_pool__purchase__is_what_the_router_gives(market, pool_of, buy, numeraire, trader, dollars):
    before, held = pool_of(market), numeraire.balanceOf(trader)
    bought = before.bought_with(dollars)
    buy(market, dollars)
    assert numeraire.balanceOf(trader) - held == bought
    assert pool_of(market) == before.after_purchase(dollars, bought)


@pytest.mark.parametrize("amount", [10**12, NMR, 1_234 * NMR, 50_000 * NMR])
def test_pool__sale__is_what_the_router_gives(market, pool_of, sell, trader, amount):
    before, held = pool_of(market), market.stablecoin.balanceOf(trader)
    proceeds = before.sold_for(amount)
    sell(market, amount)
    assert market.stablecoin.balanceOf(trader) - held == proceeds
    assert pool_of(market) == before.after_sale(amount, proceeds)


@pytest.mark.parametrize("amount", [1, NMR, 1_234 * NMR, 49_999 * NMR])
def test_pool__cost_of__is_what_the_router_asks(market, pool_of, numeraire, amount):
    asked, _ = market.router.getAmountsIn(amount, [market.stablecoin, numeraire])
    assert pool_of(market).cost_of(amount) == asked


def test_pool__best_purchase__earns_more_than_its_neighbours(market, pool_of):
    here = pool_of(market)
    price = REFERENCE * 101 // 100
    best = here.best_purchase(price * market.unit, 10**36)
    profits = [amount * price * market.unit // 10**36 - here.cost_of(amount) for amount in (
        best * 99 // 100, best, best * 101 // 100
    )]  # fmt: skip
    assert profits[1] == max(profits) > 0
    # A premium of 1% less 0.3% of fee on a pool of 50,000 NMR: where the price has risen by 0.7%.
    assert 170 * NMR < best < 180 * NMR


def test_pool__price_is_below_the_pool__buys_nothing(market, pool_of):
    assert pool_of(market).best_purchase(15 * market.unit, 10**18) == 0
