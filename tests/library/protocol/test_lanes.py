# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.errors import WordError
from nmr.protocol import lanes

LANE = st.integers(0, lanes.MAX_LANE)
LANES = st.tuples(LANE, LANE, LANE, LANE)
TAG = st.integers(0, lanes.MAX_TAG)


@given(LANES, TAG)
def test_pack__any_lanes_and_tag__unpack_gives_them_back(values: tuple[int, int, int, int], tag: int) -> None:
    word = lanes.pack(values, tag)
    assert lanes.unpack(word) == values
    assert word >> 240 == tag
    assert lanes.tag_of(word) == (tag if any(values) else None)
    assert lanes.canonical(word) == (word if any(values) else 0)


@given(LANES, TAG)
def test_pack__any_lanes__each_at_its_bits(values: tuple[int, int, int, int], tag: int) -> None:
    assert lanes.pack(values, tag) == sum(lane * 2 ** (60 * j) for j, lane in enumerate(values)) + tag * 2**240


def test_tag_of__zero_lanes__untagged_whatever_the_tag_says() -> None:
    assert lanes.tag_of(lanes.pack((0, 0, 0, 0), 7)) is None
    assert lanes.tag_of(lanes.pack((0, 0, 1, 0), 0)) == 0


@pytest.mark.parametrize(
    ("values", "tag", "message"),
    [
        ((1, 2, 3), 0, "a word has 4 lanes, not 3"),
        ((1, 2, 3, 4, 5), 0, "a word has 4 lanes, not 5"),
        ((0, 0, 2**60, 0), 0, "1152921504606846976 gwei does not fit a lane"),
        ((0, 0, 0, -1), 0, "-1 gwei does not fit a lane"),
        ((0, 0, 0, 0), 2**16, "65536 is not a tag"),
        ((0, 0, 0, 0), -1, "-1 is not a tag"),
    ],
)
def test_pack__what_does_not_fit__refused(values: tuple[int, ...], tag: int, message: str) -> None:
    with pytest.raises(WordError, match=message):
        lanes.pack(values, tag)


@pytest.mark.parametrize("word", [-1, 2**256])
def test_words__not_of_256_bits__refused(word: int) -> None:
    for function in (lanes.unpack, lanes.tag_of, lanes.canonical):
        with pytest.raises(WordError, match="is not a 256-bit word"):
            function(word)


def test_words__largest_of_256_bits__read() -> None:
    assert lanes.unpack(2**256 - 1) == 4 * (2**60 - 1,)
    assert lanes.canonical(2**256 - 1) == 2**256 - 1


def test_place_of__model__group_and_lane() -> None:
    assert [lanes.place_of(model) for model in (0, 3, 4, 11)] == [(0, 0), (0, 3), (1, 0), (2, 3)]


@given(st.integers(0, 2**26 // 240), st.sets(st.integers(0, 239)))
def test_pack_compounding__models_of_a_word__each_is_its_bit(index: int, bits: set[int]) -> None:
    word = lanes.pack_compounding(240 * index + bit for bit in bits)
    assert f"{word:b}"[::-1] == "".join("1" if bit in bits else "0" for bit in range(max(bits, default=0) + 1))


def test_pack_compounding__models_of_two_words__refused() -> None:
    with pytest.raises(WordError, match="model 240 is not in word 0"):
        lanes.pack_compounding([0, 240])
    with pytest.raises(WordError, match="model 3 is not in word 1"):
        lanes.pack_compounding([240, 3])
    with pytest.raises(WordError, match="model -1 is not in word 0"):
        lanes.pack_compounding([-1])


@pytest.mark.parametrize(("models", "groups"), [(0, 0), (1, 1), (4, 1), (5, 2), (5_000, 1_250)])
def test_group_count__models__fill_as_many(models: int, groups: int) -> None:
    assert lanes.group_count(models) == groups


def test_pack__largest_lanes_and_tag__every_bit() -> None:
    assert lanes.pack([lanes.MAX_LANE] * 4, lanes.MAX_TAG) == 2**256 - 1
