# SPDX-License-Identifier: MIT
"""Portfolios: neutral, within their limits, and dearer to trade when costs are higher."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from fund.portfolio import (
    Costs,
    Limits,
    Market,
    PortfolioError,
    choose,
    exposed,
    forecasts,
    holding_cost,
    trade_cost,
)

solves = pytest.mark.skipif(
    find_spec("cvxpy") is None or find_spec("clarabel") is None,
    reason="cvxpy with clarabel is not installed: `make install` brings the group fund",
)
MARKETS, ASSETS, AVERSION = 60, 100e6, 3.0
LIMITS, COSTS = Limits(leverage=2.0, position=0.05, participation=0.05, turnover=1.5), Costs()


def market(seed=1):
    rng = np.random.default_rng(seed)
    volatility = np.exp(rng.normal(-4.2, 0.3, MARKETS))
    exposures = np.column_stack([np.ones(MARKETS), rng.normal(size=(MARKETS, 4))])
    forecast = forecasts(rng.normal(size=MARKETS), volatility, 0.3, 5)
    return Market(forecast, volatility, np.exp(rng.normal(18.5, 0.5, MARKETS)), exposures)


@pytest.fixture(scope="module")
def chosen():
    return choose(market(), np.zeros(MARKETS), LIMITS, COSTS, ASSETS, AVERSION)


@solves
def test_choose__from_nothing__neutral_in_dollars_and_in_each_exposure(chosen):
    here = market()
    assert np.abs(chosen).sum() > 0.3
    assert abs(chosen.sum()) < 1e-5
    assert np.abs(here.exposures.T @ (here.volatility * chosen)).max() < 1e-6


@solves
def test_choose__from_nothing__keeps_each_limit(chosen):
    assert np.abs(chosen).sum() <= LIMITS.leverage + 1e-6
    assert np.abs(chosen).max() <= LIMITS.position + 1e-6
    assert np.abs(chosen).sum() <= LIMITS.turnover + 1e-6
    assert (np.abs(chosen) * ASSETS <= LIMITS.participation * market().dollars * (1 + 1e-5) + 1).all()


@solves
@pytest.mark.parametrize(
    ("limits", "measure"),
    [
        ({"leverage": 0.4}, lambda positions: np.abs(positions).sum() / 0.4),
        ({"position": 0.004}, lambda positions: np.abs(positions).max() / 0.004),
        ({"turnover": 0.3}, lambda positions: np.abs(positions).sum() / 0.3),
        ({"participation": 0.002}, lambda positions: (np.abs(positions) * ASSETS / market().dollars).max() / 0.002),
    ],
)
def test_choose__a_tighter_limit__binds(chosen, limits, measure):
    tight = choose(market(), np.zeros(MARKETS), replace(LIMITS, **limits), COSTS, ASSETS, AVERSION)
    assert measure(tight) == pytest.approx(1, abs=1e-3)
    assert measure(chosen) > 1


@solves
def test_choose__positions__earn_what_the_forecast_says_and_more_than_their_costs(chosen):
    here = market()
    assert here.forecast @ chosen > trade_cost(chosen, here, COSTS, ASSETS) > 0


@solves
def test_choose__costs_doubled_or_fifty_times_the_assets__trades_less(chosen):
    here, nothing = market(), np.zeros(MARKETS)
    dearer = choose(here, nothing, LIMITS, COSTS.doubled(), ASSETS, AVERSION)
    larger = choose(here, nothing, LIMITS, COSTS, 50 * ASSETS, AVERSION)
    assert np.abs(dearer).sum() < np.abs(chosen).sum()
    assert np.abs(larger).sum() < np.abs(chosen).sum()


@solves
def test_choose__no_forecast__trades_nothing():
    here = replace(market(), forecast=np.zeros(MARKETS))
    assert not choose(here, np.zeros(MARKETS), LIMITS, COSTS, ASSETS, AVERSION).any()


@solves
def test_choose__a_position_above_its_limit__comes_down_as_far_as_a_trade_may():
    here = replace(market(), forecast=np.zeros(MARKETS), exposures=np.ones((MARKETS, 1)))
    held = np.zeros(MARKETS)
    held[:2] = 0.2, -0.2 * here.volatility[0] / here.volatility[1]
    held[2] = -held[:2].sum()
    here = replace(here, volatility=np.full(MARKETS, 0.01))
    limits = replace(LIMITS, participation=0.02)
    moved = choose(here, held, limits, replace(COSTS, half_spread=0.0, impact=0.0), ASSETS, AVERSION)
    most = 0.02 * here.dollars[0] / ASSETS
    assert moved[0] <= 0.2 - most + 1e-5


@solves
def test_choose__what_is_held_cannot_become_neutral_in_a_trade__comes_as_near_as_the_limits_allow():
    """Trade after trade it comes nearer, until it is neutral."""
    here, held = market(), np.zeros(MARKETS)
    held[0] = 0.05
    limits = replace(LIMITS, turnover=0.02)
    path = [exposed(held, here)]
    for _ in range(4):
        before, held = held, choose(here, held, limits, COSTS, ASSETS, AVERSION)
        assert np.abs(held - before).sum() <= limits.turnover + 1e-6
        path.append(exposed(held, here))
    assert path[0] > path[1] > path[2] > path[3] > path[4] - 1e-9
    assert path[4] < 1e-6 < path[1]


def test_exposed__what_is_neutral_half_and_wholly_exposed__share_of_the_variance():
    here = Market(np.zeros(4), np.array([0.01, 0.01, 0.02, 0.02]), np.ones(4), np.array([[1.0, 1, 0, 0]]).T)
    assert exposed(np.array([0.3, -0.3, 0.1, 0.0]), here) == pytest.approx(0)
    assert exposed(np.array([0.3, 0.3, 0.0, 0.0]), here) == pytest.approx(1)
    assert exposed(np.array([0.2, 0.2, 0.1, 0.1]), here) == pytest.approx(0.5)
    assert exposed(np.zeros(4), here) == 0


@solves
def test_choose__far_more_held_than_may_be_traded_back__one_sentence():
    held = np.zeros(MARKETS)
    held[:2] = 5.0, -5.0
    with pytest.raises(PortfolioError, match=r"^No portfolio keeps all limits\.$"):
        choose(market(), held, LIMITS, COSTS, ASSETS, AVERSION)


def test_forecasts__two_scores__skill_times_volatility_of_the_time():
    expected = forecasts(np.array([1.0, -1.0]), np.array([0.01, 0.03]), 0.04, 4)
    assert expected == pytest.approx([0.0008, -0.0024])


@pytest.mark.parametrize("meta", [np.zeros(3), np.array([0.0, 1.0, np.nan])])
def test_forecasts__no_opinion__one_sentence(meta):
    with pytest.raises(PortfolioError, match=r"^The meta model has no opinion\.$"):
        forecasts(meta, np.ones(3), 0.04, 5)


def test_trade_cost__one_percent_of_a_days_dollars__a_tenth_of_a_daily_volatility():
    here = Market(np.zeros(2), np.array([0.02, 0.02]), np.array([10e6, np.inf]), np.ones((2, 1)))
    costs = Costs(half_spread=0.001, impact=1.0)
    assert trade_cost(np.array([-0.01, 0.0]), here, costs, 10e6) == pytest.approx(0.01 * (0.001 + 0.02 * 0.1))
    assert trade_cost(np.array([0.0, 0.01]), here, costs, 10e6) == pytest.approx(0.01 * 0.001)
    assert trade_cost(np.array([0.04, 0.0]), here, costs, 10e6) == pytest.approx(0.04 * (0.001 + 0.02 * 0.2))


def test_holding_cost__long_and_short__borrow_of_the_short_and_financing_beyond_the_assets():
    costs = Costs(borrow=0.01, financing=0.05)
    assert holding_cost(np.array([1.5, -2.0]), costs, 73) == pytest.approx((0.02 + 0.025) / 5)
    assert holding_cost(np.array([0.5, 0.5]), costs, 73) == 0
    assert costs.doubled() == Costs(0.001, 2.0, 0.02, 0.1)
