# SPDX-License-Identifier: MIT
"""Economic attacks by what is predicted and delivered, on a small made-up market."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.economics import scores as economics_scores
from benchmarks.economics.market import STAKE, Entry, Market, gains, goes_with, grown, opposite
from benchmarks.economics.scores import (
    BEST,
    LOSER,
    MEMORY,
    PAIRS,
    Played,
    late_files,
    parked,
    refusals,
    sitting_out,
    twins,
)
from benchmarks.economics.stage import CLIP
from benchmarks.meta_model.history import History
from nmr.text.amounts import RATIO

IDS = [f"stock{number:02d}" for number in range(20)]
BINS = [0.0] + 4 * [0.25] + 10 * [0.5] + 4 * [0.75] + [1.0]
ERAS = range(3, 15)


def quiet():
    """Nobody is told."""


@pytest.fixture(scope="module")
def market():
    """A good model, noise, one that is always wrong, one like the good one, and a constant; five days an era."""
    random = np.random.default_rng(8)
    predictions, targets = {}, {}
    days = random.integers(900_000, 1_100_000, (5 * (ERAS[-1] + 1), 20))
    relatives = pd.DataFrame(days, columns=IDS)
    for era in ERAS:
        growth = grown(relatives, era, 5)
        target = pd.Series(np.array(BINS)[growth.rank().astype(int) - 1], index=IDS, name="target")
        good = (target + random.normal(0, 1, 20) + 5) / 11
        frame = {
            BEST: good,
            "noise": random.random(20),
            LOSER: 1 - good,
            "alike": (good + 0.2 * random.random(20)) / 2,
            "constant": 0.5,
        }
        predictions[era] = pd.DataFrame(frame, index=IDS)
        targets[era] = target
    return Market(History(predictions, targets), relatives, quiet)


def test_play__nobody_attacks__the_good_one_gains_and_the_constant_does_not_count(market):
    assert market.scored == (BEST, "noise", LOSER, "alike")
    assert market.crowd(BEST).sum() > 0 > market.crowd(LOSER).sum()
    assert not market.crowd("constant").any()
    assert (abs(market.crowd(BEST)) <= STAKE * CLIP // RATIO).all()


def test_play__twins_of_any_model__no_gwei_in_any_round(market):
    for name in market.scored:
        outcomes = market.play(economics_scores.halves(market, name), 2)
        assert not gains(outcomes).any()
        assert any(outcome.attacker[0] for outcome in outcomes.values())


def test_play__nothing_delivered__neither_wins_nor_loses_nor_weighs(market):
    outcomes = market.play(lambda era, last: (Entry(STAKE, None),), 1, threshold=10 * STAKE)
    assert not gains(outcomes).any()
    assert [outcome.crowd for outcome in outcomes.values()] == [outcome.crowd for outcome in market.quiet.values()]


def test_play__refused_rival__gets_nothing_and_others_are_scored_without_it(market):
    outcomes = market.play(lambda era, last: (), 0, refused=lambda era: ["alike"])
    assert not any(outcome.crowd["alike"] for outcome in outcomes.values())
    assert [outcome.scores[BEST] for outcome in outcomes.values()] != [
        outcome.scores[BEST] for outcome in market.quiet.values()
    ]


def test_twins__every_way__unequal_twins_are_a_bet(market, monkeypatch):
    monkeypatch.setattr(economics_scores, "TWINNED", (BEST, LOSER))
    found = twins(market)
    halves, compounding, winner, loser, alone = (
        {name: played.gains.sum() for name, played in way.items()} for way in found.values()
    )
    assert set(halves.values()) == {0}
    assert compounding[BEST] == compounding[LOSER] != 0  # the same pair, named from either side
    assert abs(compounding[BEST]) < abs(alone[BEST])
    assert alone[LOSER] < 0 < alone[BEST]
    assert winner[BEST] != loser[BEST]


def test_twins__half_on_each__gain_nothing_and_are_paid_by_the_treasury(market, monkeypatch):
    monkeypatch.setattr(economics_scores, "TWINNED", (BEST,))
    played = next(iter(twins(market).values()))[BEST]
    outcomes = market.play(economics_scores.halves(market, BEST), 2)
    assert not played.gains.any()
    assert played.rewards.tolist() == [abs(outcome.attacker[0]) for outcome in outcomes.values()]
    assert 0 < played.rewards.sum() <= len(ERAS) * STAKE // 2 * CLIP // RATIO


def test_late_files__more_days_known__more_is_gained_without_skill(market):
    found, single = late_files(market, 0).values()
    assert list(found) == list(single) == [0, 1, 2, 3, 4, 5]
    assert 0 < found[1].returns.mean() < found[5].returns.mean() <= CLIP / RATIO / 2
    assert abs(found[0].returns.mean()) < found[1].returns.mean()
    assert single[0].gains.tolist() == _on_top(market).gains.tolist()
    assert single[0].returns.mean() < single[5].returns.mean() <= CLIP / RATIO
    assert 0 < sum(not gain for gain in single[5].gains) < len(ERAS)
    assert found[5].capital == STAKE == 2 * PAIRS * (STAKE // (2 * PAIRS))


def _on_top(market):
    """The best model's file with a stake on top of the crowd's, delivered in every round."""
    return Played.of(STAKE, market.play(lambda era, last: (Entry(STAKE, market.history.predictions[era][BEST]),), 1))


def test_goes_with__first_days__what_they_say(market):
    era = ERAS[2]
    growth = grown(market.relatives, era, 2)
    assert growth["stock03"] == pytest.approx(market.relatives["stock03"].iloc[5 * era : 5 * era + 2].prod() / 1e12)
    assert goes_with(growth, growth) and not goes_with(opposite(growth), growth)


def test_sitting_out__hindsight__never_less_than_any_other_way(market):
    always, recent, hindsight = sitting_out(market).values()
    series = np.array([market.crowd(name) for name in market.scored]) / STAKE
    assert always.tolist() == pytest.approx(series.mean(axis=0).tolist())
    assert (hindsight >= np.maximum(always, recent)).all()
    assert recent[0] == 0.0
    assert len(recent) > MEMORY


def test_refusals__rivals_alike_taken_out__what_the_colluder_gains_changes(market, monkeypatch):
    monkeypatch.setattr(economics_scores, "LEADERS", (BEST, "alike"))
    monkeypatch.setattr(economics_scores, "TWINNED", (BEST, "noise"))
    found = refusals(market)
    assert list(found) == [BEST, "alike", "noise"]
    assert [len(more) for more in found.values()] == 3 * [len(ERAS)]
    assert found[BEST].any()


@pytest.mark.parametrize("capped", [False, True])
def test_parked__more_and_more__the_crowd_wins_and_loses_less_and_the_whale_nothing(market, capped, monkeypatch):
    monkeypatch.setattr(economics_scores, "PARKED", (0.0, 9.0, 99.0))
    found = parked(market, capped)
    moved = [int(abs(played.crowd).sum()) for played in found.values()]
    assert moved[0] > moved[1] > moved[2] > 0
    assert not any(played.gains.any() for played in found.values())
    assert moved[0] == sum(abs(market.crowd(name)).sum() for name in market.scored)
