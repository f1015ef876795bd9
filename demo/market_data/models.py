# SPDX-License-Identifier: MIT
"""Models of different skill and style, trained walk-forward on the eras.

Every model sees the same thing: the training set of eras that were over, the features of the era to predict, and a
seed. It returns one number per stock, strictly between 0 and 1, higher for a better expected week. The settings are
conventional ones, fixed before any score of the model was looked at and not tuned since; what comes out is
printed by `python -m demo.market_data.quality`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from sklearn.cross_decomposition import PLSRegression  # type: ignore[import-untyped]
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor  # type: ignore[import-untyped]
from sklearn.kernel_approximation import Nystroem  # type: ignore[import-untyped]
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge  # type: ignore[import-untyped]
from sklearn.naive_bayes import GaussianNB  # type: ignore[import-untyped]
from sklearn.neighbors import KNeighborsRegressor  # type: ignore[import-untyped]
from sklearn.neural_network import MLPRegressor  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.svm import SVR  # type: ignore[import-untyped]
from sklearn.tree import DecisionTreeRegressor  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from demo.market_data import recipes
from demo.market_data.eras import Era
from demo.market_data.recipes import FitPredict, classifier, inverse_of, mean_of, neutral, regressor, rule
from demo.market_data.training import EMBARGO, FIRST_PREDICTABLE_ERA, ModelError, Training, training_set

__all__ = [
    "EMBARGO",
    "FIRST_PREDICTABLE_ERA",
    "MODELS",
    "ModelError",
    "ModelSpec",
    "Training",
    "predict",
    "training_set",
    "walk_forward",
]

QUARTER: Final = 13
"""Eras."""


@dataclass(frozen=True)
class ModelSpec:
    """A model of the demo.

    Attributes:
        name: short, unique, lower case.
        style: one sentence on what it does.
        fit_predict: called with the training set, the features of the era to predict (frame of shape (stocks,
            features), index stock id) and a seed; returns a float64 array of shape (stocks,), always the same one for
            the same arguments.
    """

    name: str
    style: str
    fit_predict: FitPredict


def _last_quarter(training: Training) -> Training:
    return training.latest(QUARTER)


def _first_quarter(training: Training) -> Training:
    return training.oldest(QUARTER)


_ridge = regressor(lambda seed: Ridge(alpha=100.0))
_boosted = regressor(
    lambda seed: HistGradientBoostingRegressor(
        learning_rate=0.05,
        max_iter=40,
        max_leaf_nodes=8,
        min_samples_leaf=100,
        early_stopping=False,
        random_state=seed,
    )
)
_forest = regressor(
    lambda seed: ExtraTreesRegressor(
        n_estimators=40, max_depth=6, min_samples_leaf=50, max_features=0.5, n_jobs=1, random_state=seed
    )
)
# Distances by themselves, and not by products of matrices, which processors round in their own ways.
_neighbours = regressor(lambda seed: KNeighborsRegressor(n_neighbors=200, algorithm="kd_tree"))
_kernel = regressor(lambda seed: make_pipeline(Nystroem(n_components=100, random_state=seed), Ridge(alpha=1.0)))
_support_vectors = regressor(lambda seed: SVR(C=1.0, epsilon=0.1), _last_quarter)
_network = regressor(
    lambda seed: MLPRegressor(hidden_layer_sizes=(16,), solver="lbfgs", alpha=1.0, max_iter=30, random_state=seed)
)
_logistic = classifier(lambda seed: LogisticRegression(C=1.0))
_tree = regressor(lambda seed: DecisionTreeRegressor(max_depth=4, min_samples_leaf=100, random_state=seed))
_overfitted = regressor(lambda seed: ExtraTreesRegressor(n_estimators=5, n_jobs=1, random_state=seed), _last_quarter)

MODELS: Final[tuple[ModelSpec, ...]] = (
    ModelSpec("ridge", "linear regression with shrinkage on two years of eras", _ridge),
    ModelSpec("ridge-recent", "the same on the last quarter only", regressor(lambda seed: Ridge(100.0), _last_quarter)),
    ModelSpec("boosted", "gradient-boosted trees", _boosted),
    ModelSpec("forest", "extremely randomised trees", _forest),
    ModelSpec("neighbours", "mean outcome of the 200 most similar cases", _neighbours),
    ModelSpec("ensemble", "mean rank of ridge, boosted and neighbours", mean_of(_ridge, _boosted, _neighbours)),
    ModelSpec("momentum", "rule: the past year's winners", rule(momentum_50w_but_last_4w=1.0, momentum_26w=1.0)),
    ModelSpec("reversal", "rule: the past week's losers", rule(reversal_1w=1.0, reversal_1d=1.0)),
    ModelSpec("low-volatility", "rule: the calmest stocks", rule(volatility_26w=-1.0, volatility_4w=-1.0)),
    ModelSpec("noise", "random numbers", recipes.noise),
    ModelSpec("inverse-ridge", "ridge turned upside down", inverse_of(_ridge)),
    ModelSpec("copy-of-ridge", "ridge once more, number for number", _ridge),
    ModelSpec("constant", "one half for every stock", recipes.constant),
    ModelSpec("elastic-net", "linear regression that drops weak features", regressor(lambda seed: ElasticNet(0.001))),
    ModelSpec("partial-least-squares", "two combined features", regressor(lambda seed: PLSRegression(n_components=2))),
    ModelSpec("kernel", "ridge on similarity to a hundred cases", _kernel),
    ModelSpec("support-vectors", "support vector regression on the last quarter", _support_vectors),
    ModelSpec("neural-network", "one hidden layer of 16, stopped early", _network),
    ModelSpec("logistic", "chance of the best bin against the worst, logistic regression", _logistic),
    ModelSpec("naive-bayes", "the same chance, each feature for itself", classifier(lambda seed: GaussianNB())),
    ModelSpec("decision-tree", "one small tree, so many ties", _tree),
    ModelSpec("overfitted", "five trees that know the last quarter by heart", _overfitted),
    ModelSpec("stale-ridge", "ridge on the oldest quarter only", regressor(lambda seed: Ridge(100.0), _first_quarter)),
    ModelSpec("alphabet", "stocks in the order of their names", recipes.alphabet),
    ModelSpec("single-feature", "the feature that did best so far", recipes.best_feature),
    ModelSpec("neutral-boosted", "boosted without its linear part", neutral(_boosted)),
    ModelSpec("near-high", "rule: closest to the year's high", rule(nearness_to_high_50w=1.0)),
    ModelSpec("illiquid", "rule: the most days without a price change", rule(unchanged_days_13w=1.0)),
)
"""Every model; those of earlier versions keep their places, so that the first N stay the first N."""


def predict(eras: Mapping[int, Era], number: int, models: Sequence[ModelSpec] = MODELS, seed: int = 0) -> pd.DataFrame:
    """Train every model on the eras before `number`, less the embargo, and predict it.

    Native thread pools are held to one thread, so that results do not depend on the number of cores.

    Args:
        seed: any non-negative integer; together with the era it fixes every random choice.

    Returns:
        float64 frame of shape (stocks, models), values strictly between 0 and 1. Index: stock id, sorted.

    Raises:
        ModelError: if the era does not exist, has too few eras before it, two models share a name, or a model does
            not return one finite number strictly between 0 and 1 per stock.
    """
    if number not in eras:
        raise ModelError(f"There is no era {number}.")
    if len({model.name for model in models}) != len(models):
        raise ModelError("Two models share a name.")
    live = eras[number].features.sort_index()
    training = training_set(eras, number)
    era_seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    columns: dict[str, np.ndarray] = {}
    with threadpool_limits(limits=1):
        for model in models:
            values = model.fit_predict(training, live, era_seed)
            if np.shape(values) != (len(live),) or not ((values > 0) & (values < 1)).all():
                raise ModelError(f"{model.name} did not return one number between 0 and 1 per stock.")
            columns[model.name] = values
    return pd.DataFrame(columns, index=live.index)


def walk_forward(
    eras: Mapping[int, Era], numbers: Iterable[int], models: Sequence[ModelSpec] = MODELS, seed: int = 0
) -> dict[int, pd.DataFrame]:
    """Call `predict` for each era in `numbers`; the predictions by era."""
    return {number: predict(eras, number, models, seed) for number in numbers}
