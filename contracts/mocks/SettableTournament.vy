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
turns: uint256
stake: uint256


@deploy
def __init__(token: address, ring: uint256):
    TOKEN = token
    RING = ring


@external
def set(idle: uint256, turns: uint256, stake: uint256):
    """
    @param idle Of all models, wei.
    @param turns How many rounds were opened at each place.
    @param stake What is at stake in each of them and in the next, wei.
    """
    self.idle_total = idle
    self.turns = turns
    self.stake = stake


@external
@view
def model_count() -> uint256:
    return 1


@external
@view
def next_round(place: uint256) -> uint256:
    return FIRST_ROUND + (place + RING - FIRST_ROUND % RING) % RING + self.turns * RING


@external
@view
def staked(round: uint256) -> uint256:
    return self.stake


@external
@view
def state(round: uint256) -> ITournament.State:
    return ITournament.State.OPEN
