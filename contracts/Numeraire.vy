# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title Numeraire
@author NMR contributors
@license AGPL-3.0-only
@notice NMR: an ERC-20 token with EIP-2612 permits and ERC20Burnable's
        `burn` and `burnFrom`. The constructor mints the whole supply, once.
@custom:security No role outlives the constructor and no function mints, so the
                 supply can only fall. Nothing here calls another contract,
                 hence no lock.
"""


from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from snekmate.auth import ownable
from snekmate.tokens import erc20
from snekmate.tokens.interfaces import IERC20Permit
from snekmate.utils.interfaces import IERC5267

from .interfaces import INumeraire


implements: IERC20
implements: IERC20Detailed
implements: IERC20Permit
implements: IERC5267
implements: INumeraire


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
    erc20.approve,
    erc20.burn,
    erc20.permit,
    erc20.nonces,
    erc20.DOMAIN_SEPARATOR,
    erc20.eip712Domain,
    # Withheld: `transferFrom`, which is cheaper below.
    # Withheld: `burn_from`, which is `burnFrom` below, the name of ERC20Burnable.
    # Withheld: `mint`, `set_minter` and `is_minter`: nobody mints.
    # Withheld: `owner`, `transfer_ownership` and `renounce_ownership`: nobody owns.
)


SUPPLY: constant(uint256) = 11_000_000 * 10**18
MAX_RECEIVERS: constant(uint256) = 128


@deploy
def __init__(receivers: DynArray[address, MAX_RECEIVERS], amounts: DynArray[uint256, MAX_RECEIVERS]):
    """
    @notice Mints the whole supply and leaves no role behind.
    @param receivers Who gets it.
    @param amounts What each of them gets, in wei. The sum must be the supply.
    """
    ownable.__init__()
    # The name and version that wallets and OpenZeppelin's ERC20Permit expect.
    erc20.__init__("Numeraire", "NMR", 18, "Numeraire", "1")

    assert len(receivers) == len(amounts), "numeraire: lengths differ"
    left: uint256 = SUPPLY
    for i: uint256 in range(len(receivers), bound=MAX_RECEIVERS):
        assert receivers[i] != empty(address), "numeraire: receiver is the zero address"
        assert receivers[i] != self, "numeraire: receiver is the token"
        assert amounts[i] > 0, "numeraire: amount is zero"
        assert amounts[i] <= left, "numeraire: more than the supply"
        left -= amounts[i]
        erc20._mint(receivers[i], amounts[i])
    assert left == 0, "numeraire: less than the supply"

    # snekmate makes the deployer owner and minter.
    erc20.is_minter[msg.sender] = False
    log erc20.RoleMinterChanged(minter=msg.sender, status=False)
    ownable._transfer_ownership(empty(address))


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice Moves `amount` of `owner`'s tokens, out of the caller's allowance.
    @param owner Whose tokens are moved.
    @param to Who gets them.
    @param amount How many, in wei.
    @return True; whatever is wrong reverts.
    """
    self._spend_allowance(owner, amount)
    erc20._transfer(owner, to, amount)
    return True


@external
def burnFrom(owner: address, amount: uint256):
    """
    @notice Destroys `amount` of `owner`'s tokens, out of the caller's allowance.
    @param owner Whose tokens are destroyed.
    @param amount How many, in wei.
    """
    self._spend_allowance(owner, amount)
    erc20._burn(owner, amount)


@internal
def _spend_allowance(owner: address, amount: uint256):
    """
    @dev snekmate's logs an `Approval` here too, which no standard asks for and
         which costs every deposit 1,962 gas.
    """
    allowed: uint256 = erc20.allowance[owner][msg.sender]
    if allowed < max_value(uint256):
        assert allowed >= amount, "erc20: insufficient allowance"
        erc20.allowance[owner][msg.sender] = unsafe_sub(allowed, amount)
