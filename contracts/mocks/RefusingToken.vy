# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title RefusingToken
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: a token that says no without reverting, of which everybody has
        a lot.
"""


@external
@view
def balanceOf(owner: address) -> uint256:
    return 2**128


@external
def approve(spender: address, amount: uint256) -> bool:
    return False


@external
def transfer(to: address, amount: uint256) -> bool:
    return False


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    return False
