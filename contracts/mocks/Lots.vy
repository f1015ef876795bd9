# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title Lots
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: the packing of a buyback's words, with values that a buyback
        never comes to.
"""


from ..interfaces import IBuyback
from ..buyback.modules import lots


@external
@pure
def pack(lot: IBuyback.Lot) -> uint256:
    return lots._pack(lot)


@external
@pure
def unpack(word: uint256) -> IBuyback.Lot:
    return lots._unpack(word)


@external
@pure
def pack_totals(paid: uint256, bought: uint256) -> uint256:
    return lots._pack_totals(paid, bought)


@external
@pure
def unpack_totals(word: uint256) -> (uint256, uint256):
    return lots._unpack_totals(word)
