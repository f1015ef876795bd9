# SPDX-License-Identifier: MIT
"""A crowd of models as data scientists have them: learned in many ways, rules, and some that know nothing.

Each is trained on eras whose targets were known, learns from ranks of features, and makes its predictions neutral to
what the target is neutral to. Settings are conventional, fixed before a model was scored on these data, and the same
for both universes.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.cross_decomposition import PLSRegression  # type: ignore[import-untyped]
from sklearn.decomposition import PCA  # type: ignore[import-untyped]
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor  # type: ignore[import-untyped]
from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]
from sklearn.kernel_approximation import Nystroem  # type: ignore[import-untyped]
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge  # type: ignore[import-untyped]
from sklearn.naive_bayes import GaussianNB  # type: ignore[import-untyped]
from sklearn.neural_network import MLPRegressor  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import PolynomialFeatures  # type: ignore[import-untyped]
from sklearn.tree import DecisionTreeRegressor  # type: ignore[import-untyped]

from fund.market.eras import Era
from fund.market.past import neutral, percentile
from nmr.sealing.scoring import gaussian_ranks

MIDDLE: Final = 0.5
"""Of features and targets alike."""


@dataclass(frozen=True, eq=False)
class Training:
    """What a model may learn from.

    Attributes:
        features: float64 of shape (rows, features), less their middle.
        target: float64 of shape (rows,), less its middle.
        era: int of shape (rows,): the row's era, ascending.
        names: of the features.
    """

    features: np.ndarray
    target: np.ndarray
    era: np.ndarray
    names: tuple[str, ...]

    @classmethod
    def of(cls, eras: Sequence[Era], names: tuple[str, ...]) -> "Training":
        """The eras that have a target."""
        known = [(era, era.target) for era in eras if era.target is not None]
        return cls(
            features=np.concatenate([era.features for era, _ in known]) - MIDDLE,
            target=np.concatenate([target for _, target in known]) - MIDDLE,
            era=np.concatenate([np.full(len(target), era.number) for era, target in known]),
            names=names,
        )

    def share(self, first: float, last: float) -> "Training":
        """The eras from this share of their span to that, both from 0 to 1."""
        edges = self.era[0] + np.array([first, last]) * (self.era[-1] + 1 - self.era[0])
        rows = slice(*np.searchsorted(self.era, edges))
        return Training(self.features[rows], self.target[rows], self.era[rows], self.names)


Predict = Callable[[np.ndarray, int], np.ndarray]
"""From features less their middle, of shape (markets, features), and the era's number to one number a market."""
Fit = Callable[[Training, int], Predict]
"""From a training set and a seed to what predicts."""


@dataclass(frozen=True)
class Model:
    """A model of the crowd: a short unique name, what it does, and how it learns."""

    name: str
    style: str
    fit: Fit


def _learned(build: Callable[[int], Any], first: float = 0.0, last: float = 1.0) -> Fit:
    """A regression on a share of the training set."""

    def fit(training: Training, seed: int) -> Predict:
        rows = training.share(first, last)
        estimator = _quietly(build(seed), rows.features, rows.target)
        return lambda features, era: np.ravel(estimator.predict(features))

    return fit


def _classified(build: Callable[[int], Any]) -> Fit:
    """The chance of the two best bins against the two worst."""

    def fit(training: Training, seed: int) -> Predict:
        rows = training.target != 0
        estimator = _quietly(build(seed), training.features[rows], training.target[rows] > 0)
        return lambda features, era: np.asarray(estimator.predict_proba(features)[:, 1])

    return fit


def _quietly(estimator: Any, features: np.ndarray, target: np.ndarray) -> Any:
    with warnings.catch_warnings():
        # Stopping early is one of the settings.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(features, target)


def _rule(**weights: float) -> Fit:
    """A weighted sum of features, learned from nothing."""

    def fit(training: Training, seed: int) -> Predict:
        columns = [training.names.index(name) for name in weights]
        return lambda features, era: features[:, columns] @ np.array(list(weights.values()))

    return fit


def _mean(*fits: Fit) -> Fit:
    """The mean rank of models."""

    def fit(training: Training, seed: int) -> Predict:
        predicts = [each(training, seed) for each in fits]
        return lambda features, era: np.mean([percentile(predict(features, era)) for predict in predicts], axis=0)

    return fit


def _best_feature(training: Training, seed: int) -> Predict:
    """The one feature that went most with the target so far, or against it if that was stronger."""
    strength = training.features.T @ training.target / np.linalg.norm(training.features, axis=0)
    best = int(np.abs(strength).argmax())
    return lambda features, era: np.sign(strength[best]) * features[:, best]


def _noise(training: Training, seed: int) -> Predict:
    return lambda features, era: np.random.default_rng([seed, era]).random(len(features))


def _alphabet(training: Training, seed: int) -> Predict:
    return lambda features, era: np.arange(len(features), dtype=np.float64)


_ridge = _learned(lambda seed: Ridge(alpha=100.0))
_boosted = _learned(
    lambda seed: HistGradientBoostingRegressor(
        learning_rate=0.05, max_iter=40, max_leaf_nodes=8, min_samples_leaf=100, early_stopping=False, random_state=seed
    )
)
_forest = _learned(
    lambda seed: ExtraTreesRegressor(30, max_depth=6, min_samples_leaf=50, max_features=0.5, random_state=seed)
)

MODELS: Final[tuple[Model, ...]] = (
    Model("ridge", "linear regression with shrinkage", _ridge),
    Model("ridge-recent", "the same on the last fifth of its training", _learned(lambda seed: Ridge(100.0), 0.8)),
    Model("ridge-early", "the same on the first fifth", _learned(lambda seed: Ridge(100.0), 0.0, 0.2)),
    Model("elastic-net", "linear regression that drops weak features", _learned(lambda seed: ElasticNet(0.001))),
    Model("partial-least-squares", "two combined features", _learned(lambda seed: PLSRegression(2))),
    Model(
        "components", "linear regression on five components", _learned(lambda seed: make_pipeline(PCA(5), Ridge(1.0)))
    ),
    Model(
        "products",
        "linear regression on products of features",
        _learned(lambda seed: make_pipeline(PolynomialFeatures(2, include_bias=False), Ridge(300.0))),
    ),
    Model(
        "kernel",
        "ridge on similarity to a hundred cases",
        _learned(lambda seed: make_pipeline(Nystroem(n_components=100, random_state=seed), Ridge(1.0))),
    ),
    Model("boosted", "gradient-boosted trees", _boosted),
    Model(
        "boosted-deep",
        "larger trees, fewer cases in a leaf",
        _learned(
            lambda seed: HistGradientBoostingRegressor(
                learning_rate=0.1,
                max_iter=40,
                max_leaf_nodes=31,
                min_samples_leaf=20,
                early_stopping=False,
                random_state=seed,
            )
        ),
    ),
    Model("forest", "extremely randomised trees", _forest),
    Model(
        "decision-tree",
        "one small tree, so many ties",
        _learned(lambda seed: DecisionTreeRegressor(max_depth=4, min_samples_leaf=100, random_state=seed)),
    ),
    Model(
        "neural-network",
        "one hidden layer of 16, stopped early",
        _learned(
            lambda seed: MLPRegressor(
                hidden_layer_sizes=(16,), solver="lbfgs", alpha=1.0, max_iter=30, random_state=seed
            )
        ),
    ),
    Model("logistic", "chance of the better bins, logistic regression", _classified(lambda seed: LogisticRegression())),
    Model("naive-bayes", "the same chance, each feature for itself", _classified(lambda seed: GaussianNB())),
    Model("ensemble", "mean rank of ridge, boosted and forest", _mean(_ridge, _boosted, _forest)),
    Model("single-feature", "the feature that did best so far", _best_feature),
    Model(
        "overfitted",
        "five trees that know the last fifth by heart",
        _learned(lambda seed: ExtraTreesRegressor(5, random_state=seed), 0.8),
    ),
    Model("momentum", "rule: the past year's winners", _rule(return_50w_but_last_4w=1.0, return_26w=1.0)),
    Model("residual-momentum", "rule: the half year's winners beside the factors", _rule(residual_return_26w=1.0)),
    Model("reversal", "rule: the past week's losers", _rule(return_1w=-1.0, return_1d=-1.0)),
    Model("residual-reversal", "rule: the past week's losers beside the factors", _rule(residual_return_1w=-1.0)),
    Model("near-high", "rule: closest to the year's high", _rule(below_high_50w=1.0)),
    Model("no-lottery", "rule: no large gains lately, no skew", _rule(largest_day_4w=-1.0, skew_26w=-1.0)),
    Model("season", "rule: what rose in the same weeks a year ago", _rule(return_a_year_ago_4w=1.0)),
    Model("own-way", "rule: least explained by the factors", _rule(common_share=-1.0)),
    Model("noise", "random numbers", _noise),
    Model("alphabet", "the same order in every era", _alphabet),
)
"""Every model of the honest crowd."""


def submitted(predict: Predict, era: Era) -> np.ndarray:
    """What a model submits for an era, float64 of shape (markets,), strictly between 0 and 1.

    Its ranks are gaussianised and made neutral to the era's exposures, then ranked.
    """
    raw = predict(era.features - MIDDLE, era.number)[:, np.newaxis]
    left = neutral(gaussian_ranks(raw), era.exposures)
    # What is neutral to within rounding was nothing but exposures.
    return percentile(np.where(np.abs(left) < 1e-9, 0.0, left)[:, 0])
