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
_ONES: constant(uint256) = 1 + 2**60 + 2**120 + 2**180
_GUARDS: constant(uint256) = _ONES << 59
MAX_AMOUNT: constant(uint256) = 2**59 - 1


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
    @dev No overflow: each 1 spreads over its own lane.
    """
    return unsafe_mul(LANE, (flags & 1) | ((flags & 2) << 59) | ((flags & 4) << 118) | ((flags & 8) << 177))


@internal
@pure
def _same(amount: uint256) -> uint256:
    """
    @return `amount` in every lane.
    """
    return amount * _ONES


@internal
@pure
def _at_least(word: uint256, least: uint256) -> uint256:
    """
    @return All ones in the lanes where `word` is at least `least`, zeros
            elsewhere.
    @dev The guard bit of a lane pays for the subtraction in it, and stays if
         nothing had to be borrowed.
    """
    return unsafe_mul(LANE, (unsafe_sub(word | _GUARDS, least) & _GUARDS) >> 59)


@internal
@pure
def _lesser(one: uint256, other: uint256) -> uint256:
    """
    @return The lesser of each two lanes.
    """
    larger: uint256 = self._at_least(one, other)
    return (other & larger) | (one & ~larger)
