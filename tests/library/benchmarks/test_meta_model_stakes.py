# SPDX-License-Identifier: MIT
"""Seasons of the meta model's experiment: stakes, scores and weights."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.meta_model.history import History
from benchmarks.meta_model.stakes import MIN_STAKE, STAKE, Field, Ledger, Rules, play, scores_at
from nmr.sealing.scoring import meta_model, score_round
from nmr.text.amounts import GWEI, NMR, RATIO
from tests.support.example_suite import ExampleSuite

IDS = [f"stock{number:02d}" for number in range(20)]
BINS = [0.0] + 4 * [0.25] + 10 * [0.5] + 4 * [0.75] + [1.0]
MODELS = ("good", "fair", "noise", "wrong", "constant")


def quiet():
    """Nobody is told."""


def history(eras: int) -> History:
    """A good model, a fair one, one that knows nothing, one that is always wrong, and a constant."""
    random = np.random.default_rng(5)
    predictions, targets = {}, {}
    for era in range(100, 100 + eras):
        target = pd.Series(random.permutation(BINS), index=IDS, name="target")
        good = (target.to_numpy() + random.normal(0, 0.2, 20) + 2) / 5
        fair = (target.to_numpy() + random.normal(0, 0.8, 20) + 5) / 11
        frame = {"good": good, "fair": fair, "noise": random.random(20), "wrong": 1 - good, "constant": 0.5}
        predictions[era] = pd.DataFrame(frame, index=IDS)
        targets[era] = target
    return History(predictions, targets)


@pytest.fixture(scope="module")
def field():
    return Field.of(history(24), quiet)


@pytest.fixture(scope="module")
def season(field):
    return play(field, Rules(), quiet)


# the ledger against the reference


@pytest.mark.parametrize("compound", [True, False])
def test_ledger__nine_rounds__the_stakes_rewards_and_burns_of_the_reference_tournament(compound):
    """The reference refuses what the contract refuses, so the ledger's order of calls is one that a chain allows."""
    ring, models, threshold = 2, range(5), 900 * NMR
    rules = Rules(ring=ring, threshold=90, compound=compound)
    ledger = Ledger(rules, len(models))
    suite = ExampleSuite(ring=ring, first_round=0, models=len(models), min_stake=MIN_STAKE * GWEI)
    for model in models:
        suite.call("set_policy", model, STAKE * GWEI, compound)
    terms = {
        "primary": rules.primary,
        "contribution": rules.contribution,
        "clip": rules.clip,
        "threshold": threshold,
    }
    random = np.random.default_rng(1)
    chunks = {}
    for number in range(9):
        assert suite.open(**terms) == number
        if number < ring:
            for model in models:
                suite.call("stake", model, STAKE * GWEI)
        else:
            suite.settle(number - ring, chunks[number - ring])
            suite.call("enter", [0, 1])
        suite.submit(*models)
        suite.publish(number)
        expected = [suite.tournament.position(number, model) // GWEI for model in models]
        assert ledger.open(number) == expected
        scores = {model: tuple(int(score) for score in random.normal(0, 4_000_000, 2)) for model in models}
        ledger.resolve(number, scores)
        chunks[number] = suite.finalise(number, scores)
    settled = [event.args for event in suite.world.events if event.name == "Settled"]
    assert len(settled) == 7
    assert ledger.rewards * GWEI == sum(args["rewards"] for args in settled) > 0
    assert ledger.burns * GWEI == sum(args["burns"] for args in settled) > 0
    assert len(set(expected)) == len(models) if compound else max(expected) == STAKE


def test_ledger__scores_on_both_sides_of_the_clip__counts_what_the_clip_cut():
    ledger = Ledger(Rules(ring=1, contribution=0, primary=10_000, clip=RATIO // 20, threshold=0), 4)
    ledger.open(0)
    ledger.resolve(0, {0: (5_000_000, 0), 1: (-5_000_001, 0), 2: (90_000_000, 0), 3: (0, 0)})
    half = STAKE // 20
    assert ledger.open(1) == [STAKE + half, STAKE - half, STAKE + half, STAKE]
    assert (ledger.paid, ledger.clipped) == (3, 2)


# scores


@pytest.mark.parametrize(
    "stakes", [[1, 1, 1, 1, 1], [7, 0, 10**6, 3, 10**9], [0, 0, 0, 0, 5], [4, 0, 0, 4, 0]], ids=str
)
def test_scores_at__any_stakes__those_of_score_round(field, stakes):
    weights = dict(zip(MODELS, stakes, strict=True))
    for era in (100, 111):
        scores, meta = scores_at(field, era, weights)
        predictions, target = field.history.predictions[era], field.history.targets[era]
        expected = score_round(predictions, target, weights)
        assert scores == {name: (score.primary or 0, score.contribution or 0) for name, score in expected.items()}
        reference = meta_model(predictions.drop(columns="constant"), weights)
        assert (meta is None and reference is None) or meta.equals(reference)


def test_field__constant__has_no_score(field):
    assert np.isnan(field.corr[:, MODELS.index("constant")]).all()
    assert not np.isnan(field.corr[:, :4]).any()


# seasons


def test_play__first_rounds__equal_stakes_and_the_equal_weighted_mean(field, season):
    assert (season.stakes[:4] == STAKE).all()
    assert (season.stakes[4] != STAKE).any()
    assert season.meta[:4].tolist() == field.equal[:4].tolist()
    assert season.effective_models()[:4].tolist() == pytest.approx([4.0] * 4)


def test_play__good_and_wrong_models__stakes_go_from_these_to_those_and_the_meta_model_gains(field, season):
    shares = dict(zip(MODELS, season.shares()[-1], strict=True))
    assert shares["good"] > 0.25 > shares["wrong"]
    assert shares["constant"] == 0.0
    assert season.shares().sum(axis=1).tolist() == pytest.approx([1.0] * 24)
    assert (season.stakes[:, MODELS.index("constant")] == STAKE).all()
    assert season.meta[-8:].mean() > field.equal[-8:].mean()
    assert season.rewards > 0 and season.burns > 0


def test_play__wider_clip__stakes_part_faster_and_less_is_cut(field, season):
    wide = play(field, Rules(clip=RATIO), quiet)
    assert wide.effective_models()[-1] < season.effective_models()[-1] < 4
    assert wide.clipped < season.clipped


def test_play__wide_ring__no_payout_shows_before_its_place_comes_round(field):
    season = play(field, Rules(ring=64), quiet)
    assert (season.stakes == STAKE).all()
    assert season.rewards == season.burns == season.clipped == 0


def test_shares__ring_of_2__both_places_count(field):
    season = play(field, Rules(ring=2, clip=RATIO // 4), quiet)
    both = (season.stakes[-1] + season.stakes[-2])[:4]
    assert season.shares()[-1, :4].tolist() == pytest.approx((both / both.sum()).tolist())


def test_field_and_play__told__once_an_era():
    told = []
    played = play(Field.of(history(3), lambda: told.append("scored")), Rules(), lambda: told.append("played"))
    assert told == 3 * ["scored"] + 3 * ["played"]
    assert played.stakes.shape == (3, 5)
