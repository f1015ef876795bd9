# SPDX-License-Identifier: MIT
"""
The real Uniswap V2 with a pool of 50,000 NMR and $750,000, and a buyback beside it with a feed that says $15.

Whoever trades on the pool is `trader`, who holds as much again and allowed it all to the router.
"""

from types import SimpleNamespace

import pytest
from ape.utils import ZERO_ADDRESS

from nmr.ape.uniswap import NO_DEADLINE, create_pool, deploy_exchange
from nmr.buyback.pool import Pool
from nmr.text.amounts import NMR
from tests.support.programme import BUDGET, FEED_DECIMALS, FIFTEEN, programme

UNLIMITED = 2**256 - 1
POOL_NMR = 50_000 * NMR
POOL_DOLLARS = 750_000
WINDOW = 1_800
MAX_WINDOW = 86_400
DEVIATION = 300
"""Basis points."""
MIN_RESERVE = 200_000
"""Dollars."""


@pytest.fixture(scope="session")
def trader(accounts, numeraire, staker):
    """Holds 200,000 NMR."""
    numeraire.transfer(accounts[15], 200_000 * NMR, sender=staker)
    return accounts[15]


@pytest.fixture(scope="session")
def exchange(project, deployer):
    return deploy_exchange(project, deployer)


@pytest.fixture(scope="session")
def make_coin(project, deployer, trader, numeraire):
    """Deploys a stablecoin of the trader's; `nmr_first` chooses which of it and NMR is the first token of a pair."""

    def make(decimals: int, amount: int, *, nmr_first: bool | None = None):
        while True:
            coin = deployer.deploy(project.Stablecoin, decimals, trader, amount)
            if nmr_first is None or nmr_first == (int(numeraire.address, 16) < int(coin.address, 16)):
                return coin

    return make


@pytest.fixture(scope="session")
def make_market(project, deployer, exchange, trader, numeraire, treasury, owner, guardian, make_coin):
    """
    Deploys a stablecoin, its pool with NMR, a feed, a TWAP feed on the pool, and a buyback with its filler.

    `nmr_first` is as for `make_coin`; `twap` lets the buyback go by the TWAP feed.
    """

    def make(decimals: int = 6, *, nmr_first: bool | None = None, twap: bool = False, **changes) -> SimpleNamespace:
        unit = 10**decimals
        coin = make_coin(decimals, 5 * BUDGET * unit, nmr_first=nmr_first)
        coin.transfer(treasury, BUDGET * unit, sender=trader)
        pair = create_pool(exchange, trader, numeraire, POOL_NMR, coin, POOL_DOLLARS * unit)
        for token in (coin, numeraire):
            token.approve(exchange.router, UNLIMITED, sender=trader)
        limits = (WINDOW, MAX_WINDOW, DEVIATION, MIN_RESERVE * unit)
        average = deployer.deploy(project.UniswapV2TwapFeed, pair, numeraire, *limits)
        feed = deployer.deploy(project.SettableFeed, ZERO_ADDRESS, FEED_DECIMALS, FIFTEEN)
        terms = programme(decimals, **changes)
        arguments = (numeraire, treasury, owner, guardian, coin, average if twap else feed)
        buyback = deployer.deploy(project.Buyback, *arguments, ZERO_ADDRESS, tuple(terms))
        treasury.allow(coin, buyback, BUDGET * unit, sender=owner)
        return SimpleNamespace(
            buyback=buyback,
            terms=terms,
            stablecoin=coin,
            unit=unit,
            pair=pair,
            feed=feed,
            twap=average,
            filler=deployer.deploy(project.UniswapV2Filler, buyback, pair),
            router=exchange.router,
        )

    return make


@pytest.fixture(scope="session")
def market(make_market):
    """6 decimals, NMR first."""
    return make_market(nmr_first=True)


@pytest.fixture(scope="session")
def other_market(make_market):
    """18 decimals, NMR second."""
    return make_market(18, nmr_first=False)


@pytest.fixture(scope="session")
def twap_market(make_market):
    """A buyback that goes by the average price of the pool."""
    return make_market(twap=True)


@pytest.fixture(params=["market", "other_market"])
def either(request, market, other_market):
    """Both markets, one after the other."""
    return {"market": market, "other_market": other_market}[request.param]


@pytest.fixture(scope="session")
def pool_of(numeraire):
    """What the pool of a market holds."""

    def read(market):
        first, second, _ = market.pair.getReserves()
        nmr_first = market.pair.token0() == numeraire.address
        return Pool(stablecoin=second if nmr_first else first, nmr=first if nmr_first else second)

    return read


@pytest.fixture(scope="session")
def buy(numeraire, trader):
    """Buys NMR on a market's pool for stablecoin."""

    def swap(market, dollars: int):
        path = [market.stablecoin, numeraire]
        return market.router.swapExactTokensForTokens(dollars, 0, path, trader, NO_DEADLINE, sender=trader)

    return swap


@pytest.fixture(scope="session")
def sell(numeraire, trader):
    """Sells NMR on a market's pool for stablecoin."""

    def swap(market, amount: int):
        path = [numeraire, market.stablecoin]
        return market.router.swapExactTokensForTokens(amount, 0, path, trader, NO_DEADLINE, sender=trader)

    return swap


@pytest.fixture(scope="session", autouse=True)
def uniswap_cast(market, other_market, twap_market, pool_of, buy, sell, undone, stranger, receiver):
    """Sets every fixture of the session up first, before snapshots are taken."""


@pytest.fixture
def at(chain):
    """Lets the next block be at a moment."""

    def set_time(moment: int) -> None:
        chain.pending_timestamp = moment

    return set_time
