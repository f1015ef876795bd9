# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Shares
@author NMR contributors
@license AGPL-3.0-only
@notice The arithmetic of a pool's places, and nothing else. Worths and marks are
        gwei. Every rounding favours who stays.
@dev No amount has more than 60 bits; shares and marks are at most `CAP`: so no
     product passes 2**191, and nothing here reverts for a place with shares.
"""


BASIS: constant(uint256) = 10_000
CAP: constant(uint256) = 2**127
# Shares a gwei that an epoch opens with.
PER_GWEI: constant(uint256) = 10**9


@internal
@pure
def _over(product: uint256, divisor: uint256) -> uint256:
    """
    @return A quotient, rounded up.
    """
    return (product + divisor - 1) // divisor


@internal
@pure
def _fee(worth: uint256, mark: uint256, shares: uint256, rate: uint256) -> (uint256, uint256):
    """
    @return What is due of a worth above the mark, and the new shares that pay it:
            0 where they would pass the cap.
    """
    if worth <= mark:
        return 0, 0
    fee: uint256 = rate * (worth - mark) // BASIS
    minted: uint256 = fee * shares // (worth - fee)
    if shares + minted > CAP:
        return 0, 0
    return fee, minted


@internal
@pure
def _scaled(mark: uint256, worth: uint256, after: uint256) -> uint256:
    """
    @return A mark after a flow that left `after` of `worth` at stake: never below
            what is at stake, lest a rounding pay a fee.
    """
    return max(self._over(mark * after, worth), after)


@internal
@pure
def _minted(amount: uint256, worth: uint256, shares: uint256, mark: uint256) -> uint256:
    """
    @return The shares for an amount; 0 where it has to come back.
    """
    minted: uint256 = amount * shares // worth
    if shares + minted > CAP or self._scaled(mark, worth, worth + amount) > CAP:
        return 0
    return minted


@internal
@pure
def _needed(others: uint256, skin: uint256) -> uint256:
    """
    @return The shares that a manager keeps at least beside those of others.
    """
    return self._over(skin * others, BASIS - skin)


@internal
@pure
def _room(manager: uint256, others: uint256, skin: uint256) -> uint256:
    """
    @return The shares that others may still have beside the manager's.
    """
    most: uint256 = manager * (BASIS - skin) // skin
    return most - others if most > others else 0
