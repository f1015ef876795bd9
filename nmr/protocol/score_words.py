# SPDX-License-Identifier: MIT
"""Score words, as `settle` takes them: the scores of one group of four models in 256 bits.

The group (uint32) is at bits [224, 256). Lane j is at bits [56 * j, 56 * j + 56): the
primary score in its low 28 bits, the contribution in its high 28, both two's complement
int28 with 8 decimals. Chunk i holds groups of [300 * i, 300 * (i + 1)) in rising order; the contract asks for the
groups alone, and of two words for a group takes the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from nmr.errors import ScoreError
from nmr.protocol.chunk_tree import MAX_CHUNKS, MAX_WORDS
from nmr.protocol.lanes import LANES, MAX_WORD

Score = tuple[int, int]
"""Primary and contribution of one model, 8 decimals."""

SCORE_BITS: Final = 28
MIN_SCORE: Final = -(2 ** (SCORE_BITS - 1))
MAX_SCORE: Final = 2 ** (SCORE_BITS - 1) - 1
LANE_BITS: Final = 2 * SCORE_BITS
GROUP_SHIFT: Final = LANES * LANE_BITS
GROUPS_PER_CHUNK: Final = MAX_WORDS
MAX_GROUP: Final = MAX_CHUNKS * GROUPS_PER_CHUNK - 1
MAX_MODEL: Final = LANES * (MAX_GROUP + 1) - 1
"""The last model that a tournament can have."""
BLANK: Final[Score] = (0, 0)

_MASK: Final = 2**SCORE_BITS - 1
_WRAP: Final = 2**SCORE_BITS


def encode_word(group: int, scores: Sequence[Score]) -> int:
    """The word of a group from the scores of its four models, the low lane first.

    Raises:
        ScoreError: no such group, not four scores, or a score beyond int28.
    """
    if not 0 <= group <= MAX_GROUP:
        raise ScoreError(f"group {group} cannot exist")
    if len(scores) != LANES:
        raise ScoreError(f"group {group} has {LANES} models, not {len(scores)}")
    word = group << GROUP_SHIFT
    for lane, (primary, contribution) in enumerate(scores):
        for name, score in (("primary", primary), ("contribution", contribution)):
            if not MIN_SCORE <= score <= MAX_SCORE:
                model = LANES * group + lane
                raise ScoreError(f"{name} score {score} of model {model} is not in [{MIN_SCORE}, {MAX_SCORE}]")
        word |= (primary & _MASK | (contribution & _MASK) << SCORE_BITS) << LANE_BITS * lane
    return word


def decode_word(word: int) -> tuple[int, list[Score]]:
    """Group and four scores of a word.

    Raises:
        ScoreError: not a 256-bit word.
    """
    if not 0 <= word <= MAX_WORD:
        raise ScoreError(f"{word} is not a 256-bit word")
    return word >> GROUP_SHIFT, lane_scores(word)


def lane_scores(word: int) -> list[Score]:
    """The four scores of a word, the low lane first."""
    scores = []
    for _ in range(LANES):
        primary = word & _MASK
        contribution = word >> SCORE_BITS & _MASK
        scores.append(
            (
                primary - _WRAP if primary > MAX_SCORE else primary,
                contribution - _WRAP if contribution > MAX_SCORE else contribution,
            )
        )
        word >>= LANE_BITS
    return scores


def encode_chunks(scores: Mapping[int, Score], groups: Iterable[int] | None = None) -> list[list[int]]:
    """The words of every chunk of a round: item i is chunk i, which may be empty.

    Args:
        scores: model -> (primary, contribution); a model without a score is blank, (0, 0).
        groups: the groups to write, and no others; by default those with a score.

    Raises:
        ScoreError: a model or group that cannot exist, or a score beyond int28.
    """
    for model in scores:
        if not 0 <= model <= MAX_MODEL:
            raise ScoreError(f"model {model} cannot exist")
    wanted = sorted({model // LANES for model in scores} if groups is None else set(groups))
    chunks: list[list[int]] = []
    for group in wanted:
        lanes = [scores.get(LANES * group + lane, BLANK) for lane in range(LANES)]
        word = encode_word(group, lanes)
        while len(chunks) <= group // GROUPS_PER_CHUNK:
            chunks.append([])
        chunks[-1].append(word)
    return chunks


def decode_words(words: Iterable[int]) -> dict[int, Score]:
    """Model -> (primary, contribution) of every lane of words whatever their chunk, blanks too."""
    scores: dict[int, Score] = {}
    for word in words:
        group, lanes = decode_word(word)
        for lane, score in enumerate(lanes):
            scores[LANES * group + lane] = score
    return scores


def in_chunk(index: int, words: Iterable[int]) -> bool:
    """Whether all words are of groups of chunk `index`, in whatever order."""
    return all(word >> GROUP_SHIFT in range(GROUPS_PER_CHUNK * index, GROUPS_PER_CHUNK * (index + 1)) for word in words)
