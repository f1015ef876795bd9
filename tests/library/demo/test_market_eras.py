# SPDX-License-Identifier: MIT
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.market_data.eras import BINS, FEATURES, build_eras, compute_features, compute_target
from demo.market_data.prices import MarketDataError, load_relatives

RELATIVES = load_relatives()
DAYS = 300  # enough for eras 50 to 60, 60 being the week after the last
SHORT = RELATIVES.iloc[:DAYS]


def small_market(stocks, days=255):
    """A market in which no price ever changes."""
    ids = [f"S{number:02d}" for number in range(stocks)]
    return pd.DataFrame(1_000_000, index=range(days), columns=ids)


def with_price_changed(relatives, day, stock, percent):
    """One price changed: the relative of its day goes up, the next one down by as much."""
    changed = relatives.copy()
    changed.loc[day, stock] = changed.loc[day, stock] * (100 + percent) // 100
    if day + 1 in changed.index:
        changed.loc[day + 1, stock] = changed.loc[day + 1, stock] * 100 // (100 + percent)
    return changed


@pytest.fixture(scope="module")
def eras():
    return build_eras(RELATIVES)


def test_build_eras__shipped_prices__50_to_251_of_which_the_last_is_open(eras):
    assert list(eras) == list(range(50, 252))
    assert [number for number, era in eras.items() if era.target is None] == [251]
    assert [era.number for era in eras.values()] == list(eras)
    assert (eras[50].first_day, eras[251].first_day) == (250, 1255)


def test_build_eras__shipped_prices__every_cross_section_is_whole(eras):
    for era in eras.values():
        assert len(era.features) >= 80
        assert era.features.index.is_monotonic_increasing and all(isinstance(i, str) for i in era.features.index)
        assert ((era.features > 0) & (era.features < 1)).all(axis=None)
        assert np.allclose(era.features.mean(), 0.5)
        if era.target is not None:
            assert era.target.index.equals(era.features.index)
            assert set(era.target) == set(BINS)


def test_build_eras__less_than_a_year__none():
    assert build_eras(RELATIVES.iloc[:249]) == {}
    only = build_eras(RELATIVES.iloc[:250])
    assert list(only) == [50] and only[50].target is None


@settings(max_examples=40)
@given(
    day=st.integers(0, DAYS - 1),
    stocks=st.lists(st.sampled_from(list(SHORT.columns)), min_size=1, max_size=88, unique=True),
    percent=st.sampled_from([-60, -5, 7, 90]),
)
def test_build_eras__a_price_changed__nothing_that_was_known_before_moves(day, stocks, percent):
    changed = SHORT
    for stock in stocks:
        changed = with_price_changed(changed, day, stock, percent)
    before, after = build_eras(SHORT), build_eras(changed)
    for number, era in before.items():
        if era.first_day <= day:  # the price is of the era itself or later
            pd.testing.assert_frame_equal(after[number].features, era.features, check_exact=True)
        if era.target is not None and era.first_day + 5 <= day:  # the price is later than the era
            pd.testing.assert_series_equal(after[number].target, era.target, check_exact=True)


@settings(max_examples=30)
@given(days=st.integers(250, DAYS))
def test_build_eras__prices_end_earlier__the_same_eras_as_far_as_they_go(days):
    whole, cut = build_eras(SHORT), build_eras(SHORT.iloc[:days])
    assert list(cut) == list(range(50, days // 5 + 1))
    for number, era in cut.items():
        pd.testing.assert_frame_equal(era.features, whole[number].features, check_exact=True)
        if number == max(cut):
            assert era.target is None
        else:
            pd.testing.assert_series_equal(era.target, whole[number].target, check_exact=True)


def test_compute_features__price_of_the_day_before_changed__moves():
    # The two tests above would pass if nothing ever moved.
    day_before = with_price_changed(SHORT, 254, "TSE40", 90)
    assert not compute_features(day_before, 51).equals(compute_features(SHORT, 51))


@pytest.mark.parametrize("day", [259, 254])
def test_compute_target__price_at_either_end_of_the_era_changed__moves(day):
    changed = with_price_changed(SHORT, day, "TSE40", 90)
    assert compute_target(changed, 51)["TSE40"] == (1.0 if day == 259 else 0.0)
    assert compute_target(SHORT, 51)["TSE40"] not in (0.0, 1.0)


@pytest.mark.parametrize("number", [49, 0, -1, 61])
def test_compute_features__era_without_a_year_of_prices_before_it__refused(number):
    with pytest.raises(MarketDataError, match=rf"^Era {number} has no 250 days of prices before it\.$"):
        compute_features(SHORT, number)


def test_compute_features__no_price_ever_changed__all_in_the_middle():
    features = compute_features(small_market(8), 50)
    assert list(features.columns) == list(FEATURES)
    assert (features == 0.5).all(axis=None)


def test_compute_features__known_prices__known_ranks():
    market = small_market(4)
    market.loc[249, "S01"] = 1_020_000  # up on the last day before the era
    market.loc[245, "S02"] = 990_000  # down on the first day of the last week
    market.loc[229, "S03"] = 1_100_000  # up on the last day that is not in the last four weeks
    features = compute_features(market, 50)

    def ranks(feature):
        return features[feature].tolist()

    lowest, second, third, highest = 0.125, 0.375, 0.625, 0.875
    assert ranks("reversal_1d") == [third, lowest, third, third]
    assert ranks("reversal_1w") == [0.5, lowest, highest, 0.5]
    assert ranks("momentum_4w") == [0.5, highest, lowest, 0.5]
    assert ranks("momentum_13w") == [second, third, lowest, highest]
    assert ranks("momentum_26w") == [second, third, lowest, highest]
    assert ranks("momentum_50w_but_last_4w") == [second, second, second, highest]
    assert ranks("nearness_to_high_50w") == [third, third, lowest, third]
    assert ranks("volatility_4w") == [0.25, highest, third, 0.25]
    assert ranks("volatility_26w") == [lowest, third, second, highest]
    assert ranks("largest_day_4w") == [second, highest, second, second]
    assert ranks("unchanged_days_13w") == [highest, second, second, second]


@pytest.mark.parametrize(
    "feature, oldest, newest, move",
    [
        ("reversal_1d", 1, 1, 50_000),
        ("reversal_1w", 5, 1, 50_000),
        ("momentum_4w", 20, 1, 50_000),
        ("momentum_13w", 65, 1, 50_000),
        ("momentum_26w", 130, 1, 50_000),
        ("momentum_50w_but_last_4w", 250, 21, 50_000),
        ("nearness_to_high_50w", 249, 1, -50_000),  # a fall on the very first day has no higher close before it
        ("volatility_4w", 20, 1, 50_000),
        ("volatility_26w", 130, 1, 50_000),
        ("residual_volatility_26w", 130, 1, 50_000),
        ("co_movement_26w", 130, 1, 50_000),
        ("largest_day_4w", 20, 1, 50_000),
        ("unchanged_days_13w", 65, 1, 50_000),
    ],
)
def test_compute_features__one_move__noticed_from_its_oldest_to_its_newest_day(feature, oldest, newest, move):
    def noticed(days_before):
        market = small_market(4, days=260)
        market.loc[252, "S02"] += 30_000  # another stock's own move, so that S01 alone is not the market
        market.loc[255 - days_before, "S01"] += move
        ranks = compute_features(market, 51)[feature]
        return bool(ranks["S01"] != ranks["S00"])

    assert noticed(oldest) and noticed(newest)
    assert not noticed(oldest + 1) and not noticed(newest - 1)


def test_compute_features__stocks_that_double_or_mirror_the_market__co_movement_and_residual_know_it():
    market = small_market(5)
    swings = np.tile([10_000, -10_000], 125)
    market.loc[:249, "S01"] += swings  # moves with the market
    market.loc[:249, "S02"] += 3 * swings  # moves with it, more
    market.loc[:249, "S03"] -= swings // 2  # moves against it
    market.loc[:249, "S04"] += np.tile([20_000, 20_000, -20_000, -20_000], 63)[:250]  # moves by itself
    features = compute_features(market, 50)
    assert features["co_movement_26w"].idxmax() == "S02"
    assert features["co_movement_26w"].idxmin() == "S03"
    assert features["volatility_26w"].idxmax() == "S02"
    assert features["residual_volatility_26w"].idxmax() == "S04"


def test_compute_target__twenty_different_returns__numerai_bins_of_5_20_50_20_5_percent():
    market = small_market(20)
    order = np.random.default_rng(1).permutation(20)
    market.loc[250] = 1_000_000 + 1_000 * order
    target = compute_target(market, 50)
    by_return = [target.iloc[position] for position in np.argsort(order)]
    assert by_return == [0.0] + [0.25] * 4 + [0.5] * 10 + [0.75] * 4 + [1.0]


@pytest.mark.parametrize("stocks, counts", [(10, [0, 2, 6, 2, 0]), (40, [2, 8, 20, 8, 2]), (88, [4, 18, 44, 18, 4])])
def test_compute_target__other_numbers_of_stocks__the_same_shares(stocks, counts):
    market = small_market(stocks)
    market.loc[250] = 1_000_000 + np.arange(stocks)
    assert [(compute_target(market, 50) == value).sum() for value in BINS] == counts


@settings(max_examples=100)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=40))
def test_compute_target__rises_and_falls_swapped__mirrored(moves):
    market, mirrored = small_market(len(moves)), small_market(len(moves))
    market.loc[250] += moves
    mirrored.loc[250] -= moves
    assert compute_target(mirrored, 50).equals(1.0 - compute_target(market, 50))


def test_compute_target__days_of_the_era__compound_and_nothing_else_counts():
    market = small_market(20)
    market.loc[250, "S03"] = 1_100_000
    market.loc[254, "S03"] = 900_000  # 1.1 * 0.9 = 0.99
    market.loc[249, "S04"] = 500_000  # the day before the era
    target = compute_target(market, 50)
    assert target["S03"] == 0.0
    assert (target.drop("S03") == 0.5).all()


def test_compute_target__week_not_over__none():
    assert compute_target(small_market(20, days=254), 50) is None
    assert compute_target(small_market(20, days=255), 50) is not None
