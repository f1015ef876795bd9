# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
# pragma optimize gas
"""
@title PoolFactory
@author NMR contributors
@license AGPL-3.0-only
@notice Deploys the pools of one tournament, all of one code, and knows them.
@custom:security No role, and nothing can be changed.
"""


from ..interfaces import IPool
from ..interfaces import IPoolFactory
from ..modules import guard


implements: IPoolFactory


interface Escrow:
    def MIN_STAKE() -> uint256: view


interface Pool:
    def MODEL() -> uint256: view


# Of a blueprint, as ERC-5202 says.
_PREAMBLE: constant(uint256) = 3

TOURNAMENT: public(immutable(address))
BLUEPRINT: public(immutable(address))

pool_count: public(uint256)
pool_at: public(HashMap[uint256, address])
is_pool: public(HashMap[address, bool])


@deploy
def __init__(tournament: address, blueprint: address):
    """
    @param tournament Whose models the pools own.
    @param blueprint The code of a pool.
    """
    guard._require(tournament.is_contract, "factory: tournament has no code")
    guard._require(blueprint.is_contract, "factory: blueprint has no code")
    # A target of 1 gwei must be out of anyone's reach: see `enter` of the tournament.
    guard._require(staticcall Escrow(tournament).MIN_STAKE() > 10**9, "factory: smallest stake too low")
    TOURNAMENT = tournament
    BLUEPRINT = blueprint


@external
def create(fee: uint256, skin: uint256, submitter: address, label: String[32]) -> address:
    """
    @notice Deploys a pool whose manager is the caller.
    @param fee Of what a place is worth above its mark, 4 decimals, at most 0.3.
    @param skin The manager's least part of each place, 4 decimals, from 0.1 to 0.5.
    @param submitter Who submits; the zero address for the manager.
    @param label The model's name for people.
    """
    pool: address = create_from_blueprint(
        BLUEPRINT, TOURNAMENT, msg.sender, fee, skin, submitter, label, code_offset=_PREAMBLE
    )
    self.pool_at[self.pool_count] = pool
    self.pool_count += 1
    self.is_pool[pool] = True
    model: uint256 = staticcall Pool(pool).MODEL()
    log IPoolFactory.PoolCreated(pool=pool, manager=msg.sender, model=model, fee=fee, skin=skin, label=label)
    return pool
