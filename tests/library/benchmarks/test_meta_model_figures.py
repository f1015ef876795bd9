# SPDX-License-Identifier: MIT
"""The figures of the meta model's experiment, and their bootstrap."""

import numpy as np
import pytest

from benchmarks.meta_model.figures import (
    Interval,
    best_so_far,
    deviation,
    drawdown,
    interval,
    interval_of_difference,
    mean,
    resampled_eras,
    sharpe,
)

NAN = float("nan")


@pytest.mark.parametrize(
    ("corr", "deepest"),
    [
        ([1.0, -2.0, 1.0, -0.5], 2.0),
        ([-1.0, 3.0, -0.5], 1.0),
        ([0.5, 0.0, 0.25], 0.0),
        ([2.0, -1.0, 0.5, -1.0, 3.0], 1.5),
        ([-1.0, -1.0], 2.0),
    ],
)
def test_drawdown__a_walk__deepest_fall_below_the_highest_sum_or_zero(corr, deepest):
    assert drawdown(np.array(corr)) == pytest.approx(deepest)


def test_figures__many_series__one_number_each():
    series = np.array([[1.0, -2.0, 1.0], [2.0, 2.0, 2.0]])
    assert mean(series).tolist() == [0.0, 2.0]
    assert deviation(series).tolist() == [pytest.approx(2**0.5), 0.0]
    assert drawdown(series).tolist() == [2.0, 0.0]


def test_sharpe__mean_over_population_deviation__and_0_for_what_never_moves():
    assert sharpe(np.array([[0.0, 2.0], [3.0, 3.0], [-3.0, -1.0]])).tolist() == [1.0, 0.0, -2.0]


def test_resampled_eras__blocks__are_neighbours_and_go_round():
    drawn = resampled_eras(10, seed=1, block=4, resamples=500)
    assert drawn.shape == (500, 10)
    assert set(drawn.ravel().tolist()) == set(range(10))
    for start, end in ((0, 4), (4, 8), (8, 10)):
        assert (np.diff(drawn[:, start:end], axis=1) % 10 == 1).all()
    assert (np.diff(drawn[:, 3:5], axis=1) % 10 != 1).any()


def test_resampled_eras__every_era__as_often_as_any_other():
    counts = np.bincount(resampled_eras(30, seed=2, resamples=4_000).ravel())
    assert counts.min() > 0.95 * 4_000 and counts.max() < 1.05 * 4_000


def test_resampled_eras__seed__decides():
    assert (resampled_eras(20, seed=3) == resampled_eras(20, seed=3)).all()
    assert (resampled_eras(20, seed=3) != resampled_eras(20, seed=4)).any()


def test_resampled_eras__block_longer_than_history__each_resample_is_the_history_turned():
    drawn = resampled_eras(5, seed=0, block=8, resamples=50)
    assert (np.sort(drawn, axis=1) == np.arange(5)).all()


def test_interval__independent_eras__as_wide_as_theory_says():
    corr = np.random.default_rng(0).normal(0.1, 1.0, 400)
    found = interval(mean, corr, resampled_eras(400, seed=0, block=1))
    assert found.value == pytest.approx(corr.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * corr.std() / 20, rel=0.05)
    assert found.low < found.value < found.high


def test_interval__eras_that_hang_together__wider_with_blocks_than_without():
    steps = np.random.default_rng(0).normal(0.0, 1.0, 400)
    corr = np.convolve(steps, np.ones(6), "same")
    apart, together = (interval(mean, corr, resampled_eras(400, seed=0, block=block)) for block in (1, 8))
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_interval_of_difference__same_eras_on_both_sides__what_they_share_cancels():
    other = np.random.default_rng(0).normal(0.0, 1.0, 100)
    drawn = resampled_eras(100, seed=0)
    assert interval_of_difference(mean, other + 0.25, other, drawn) == pytest.approx((0.25, 0.25, 0.25))
    assert interval_of_difference(sharpe, other, other, drawn) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("low", "high", "sure"), [(0.1, 0.2, True), (-0.2, -0.1, True), (-0.1, 0.1, False)])
def test_interval__zero_outside__is_sure(low, high, sure):
    assert Interval((low + high) / 2, low, high).sure is sure


def test_best_so_far__leader_changes__is_followed_once_it_is_known():
    corr = np.array([[3.0, 0.0], [0.0, 4.0], [0.5, 5.0], [6.0, 7.0], [8.0, 9.0]])
    before = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    # Eras 0 and 1 know nothing; era 2 knows era 0, which the first model won; era 3 knows 0 and 1: the second leads.
    assert best_so_far(corr, 2, before).tolist() == [0.1, 0.2, 0.5, 7.0, 9.0]
    assert before.tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_best_so_far__model_without_scores__is_never_followed():
    corr = np.array([[NAN, -1.0], [NAN, -2.0], [NAN, -3.0]])
    assert best_so_far(corr, 1, np.zeros(3)).tolist() == [0.0, -2.0, -3.0]
