# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Lanes
@author NMR contributors
@license AGPL-3.0-only
@notice The bit packing of the ledger, and nothing else: four models share one
        word (a group), each lane 60 bits of gwei-NMR, lowest lane first. The
        16 bits on top are the tag of a position word, and unused elsewhere.
@dev Model `m` is lane `m % 4` of group `m // 4`. 59 bits hold 5.7e8 NMR, the
     supply is 1.1e7: so lanes of amounts that exist add up as words, and the
     highest bit of a lane is free for comparing four lanes at once.
"""


LANE: constant(uint256) = 2**60 - 1
LANES: constant(uint256) = 2**240 - 1
TAG_SHIFT: constant(uint256) = 240

# The lowest bit of every lane, and the highest, which no amount reaches.
ONES: constant(uint256) = 1 + 2**60 + 2**120 + 2**180
GUARDS: constant(uint256) = ONES << 59
MAX_AMOUNT: constant(uint256) = 2**59 - 1
# The largest amount in every lane.
MAX_AMOUNTS: constant(uint256) = ONES * MAX_AMOUNT


@internal
@pure
def _get(word: uint256, model: uint256) -> uint256:
    """
    @return The lane of `model` in the word of its group, gwei.
    """
    return (word >> (60 * (model % 4))) & LANE


@internal
@pure
def _at(model: uint256, amount: uint256) -> uint256:
    """
    @return A word with `amount` in the lane of `model` and nothing elsewhere.
    """
    return amount << (60 * (model % 4))


@internal
@pure
def _set(word: uint256, model: uint256, amount: uint256) -> uint256:
    """
    @return `word` with the lane of `model` replaced by `amount`.
    """
    bits: uint256 = 60 * (model % 4)
    return (word & ~(LANE << bits)) | (amount << bits)


@internal
@pure
def _amounts(word: uint256) -> uint256:
    """
    @return The four lanes of `word`, without its tag.
    """
    return word & LANES


@internal
@pure
def _tag(word: uint256) -> uint256:
    """
    @return The round that a position word with stakes belongs to.
    """
    return word >> TAG_SHIFT


@internal
@pure
def _tagged(word: uint256, round: uint256) -> uint256:
    """
    @return The lanes of `word` under the tag of `round`.
    """
    return (word & LANES) | (round << TAG_SHIFT)


@internal
@pure
def _is_tagged(word: uint256, round: uint256) -> bool:
    """
    @return Whether `word` holds stakes of `round`. A word without stakes
            belongs to no round, whatever its tag says.
    """
    return word >> TAG_SHIFT == round and word & LANES != 0


@internal
@pure
def _total(word: uint256) -> uint256:
    """
    @return The sum of the four lanes, gwei.
    """
    return (word & LANE) + ((word >> 60) & LANE) + ((word >> 120) & LANE) + ((word >> 180) & LANE)


@internal
@pure
def _mask(flags: uint256) -> uint256:
    """
    @param flags A bit a lane in the lowest four, lowest lane lowest.
    @return All ones in the flagged lanes, zeros elsewhere.
    @dev Flag `i`, copied to bits i + 59 × j, meets the lowest bit of a lane at
         j = i alone; from there a 1 spreads over its own lane. No overflow.
    """
    return unsafe_mul(LANE, unsafe_mul(flags & 15, 1 + 2**59 + 2**118 + 2**177) & ONES)


@internal
@pure
def _same(amount: uint256) -> uint256:
    """
    @return `amount` in every lane.
    """
    return amount * ONES


@internal
@pure
def _at_least(word: uint256, least: uint256) -> uint256:
    """
    @return All ones in the lanes where `word` is at least `least`, zeros
            elsewhere.
    @dev The guard bit of a lane pays for the subtraction in it, and stays if
         nothing had to be borrowed.
    """
    return unsafe_mul(LANE, (unsafe_sub(word | GUARDS, least) & GUARDS) >> 59)


@internal
@pure
def _lesser(one: uint256, other: uint256) -> uint256:
    """
    @return The lesser of each two lanes.
    """
    # `_at_least`, written out: as a call it costs 60 gas more.
    larger: uint256 = unsafe_mul(LANE, (unsafe_sub(one | GUARDS, other) & GUARDS) >> 59)
    return one ^ ((one ^ other) & larger)
