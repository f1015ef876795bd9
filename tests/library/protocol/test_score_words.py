# SPDX-License-Identifier: MIT
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.errors import ScoreError
from nmr.protocol import score_words
from nmr.protocol.score_words import MAX_GROUP, MAX_MODEL, MAX_SCORE, MIN_SCORE, Score

SCORE = st.integers(MIN_SCORE, MAX_SCORE)
PAIR = st.tuples(SCORE, SCORE)
SCORES = st.dictionaries(st.integers(0, 4_000), PAIR, max_size=40)


@given(st.integers(0, MAX_GROUP), st.tuples(PAIR, PAIR, PAIR, PAIR))
def test_encode_word__any_scores__decode_gives_them_back(group: int, scores: tuple[Score, ...]) -> None:
    assert score_words.decode_word(score_words.encode_word(group, scores)) == (group, list(scores))


def test_encode_word__known_scores__each_at_its_bits() -> None:
    word = score_words.encode_word(5, [(1, 2), (-1, 3), (0, 0), (MIN_SCORE, MAX_SCORE)])
    lanes = [1 | 2 << 28, (2**28 - 1) | 3 << 28, 0, 2**27 | (2**27 - 1) << 28]
    assert word == 5 << 224 | sum(lane << 56 * j for j, lane in enumerate(lanes))


@given(st.integers(0, 2**256 - 1))
def test_decode_word__any_word__scores_in_range(word: int) -> None:
    group, scores = score_words.decode_word(word)
    assert 0 <= group < 2**32
    assert all(MIN_SCORE <= score <= MAX_SCORE for pair in scores for score in pair)


@given(SCORES)
def test_encode_chunks__any_scores__decode_gives_them_back_and_blanks(scores: dict[int, Score]) -> None:
    decoded = score_words.decode_words(chain.from_iterable(score_words.encode_chunks(scores)))
    assert {model: decoded.pop(model) for model in scores} == scores
    assert set(decoded.values()) <= {(0, 0)}
    assert {model // 4 for model in decoded} <= {model // 4 for model in scores}


@given(SCORES)
def test_encode_chunks__any_scores__every_word_in_its_chunk_and_in_order(scores: dict[int, Score]) -> None:
    for index, words in enumerate(score_words.encode_chunks(scores)):
        groups = [word >> 224 for word in words]
        assert groups == sorted(set(groups))
        assert all(group // 300 == index for group in groups)


def test_encode_chunks__groups_given__only_those_and_all_of_them() -> None:
    chunks = score_words.encode_chunks({0: (1, 2), 5: (3, 4)}, groups=[600, 1, 600])
    assert [[word >> 224 for word in words] for words in chunks] == [[1], [], [600]]
    decoded = score_words.decode_words(chain.from_iterable(chunks))
    assert decoded == {4: (0, 0), 5: (3, 4), 6: (0, 0), 7: (0, 0)} | dict.fromkeys(range(2_400, 2_404), (0, 0))


def test_encode_chunks__nothing__no_chunks() -> None:
    assert score_words.encode_chunks({}) == []
    assert score_words.encode_chunks({1: (1, 1)}, groups=[]) == []


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ((MAX_SCORE + 1, 0), r"primary score 134217728 of model 22 is not in \[-134217728, 134217727\]"),
        ((MIN_SCORE - 1, 0), "primary score -134217729 of model 22"),
        ((0, MAX_SCORE + 1), "contribution score 134217728 of model 22"),
        ((0, MIN_SCORE - 1), "contribution score -134217729 of model 22"),
    ],
)
def test_encode_chunks__score_beyond_int28__refused(score: Score, message: str) -> None:
    with pytest.raises(ScoreError, match=message):
        score_words.encode_chunks({22: score})


def test_encode__what_cannot_exist__refused() -> None:
    with pytest.raises(ScoreError, match="model -1 cannot exist"):
        score_words.encode_chunks({-1: (0, 0)})
    with pytest.raises(ScoreError, match="model 67108800 cannot exist"):
        score_words.encode_chunks({67_108_800: (0, 0)})
    with pytest.raises(ScoreError, match="group 16777200 cannot exist"):
        score_words.encode_chunks({}, groups=[16_777_200])
    with pytest.raises(ScoreError, match="group 0 has 4 models, not 3"):
        score_words.encode_word(0, [(0, 0)] * 3)
    with pytest.raises(ScoreError, match="is not a 256-bit word"):
        score_words.decode_word(2**256)


def test_decode_words__no_word__refused() -> None:
    with pytest.raises(ScoreError, match="is not a 256-bit word"):
        score_words.decode_words([-1])


def test_encode__last_model_and_group__written() -> None:
    assert score_words.encode_word(MAX_GROUP, [(0, 0)] * 4) == MAX_GROUP << 224
    assert score_words.encode_chunks({MAX_MODEL: (0, 1)})[-1][-1] >> 224 == MAX_GROUP
