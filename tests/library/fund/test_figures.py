# SPDX-License-Identifier: MIT
"""Figures of returns by week, on series whose figures are known."""

import numpy as np
import pytest

from fund.figures import by_week, deflated_sharpe, drawdown, romad, sharpe, volatility, yearly


def test_figures__two_weeks__by_hand():
    weeks = np.array([0.03, -0.01])
    assert yearly(weeks) == pytest.approx(0.52)
    assert volatility(weeks) == pytest.approx(0.04 / np.sqrt(2) * np.sqrt(52))
    assert sharpe(weeks) == pytest.approx(0.52 / (0.04 * np.sqrt(26)))


def test_drawdown__a_fall_and_a_rise__share_of_the_high_before():
    assert drawdown(np.array([0.5, -0.2, -0.25, 1.0])) == pytest.approx(0.4)
    assert drawdown(np.array([-0.1, 0.5])) == pytest.approx(0.1)
    assert drawdown(np.array([0.1, 0.2])) == 0


def test_ratios__a_series_that_never_moves_or_never_falls__zero():
    assert sharpe(np.zeros(5)) == 0
    assert romad(np.full(5, 0.01)) == 0
    assert romad(np.array([0.5, -0.2])) == pytest.approx(0.15 * 52 / 0.2)


def test_figures__many_series__one_number_each():
    series = np.random.default_rng(1).normal(0.001, 0.01, (7, 100))
    for figure in (yearly, volatility, sharpe, drawdown, romad):
        assert figure(series) == pytest.approx([figure(each) for each in series])


def test_deflated_sharpe__noise_among_noise__is_low_and_skill_is_high():
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.01, (20, 500))
    tried = sharpe(noise)
    assert deflated_sharpe(noise[int(tried.argmin())], tried) < 0.05
    assert deflated_sharpe(rng.normal(0.003, 0.01, 500), tried) > 0.99


def test_deflated_sharpe__more_variants__is_lower():
    rng = np.random.default_rng(3)
    returns = rng.normal(0.001, 0.01, 500)
    few = np.array([0.0, 1.0])
    assert deflated_sharpe(returns, np.tile(few, 50)) < deflated_sharpe(returns, few)


def test_by_week__days__compound_from_friday_to_thursday():
    # 2 January 2015 was a Friday.
    dates = np.array(["2015-01-01", "2015-01-02", "2015-01-05", "2015-01-08", "2015-01-09"], dtype="datetime64[D]")
    assert by_week(dates, np.array([0.1, 0.1, 0.2, -0.5, 0.3])) == pytest.approx([0.1, 1.1 * 1.2 * 0.5 - 1, 0.3])
