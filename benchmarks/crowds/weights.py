# SPDX-License-Identifier: MIT
"""Weights that a fund alone may use, beside stakes: of the score history, or of the predictions' likeness.

An era's weights know the scores of eras up to two before: the one right before is not over when a prediction is due.
"""

from typing import Final

import numpy as np

from benchmarks.crowds.scores import Scored, meta_corr

DELAY: Final = 2
"""Eras until a score is known."""
SHORTEST: Final = 52
"""Eras of history without which a weighting falls back to what it starts from."""
LIKE: Final = 52
"""Eras of predictions whose likeness counts."""
SHRINKAGE: Final = 0.5


def mean_variance(history: np.ndarray) -> np.ndarray:
    """Weights in proportion to inverse covariance times mean, both shrunk by half, none below zero.

    The covariance is shrunk to its diagonal, the mean to that of all models.

    Args:
        history: float64 of shape (eras, models).
    """
    mean = history.mean(axis=0)
    mean = SHRINKAGE * mean + (1 - SHRINKAGE) * mean.mean()
    covariance = np.cov(history, rowvar=False)
    covariance = SHRINKAGE * covariance + (1 - SHRINKAGE) * np.diag(np.diag(covariance))
    # What could never be scored does not move.
    moves = np.diag(covariance) > 0
    weights = np.zeros(len(mean))
    weights[moves] = np.maximum(np.linalg.solve(covariance[np.ix_(moves, moves)], mean[moves]), 0.0)
    return weights


def bayesian(history: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Stakes times the posterior mean of CORR, none below zero; the prior is worth 52 eras of the crowd's mean."""
    mean, eras = history.mean(axis=0), len(history)
    posterior = (eras * mean + SHORTEST * mean.mean()) / (eras + SHORTEST)
    weights: np.ndarray = shares * np.maximum(posterior, 0.0)
    return weights


def unlike(likeness: np.ndarray) -> np.ndarray:
    """One over how much of the crowd says the same: copies share one weight. A constant has none.

    Args:
        likeness: correlations of predictions, float64 of shape (models, models).
    """
    alike = np.maximum(likeness, 0.0).sum(axis=0)
    weights: np.ndarray = np.divide(1.0, alike, where=alike > 0, out=np.zeros(len(alike)))
    return weights


def fund_corr(whole: Scored, start: int, shares: np.ndarray) -> dict[str, np.ndarray]:
    """CORR of each weighting for the eras from `start` on, by its name, float64 of shape (eras - start,).

    Args:
        whole: all eras, those before `start` as history alone.
        shares: stakes of the honest crowd for the eras from `start` on, of shape (eras - start, models).
    """
    models = slice(0, whole.models)
    scores = np.nan_to_num(whole.corr[:, models])
    likeness = np.array([_likeness(gaussian[:, models]) for gaussian in whole.gaussian])
    found: dict[str, list[float]] = {"mean-variance": [], "Bayesian on stakes": [], "by unlikeness": []}
    for era in range(start, len(scores)):
        known, share = scores[: era - DELAY + 1], shares[era - start]
        enough = len(known) >= SHORTEST
        equal = np.ones(whole.models)
        weights = {
            "mean-variance": mean_variance(known) if enough else equal,
            "Bayesian on stakes": bayesian(known, share) if enough else share,
            "by unlikeness": unlike(likeness[max(0, era - LIKE + 1) : era + 1].mean(axis=0)),
        }
        for name, weight in weights.items():
            gaussian = whole.gaussian[era][:, models]
            used = weight if weight.sum() > 0 else equal
            found[name].append(meta_corr(gaussian, used, whole.targets[era]))
    return {name: np.array(values) for name, values in found.items()}


def _likeness(gaussian: np.ndarray) -> np.ndarray:
    """Correlations between columns; 0 with what is constant."""
    norms = np.linalg.norm(gaussian, axis=0)
    unit = gaussian / np.where(norms > 0, norms, 1.0)
    likeness: np.ndarray = unit.T @ unit
    return likeness
