# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title Stablecoin
@author NMR contributors
@license AGPL-3.0-only
@notice For local chains and tests: a plain ERC-20 token that stands for a dollar.
"""


from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from snekmate.auth import ownable
from snekmate.tokens import erc20


implements: IERC20
implements: IERC20Detailed


initializes: ownable
initializes: erc20[ownable := ownable]


exports: (
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
    erc20.transfer,
    erc20.transferFrom,
    erc20.approve,
    # Withheld: everything else of `erc20` and `ownable`. Nobody mints or owns.
)


@deploy
def __init__(decimals: uint8, holder: address, supply: uint256):
    """
    @param supply What there is, in the smallest unit; all of it with `holder`.
    """
    ownable.__init__()
    erc20.__init__("Local dollar", "LUSD", decimals, "Local dollar", "1")
    erc20._mint(holder, supply)
    ownable._transfer_ownership(empty(address))
