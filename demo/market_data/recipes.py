# SPDX-License-Identifier: MIT
"""Ways to make a model: from a scikit-learn estimator, from a rule, from other models, or from nothing.

Each gives a `FitPredict`: called with the training set, the features of the era to predict (frame of shape (stocks,
features), index stock id) and a seed, it returns a float64 array of shape (stocks,), strictly between 0 and 1, always
the same one for the same arguments.
"""

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy.stats import rankdata  # type: ignore[import-untyped]
from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]

from demo.market_data.eras import BINS
from demo.market_data.training import Training

FitPredict = Callable[[Training, pd.DataFrame, int], np.ndarray]
Build = Callable[[int], Any]
"""Makes an untrained scikit-learn estimator from a seed."""
Pick = Callable[[Training], Training]
"""The part of a training set that a model wants."""

MIDDLE: Final = 0.5
"""Of features and targets alike."""


def everything(training: Training) -> Training:
    """All of a training set."""
    return training


def percentile(values: np.ndarray) -> np.ndarray:
    """Ranks from worst to best, (rank - 0.5) / stocks, ties sharing the mean rank."""
    ranks: np.ndarray = (rankdata(values, method="average") - 0.5) / len(values)
    return ranks


def regressor(build: Build, pick: Pick = everything) -> FitPredict:
    """A model that learns the target itself."""

    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        rows = pick(training)
        estimator = _fitted(build(seed), rows.features, rows.target - MIDDLE)
        return percentile(estimator.predict(live.to_numpy() - MIDDLE))

    return fit_predict


def classifier(build: Build, pick: Pick = everything) -> FitPredict:
    """A model that learns to tell the best bin from the worst; what lies between teaches it nothing."""

    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        rows = pick(training)
        extreme = np.isin(rows.target, (BINS[0], BINS[-1]))
        estimator = _fitted(build(seed), rows.features[extreme], rows.target[extreme] == BINS[-1])
        return percentile(estimator.predict_proba(live.to_numpy() - MIDDLE)[:, 1])

    return fit_predict


def _fitted(estimator: Any, features: np.ndarray, target: np.ndarray) -> Any:
    with warnings.catch_warnings():
        # Stopping early is one of the settings.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(features - MIDDLE, target)


def rule(**weights: float) -> FitPredict:
    """A model that learns nothing: a weighted sum of features."""

    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        return percentile(sum(weight * live[feature].to_numpy() for feature, weight in weights.items()))

    return fit_predict


def mean_of(*models: FitPredict) -> FitPredict:
    """The mean rank of models."""

    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        return percentile(np.mean([model(training, live, seed) for model in models], axis=0))

    return fit_predict


def inverse_of(model: FitPredict) -> FitPredict:
    """A model turned upside down."""

    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        return 1.0 - model(training, live, seed)

    return fit_predict


def neutral(model: FitPredict) -> FitPredict:
    """What is left of a model when the best linear fit of its ranks to all features is taken out."""

    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        ranks = model(training, live, seed) - MIDDLE
        features = live.to_numpy() - MIDDLE
        return percentile(ranks - features @ np.linalg.lstsq(features, ranks, rcond=None)[0])

    return fit_predict


def best_feature(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
    """Follow the one feature that went most with the target so far, or against it if that was stronger."""
    features, target = training.features - MIDDLE, training.target - MIDDLE
    strength = features.T @ target / np.linalg.norm(features, axis=0)
    best = np.abs(strength).argmax()
    return percentile(np.sign(strength[best]) * live.to_numpy()[:, best])


def noise(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
    """Random numbers."""
    return percentile(np.random.default_rng(seed).random(len(live)))


def alphabet(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
    """The same order in every era: that of the stocks' names."""
    return percentile(live.index.argsort().argsort())


def constant(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
    """One half for every stock: numbers as they should be, and no prediction, so every check of one refuses it."""
    return np.full(len(live), MIDDLE)
