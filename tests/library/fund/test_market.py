# SPDX-License-Identifier: MIT
"""Eras: nothing of them knows the future, their targets are neutral, and survivors are named."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fund.market import eras as building
from fund.market.eras import BINS, DAYS, GAP, Universe, binned, era, eras, futures, listed, past_of, stocks
from fund.market.models import MODELS, Training, submitted
from fund.market.past import (
    DOLLAR_FEATURES,
    FACTORS,
    FEATURES,
    HISTORY,
    Past,
    exposures,
    feature_names,
    features,
    neutral,
    percentile,
)
from fund.market.sources import Prices
from fund.market.store import MarketError
from fund.market.walk import EMBARGO, Plan, training_eras, walk

KNOWN = 300
DAYS_THERE, MARKETS = 420, 40


def prices(with_dollars=True, seed=3, days=DAYS_THERE):
    """Markets with common factors, own volatilities, and a few holes."""
    rng = np.random.default_rng(seed)
    scale = np.exp(rng.normal(-4.5, 0.5, MARKETS))
    common = rng.normal(size=(days, 3)) @ rng.normal(size=(3, MARKETS))
    returns = np.clip((common + rng.normal(size=(days, MARKETS))) * scale / 2, -0.5, 0.5)
    returns[rng.random(returns.shape) < 0.01] = np.nan
    dollars = np.exp(rng.normal(18, 1, (days, MARKETS))) if with_dollars else None
    return Prices(
        dates=np.datetime64("2000-01-03") + np.arange(days),
        names=tuple(f"M{number}" for number in range(MARKETS)),
        returns=returns,
        dollars=dollars,
    )


def universe(**options):
    return Universe("made-up", prices(**options), "2000-10-01", "nothing real")


def with_another_future(real, known, what):
    """The same prices with other ones in `what` after the day `known`."""
    changed = getattr(real, what).copy()
    changed[known + 1 :] = np.random.default_rng(9).permutation(changed[known + 1 :] * 3 + 0.01, axis=0)
    return replace(real, **{what: changed})


# nothing knows the future


@pytest.mark.parametrize("what", ["returns", "dollars"])
def test_era__another_future__has_the_same_members_features_and_exposures(what):
    real = prices()
    other = with_another_future(real, KNOWN, what)
    one, two = era(real, 0, KNOWN), era(other, 0, KNOWN)
    assert not np.array_equal(getattr(real, what), getattr(other, what), equal_nan=True)
    assert np.array_equal(one.members, two.members)
    assert np.array_equal(one.features, two.features)
    assert np.array_equal(one.exposures, two.exposures)


@pytest.mark.parametrize("name", feature_names(True))
@pytest.mark.parametrize("what", ["returns", "dollars"])
def test_feature__each_another_future__is_the_same(name, what):
    real = prices()
    values = []
    for known in (real, with_another_future(real, KNOWN, what)):
        past = past_of(known, KNOWN, listed(known, KNOWN))
        values.append(FEATURES[name](past) if name in FEATURES else DOLLAR_FEATURES[name](past.returns, past.dollars))
    assert np.array_equal(*values)


@pytest.mark.parametrize("column", range(FACTORS + 4))
def test_exposure__each_of_the_last_day__knows_that_day_and_no_later(column):
    """The same close taken a day later is another past: so the test above could fail."""
    real = prices()
    columns = [exposures(past_of(real, day, np.arange(MARKETS)))[:, column] for day in (KNOWN, KNOWN, KNOWN + 1)]
    assert np.array_equal(columns[0], columns[1])
    assert column == 0 or not np.allclose(np.abs(columns[0]), np.abs(columns[2]), rtol=0, atol=1e-9)


@pytest.mark.parametrize("make", [stocks, futures])
def test_era__real_prices_with_another_future__has_the_same_features_and_exposures(make):
    real = make().prices
    known = len(real.dates) - 100
    one, two = era(real, 0, known), era(with_another_future(real, known, "returns"), 0, known)
    assert np.array_equal(one.features, two.features)
    assert np.array_equal(one.exposures, two.exposures)
    assert not np.array_equal(one.residual, two.residual)


def test_era__the_day_of_the_gap__is_neither_known_nor_in_the_target():
    real = prices()
    changed = real.returns.copy()
    changed[KNOWN + 1] = 0.3
    one, two = era(real, 0, KNOWN), era(replace(real, returns=changed), 0, KNOWN)
    assert GAP == 1
    assert np.array_equal(one.features, two.features)
    assert np.array_equal(one.residual, two.residual)


@pytest.mark.parametrize("offset", range(GAP + 1, GAP + 1 + DAYS))
def test_era__each_day_of_its_week__is_in_the_target(offset):
    real = prices()
    changed = real.returns.copy()
    changed[KNOWN + offset, 0] = 0.4
    assert era(replace(real, returns=changed), 0, KNOWN).target[0] > era(real, 0, KNOWN).target[0]
    assert KNOWN + offset in era(real, 0, KNOWN).days


def test_training_eras__all_that_may_be_learnt_from__are_over_at_the_close():
    everything = list(eras(universe()))
    number = 20
    chosen = training_eras(everything, number, Plan(universe, "", 5, 10))
    assert [each.number for each in chosen] == list(range(number - EMBARGO - 10, number - EMBARGO))
    assert chosen[-1].days[-1] <= everything[number].known
    # The next one would not be.
    assert everything[number - EMBARGO].days[-1] > everything[number].known


def test_training_eras__too_few__refused():
    with pytest.raises(MarketError, match=r"^Era 4 has 3 eras to train on, fewer than 5\.$"):
        training_eras(list(eras(universe())), 4, Plan(universe, "", 5, 10))


# targets


@pytest.mark.parametrize("with_dollars", [True, False])
def test_target__before_it_is_binned__is_orthogonal_to_all_exposures(with_dollars):
    made = era(prices(with_dollars), 0, KNOWN)
    assert made.exposures.shape[1] == FACTORS + 3 + with_dollars
    assert np.abs(made.exposures.T @ made.residual).max() < 1e-9
    assert np.linalg.norm(made.residual) > 1


def test_target__of_bins__is_nearly_so_and_follows_the_residual():
    made = era(stocks().prices, 0, 1_000)
    centred = made.target - made.target.mean()
    shares = made.exposures[:, 1:].T @ centred / np.linalg.norm(centred)
    assert np.abs(shares).max() < 0.12
    assert np.corrcoef(made.target, made.residual)[0, 1] > 0.85


def test_binned__a_hundred_values__5_20_50_20_and_5():
    values = np.random.default_rng(1).permutation(100).astype(float)
    bins = binned(values)
    assert [int((bins == each).sum()) for each in BINS] == [5, 20, 50, 20, 5]
    assert (np.diff(bins[np.argsort(values)]) >= 0).all()


def test_neutral__exposures_themselves__nothing_is_left():
    made = era(prices(), 0, KNOWN)
    assert np.abs(neutral(made.exposures, made.exposures)).max() < 1e-9


def test_components__of_the_past__are_orthonormal_and_explain_more_than_others():
    past = past_of(prices(), KNOWN, np.arange(MARKETS))
    components = past.components
    assert np.allclose(components.T @ components, np.eye(FACTORS), atol=1e-9)
    eigenvalues = np.linalg.eigvalsh(np.cov(past.scaled, rowvar=False, bias=True))[::-1]
    explained = (((past.scaled - past.scaled.mean(axis=0)) @ components) ** 2).mean(axis=0)
    assert np.allclose(explained, eigenvalues[:FACTORS])


def test_exposures__beta_column__is_that_of_a_regression_on_the_mean():
    past = past_of(prices(), KNOWN, np.arange(MARKETS))
    market = past.scaled.mean(axis=1)
    slopes = np.array([np.polyfit(market, column, 1)[0] for column in past.scaled.T])
    slopes -= slopes.mean()
    assert np.allclose(exposures(past)[:, FACTORS + 1], slopes / np.linalg.norm(slopes))


# features


def test_features__past__are_ranks_in_the_order_of_their_names():
    past = past_of(prices(), KNOWN, np.arange(MARKETS))
    made = features(past)
    assert made.shape == (MARKETS, len(feature_names(True)))
    assert (made.min(), made.max()) == (0.5 / MARKETS, 1 - 0.5 / MARKETS)
    volatility = made[:, feature_names(True).index("volatility_26w")]
    assert np.array_equal(volatility, percentile(past.returns[-130:].std(axis=0)))
    assert feature_names(False) == feature_names(True)[: len(FEATURES)]


@pytest.mark.parametrize(
    ("name", "days", "sign"),
    [
        ("return_1d", [-1], 1),
        ("return_1w", range(-5, 0), 1),
        ("return_50w_but_last_4w", range(-250, -20), 1),
        ("return_a_year_ago_4w", range(-250, -230), 1),
        ("largest_day_4w", [-7], 1),
        ("smallest_day_4w", [-7], 1),
        ("below_high_50w", range(-30, 0), 1),
        ("residual_return_4w", range(-20, 0), 1),
    ],
)
def test_feature__a_market_that_rose_then__has_more_of_it(name, days, sign):
    returns = np.random.default_rng(4).normal(0, 0.01, (HISTORY, MARKETS))
    risen = returns.copy()
    risen[list(days), 0] = 0.03
    before, after = (FEATURES[name](Past(values))[0] for values in (returns, risen))
    assert (after - before) * sign > 0


# members


def test_listed__too_few_prices_or_none_lately__not_a_member():
    real = prices()
    returns = real.returns.copy()
    returns[:60, 1] = np.nan
    returns[KNOWN - 9 : KNOWN + 1, 2] = np.nan
    returns[KNOWN - 9 : KNOWN, 3] = np.nan
    members = listed(replace(real, returns=returns), KNOWN)
    assert {1, 2}.isdisjoint(members)
    assert {0, 3} <= set(members)


def test_eras__universe__one_each_five_days_until_the_last():
    everything = list(eras(universe()))
    assert all(later.known - sooner.known == DAYS for sooner, later in pairwise(everything))
    assert everything[0].date == np.datetime64("2000-10-01")
    assert [each.number for each in everything] == list(range(len(everything)))
    assert everything[-1].target is None
    assert everything[-3].target is not None


def test_eras__too_early__refused():
    with pytest.raises(MarketError, match=r"^There are no 250 days of prices before 2000-02-01\.$"):
        next(eras(replace(universe(), first="2000-02-01")))


def test_futures__from_1998_on__37_markets_then_40_and_46():
    made = futures()
    counts = {
        year: len(listed(made.prices, int(np.searchsorted(made.prices.dates, np.datetime64(f"{year}-12-31")))))
        for year in (1997, 1998, 2022)
    }
    assert counts == {1997: 37, 1998: 40, 2022: 46}


@pytest.mark.parametrize(("make", "word"), [(stocks, "hindsight"), (futures, "unknown origin")])
def test_universe__each__says_who_survived(make, word):
    assert word in make().caution


# the crowd


def test_models__names__differ():
    assert len({model.name for model in MODELS}) == len(MODELS) == 28


@pytest.fixture(scope="module")
def everything():
    return list(eras(universe()))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_model__each__submits_ranks_that_are_neutral_and_always_the_same(model, everything):
    names = universe().feature_names
    last = everything[-3]
    one, two = (submitted(model.fit(Training.of(everything[:-5], names), 7), last) for _ in range(2))
    assert one.shape == (len(last.members),)
    assert ((one > 0) & (one < 1)).all()
    assert np.array_equal(one, two)
    shares = last.exposures[:, 1:].T @ (one - one.mean()) / max(np.linalg.norm(one - one.mean()), 1)
    assert np.abs(shares).max() < 0.25


def test_model__signal_in_one_feature__ridge_and_trees_find_it(everything):
    rng = np.random.default_rng(2)
    features = rng.uniform(-0.5, 0.5, (4_000, 3))
    training = Training(features, np.sign(features[:, 1]) / 4, np.arange(4_000) // 40, ("a", "b", "c"))
    fits = {model.name: model.fit for model in MODELS}
    for name in ("ridge", "boosted", "forest", "logistic", "single-feature", "ensemble"):
        predicted = fits[name](training, 0)(features, 0)
        assert np.corrcoef(predicted, features[:, 1])[0, 1] > 0.7, name


def test_training__shares__are_of_eras_in_their_order():
    training = Training(np.zeros((40, 1)), np.zeros(40), np.arange(100, 140) // 2, ("a",))
    assert set(training.share(0.8, 1.0).era) == set(range(66, 70))
    assert set(training.share(0.0, 0.2).era) == set(range(50, 54))
    assert len(training.share(0.0, 1.0).era) == 40


CHEAP = [model for model in MODELS if model.name in ("ridge", "momentum", "noise")]


def test_walk__again__takes_all_from_the_cache_and_is_the_same(tmp_path, monkeypatch):
    plan = Plan(universe, "2001-01-01", 3, 10)
    told = []
    first = walk(universe(), plan, tmp_path, lambda done, of: told.append((done, of)), CHEAP)
    files = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    monkeypatch.setattr(building, "GAP", GAP)
    again = walk(universe(), plan, tmp_path, lambda done, of: None, CHEAP)
    assert told == [(1, 1)]
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == files
    assert all(np.array_equal(one, two) for one, two in zip(first.predictions, again.predictions, strict=True))
    assert first.predictions[0].shape == (len(first.eras[0].members), 3)
    assert first.models == ("ridge", "momentum", "noise")


def test_walk__other_prices_or_seed__other_files(tmp_path):
    plan = Plan(universe, "2001-01-01", 3, 10)
    for options, seed in (({}, 0), ({"seed": 4}, 0), ({}, 1)):
        walk(universe(**options), plan, tmp_path, lambda done, of: None, CHEAP, seed)
    assert len(list(tmp_path.iterdir())) == 3


def test_walk__predictions__do_not_change_with_the_future(tmp_path):
    real = universe()
    plan = Plan(universe, "2001-01-01", 3, 10)
    due = walk(real, plan, tmp_path, lambda done, of: None, CHEAP)
    last_known = due.eras[3].known
    other = replace(real, prices=with_another_future(real.prices, last_known, "returns"))
    again = walk(other, plan, tmp_path, lambda done, of: None, CHEAP)
    assert all(np.array_equal(due.predictions[era], again.predictions[era]) for era in range(4))
    assert not np.array_equal(due.predictions[-1], again.predictions[-1])
