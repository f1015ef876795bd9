# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Stablecoins
@author NMR contributors
@license AGPL-3.0-only
@notice Moves tokens of others: one that returns nothing is taken at its word, one
        that returns false is not, and one that keeps a fee is refused.
"""


from ethereum.ercs import IERC20


@internal
def _pull(token: address, source: address, amount: uint256):
    """
    @notice Takes exactly `amount` out of an allowance.
    """
    before: uint256 = staticcall IERC20(token).balanceOf(self)
    moved: bool = extcall IERC20(token).transferFrom(
        source, self, amount, default_return_value=True
    )
    assert moved, "stablecoin: refuses"
    after: uint256 = staticcall IERC20(token).balanceOf(self)
    assert after >= before and after - before == amount, "stablecoin: takes a fee"


@internal
def _send(token: address, receiver: address, amount: uint256):
    moved: bool = extcall IERC20(token).transfer(receiver, amount, default_return_value=True)
    assert moved, "stablecoin: refuses"
