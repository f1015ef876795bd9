# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title SettableTreasury
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: a treasury that reserves what it is told to, held or not.
"""


from ..interfaces import ITreasury


reserved: public(uint256)
granted: uint256
drawn: uint256


@external
def set(reserved: uint256, granted: uint256, drawn: uint256):
    """
    @param reserved Over all rounds, wei.
    @param granted For each round, wei.
    @param drawn Of what was granted, wei.
    """
    self.reserved = reserved
    self.granted = granted
    self.drawn = drawn


@external
@view
def reservation(tournament: address, round: uint256) -> ITreasury.Reservation:
    return ITreasury.Reservation(granted=self.granted, drawn=self.drawn, released=0)


@external
@view
def room_of(tournament: address) -> uint256:
    return 0
