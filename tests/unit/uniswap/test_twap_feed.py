# SPDX-License-Identifier: MIT
from types import SimpleNamespace

import ape
import pytest
from ape.utils import ZERO_ADDRESS

from nmr.ape.uniswap import create_pool
from nmr.text.amounts import NMR
from tests.unit.uniswap.conftest import DEVIATION, MAX_WINDOW, MIN_RESERVE, WINDOW

FIFTEEN = 15 * 10**18


@pytest.fixture
def born(either):
    """When the first observation was made."""
    return either.twap.newer().made_at


def answer(market) -> int:
    return market.twap.latestRoundData()[1]


def average(*spells: tuple[int, int, int]) -> int:
    """The mean of (dollars with all decimals, NMR, seconds), in the pair's arithmetic and with 18 decimals."""
    total = sum((dollars << 112) // nmr * seconds for dollars, nmr, seconds in spells)
    return total // sum(seconds for *_, seconds in spells)


def priced(mean: int, decimals: int) -> int:
    return mean * 10 ** (36 - decimals) >> 112


def test_feed__interface__is_chainlinks(either):
    twap = either.twap
    assert (twap.decimals(), twap.version()) == (18, 1)
    assert twap.description() == "Uniswap V2 time-weighted average price"
    assert (twap.PAIR(), twap.WINDOW(), twap.MAX_WINDOW()) == (either.pair, WINDOW, MAX_WINDOW)
    assert (twap.MAX_DEVIATION(), twap.MIN_RESERVE()) == (DEVIATION, MIN_RESERVE * either.unit)


def test_answer__price_stood_still__is_that_price(either, born, chain):
    chain.mine(timestamp=born + WINDOW)
    round_id, price, started_at, updated_at, answered_in = either.twap.latestRoundData()
    assert (round_id, answered_in, started_at) == (1, 1, born)
    assert updated_at >= born + WINDOW
    # The pair's prices are cut off after 112 bits.
    assert FIFTEEN - 10**6 < price <= FIFTEEN


def test_answer__price_changed__is_the_mean_over_time(either, born, pool_of, buy, at, chain):
    """A third of the window at $15, two thirds at the price after a purchase of $10,000."""
    before = pool_of(either)
    at(born + 600)
    buy(either, 10_000 * either.unit)
    after = pool_of(either)
    chain.mine(timestamp=born + WINDOW)
    waited = chain.blocks.head.timestamp - born
    assert waited == WINDOW
    decimals = either.stablecoin.decimals()
    mean = average((before.stablecoin, before.nmr, 600), (after.stablecoin, after.nmr, WINDOW - 600))
    assert abs(answer(either) - priced(mean, decimals)) <= priced(mean, decimals) // 10**4


def test_answer__window_is_not_over__reverts(either, born, chain):
    with ape.reverts("twap: window is not over"):
        either.twap.latestRoundData()


def test_answer__nobody_observed_for_too_long__reverts(market, chain):
    chain.mine(timestamp=market.twap.newer().made_at + MAX_WINDOW + 1)
    with ape.reverts("twap: observation is too old"):
        market.twap.latestRoundData()


def test_answer__observation_as_old_as_allowed__is_given(market, chain):
    chain.mine(timestamp=market.twap.newer().made_at + MAX_WINDOW)
    assert abs(answer(market) - FIFTEEN) < FIFTEEN // 10**6


def test_answer__right_after_an_update__is_since_the_observation_before(market, at, chain, stranger):
    born = market.twap.newer().made_at
    at(born + WINDOW)
    market.twap.update(sender=stranger)
    assert market.twap.latestRoundData()[2] == born
    chain.mine(timestamp=born + 2 * WINDOW)
    assert market.twap.latestRoundData()[2] == born + WINDOW


def test_answer__history__is_refused(market):
    with ape.reverts("twap: no history"):
        market.twap.getRoundData(1)


def test_answer__clock_of_the_pair_overflows__goes_on(market, buy, at, chain, stranger):
    """The pair counts seconds modulo 2**32, in the year 2106."""
    at(2**32 - 1_000)
    market.twap.update(sender=stranger)
    buy(market, 1)
    chain.mine(timestamp=2**32 + WINDOW)
    assert abs(answer(market) - FIFTEEN) < FIFTEEN // 10**6


@pytest.mark.parametrize("late", [0, 1])
def test_update__a_window_later__observes(market, at, stranger, late):
    first = tuple(market.twap.newer())
    at(first[0] + WINDOW + late)
    receipt = market.twap.update(sender=stranger)
    newer = tuple(market.twap.newer())
    assert receipt.events == [market.twap.Observed(round=2, cumulative=newer[1])]
    assert newer[0] == first[0] + WINDOW + late
    assert tuple(market.twap.older()) == first


def test_update__early__reverts(market, at, stranger):
    at(market.twap.newer().made_at + WINDOW - 1)
    with ape.reverts("twap: window is not over"):
        market.twap.update(sender=stranger)


def test_answer__spot_strays__reverts(market, buy, sell, numeraire, trader, chain):
    """Of 750,000 dollars, 1.5% move the price by 3%."""
    chain.mine(timestamp=market.twap.newer().made_at + 10 * WINDOW)
    held = numeraire.balanceOf(trader)
    buy(market, 10_000 * market.unit)
    chain.mine()
    assert answer(market) > 0
    buy(market, 2_000 * market.unit)
    chain.mine()
    with ape.reverts("twap: spot strays from the average"):
        market.twap.latestRoundData()
    sell(market, numeraire.balanceOf(trader) - held)
    chain.mine()
    assert answer(market) > 0
    sell(market, 800 * NMR)
    chain.mine()
    with ape.reverts("twap: spot strays from the average"):
        market.twap.latestRoundData()


def test_answer__pool_was_traded_on_in_this_block__reverts(either, buy, chain):
    """What stands in the pool for less than a block is borrowed: nobody could have traded against it."""
    chain.mine(timestamp=either.twap.newer().made_at + WINDOW)
    buy(either, either.unit)
    with ape.reverts("twap: pool was traded on in this block"):
        either.twap.latestRoundData()
    chain.mine()
    assert abs(answer(either) - FIFTEEN) < FIFTEEN // 10**5


def test_answer__liquidity_is_withdrawn__reverts(market, exchange, numeraire, trader, chain):
    chain.mine(timestamp=market.twap.newer().made_at + 10 * WINDOW)
    liquidity = market.pair.balanceOf(trader)
    market.pair.approve(exchange.router, liquidity, sender=trader)
    share = liquidity * 3 // 4
    exchange.router.removeLiquidity(numeraire, market.stablecoin, share, 0, 0, trader, 2**256 - 1, sender=trader)
    chain.mine()
    with ape.reverts("twap: pool is too shallow"):
        market.twap.latestRoundData()


@pytest.fixture
def exact(project, deployer, exchange, numeraire, trader):
    """A pool whose price the pair's arithmetic tells exactly: 2**70 wei of NMR beside 99 × 2**70 of a stablecoin."""
    coin = deployer.deploy(project.Stablecoin, 18, trader, 2**80)
    pair = create_pool(exchange, trader, numeraire, 2**70, coin, 99 * 2**70)

    def feed(deviation: int, reserve: int):
        arguments = (pair, numeraire, WINDOW, MAX_WINDOW, deviation, reserve)
        return deployer.deploy(project.UniswapV2TwapFeed, *arguments)

    def give(amount: int) -> None:
        coin.transfer(pair, amount, sender=trader)
        pair.sync(sender=trader)

    return SimpleNamespace(feed=feed, give=give, reserve=99 * 2**70)


@pytest.mark.parametrize(("more", "answers"), [(0, True), (1, False)])
def test_answer__pool_as_deep_as_it_has_to_be__is_given(exact, chain, more, answers):
    feed = exact.feed(DEVIATION, exact.reserve + more)
    chain.mine(timestamp=feed.newer().made_at + WINDOW)
    if answers:
        assert feed.latestRoundData()[1] == 99 * 10**18
    else:
        with ape.reverts("twap: pool is too shallow"):
            feed.latestRoundData()


@pytest.mark.parametrize(("nmr", "coins", "price"), [(1, 2**30, 2**30 * 10**18), (2**30, 1, 10**18 >> 30)])
def test_answer__pool_down_to_one_unit_of_a_token__is_given(
    project, deployer, exchange, numeraire, trader, chain, make_coin, nmr, coins, price
):
    coin = make_coin(18, coins, nmr_first=True)
    pair = create_pool(exchange, trader, numeraire, nmr, coin, coins)
    limits = (WINDOW, MAX_WINDOW, DEVIATION, 1)
    feed = deployer.deploy(project.UniswapV2TwapFeed, pair, numeraire, *limits)
    chain.mine(timestamp=feed.newer().made_at + WINDOW)

    assert feed.latestRoundData()[1] == price


@pytest.mark.parametrize(("deviation", "more", "answers"), [(900, 0, True), (899, 0, False), (900, 2**58, False)])
def test_answer__spot_as_far_as_it_may_be__is_given(exact, at, chain, deviation, more, answers):
    """A tenth of the time at 109, the rest at 99: the average is 100, and the spot price 9% away."""
    feed = exact.feed(deviation, 1)
    born = feed.newer().made_at
    # The pair learns of a gift a block later.
    at(born + 16_199)
    exact.give(10 * 2**70 + more)
    chain.mine(timestamp=born + 18_000)
    if answers:
        assert feed.latestRoundData()[1] == 100 * 10**18
    else:
        with ape.reverts("twap: spot strays from the average"):
            feed.latestRoundData()


# Constructor


@pytest.fixture
def deploy(project, deployer, market, numeraire):
    def call(pair=None, base=None, window=WINDOW, longest=MAX_WINDOW, deviation=DEVIATION, reserve=1):
        arguments = (pair or market.pair, base or numeraire, window, longest, deviation, reserve)
        return deployer.deploy(project.UniswapV2TwapFeed, *arguments)

    return call


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pair": ZERO_ADDRESS}, "twap: pair is no contract"),
        ({"base": ZERO_ADDRESS}, "twap: base is not in the pair"),
        ({"window": 1_799}, "twap: window is too short"),
        ({"longest": 2 * WINDOW - 1}, "twap: longest window is below two windows"),
        ({"longest": 7 * 86_400 + 1}, "twap: longest window is too long"),
        ({"deviation": 0}, "twap: deviation is zero"),
        ({"deviation": 1_001}, "twap: deviation is too large"),
        ({"reserve": 0}, "twap: reserve is zero"),
    ],
)
def test_constructor__beyond_a_limit__reverts(deploy, changes, reason):
    with ape.reverts(reason):
        deploy(**changes)


@pytest.mark.parametrize(
    "changes", [{"window": 1_800, "longest": 3_600}, {"longest": 7 * 86_400}, {"deviation": 1}, {"deviation": 1_000}]
)
def test_constructor__at_a_limit__observes(deploy, changes):
    feed = deploy(**changes)
    assert feed.round() == 1
    assert feed.newer().made_at > 0
    assert feed.older().made_at == 0


def test_constructor__stablecoin_as_base__tells_the_inverse(deploy, market, chain):
    feed = deploy(base=market.stablecoin)
    chain.mine(timestamp=feed.newer().made_at + WINDOW)
    assert abs(feed.latestRoundData()[1] - 10**18 // 15) <= 1


def test_constructor__empty_pool__reverts(project, deployer, exchange, numeraire, deploy):
    coin = deployer.deploy(project.Stablecoin, 6, deployer, 1)
    exchange.factory.createPair(coin, numeraire, sender=deployer)
    with ape.reverts("twap: pool is empty"):
        deploy(pair=exchange.pair(coin, numeraire))


def test_constructor__more_than_18_decimals__reverts(project, deployer, exchange, numeraire, deploy):
    coin = deployer.deploy(project.Stablecoin, 19, deployer, 1)
    exchange.factory.createPair(coin, numeraire, sender=deployer)
    with ape.reverts("twap: more than 18 decimals"):
        deploy(pair=exchange.pair(coin, numeraire))


def test_answer__price_is_beyond_all_reason__reverts(project, deployer, exchange, numeraire, trader, chain):
    """A thousand wei of NMR beside 10**12 coins without decimals: 10**27 for one NMR."""
    coin = deployer.deploy(project.Stablecoin, 0, trader, 10**12)
    pair = create_pool(exchange, trader, numeraire, 1_001, coin, 10**12)
    feed = deployer.deploy(project.UniswapV2TwapFeed, pair, numeraire, WINDOW, MAX_WINDOW, DEVIATION, 1)
    chain.mine(timestamp=feed.newer().made_at + WINDOW)
    with ape.reverts("twap: price is too large"):
        feed.latestRoundData()
