# SPDX-License-Identifier: MIT
import dataclasses
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from demo.market_data.eras import build_eras
from demo.market_data.models import (
    FIRST_PREDICTABLE_ERA,
    MODELS,
    ModelError,
    ModelSpec,
    predict,
    training_set,
    walk_forward,
)
from demo.market_data.prices import load_relatives
from demo.market_data.quality import score_eras, summarise
from nmr.errors import NmrError
from nmr.sealing.scoring import rejection

RELATIVES = load_relatives()
BY_NAME = {model.name: model for model in MODELS}
LEARNING = (
    "ridge",
    "ridge-recent",
    "boosted",
    "forest",
    "neighbours",
    "ensemble",
    "elastic-net",
    "partial-least-squares",
    "kernel",
    "support-vectors",
    "neural-network",
    "logistic",
    "naive-bayes",
    "decision-tree",
    "overfitted",
)
NUMBER = 100


@pytest.fixture(scope="module")
def eras():
    return build_eras(RELATIVES)


@pytest.fixture(scope="module")
def predictions(eras):
    return predict(eras, NUMBER)


def shuffled(target, seed=0):
    return pd.Series(np.random.default_rng(seed).permutation(target.to_numpy()), index=target.index, name=target.name)


def test_models__the_demo__at_least_24_that_differ():
    assert len(MODELS) >= 24
    assert len({model.name for model in MODELS}) == len({model.style for model in MODELS}) == len(MODELS)


def test_predict__every_model__one_number_strictly_between_0_and_1_per_stock(predictions):
    assert predictions.shape == (88, len(MODELS))
    assert list(predictions.columns) == [model.name for model in MODELS]
    assert predictions.index.equals(pd.Index(RELATIVES.columns))
    assert ((predictions > 0) & (predictions < 1)).all(axis=None)
    assert (predictions.drop(columns="constant").nunique() > 5).all()


def test_predict__same_seed__same_numbers(eras, predictions):
    pd.testing.assert_frame_equal(predict(eras, NUMBER), predictions, check_exact=True)


def test_predict__processor_with_another_linear_algebra__same_numbers():
    # A week in which products of matrices that are rounded otherwise tell other neighbours apart.
    script = (
        "from demo.market_data.eras import build_eras; from demo.market_data.models import predict;"
        "from demo.market_data.prices import load_relatives;"
        "print(predict(build_eras(load_relatives()), 83).round(12).to_csv())"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"OPENBLAS_CORETYPE": kernels},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for kernels in ("Haswell", "Prescott")
    ]
    assert told[0] == told[1]


def test_predict__another_seed_or_era__other_noise_and_same_ridge(eras, predictions):
    models = [BY_NAME["noise"], BY_NAME["ridge"]]
    other_seed = predict(eras, NUMBER, models, seed=1)
    other_era = predict(eras, NUMBER + 1, models)
    assert not other_seed["noise"].equals(predictions["noise"])
    assert not other_era["noise"].equals(predictions["noise"])
    assert other_seed["ridge"].equals(predictions["ridge"])


def test_predict__models_one_by_one__the_same_as_together(eras, predictions):
    for model in MODELS:
        assert predict(eras, NUMBER, [model])[model.name].equals(predictions[model.name])


def test_predict__copy_and_inverse__are_what_they_say(predictions):
    assert predictions["copy-of-ridge"].equals(predictions["ridge"])
    assert np.allclose(predictions["inverse-ridge"] + predictions["ridge"], 1.0)
    assert predictions.drop(columns="copy-of-ridge").corr(method="spearman").abs().stack().lt(0.999).sum() > 0
    assert not predictions.drop(columns="copy-of-ridge").T.duplicated().any()


def test_predict__rules__order_stocks_by_the_feature_they_are_named_for(eras, predictions):
    features = eras[NUMBER].features
    assert predictions["momentum"].corr(features["momentum_50w_but_last_4w"], method="spearman") > 0.8
    assert predictions["reversal"].corr(features["momentum_4w"], method="spearman") < 0
    assert predictions["reversal"].corr(features["reversal_1w"], method="spearman") > 0.8
    assert predictions["low-volatility"].corr(features["volatility_26w"], method="spearman") < -0.8


def test_predict__more_rules__order_stocks_by_the_feature_they_are_named_for(eras, predictions):
    features = eras[NUMBER].features
    assert predictions["near-high"].equals(features["nearness_to_high_50w"].sort_index().rename("near-high"))
    assert predictions["illiquid"].equals(features["unchanged_days_13w"].sort_index().rename("illiquid"))


def test_predict__constant__is_one_half_for_all_and_no_prediction(predictions):
    assert (predictions["constant"] == 0.5).all()
    assert rejection(predictions["constant"], predictions.index) == "All predictions are the same."


def test_predict__alphabet__the_same_order_of_names_in_every_era(eras, predictions):
    assert predictions["alphabet"].is_monotonic_increasing and predictions["alphabet"].is_unique
    assert predict(eras, NUMBER + 1, [BY_NAME["alphabet"]])["alphabet"].equals(predictions["alphabet"])


def test_predict__neutral_boosted__has_little_to_do_with_any_feature(eras, predictions):
    features = eras[NUMBER].features
    assert features.corrwith(predictions["boosted"]).abs().max() > 0.5
    assert features.corrwith(predictions["neutral-boosted"]).abs().max() < 0.2
    assert predictions["neutral-boosted"].corr(predictions["boosted"]) > 0.2


@pytest.mark.parametrize("sign", [1, -1])
def test_predict__target_follows_or_opposes_a_feature__single_feature_finds_it(eras, sign):
    planted = {
        number: dataclasses.replace(era, target=0.5 + sign * (era.features["reversal_1w"] - 0.5))
        for number, era in eras.items()
    }
    found = predict(planted, NUMBER, [BY_NAME["single-feature"]])["single-feature"]
    assert found.corr(planted[NUMBER].target) == pytest.approx(1.0)


@pytest.mark.parametrize(("number", "notices"), [(50, True), (62, True), (63, False), (98, False)])
def test_predict__a_target_changed__stale_ridge_notices_only_in_the_oldest_quarter(eras, predictions, number, notices):
    changed = {**eras, number: dataclasses.replace(eras[number], target=1.0 - eras[number].target)}
    after = predict(changed, NUMBER, [BY_NAME["stale-ridge"]])["stale-ridge"]
    assert after.equals(predictions["stale-ridge"]) != notices


def test_predict__prices_from_the_first_day_of_the_era_on_changed__same_predictions(eras, predictions):
    changed = RELATIVES.copy()
    first_day = NUMBER * 5
    changed.iloc[first_day:] = changed.iloc[first_day:].to_numpy()[::-1, ::-1]
    pd.testing.assert_frame_equal(predict(build_eras(changed), NUMBER), predictions, check_exact=True)


def test_predict__last_price_before_the_era_changed__other_predictions(eras, predictions):
    changed = RELATIVES.copy()
    changed.iloc[NUMBER * 5 - 1] = changed.iloc[NUMBER * 5 - 1].to_numpy()[::-1]
    assert not predict(build_eras(changed), NUMBER, [BY_NAME["ridge"]])["ridge"].equals(predictions["ridge"])


def test_predict__target_of_the_era_or_in_the_embargo_changed__same_predictions(eras, predictions):
    poisoned = dict(eras)
    for number in range(NUMBER - 1, 251):
        poisoned[number] = dataclasses.replace(eras[number], target=shuffled(eras[number].target))
    pd.testing.assert_frame_equal(predict(poisoned, NUMBER), predictions, check_exact=True)


@pytest.mark.parametrize("name", LEARNING)
def test_predict__last_target_before_the_embargo_changed__learning_models_notice(eras, predictions, name):
    poisoned = dict(eras)
    poisoned[NUMBER - 2] = dataclasses.replace(eras[NUMBER - 2], target=1.0 - eras[NUMBER - 2].target)
    assert not predict(poisoned, NUMBER, [BY_NAME[name]])[name].equals(predictions[name])


@pytest.mark.parametrize("name", LEARNING)
def test_predict__target_follows_a_feature__learning_models_find_it(eras, name):
    planted = {
        number: dataclasses.replace(era, target=(era.features["co_movement_26w"] * 5).floordiv(1) / 4)
        for number, era in eras.items()
    }
    found = predict(planted, NUMBER, [BY_NAME[name], BY_NAME["noise"]])
    assert found[name].corr(planted[NUMBER].target, method="spearman") > 0.7
    assert abs(found["noise"].corr(planted[NUMBER].target, method="spearman")) < 0.4


def test_training_set__era_100__ends_two_eras_before(eras):
    training = training_set(eras, NUMBER)
    assert training.numbers == tuple(range(50, 99))
    assert training.features.shape == (49 * 88, 13)
    assert training.target.shape == training.era.shape == (49 * 88,)
    assert (training.features[-88:] == eras[98].features.to_numpy()).all()
    assert (training.target[-88:] == eras[98].target.to_numpy()).all()


def test_training_set__late_era__two_years_at_most(eras):
    assert training_set(eras, 251).numbers == tuple(range(146, 250))
    assert training_set(eras, 251, embargo=0).numbers == tuple(range(147, 251))


def test_training__latest__keeps_the_newest_rows(eras):
    latest = training_set(eras, NUMBER).latest(2)
    assert latest.numbers == (97, 98)
    assert (latest.target == np.concatenate([eras[97].target, eras[98].target])).all()
    assert len(latest.features) == len(latest.era) == 2 * 88


def test_training__oldest__keeps_the_first_rows(eras):
    oldest = training_set(eras, NUMBER).oldest(2)
    assert oldest.numbers == (50, 51)
    assert (oldest.target == np.concatenate([eras[50].target, eras[51].target])).all()
    assert len(oldest.features) == len(oldest.era) == 2 * 88


def test_training_set__negative_embargo__refused(eras):
    with pytest.raises(ModelError, match=r"^A negative embargo would train on the era to predict\.$"):
        training_set(eras, NUMBER, embargo=-1)


def test_training_set__half_a_year__is_enough_and_a_week_less_is_not(eras):
    assert len(training_set(eras, FIRST_PREDICTABLE_ERA).numbers) == 26
    with pytest.raises(ModelError, match=r"^Era 76 has 25 eras to train on, fewer than 26\.$"):
        training_set(eras, FIRST_PREDICTABLE_ERA - 1)


def test_predict__era_without_a_target__predicted_like_any_other(eras):
    assert eras[251].target is None
    assert predict(eras, 251, [BY_NAME["ridge"]]).shape == (88, 1)


@pytest.mark.parametrize(
    "values",
    [
        np.full(88, np.nan),
        np.full(87, 0.5),
        np.full((88, 1), 0.5),
        np.linspace(0, 0.9, 88),
        np.linspace(0.1, 1, 88),
    ],
)
def test_predict__a_model_that_returns_something_else__refused(eras, values):
    broken = ModelSpec("broken", "returns what it should not", lambda training, live, seed: values)
    with pytest.raises(ModelError, match=r"^broken did not return one number between 0 and 1 per stock\.$"):
        predict(eras, NUMBER, [broken])


def test_predict__two_models_of_one_name__refused(eras):
    with pytest.raises(ModelError, match=r"^Two models share a name\.$"):
        predict(eras, NUMBER, [BY_NAME["noise"], BY_NAME["noise"]])


def test_predict__unknown_era__refused(eras):
    with pytest.raises(ModelError, match=r"^There is no era 252\.$"):
        predict(eras, 252)


def test_model_error__any__is_an_nmr_error_and_a_value_error():
    assert issubclass(ModelError, NmrError) and issubclass(ModelError, ValueError)


def test_walk_forward__two_eras__each_as_predicted_alone(eras, predictions):
    models = [BY_NAME["ridge"], BY_NAME["noise"]]
    both = walk_forward(eras, [NUMBER, NUMBER + 1], models)
    assert list(both) == [NUMBER, NUMBER + 1]
    assert both[NUMBER].equals(predictions[["ridge", "noise"]])
    assert both[NUMBER + 1].equals(predict(eras, NUMBER + 1, models))


def test_summarise__a_model_its_copy_and_its_inverse__mirror_each_other(eras):
    models = [BY_NAME[name] for name in ("ridge", "copy-of-ridge", "inverse-ridge", "constant", "momentum", "noise")]
    scores = score_eras(eras, [NUMBER, NUMBER + 1, NUMBER + 2, 251], models)
    assert list(scores) == [NUMBER, NUMBER + 1, NUMBER + 2]
    rows = {row.model: row for row in summarise(scores)}
    assert list(rows) == [model.name for model in models if model.name != "constant"]
    ridge, copy, inverse = rows["ridge"], rows["copy-of-ridge"], rows["inverse-ridge"]
    assert dataclasses.replace(copy, model="ridge") == ridge
    assert inverse.corr == pytest.approx(-ridge.corr) and inverse.mmc == pytest.approx(-ridge.mmc)
    assert ridge.corr == pytest.approx(np.mean([era["ridge"].primary for era in scores.values()]) / 1e8)
