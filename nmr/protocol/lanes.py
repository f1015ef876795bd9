# SPDX-License-Identifier: MIT
"""Words of the ledger: four 60-bit lanes of gwei-NMR and a 16-bit tag, and bitmaps of models.

Model m is lane m % 4 of group m // 4; lane j is at bits [60 * j, 60 * j + 60), the
tag at bits [240, 256). The tag of a position word is the round that its stakes
wait for; a word of four zero lanes counts as untagged, whatever its tag says.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from nmr.errors import WordError

LANES: Final = 4
LANE_BITS: Final = 60
MAX_LANE: Final = 2**LANE_BITS - 1
MAX_AMOUNT: Final = 2 ** (LANE_BITS - 1) - 1
"""The largest amount in a lane, gwei: the contract keeps the highest bit free, to compare four lanes at once."""
TAG_SHIFT: Final = LANES * LANE_BITS
MAX_TAG: Final = 2**16 - 1
LANES_MASK: Final = 2**TAG_SHIFT - 1
MAX_WORD: Final = 2**256 - 1

SUBMITTED_BITS: Final = 240
"""Models in a word of the submitted bitmap; the rest of the word is its round."""
COMPOUND_BITS: Final = 240
"""Models in a word of the compounding bitmap, which has no tag: the same as in one of the submitted bitmap."""


def place_of(model: int) -> tuple[int, int]:
    """Group and lane of a model."""
    return divmod(model, LANES)


def group_count(models: int) -> int:
    """How many groups so many models fill, the last one perhaps in part."""
    return -(-models // LANES)


def pack(lanes: Sequence[int], tag: int = 0) -> int:
    """A word of four lanes, the low lane first, and a tag.

    Raises:
        WordError: not four lanes, or a lane or the tag does not fit.
    """
    if len(lanes) != LANES:
        raise WordError(f"a word has {LANES} lanes, not {len(lanes)}")
    for lane in lanes:
        if not 0 <= lane <= MAX_LANE:
            raise WordError(f"{lane} gwei does not fit a lane of {LANE_BITS} bits")
    if not 0 <= tag <= MAX_TAG:
        raise WordError(f"{tag} is not a tag of 16 bits")
    return lanes[0] | lanes[1] << LANE_BITS | lanes[2] << 2 * LANE_BITS | lanes[3] << 3 * LANE_BITS | tag << TAG_SHIFT


def unpack(word: int) -> tuple[int, int, int, int]:
    """The four lanes of a word, the low lane first; the tag is left out.

    Raises:
        WordError: not a 256-bit word.
    """
    _check_word(word)
    return (
        word & MAX_LANE,
        word >> LANE_BITS & MAX_LANE,
        word >> 2 * LANE_BITS & MAX_LANE,
        word >> 3 * LANE_BITS & MAX_LANE,
    )


def tag_of(word: int) -> int | None:
    """The round that a position word belongs to, or None for a word of zero lanes."""
    _check_word(word)
    return word >> TAG_SHIFT if word & LANES_MASK else None


def canonical(word: int) -> int:
    """The word, or 0 if its lanes are all zero: equal for words that mean the same."""
    _check_word(word)
    return word if word & LANES_MASK else 0


def pack_compounding(models: Iterable[int]) -> int:
    """A word of the compounding bitmap, for models of one word.

    Raises:
        WordError: the models are of different words.
    """
    bits = 0
    index: int | None = None
    for model in models:
        at, bit = divmod(model, COMPOUND_BITS)
        if at < 0 or index not in (None, at):
            raise WordError(f"model {model} is not in word {index if index is not None else 0} of the bitmap")
        index = at
        bits |= 1 << bit
    return bits


def _check_word(word: int) -> None:
    if not 0 <= word <= MAX_WORD:
        raise WordError(f"{word} is not a 256-bit word")
