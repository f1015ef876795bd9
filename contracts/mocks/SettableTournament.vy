# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title SettableTournament
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: the figures of a tournament, as they are told to be, backed or
        not. The same is at stake in each of its rounds.
"""


from ..interfaces import ITournament


TOKEN: public(immutable(address))
RING: public(immutable(uint256))
FIRST_ROUND: public(constant(uint256)) = 1


idle_total: public(uint256)
next_round: public(uint256)
stake: uint256


@deploy
def __init__(token: address, ring: uint256):
    TOKEN = token
    RING = ring
    self.next_round = FIRST_ROUND


@external
def set(idle: uint256, rounds: uint256, stake: uint256):
    """
    @param idle Of all models, wei.
    @param rounds How many were opened.
    @param stake What is at stake in each of them, wei.
    """
    self.idle_total = idle
    self.next_round = FIRST_ROUND + rounds
    self.stake = stake


@external
@view
def model_count() -> uint256:
    return 1


@external
@view
def staked(round: uint256) -> uint256:
    return self.stake


@external
@view
def state(round: uint256) -> ITournament.State:
    return ITournament.State.OPEN
