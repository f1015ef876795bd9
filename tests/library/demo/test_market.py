# SPDX-License-Identifier: MIT
"""The demo's prices, and the trade that brings a pool to them."""

import pytest

from demo.market import FEED_DECIMALS, LAG, START, arbitrage, quotes
from nmr.buyback.pool import Pool
from nmr.protocol.reference.buyback import PRICE
from nmr.text.amounts import NMR

DOLLAR = 10**6
POOL = Pool(stablecoin=750_000 * DOLLAR, nmr=50_000 * NMR)


def test_quotes__same_seed__are_the_same() -> None:
    assert quotes(30, 7) == quotes(30, 7)
    assert quotes(30, 7) != quotes(30, 8)
    assert quotes(12, 7)[0].market == quotes(30, 7)[0].market


def test_quotes__feed__is_near_the_market_and_rarely_right() -> None:
    offs = [quote.answer * 10 ** (18 - FEED_DECIMALS) / quote.market - 1 for quote in quotes(174, 0)]
    assert max(map(abs, offs)) <= LAG
    assert min(offs) < -LAG / 2 < LAG / 2 < max(offs)


@pytest.mark.parametrize("percent", [60, 95, 99, 101, 105, 170])
def test_arbitrage__market_is_elsewhere__earns_more_than_any_other_trade(percent: int) -> None:
    price = START * percent // 100
    trade = arbitrage(POOL, price, 6)
    assert trade is not None
    assert trade.buys == (percent > 100)

    def earned(nmr: int) -> int:
        worth = nmr * price * DOLLAR // 10**36
        return worth - POOL.cost_of(nmr) if trade.buys else POOL.sold_for(nmr) - worth

    assert trade.stablecoin == (POOL.cost_of(trade.nmr) if trade.buys else POOL.sold_for(trade.nmr))
    step = trade.nmr // 1_000
    assert earned(trade.nmr) > max(0, earned(trade.nmr - step), earned(trade.nmr + step))


@pytest.mark.parametrize("basis", [-29, 0, 29])
def test_arbitrage__within_the_fee__there_is_none(basis: int) -> None:
    assert arbitrage(POOL, 15 * PRICE * (10_000 + basis) // 10_000, 6) is None
