# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
# pragma nonreentrancy on
"""
@title Uniswap V2 TWAP feed
@author NMR contributors
@license AGPL-3.0-only
@notice The time-weighted average price of a token on a pair of Uniswap V2, in
        Chainlink's interface, for tokens that have no feed. Anyone observes; an
        answer is the average since an observation that is a window old or older.
@custom:security What is traded in the block of an answer counts for nothing in
                 the average, and a price that is held for a part of the window
                 for that part only. An answer is refused while the spot price is
                 far from the average, the pool is shallow, or nobody has observed
                 for too long; and in a block in which the pool was traded on, so
                 that price and depth have stood open to everybody before they
                 count.
"""


from ethereum.ercs import IERC20Detailed

from ..interfaces import IAggregatorV3
from ..interfaces import IUniswapV2Pair


implements: IAggregatorV3


# A price of the pair at some moment: the sum of all prices before it, each times
# the seconds that it lasted. It overflows, by design of the pair; differences are
# right all the same.
struct Observation:
    made_at: uint256
    cumulative: uint256


event Observed:
    round: indexed(uint256)
    cumulative: uint256


# Hard limits: the deployer's word is no safety.
SHORTEST_WINDOW: constant(uint256) = 1_800
LONGEST_WINDOW: constant(uint256) = 7 * 86_400
LARGEST_DEVIATION: constant(uint256) = 1_000
BASIS: constant(uint256) = 10_000

decimals: public(constant(uint8)) = 18
description: public(constant(String[64])) = "Uniswap V2 time-weighted average price"
version: public(constant(uint256)) = 1

PAIR: public(immutable(address))
# The token whose price is told; the other one of the pair is what it is told in.
BASE: public(immutable(address))
# Seconds that an average covers at least, and at most.
WINDOW: public(immutable(uint256))
MAX_WINDOW: public(immutable(uint256))
# Basis points of the average by which the spot price may differ from it.
MAX_DEVIATION: public(immutable(uint256))
# What the pool has to hold of the other token, in its smallest unit.
MIN_RESERVE: public(immutable(uint256))
BASE_FIRST: immutable(bool)
# From stablecoin units for a unit of the base to whole ones, with 18 decimals.
FACTOR: immutable(uint256)


# How many observations there were.
round: public(uint256)
newer: public(Observation)
# At least a window older than `newer`.
older: public(Observation)


@deploy
def __init__(
    pair: address,
    base: address,
    window: uint256,
    max_window: uint256,
    max_deviation: uint256,
    min_reserve: uint256,
):
    """
    @notice Makes the first observation: the first answer is a window away.
    """
    assert pair.is_contract, "twap: pair is no contract"
    assert window >= SHORTEST_WINDOW, "twap: window is too short"
    # Between two windows either observation may be too young.
    assert max_window >= 2 * window, "twap: longest window is below two windows"
    assert max_window <= LONGEST_WINDOW, "twap: longest window is too long"
    assert max_deviation > 0, "twap: deviation is zero"
    assert max_deviation <= LARGEST_DEVIATION, "twap: deviation is too large"
    assert min_reserve > 0, "twap: reserve is zero"
    first: address = staticcall IUniswapV2Pair(pair).token0()
    second: address = staticcall IUniswapV2Pair(pair).token1()
    assert base in [first, second], "twap: base is not in the pair"
    other: address = second if base == first else first
    base_decimals: uint256 = convert(staticcall IERC20Detailed(base).decimals(), uint256)
    other_decimals: uint256 = convert(staticcall IERC20Detailed(other).decimals(), uint256)
    assert max(base_decimals, other_decimals) <= 18, "twap: more than 18 decimals"

    PAIR = pair
    BASE = base
    WINDOW = window
    MAX_WINDOW = max_window
    MAX_DEVIATION = max_deviation
    MIN_RESERVE = min_reserve
    BASE_FIRST = base == first
    FACTOR = 10**(18 + base_decimals - other_decimals)
    self._observe(self._cumulative())


@external
def update():
    """
    @notice Observes, once a window at most. Anyone.
    """
    assert block.timestamp - self.newer.made_at >= WINDOW, "twap: window is not over"
    self.older = self.newer
    self._observe(self._cumulative())


@external
@view
def latestRoundData() -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice The average price since the younger observation that is a window old.
    @return The number of observations, the price with 18 decimals, when the
            average begins, this moment, and the first again.
    """
    since: Observation = self.newer
    if block.timestamp - since.made_at < WINDOW:
        since = self.older
    assert since.made_at > 0, "twap: window is not over"
    elapsed: uint256 = block.timestamp - since.made_at
    assert elapsed <= MAX_WINDOW, "twap: observation is too old"
    average: uint256 = unsafe_sub(self._cumulative(), since.cumulative) // elapsed
    self._check_spot(average)
    assert average <= max_value(uint256) // FACTOR, "twap: price is too large"
    # Below 2**144 after the shift.
    answer: int256 = convert((average * FACTOR) >> 112, int256)
    id: uint80 = convert(self.round, uint80)
    return id, answer, since.made_at, block.timestamp, id


@external
@view
def getRoundData(round_id: uint80) -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice Reverts: an average has no history.
    """
    raise "twap: no history"


@internal
def _observe(cumulative: uint256):
    self.newer = Observation(made_at=block.timestamp, cumulative=cumulative)
    self.round += 1
    log Observed(round=self.round, cumulative=cumulative)


@internal
@view
def _reserves() -> (uint256, uint256, uint256):
    """
    @return What the pool holds of the base and of the other token, and when it
            was last traded on, modulo 2**32.
    """
    first: uint112 = 0
    second: uint112 = 0
    traded_at: uint32 = 0
    first, second, traded_at = staticcall IUniswapV2Pair(PAIR).getReserves()
    assert first > 0 and second > 0, "twap: pool is empty"
    if BASE_FIRST:
        return convert(first, uint256), convert(second, uint256), convert(traded_at, uint256)
    return convert(second, uint256), convert(first, uint256), convert(traded_at, uint256)


@internal
@view
def _cumulative() -> uint256:
    """
    @notice The pair's sum of prices up to now, as if it were traded on now.
    """
    base: uint256 = 0
    other: uint256 = 0
    traded_at: uint256 = 0
    base, other, traded_at = self._reserves()
    cumulative: uint256 = 0
    if BASE_FIRST:
        cumulative = staticcall IUniswapV2Pair(PAIR).price0CumulativeLast()
    else:
        cumulative = staticcall IUniswapV2Pair(PAIR).price1CumulativeLast()
    # Modulo 2**32, as the pair counts.
    elapsed: uint256 = unsafe_sub(block.timestamp, traded_at) & (2**32 - 1)
    # Reserves are below 2**112, the seconds below 2**32; the sum overflows by design.
    return unsafe_add(cumulative, unsafe_mul((other << 112) // base, elapsed))


@internal
@view
def _check_spot(average: uint256):
    """
    @notice Refuses a spot price that is far from the average, and a shallow pool.
    @dev Of an earlier block: within one, both can be made up and undone at no risk.
    """
    base: uint256 = 0
    other: uint256 = 0
    traded_at: uint256 = 0
    base, other, traded_at = self._reserves()
    # Modulo 2**32, as the pair counts.
    assert traded_at != block.timestamp & (2**32 - 1), "twap: pool was traded on in this block"
    assert other >= MIN_RESERVE, "twap: pool is too shallow"
    spot: uint256 = (other << 112) // base
    distance: uint256 = spot - average if spot > average else average - spot
    # Prices are below 2**224.
    assert distance * BASIS <= average * MAX_DEVIATION, "twap: spot strays from the average"
