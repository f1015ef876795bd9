# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
# pragma nonreentrancy on
"""
@title Uniswap V2 filler
@author NMR contributors
@license AGPL-3.0-only
@notice Takes from a buyback and buys the NMR for it on a pair of Uniswap V2 with
        the stablecoin that it is paid, all in one transaction. What is left is the
        caller's. Anyone may use it, and nobody needs any capital.
@custom:security It holds nothing between transactions, and has no owner. Tokens
                 that somebody sends here are nobody's: stablecoin goes to whoever
                 fills next, NMR stays.
"""


from ethereum.ercs import IERC20

from ..interfaces import IBuyback
from ..interfaces import IFiller
from ..interfaces import IUniswapV2Pair

from .modules import stablecoins


implements: IFiller


event Profit:
    caller: indexed(address)
    receiver: indexed(address)
    amount: uint256


# Uniswap V2 keeps 3 of 1,000.
FEE_BASE: constant(uint256) = 1_000
FEE_LEFT: constant(uint256) = 997
# Any data makes the buyback call back.
CALLBACK: constant(Bytes[1]) = b"\x01"

BUYBACK: public(immutable(address))
PAIR: public(immutable(address))
TOKEN: immutable(address)
STABLECOIN: immutable(address)
TOKEN_FIRST: immutable(bool)


@deploy
def __init__(buyback: address, pair: address):
    """
    @param buyback Where to take from.
    @param pair Of NMR and the buyback's stablecoin.
    """
    token: address = staticcall IBuyback(buyback).TOKEN()
    stablecoin: address = staticcall IBuyback(buyback).STABLECOIN()
    first: address = staticcall IUniswapV2Pair(pair).token0()
    second: address = staticcall IUniswapV2Pair(pair).token1()
    assert token in [first, second], "filler: NMR is not in the pair"
    assert stablecoin in [first, second], "filler: stablecoin is not in the pair"
    BUYBACK = buyback
    PAIR = pair
    TOKEN = token
    STABLECOIN = stablecoin
    TOKEN_FIRST = token == first
    # The buyback takes what it is owed and no more, and nothing stays here.
    approved: bool = extcall IERC20(token).approve(buyback, max_value(uint256))
    assert approved, "filler: NMR refuses"


@external
def fill(amount: uint256, min_profit: uint256, receiver: address) -> uint256:
    """
    @notice Takes up to `amount` of stablecoin, pays with NMR of the pool, and sends
            what is left to `receiver`.
    @param amount How much stablecoin to take; less if less is left.
    @param min_profit What has to be left, in stablecoin.
    @param receiver Who gets it.
    @return What was left.
    """
    assert receiver != empty(address), "filler: receiver is the zero address"
    extcall IBuyback(BUYBACK).take(amount, 0, self, CALLBACK)
    profit: uint256 = staticcall IERC20(STABLECOIN).balanceOf(self)
    assert profit >= min_profit, "filler: profit is too small"
    log Profit(caller=msg.sender, receiver=receiver, amount=profit)
    if profit > 0:
        stablecoins._send(STABLECOIN, receiver, profit)
    return profit


@external
@reentrant
def on_buyback(paid: uint256, owed: uint256, data: Bytes[1_024]):
    """
    @notice Buys what is owed. Only the buyback, which calls back who called it: so
            only within `fill`, whose lock is why this has none.
    """
    assert msg.sender == BUYBACK, "filler: not the buyback"
    first: uint112 = 0
    second: uint112 = 0
    traded_at: uint32 = 0
    first, second, traded_at = staticcall IUniswapV2Pair(PAIR).getReserves()
    token: uint256 = convert(first if TOKEN_FIRST else second, uint256)
    stablecoin: uint256 = convert(second if TOKEN_FIRST else first, uint256)
    assert owed < token, "filler: pool has too little NMR"
    # Uniswap's formula for an exact output, rounded up.
    cost: uint256 = stablecoin * owed * FEE_BASE // ((token - owed) * FEE_LEFT) + 1
    assert cost <= paid, "filler: pool is dearer than the buyback"
    stablecoins._send(STABLECOIN, PAIR, cost)
    if TOKEN_FIRST:
        extcall IUniswapV2Pair(PAIR).swap(owed, 0, self, b"")
    else:
        extcall IUniswapV2Pair(PAIR).swap(0, owed, self, b"")
