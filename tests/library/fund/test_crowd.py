# SPDX-License-Identifier: MIT
"""The crowd of `make fund`: it learns from what was over, and says of an era what the walk over all of them says."""

import numpy as np
import pytest

from fund import crowd
from fund.crowd import COMPOUNDING, QUICK, TRAINED_ON, FundCrowd, entrants, era_on
from fund.market.eras import DAYS, Universe, eras
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
    mine = FundCrowd(universe, FIRST, rounds, seed=0)
    for number in (0, 1, REFIT - 1, REFIT, REFIT + 1):
        said = mine.predict(FIRST + number, walked.models)
        assert said.to_numpy() == pytest.approx(walked.predictions[number])
        assert mine.target(FIRST + number).to_numpy() == pytest.approx(walked.eras[number].target)
        assert tuple(said.index) == mine.ids(FIRST + number) == universe.prices.names


def test_crowd__too_few_eras_before__one_sentence(universe):
    with pytest.raises(MarketError, match=rf"^Era 12 has 11 eras to train on, fewer than {TRAINED_ON}\.$"):
        FundCrowd(universe, FIRST, 1, seed=0)
    assert FIRST - EMBARGO == 11


def test_crowd__more_weeks_than_the_prices_have__one_sentence(few, universe):
    last = max(era.number for era in eras(universe) if era.target is not None)
    assert FundCrowd(universe, FIRST, last + 1 - FIRST, seed=0).target(last).notna().all()
    end = universe.prices.dates[-1]
    with pytest.raises(MarketError, match=rf"^The prices end on {end}, before era {last + 1} is over\.$"):
        FundCrowd(universe, FIRST, last + 2 - FIRST, seed=0)


def test_era_on__a_day__is_that_era_or_the_next(universe):
    everything = list(eras(universe))
    assert era_on(universe, np.datetime64("1990-01-01")) == 0
    for number in (0, 1, 7):
        day = everything[number].date
        assert era_on(universe, day) == number
        assert era_on(universe, day + 1) == number + 1
