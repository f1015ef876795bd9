# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Auction
@author NMR contributors
@license AGPL-3.0-only
@notice The arithmetic of a buyback: the price that a lot offers, and the NMR that
        is owed for it. Both divisions round for the treasury: a price down, what
        is owed up.
@dev Prices are stablecoin for one NMR, both in whole units, with 18 decimals.
"""


from ...interfaces import IBuyback


BASIS: constant(uint256) = 10_000


@internal
@pure
def _curve(programme: IBuyback.Programme, reference: uint256, elapsed: uint256) -> uint256:
    """
    @notice The reference less the discount at first, the reference and the premium
            on top at the end of the lot, and a straight line between.
    @param elapsed The seconds since the kick, at most `programme.length`.
    """
    slope: uint256 = programme.discount + programme.premium
    return (
        reference * ((BASIS - programme.discount) * programme.length + slope * elapsed)
        // (BASIS * programme.length)
    )


@internal
@pure
def _price(
    programme: IBuyback.Programme, reference: uint256, fresh: uint256, elapsed: uint256
) -> uint256:
    """
    @notice What is offered for one NMR: the curve from the lower of two references,
            and `max_price` at most.
    @param reference The reference price at the kick.
    @param fresh The reference price now: a fall after the kick is not paid for.
    @param elapsed The seconds since the kick, at most `programme.length`.
    """
    return min(programme.max_price, self._curve(programme, min(reference, fresh), elapsed))


@internal
@pure
def _owed(paid: uint256, price: uint256, decimals: uint256) -> uint256:
    """
    @notice The wei of NMR that are owed for `paid` at `price`, rounded up.
    @param decimals Of the stablecoin, 18 at most.
    """
    return (paid * 10**(36 - decimals) + price - 1) // price
