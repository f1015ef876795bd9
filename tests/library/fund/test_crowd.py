# SPDX-License-Identifier: MIT
"""The crowd of `make fund`: it learns from what was over, and says of an era what the walk over all of them says."""

import numpy as np
import pytest

from fund import crowd
from fund.backtest import DELAY
from fund.crowd import COMPOUNDING, QUICK, TRAINED_ON, FundCrowd, calendar, entrants, era_on
from fund.market.eras import DAYS, GAP, Universe, eras, futures, stocks
from fund.market.models import MODELS
from fund.market.sources import Prices
from fund.market.store import MarketError
from fund.market.walk import EMBARGO, REFIT, Plan, walk

MARKETS, WEEKS, FIRST = 30, 40, 12


@pytest.fixture(scope="module")
def universe():
    rng = np.random.default_rng(2)
    days = 300 + DAYS * WEEKS
    prices = Prices(
        dates=np.datetime64("2000-01-03") + np.arange(days) * 7 // 5,
        names=tuple(f"M{number:02d}" for number in range(MARKETS)),
        returns=rng.normal(size=(days, MARKETS)) * 0.01,
        dollars=np.exp(rng.normal(18, 0.3, (days, MARKETS))),
    )
    return Universe("made-up", prices, "2001-01-01", "nothing real")


@pytest.fixture
def few(monkeypatch):
    """Ten eras to train on instead of a hundred."""
    monkeypatch.setattr(crowd, "TRAINED_ON", 10)


def test_entrants__eight_models_of_the_crowd__half_of_them_compound():
    assert [entrant.name for entrant in entrants()] == list(QUICK)
    assert set(QUICK) < {model.name for model in MODELS}
    assert {entrant.name for entrant in entrants() if entrant.compounds} == COMPOUNDING
    assert len(COMPOUNDING) == len(QUICK) // 2 == 4


def test_crowd__predictions__are_those_of_the_walk_before_and_after_a_training(few, universe, tmp_path):
    """The walk is what benchmarks/crowds.md is made with."""
    everything = list(eras(universe))
    plan = Plan(lambda: universe, str(everything[FIRST].date), shortest=10, longest=10)
    models = [model for model in MODELS if model.name in QUICK]
    walked = walk(universe, plan, tmp_path, lambda done, of: None, models=models)
    rounds = REFIT + 2
    mine = FundCrowd(universe, calendar(universe), FIRST, rounds, seed=0)
    for number in (0, 1, REFIT - 1, REFIT, REFIT + 1):
        said = mine.predict(FIRST + number, walked.models)
        assert said.to_numpy() == pytest.approx(walked.predictions[number])
        assert mine.target(FIRST + number).to_numpy() == pytest.approx(walked.eras[number].target)
        assert tuple(said.index) == mine.ids(FIRST + number) == universe.prices.names


def test_crowd__too_few_eras_before__one_sentence(universe):
    with pytest.raises(MarketError, match=rf"^Era 12 has 11 eras to train on, fewer than {TRAINED_ON}\.$"):
        FundCrowd(universe, calendar(universe), FIRST, 1, seed=0)
    assert FIRST - EMBARGO == 11


def test_crowd__more_weeks_than_the_prices_have__one_sentence(few, universe):
    last = max(era.number for era in eras(universe) if era.target is not None)
    days = calendar(universe)
    assert FundCrowd(universe, days, FIRST, last + 1 - FIRST, seed=0).target(last).notna().all()
    end = universe.prices.dates[-1]
    with pytest.raises(MarketError, match=rf"^The prices end on {end}, before era {last + 1} is over\.$"):
        FundCrowd(universe, days, FIRST, last + 2 - FIRST, seed=0)
    with pytest.raises(MarketError, match=rf"^The prices end on {end}, before era 99 is over\.$"):
        FundCrowd(universe, days, 99, 1, seed=0)


def test_era_on__a_day__is_that_era_or_the_next(universe):
    everything, days = list(eras(universe)), calendar(universe)
    assert days.tolist() == [each.date.item() for each in everything]
    assert era_on(days, np.datetime64("1990-01-01")) == 0
    for number in (0, 1, 7):
        day = everything[number].date
        assert era_on(days, day) == number
        assert era_on(days, day + 1) == number + 1


def test_crowd__the_weeks_of_another_universe__knows_what_was_there_on_their_days(few, universe):
    """The other one has a price every second day: an era knows the last one up to its day."""
    days, rng = calendar(universe), np.random.default_rng(6)
    dates = universe.prices.dates[0] - 600 + 2 * np.arange(700)
    other = Prices(dates, universe.prices.names, rng.normal(size=(700, MARKETS)) * 0.01)
    mine = FundCrowd(Universe("other", other, universe.first, "nothing real"), days, FIRST, 4, seed=0)
    known = [mine.era(FIRST + number).known for number in range(4)]
    assert all(dates[row] <= days[FIRST + week] < dates[row + 1] for week, row in enumerate(known))
    assert {(days[FIRST + week] - dates[row]).astype(int) for week, row in enumerate(known)} == {0, 1}


def test_calendar__of_stocks__a_target_of_futures_is_over_before_it_is_learned_or_scored():
    """An era's score counts two eras later, and a model learns from eras at least two before."""
    dates = futures().prices.dates
    rows = np.searchsorted(dates, calendar(stocks()), side="right") - 1
    assert (dates[rows] <= calendar(stocks())).all()
    assert (rows[2:] - rows[:-2] >= GAP + DAYS).all()
    assert DELAY == EMBARGO + 1 == 2
