"""Models of different skill and style, trained walk-forward on the eras.

Every model sees the same thing: the training set of eras that were over, the features of the era to predict, and a
seed. It returns one number per stock, strictly between 0 and 1, higher for a better expected week. The settings are
conventional ones, fixed before any score was looked at and not tuned since; `python -m nmr.market.quality` prints what
comes out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from scipy.stats import rankdata  # type: ignore[import-untyped]
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor  # type: ignore[import-untyped]
from sklearn.linear_model import Ridge  # type: ignore[import-untyped]
from sklearn.neighbors import KNeighborsRegressor  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from nmr.errors import NmrError
from nmr.market.eras import FIRST_ERA, Era

# The target of the era before is known at the very close at which a prediction is due: too late to train on.
EMBARGO: Final = 1
SHORTEST_TRAINING: Final = 26
LONGEST_TRAINING: Final = 104
FIRST_PREDICTABLE_ERA: Final = FIRST_ERA + SHORTEST_TRAINING + EMBARGO


class ModelError(NmrError, ValueError):
    """A model that cannot be trained, or whose predictions are no predictions."""


@dataclass(frozen=True, eq=False)
class Training:
    """The eras that a model may learn from.

    Attributes:
        numbers: the eras, ascending.
        era: int array of shape (rows,): the era of each row.
        features: float64 array of shape (rows, features), columns as in the era to predict.
        target: float64 array of shape (rows,), values from `nmr.market.eras.BINS`.
    """

    numbers: tuple[int, ...]
    era: np.ndarray
    features: np.ndarray
    target: np.ndarray

    def latest(self, count: int) -> "Training":
        """Return the last `count` eras of this training set."""
        numbers = self.numbers[-count:]
        rows = np.isin(self.era, numbers)
        return Training(numbers, self.era[rows], self.features[rows], self.target[rows])


FitPredict = Callable[[Training, pd.DataFrame, int], np.ndarray]


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


def training_set(eras: Mapping[int, Era], number: int, embargo: int = EMBARGO) -> Training:
    """Collect what may be learnt from when era `number` is predicted.

    Args:
        embargo: how many eras right before `number` are left out. With 0 the target of the era before would be used
            at the moment it becomes known. A negative one is refused: it would look ahead.

    Returns:
        eras number - embargo - 104 to number - embargo - 1, as far as they exist.

    Raises:
        ModelError: if the embargo is negative or fewer than 26 eras with a target are left.
    """
    if embargo < 0:
        raise ModelError("A negative embargo would train on the era to predict.")
    end = number - embargo
    chosen = [(n, eras[n], eras[n].target) for n in range(end - LONGEST_TRAINING, end) if n in eras]
    known = [(n, era, target) for n, era, target in chosen if target is not None]
    if len(known) < SHORTEST_TRAINING:
        raise ModelError(f"Era {number} has {len(known)} eras to train on, fewer than {SHORTEST_TRAINING}.")
    return Training(
        numbers=tuple(n for n, _, _ in known),
        era=np.concatenate([np.full(len(target), n) for n, _, target in known]),
        features=np.concatenate([era.features.to_numpy() for _, era, _ in known]),
        target=np.concatenate([target.to_numpy() for _, _, target in known]),
    )


def _percentile(values: np.ndarray) -> np.ndarray:
    percentile: np.ndarray = (rankdata(values, method="average") - 0.5) / len(values)
    return percentile


def _estimator(build: Callable[[int], Any], latest: int = LONGEST_TRAINING) -> FitPredict:
    """Make a model of a scikit-learn regressor, trained on the `latest` eras."""

    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        rows = training.latest(latest)
        estimator = build(seed).fit(rows.features - 0.5, rows.target - 0.5)
        return _percentile(estimator.predict(live.to_numpy() - 0.5))

    return fit_predict


def _rule(**weights: float) -> FitPredict:
    """Make a model that learns nothing: a weighted sum of features."""

    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        return _percentile(sum(weight * live[feature].to_numpy() for feature, weight in weights.items()))

    return fit_predict


def _mean_of(*models: FitPredict) -> FitPredict:
    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        return _percentile(np.mean([model(training, live, seed) for model in models], axis=0))

    return fit_predict


def _inverse_of(model: FitPredict) -> FitPredict:
    def fit_predict(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
        return 1.0 - model(training, live, seed)

    return fit_predict


def _noise(training: Training, live: pd.DataFrame, seed: int) -> np.ndarray:
    return _percentile(np.random.default_rng(seed).random(len(live)))


_ridge = _estimator(lambda seed: Ridge(alpha=100.0))
_boosted = _estimator(
    lambda seed: HistGradientBoostingRegressor(
        learning_rate=0.05,
        max_iter=40,
        max_leaf_nodes=8,
        min_samples_leaf=100,
        early_stopping=False,
        random_state=seed,
    )
)
_forest = _estimator(
    lambda seed: ExtraTreesRegressor(
        n_estimators=40, max_depth=6, min_samples_leaf=50, max_features=0.5, n_jobs=1, random_state=seed
    )
)
_neighbours = _estimator(lambda seed: KNeighborsRegressor(n_neighbors=200, algorithm="brute", n_jobs=1))

MODELS: Final[tuple[ModelSpec, ...]] = (
    ModelSpec("ridge", "linear regression with shrinkage on two years of eras", _ridge),
    ModelSpec("ridge-recent", "the same on the last quarter only", _estimator(lambda seed: Ridge(alpha=100.0), 13)),
    ModelSpec("boosted", "gradient-boosted trees", _boosted),
    ModelSpec("forest", "extremely randomised trees", _forest),
    ModelSpec("neighbours", "mean outcome of the 200 most similar cases", _neighbours),
    ModelSpec("ensemble", "mean rank of ridge, boosted and neighbours", _mean_of(_ridge, _boosted, _neighbours)),
    ModelSpec("momentum", "rule: the past year's winners", _rule(momentum_50w_but_last_4w=1.0, momentum_26w=1.0)),
    ModelSpec("reversal", "rule: the past week's losers", _rule(reversal_1w=1.0, reversal_1d=1.0)),
    ModelSpec("low-volatility", "rule: the calmest stocks", _rule(volatility_26w=-1.0, volatility_4w=-1.0)),
    ModelSpec("noise", "random numbers", _noise),
    ModelSpec("inverse-ridge", "ridge turned upside down", _inverse_of(_ridge)),
    ModelSpec("copy-of-ridge", "ridge once more, number for number", _ridge),
)


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
