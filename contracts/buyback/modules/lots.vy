# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Lots
@author NMR contributors
@license AGPL-3.0-only
@notice The lot of a buyback in one storage word, and its totals in another: each
        further word would cost the first kick, or the first take, 22,100 gas.
@dev A lot, from the low end: left 96 bits, reference 96, started_at 40, number 24.
     Totals: paid 96 bits, bought 160.
"""


from ...interfaces import IBuyback


AMOUNT_BITS: constant(uint256) = 96
TIME_BITS: constant(uint256) = 40
NUMBER_BITS: constant(uint256) = 24

LARGEST_AMOUNT: constant(uint256) = 2**AMOUNT_BITS - 1
LARGEST_TIME: constant(uint256) = 2**TIME_BITS - 1
LARGEST_NUMBER: constant(uint256) = 2**NUMBER_BITS - 1
# At the lowest price, 10**-18, the largest programme buys 10**43.
LARGEST_BOUGHT: constant(uint256) = 2**160 - 1

REFERENCE_AT: constant(uint256) = AMOUNT_BITS
TIME_AT: constant(uint256) = 2 * AMOUNT_BITS
NUMBER_AT: constant(uint256) = 2 * AMOUNT_BITS + TIME_BITS


@internal
@pure
def _pack(lot: IBuyback.Lot) -> uint256:
    assert lot.left <= LARGEST_AMOUNT, "lots: left does not fit"
    assert lot.reference <= LARGEST_AMOUNT, "lots: reference does not fit"
    assert lot.started_at <= LARGEST_TIME, "lots: time does not fit"
    assert lot.number <= LARGEST_NUMBER, "lots: number does not fit"
    return (
        lot.left
        | (lot.reference << REFERENCE_AT)
        | (lot.started_at << TIME_AT)
        | (lot.number << NUMBER_AT)
    )


@internal
@pure
def _unpack(word: uint256) -> IBuyback.Lot:
    return IBuyback.Lot(
        number=word >> NUMBER_AT,
        started_at=(word >> TIME_AT) & LARGEST_TIME,
        reference=(word >> REFERENCE_AT) & LARGEST_AMOUNT,
        left=word & LARGEST_AMOUNT,
    )


@internal
@pure
def _pack_totals(paid: uint256, bought: uint256) -> uint256:
    assert paid <= LARGEST_AMOUNT, "lots: total paid does not fit"
    assert bought <= LARGEST_BOUGHT, "lots: total bought does not fit"
    return paid | (bought << AMOUNT_BITS)


@internal
@pure
def _unpack_totals(word: uint256) -> (uint256, uint256):
    return word & LARGEST_AMOUNT, word >> AMOUNT_BITS
