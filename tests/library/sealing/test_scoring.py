# SPDX-License-Identifier: MIT
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numerai_tools.scoring import correlation_contribution, gaussian, numerai_corr, tie_kept_rank
from scipy.stats import norm

from nmr.errors import NmrError
from nmr.sealing import scoring
from nmr.sealing.scoring import (
    ModelScore,
    ScoringError,
    gaussian_ranks,
    meta_model,
    rejection,
    score_round,
    to_fixed,
)

IDS = [f"id{number}" for number in range(10)]
TARGET = pd.Series([0.0, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 0.75, 0.75, 1.0], index=IDS)
PREDICTIONS = pd.DataFrame(
    {
        "good": [0.1, 0.3, 0.2, 0.35, 0.5, 0.45, 0.55, 0.6, 0.8, 0.7],
        "tied": [0.2, 0.2, 0.4, 0.4, 0.4, 0.4, 0.6, 0.6, 0.6, 0.6],
        "poor": [0.9, 0.15, 0.7, 0.25, 0.65, 0.3, 0.8, 0.1, 0.35, 0.5],
    },
    index=IDS,
)
STAKES = {"good": 3 * 10**9, "tied": 10**9, "poor": 6 * 10**9}
HALVES = pd.Series([0.25, 0.25, 0.75, 0.75], index=list("abcd"))
NO_META = "There is no meta model: no stake, or stakes cancel out."


def gaussianised(column):
    return norm.ppf((column.rank(method="average") - 0.5) / len(column))


# gaussian_ranks


def of_numerai_tools(values):
    return gaussian(tie_kept_rank(pd.DataFrame(values))).to_numpy()


COLUMN = st.lists(st.integers(0, 12), min_size=12, max_size=12)


@given(st.lists(COLUMN, min_size=1, max_size=3))
def test_gaussian_ranks__any_ties__are_numerai_tools_to_the_bit(columns):
    values = np.array(columns, dtype=np.float64).T / 7
    assert (gaussian_ranks(values) == of_numerai_tools(values)).all()


def test_gaussian_ranks__five_thousand_ids__are_numerai_tools_to_the_bit():
    random = np.random.default_rng(0)
    values = np.column_stack([random.random(5_000), random.random(5_000).round(3), random.random(5_000).round(1)])
    assert (gaussian_ranks(values) == of_numerai_tools(values)).all()


def test_gaussian_ranks__no_models__is_empty():
    assert gaussian_ranks(np.empty((5, 0))).shape == (5, 0)


# to_fixed


@pytest.mark.parametrize(
    "value, fixed",
    [
        (0.0, 0),
        (-0.0, 0),
        (1.0, 100_000_000),
        (-0.0123456789, -1_234_568),
        (0.001953125, 195_312),  # 2**-9 is exactly 195312.5 units: to the even neighbour
        (0.005859375, 585_938),  # 3 * 2**-9 is exactly 585937.5 units
        (-0.001953125, -195_312),
        (-0.005859375, -585_938),
        (np.nextafter(0.001953125, 1), 195_313),
        (1.15e-7, 11),  # the float is a little below 11.5 units, though times 10**8 it gives 11.5
        (5e-9, 1),  # and this one a little above half a unit
        (4.9e-9, 0),
        (5.1e-9, 1),
        (1.34217727, 134_217_727),
        (-1.34217727, -134_217_727),
        (1.342177274, 134_217_727),
        (np.float64(0.25), 25_000_000),
    ],
)
def test_to_fixed__known_value__eight_decimals_half_to_even(value, fixed):
    assert to_fixed(value) == fixed
    assert type(to_fixed(value)) is int


@given(st.integers(-(2**27 - 1), 2**27 - 1))
def test_to_fixed__eight_decimals_already__unchanged(fixed):
    assert to_fixed(fixed / 10**8) == fixed


@pytest.mark.parametrize("value", [1.34217728, -1.34217728, 2.0, 1e300])
def test_to_fixed__too_large_for_a_score_word__refused(value):
    with pytest.raises(ScoringError, match=r"does not fit a score word\.$"):
        to_fixed(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_to_fixed__not_finite__refused(value):
    with pytest.raises(ScoringError, match=r"is no number\.$"):
        to_fixed(value)


# score_round: the numbers


def test_score_round__known_round__what_numerai_tools_says():
    scores = score_round(PREDICTIONS, TARGET, STAKES)
    meta = sum(gaussianised(PREDICTIONS[name]) * share for name, share in [("good", 0.3), ("tied", 0.1), ("poor", 0.6)])
    corr = numerai_corr(PREDICTIONS, TARGET.rename("target"))
    mmc = correlation_contribution(PREDICTIONS, pd.Series(meta, index=IDS), TARGET)
    assert list(scores) == ["good", "tied", "poor"]
    for name, score in scores.items():
        assert score.reason is None
        assert abs(score.primary - corr[name] * 1e8) <= 0.5
        assert abs(score.contribution - mmc[name] * 1e8) <= 0.5


@pytest.mark.parametrize(("away", "by_numerai_tools"), [(0, True), (0.9e-12, True), (-0.9e-12, True), (1.1e-12, False)])
def test_score_round__middle_between_two_roundings__numerai_tools_decides(monkeypatch, away, by_numerai_tools):
    quick = 0.123456785 + away
    monkeypatch.setattr(scoring, "_corr", lambda gaussian, target: np.full(gaussian.shape[1], quick))
    expected = numerai_corr(PREDICTIONS, TARGET.rename("target"))
    for model, score in score_round(PREDICTIONS, TARGET, STAKES).items():
        assert score.primary == to_fixed(expected[model] if by_numerai_tools else quick)


@given(st.integers(0, 2**32), st.integers(10, 300), st.integers(1, 300))
def test_score_round__any_sizes_and_ties__within_a_hundredth_of_what_is_left_to_numerai_tools(seed, count, steps):
    random = np.random.default_rng(seed)
    ids = [f"n{number:03d}" for number in range(count)]
    predictions = pd.DataFrame(random.integers(0, steps + 1, (count, 3)) / steps, index=ids)
    target = pd.Series(random.choice([0, 0.25, 0.5, 0.75, 1], count), index=ids, name="target")
    assume(predictions.nunique().min() > 1 and target.nunique() > 1)
    meta = meta_model(predictions, {0: 1, 1: 2})
    assume(meta is not None)
    gaussian = gaussian_ranks(predictions.to_numpy())
    ranked = gaussian_ranks(meta.to_numpy()[:, np.newaxis])[:, 0]
    corr = scoring._corr(gaussian, target.to_numpy()) - numerai_corr(predictions, target).to_numpy()
    mmc = scoring._mmc(gaussian, ranked, target.to_numpy()) - correlation_contribution(predictions, meta, target)
    assert max(np.abs(corr).max(), np.abs(mmc).max()) < scoring.TOO_CLOSE / 100


def test_score_round__two_halves__scores_known_by_hand():
    # Tie-kept ranks of two halves are 1/4 and 3/4, so every column is plus or minus z = 0.67448975. "right" follows the
    # target: CORR 1. "across" is at right angles to it: CORR 0. Against "across" as the meta model nothing of "right"
    # is taken away, and MMC is the mean of |z| times the centred target in buckets, 1.
    predictions = pd.DataFrame(
        {"right": [0, 0, 1, 1], "wrong": [7, 7, -3, -3], "across": [0, 1, 0, 1]}, index=list("abcd")
    )
    assert score_round(predictions, HALVES, {"across": 1}) == {
        "right": ModelScore(100_000_000, 67_448_975),
        "wrong": ModelScore(-100_000_000, -67_448_975),
        "across": ModelScore(0, 0),
    }
    assert score_round(predictions, HALVES, {"right": 1}) == {
        "right": ModelScore(100_000_000, 0),
        "wrong": ModelScore(-100_000_000, 0),
        "across": ModelScore(0, 0),
    }


def test_score_round__single_staked_model__contributes_nothing_to_itself():
    score = score_round(PREDICTIONS[["good"]], TARGET, {"good": 1})["good"]
    assert score == ModelScore(to_fixed(numerai_corr(PREDICTIONS[["good"]], TARGET.rename("t"))["good"]), 0)


columns = st.lists(st.integers(0, 6), min_size=12, max_size=12).filter(lambda values: len(set(values)) > 1)


@settings(max_examples=50)
@given(st.lists(columns, min_size=1, max_size=4), columns)
def test_score_round__any_ties__corr_of_numerai_tools(values, target_values):
    ids = [f"id{number:02d}" for number in range(12)]
    predictions = pd.DataFrame({f"m{i}": column for i, column in enumerate(values)}, index=ids)
    target = pd.Series(target_values, index=ids, name="target") / 6
    scores = score_round(predictions, target, {})
    expected = numerai_corr(predictions, target)
    assert all(abs(scores[name].primary - expected[name] * 1e8) <= 0.5 for name in predictions)


@settings(max_examples=50)
@given(st.lists(columns, min_size=2, max_size=4), st.lists(st.integers(0, 5), min_size=4, max_size=4), st.randoms())
def test_score_round__rows_columns_and_scale_changed__same_scores(values, stake_values, random):
    ids = [f"id{number:02d}" for number in range(12)]
    target = pd.Series([0, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.75, 0.75, 1.0], index=ids)
    predictions = pd.DataFrame({f"m{i}": column for i, column in enumerate(values)}, index=ids)
    stakes = dict(zip(predictions.columns, stake_values, strict=False))
    models = random.sample(list(predictions), len(predictions.columns))
    other = (predictions**3 - 5.0).loc[random.sample(ids, 12), models]
    assert score_round(other, target.loc[random.sample(ids, 12)], stakes) == score_round(predictions, target, stakes)


def test_score_round__stakes_in_another_unit__same_scores():
    scaled = {model: stake * 10**9 for model, stake in STAKES.items()}
    assert score_round(PREDICTIONS, TARGET, scaled) == score_round(PREDICTIONS, TARGET, STAKES)


def test_score_round__copy_of_a_model__scores_like_it():
    predictions = PREDICTIONS.assign(copy=PREDICTIONS["good"])
    scores = score_round(predictions, TARGET, STAKES | {"copy": 10**9})
    assert scores["copy"] == scores["good"]


def test_score_round__ids_without_a_target__ignored():
    more = pd.concat([PREDICTIONS, pd.DataFrame({"good": 0.0, "tied": 0.0, "poor": np.nan}, index=["id98", "id99"])])
    assert score_round(more, TARGET, STAKES) == score_round(PREDICTIONS, TARGET, STAKES)


def test_score_round__target_with_any_name__same_scores():
    assert score_round(PREDICTIONS, TARGET.rename("good"), STAKES) == score_round(PREDICTIONS, TARGET, STAKES)


def test_score_round__models_named_by_integers__scored():
    predictions = PREDICTIONS.set_axis([0, 1, 5], axis=1)
    named = score_round(PREDICTIONS, TARGET, STAKES)
    numbered = score_round(predictions, TARGET, {0: 3, 1: 1, 5: 6})
    assert list(numbered) == [0, 1, 5]
    assert list(numbered.values()) == list(named.values())


def test_score_round__arguments__not_changed():
    predictions, target, stakes = PREDICTIONS.iloc[::-1].copy(), TARGET.iloc[::-1].copy(), dict(STAKES)
    score_round(predictions, target, stakes)
    pd.testing.assert_frame_equal(predictions, PREDICTIONS.iloc[::-1])
    pd.testing.assert_series_equal(target, TARGET.iloc[::-1])
    assert stakes == STAKES


# score_round: predictions that cannot be scored


@pytest.mark.parametrize(
    "values, reason",
    [
        ([0.5] * 10, "All predictions are the same."),
        ([0.1, np.nan, *[0.5] * 8], "1 of 10 ids have no finite prediction."),
        ([np.inf, -np.inf, *[0.5] * 8], "2 of 10 ids have no finite prediction."),
        ([np.nan] * 10, "10 of 10 ids have no finite prediction."),
        (list("abcdefghij"), "The predictions are not real numbers."),
        ([True, False] * 5, "The predictions are not real numbers."),
        ([1j, 2j] * 5, "The predictions are not real numbers."),
    ],
)
def test_score_round__one_model_not_valid__it_gets_a_reason_and_the_others_their_scores(values, reason):
    predictions = PREDICTIONS.assign(broken=values)
    scores = score_round(predictions, TARGET, STAKES | {"broken": 10**12})
    assert scores.pop("broken") == ModelScore(None, None, reason)
    assert scores == score_round(PREDICTIONS, TARGET, STAKES)


def test_score_round__constant_on_the_ids_that_count__not_valid():
    predictions = pd.DataFrame({"broken": [0.5] * 10 + [0.9]}, index=[*IDS, "id99"])
    assert score_round(predictions, TARGET, {})["broken"].reason == "All predictions are the same."


def test_score_round__ids_missing_from_the_table__no_model_valid():
    scores = score_round(PREDICTIONS.drop(index=["id3", "id7"]), TARGET, STAKES)
    assert set(scores.values()) == {ModelScore(None, None, "2 of 10 ids have no finite prediction.")}


def test_score_round__no_models__no_scores():
    assert score_round(pd.DataFrame(index=IDS), TARGET, STAKES) == {}


def test_rejection__nullable_column_with_a_gap__counted():
    column = pd.Series([0.5, None, 0.25], index=list("abc"), dtype="Float64")
    assert rejection(column, pd.Index(list("abc"))) == "1 of 3 ids have no finite prediction."
    assert rejection(column, pd.Index(list("ac"))) is None


# meta model


def test_meta_model__two_staked_models__weighted_mean_of_gaussianised_ranks():
    # Tie-kept ranks of three ids are 1/6, 1/2 and 5/6, so z is -0.967421566..., 0 and its opposite.
    z = 0.9674215661017010
    predictions = pd.DataFrame({"first": [1, 2, 3], "second": [2, 1, 3], "idle": [3, 2, 1]}, index=list("abc"))
    meta = meta_model(predictions, {"first": 3, "second": 1, "idle": 0, "without predictions": 50})
    assert meta.to_numpy() == pytest.approx([-0.75 * z, -0.25 * z, z], abs=1e-12)
    assert list(meta.index) == ["a", "b", "c"]


def test_meta_model__stakes_that_no_float_holds__each_gwei_counts_as_it_should():
    whole_supply = 11 * 10**15
    predictions = pd.DataFrame({"first": [1, 2, 3], "second": [3, 2, 1]}, index=list("abc"))
    assert meta_model(predictions, {"first": whole_supply, "second": whole_supply}) is None
    tilted = meta_model(predictions, {"first": whole_supply, "second": whole_supply // 2})
    assert tilted.to_numpy() == pytest.approx([-0.9674215661017010 / 3, 0, 0.9674215661017010 / 3], abs=1e-12)


@pytest.mark.parametrize("stakes", [{}, {"good": 0, "tied": 0}, {"somebody else": 10**9}])
def test_score_round__no_stake_behind_any_model__corr_only(stakes):
    scores = score_round(PREDICTIONS, TARGET, stakes)
    staked = score_round(PREDICTIONS, TARGET, STAKES)
    assert scores == {model: ModelScore(staked[model].primary, None, NO_META) for model in PREDICTIONS}


def test_score_round__stake_behind_a_model_that_is_not_valid_only__corr_only():
    scores = score_round(PREDICTIONS.assign(broken=0.5), TARGET, {"broken": 10**9})
    assert scores["broken"] == ModelScore(None, None, "All predictions are the same.")
    assert scores["good"].reason == NO_META


def test_score_round__opposite_models_with_equal_stakes__cancel_out():
    # Added up in float64 they leave noise of 1e-16, which ranking would blow up to a meta model.
    predictions = pd.DataFrame(
        {"up": np.arange(10.0), "down": -np.arange(10.0), "good": PREDICTIONS["good"]}, index=IDS
    )
    scores = score_round(predictions, TARGET, {"up": 7, "down": 7})
    assert {score.reason for score in scores.values()} == {NO_META}
    assert scores["good"].primary is not None and scores["good"].contribution is None


def test_score_round__model_without_a_stake__scored_but_no_part_of_the_meta_model():
    with_noise = PREDICTIONS.assign(extra=PREDICTIONS["poor"].to_numpy()[::-1])
    scores = score_round(with_noise, TARGET, STAKES)
    assert scores.pop("extra").contribution is not None
    assert scores == score_round(PREDICTIONS, TARGET, STAKES)


@pytest.mark.parametrize("stake", [-1, 1.0, True, "5", None])
def test_score_round__stake_not_a_whole_number_of_gwei__refused(stake):
    with pytest.raises(ScoringError, match=r"^The stake of 'good' must be a whole number of gwei, not "):
        score_round(PREDICTIONS, TARGET, {"good": stake})


# score_round: rounds that cannot be scored


@pytest.mark.parametrize(
    "target, reason",
    [
        (TARGET.astype(str), "The target has to be real numbers."),
        (TARGET > 0.5, "The target has to be real numbers."),
        (TARGET.map(lambda value: [value]), "The target has to be real numbers."),
        (TARGET.mask(TARGET == 1.0), "Every id of the target needs a value from 0 to 1."),
        (TARGET * 1.5, "Every id of the target needs a value from 0 to 1."),
        (TARGET - 0.5, "Every id of the target needs a value from 0 to 1."),
        (TARGET * 0 + 0.5, "The target needs at least two different values."),
        (TARGET.iloc[:0], "The target needs at least two different values."),
        (TARGET.set_axis(range(10)), "The ids of the target must be strings that differ from each other."),
        (TARGET.set_axis(["id0", *IDS[:9]]), "The ids of the target must be strings that differ from each other."),
    ],
)
def test_score_round__target_not_valid__refused(target, reason):
    with pytest.raises(ScoringError) as raised:
        score_round(PREDICTIONS, target, STAKES)
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    "predictions",
    [pd.concat([PREDICTIONS, PREDICTIONS.iloc[:1]]), pd.concat([PREDICTIONS, PREDICTIONS["good"]], axis=1)],
)
def test_score_round__id_or_model_twice__refused(predictions):
    with pytest.raises(ScoringError, match=r"^The predictions name an id or a model twice\.$"):
        score_round(predictions, TARGET, STAKES)


def test_score_round__contribution_too_large_for_a_score_word__refused():
    # The hand-made round above with the target's halves twice as far apart: MMC 2 * 0.67448975.
    predictions = pd.DataFrame({"right": [0, 0, 1, 1], "across": [0, 1, 0, 1]}, index=list("abcd"))
    with pytest.raises(ScoringError, match=r"^A score of 1\.348979\d* does not fit a score word\.$"):
        score_round(predictions, (HALVES - 0.25) * 2, {"across": 1})


def test_scoring_error__any__is_an_nmr_error_and_a_value_error():
    assert issubclass(ScoringError, NmrError) and issubclass(ScoringError, ValueError)
