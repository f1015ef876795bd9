# SPDX-License-Identifier: MIT
"""Scores of one round: CORR and MMC as Numerai defines them, as the integers that go into the score words.

The formulas are those of numerai-tools 0.7.2 (`numerai_tools.scoring.numerai_corr` and `correlation_contribution`, the
code that Numerai publishes for its own scores), and its figures are what settles. Each model is ranked and gaussianised
once, for all three uses, and the sums are taken for all models at a time, which takes a tenth of the time and comes
within 1e-14 of what numerai-tools says. A score so close to the middle between two roundings that this could matter is
computed by numerai-tools itself: the 8th decimal is always its own.

What else this module adds is everything around the formulas: who is scored, the stake-weighted meta model, and the step
from float to integer.

Call `score_round`, or `score_with_meta_model` where the meta model is wanted, too. `meta_model`, `rejection` and
`to_fixed` are its steps, for who needs one of them alone.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral
from typing import Final, TypeVar

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from nmr.errors import ArgumentError, NmrError
from nmr.sealing.crew import Alone, Crew
from nmr.sealing.ranks import BLOCK, doubled_ranks, gaussian_of

DECIMALS: Final = 8
LARGEST_SCORE: Final = 2**27 - 1  # int28 in a score word: 1.34217727

# The meta model is a sum of floats of size 1, so what differs by less than this differs by the order of adding only.
# Without rounding, ranking it would turn that noise into a whole rank, and two opposite models into a meta model.
META_MODEL_DECIMALS: Final = 12

# Scores this close to the middle between two roundings are left to numerai-tools: a hundred times the difference.
TOO_CLOSE: Final = 1e-12

NO_META_MODEL: Final = "There is no meta model: no stake, or stakes cancel out."

Model = TypeVar("Model", bound=Hashable)


class ScoringError(NmrError, ValueError):
    """A round that cannot be scored: the fault is in the target, the stakes or the tables, not in one model."""


@dataclass(frozen=True)
class ModelScore:
    """The scores of one model in one round, 8 decimals: 12345678 is 0.12345678.

    Attributes:
        primary: CORR, or None if the model has no valid predictions.
        contribution: MMC, or None if the model has no valid predictions or there is no meta model.
        reason: why something is None, in one sentence; None if nothing is.
    """

    primary: int | None
    contribution: int | None
    reason: str | None = None


def to_fixed(value: float) -> int:
    """Round a score to 8 decimals and return it as an integer number of 1e-8.

    The float is taken at its exact binary value and rounded once, half to even (IEEE 754's own rule, the same for both
    signs). CORR never exceeds 1, and MMC on Numerai's five bins (5, 20, 50, 20 and 5%) stays below 0.9; only a target
    of two or three large bins lets MMC reach the limit.

    Raises:
        ScoringError: if the value is not finite or does not fit a score word (more than 1.34217727 either way).
    """
    if not np.isfinite(value):
        raise ScoringError(f"A score of {value} is no number.")
    fixed = round(Fraction(float(value)) * 10**DECIMALS)
    if abs(fixed) > LARGEST_SCORE:
        raise ScoringError(f"A score of {value} does not fit a score word.")
    return fixed


def rejection(prediction: pd.Series, ids: pd.Index) -> str | None:
    """Say why a model's predictions cannot be scored, or None if they can.

    A prediction is needed for every id of the target. numerai-tools would drop an id that a single model left out for
    all models, so one of them could choose what the others are scored on; here a gap costs only who left it.

    Args:
        prediction: one number per id. Only its order matters; ids that the target does not have are ignored.
        ids: the ids of the target.

    Returns:
        a sentence, or None.
    """
    if prediction.dtype.kind not in "iuf":
        return "The predictions are not real numbers."
    values = prediction.reindex(ids).to_numpy(dtype=np.float64, na_value=np.nan)
    gaps = int((~np.isfinite(values)).sum())
    if gaps:
        return f"{gaps} of {len(ids)} ids have no finite prediction."
    if values.min() == values.max():
        return "All predictions are the same."
    return None


def meta_model(predictions: pd.DataFrame, stakes: Mapping[Model, int]) -> pd.Series | None:
    """Compute the stake-weighted meta model.

    Each model is ranked with ties kept and gaussianised (`tie_kept_rank` and `gaussian` of numerai-tools, the form in
    which MMC uses predictions), then averaged with its stake as weight (`stake_weight`), rounded to 12 decimals.

    Args:
        predictions: valid predictions of shape (ids, models); index: id, unique strings.
        stakes: gwei-NMR by model. Models without predictions are ignored: their stake backs no opinion.

    Returns:
        float64 series of shape (ids,), sorted by id, or None if there is none: no model has a stake, or the
        staked ones cancel out and leave a constant.

    Raises:
        ScoringError: if a stake is negative or no integer.
    """
    _check_stakes(stakes)
    ordered = predictions.sort_index()
    ranks = doubled_ranks(ordered.to_numpy(dtype=np.float64))
    return _weighted([ranks], list(ordered.columns), ordered.index, stakes)


def gaussian_ranks(values: np.ndarray) -> np.ndarray:
    """What `gaussian(tie_kept_rank(…))` of numerai-tools gives for each column, to the bit.

    Args:
        values: float64 array of shape (ids, models), finite.

    Returns:
        float64 array of the same shape, column by column in memory.
    """
    return gaussian_of(doubled_ranks(values))


def _weighted(
    ranks: Iterable[np.ndarray], models: Sequence[Model], ids: pd.Index, stakes: Mapping[Model, int]
) -> pd.Series | None:
    """The meta model from blocks of `doubled_ranks`, whose columns are these models'."""
    total = sum(int(stakes.get(model, 0)) for model in models)
    if total == 0:
        return None
    mean = np.zeros(len(ids))
    # One model after the other: a product of matrices would add in an order of the machine's own.
    columns = (block[:, column] for block in map(gaussian_of, ranks) for column in range(block.shape[1]))
    for gaussian, model in zip(columns, models, strict=True):
        stake = int(stakes.get(model, 0))
        if stake:
            # Integers are divided as integers: the whole supply in gwei would not fit a float exactly.
            mean += gaussian * (stake / total)
    mean = mean.round(META_MODEL_DECIMALS)
    return None if mean.min() == mean.max() else pd.Series(mean, index=ids, name="meta_model")


def _both(ranks: np.ndarray, meta: np.ndarray | None, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """CORR and MMC of a block of `doubled_ranks`; without a meta model zeros stand for MMC."""
    gaussian = gaussian_of(ranks)
    contribution = np.zeros(gaussian.shape[1]) if meta is None else _mmc(gaussian, meta, target)
    return _corr(gaussian, target), contribution


def _corr(gaussian: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`numerai_corr` of gaussianised ranks: Pearson's correlation of both sides to the power of 1.5."""
    outcome = signed_power(target - target.mean())
    outcome -= outcome.mean()
    powered = signed_power(gaussian)
    powered -= powered.mean(axis=0)
    spread = np.sqrt(np.einsum("ij,ij->j", powered, powered) * (outcome @ outcome))
    scores: np.ndarray = (outcome @ powered) / spread
    return scores


def signed_power(values: np.ndarray) -> np.ndarray:
    """Signed values to the power of 1.5."""
    size = np.abs(values)
    powered: np.ndarray = np.copysign(size * np.sqrt(size), values)
    return powered


def _mmc(gaussian: np.ndarray, meta: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`correlation_contribution` of gaussianised ranks: covariance with the target of what is orthogonal to `meta`.

    Args:
        gaussian: of shape (ids, models).
        meta: of shape (ids,), gaussianised, too.
        target: of shape (ids,), from 0 to 1; as in numerai-tools in steps of a quarter, centred.
    """
    outcome = target * 4
    outcome = outcome - outcome.mean()
    scores: np.ndarray = (outcome @ gaussian - (meta @ gaussian) * ((outcome @ meta) / (meta @ meta))) / len(target)
    return scores


def _settled(quick: np.ndarray, models: pd.Index, exactly: Callable[[pd.Index], pd.Series]) -> dict[Model, float]:
    """Scores by model; those too close to the middle between two roundings from numerai-tools itself."""
    units = quick * 10**DECIMALS
    close = np.abs(units - np.floor(units) - 0.5) < TOO_CLOSE * 10**DECIMALS
    scores: dict[Model, float] = dict(zip(models, quick.tolist(), strict=True))
    if close.any():
        scores |= exactly(models[close]).to_dict()
    return scores


def _check_stakes(stakes: Mapping[Model, int]) -> None:
    for model, stake in stakes.items():
        if isinstance(stake, bool) or not isinstance(stake, Integral) or stake < 0:
            raise ScoringError(f"The stake of {model!r} must be a whole number of gwei, not {stake!r}.")


def _rejections(predictions: pd.DataFrame, ids: pd.Index) -> dict[Model, str | None]:
    """`rejection` of every model; those of a whole table of one kind of numbers block by block."""
    reasons: dict[Model, str | None] = dict.fromkeys(predictions.columns)
    suspects = predictions.columns
    kinds = set(predictions.dtypes)
    rows = predictions.index.get_indexer(ids)
    if len(kinds) == 1 and isinstance(kind := kinds.pop(), np.dtype) and kind.kind in "iuf" and (rows >= 0).all():
        values = predictions.to_numpy()
        certain = [np.zeros(0, dtype=bool)]
        for first in range(0, values.shape[1], BLOCK):
            block = values[rows, first : first + BLOCK].astype(np.float64)
            least, most = block.min(axis=0, initial=np.inf), block.max(axis=0, initial=-np.inf)
            # Neither holds if one of the values is not a number.
            certain.append((least > -np.inf) & (most < np.inf) & (least < most))
        suspects = suspects[~np.concatenate(certain)]
    return reasons | {model: rejection(predictions[model], ids) for model in suspects}


def _blocks(predictions: pd.DataFrame, ids: pd.Index, models: pd.Index) -> Iterator[tuple[np.ndarray]]:
    """The predictions of these models for these ids, as float64 of shape (ids, models), block by block."""
    rows, columns = predictions.index.get_indexer(ids), predictions.columns.get_indexer(models)
    for first in range(0, len(columns), BLOCK):
        yield (predictions.iloc[rows, columns[first : first + BLOCK]].to_numpy(dtype=np.float64),)


def _check_target(target: pd.Series) -> None:
    if target.dtype.kind not in "iuf":
        raise ScoringError("The target has to be real numbers.")
    if not all(isinstance(identifier, str) for identifier in target.index) or not target.index.is_unique:
        raise ScoringError("The ids of the target must be strings that differ from each other.")
    values = target.to_numpy(dtype=np.float64, na_value=np.nan)
    if not ((values >= 0) & (values <= 1)).all():
        raise ScoringError("Every id of the target needs a value from 0 to 1.")
    if len(values) == 0 or values.min() == values.max():
        raise ScoringError("The target needs at least two different values.")


def score_round(predictions: pd.DataFrame, targets: pd.Series, stakes: Mapping[Model, int]) -> dict[Model, ModelScore]:
    """Score every model of a round.

    CORR is `numerai_corr(predictions, targets)`, MMC is `correlation_contribution(predictions, meta_model, targets)`,
    both of numerai-tools, over all ids of the targets.

    Args:
        predictions: frame of shape (ids, models); index: id, columns: model. Any finite numbers; only their order
            within a column matters, so `Opened.ranks` will do. Ids that have no target are ignored.
        targets: series of shape (ids,), values from 0 to 1; index: id, strings. It decides which ids are scored.
        stakes: gwei-NMR at risk by model. A model without an entry has none: it is scored, but is not in the meta
            model. A stake without predictions is ignored, as is the stake of a model whose predictions are not valid.

    Returns:
        a ModelScore for each column of `predictions`, in their order.

    Raises:
        ArgumentError: if an argument is of another type.
        ScoringError: if the targets are no numbers, have gaps, repeated ids, values out of range or one value only; if
            ids or models of the predictions repeat; if a stake is negative or no integer; if a score does not fit a
            score word.
    """
    wanted = (predictions, pd.DataFrame, "predictions"), (targets, pd.Series, "targets"), (stakes, Mapping, "stakes")
    for given, kind, name in wanted:
        if not isinstance(given, kind):
            raise ArgumentError(f"{name} are a {kind.__name__}, and not a {type(given).__name__}")
    return score_with_meta_model(predictions, targets, stakes)[0]


def corr_of(values: pd.Series, targets: pd.Series) -> int:
    """CORR of one column, as `score_round` gives it for a model.

    Args:
        values: of shape (ids,), not all alike; index: id.
        targets: as there, of the same ids.

    Returns:
        `numerai_corr` of numerai-tools, 8 decimals.
    """
    from numerai_tools.scoring import numerai_corr

    target = targets.astype(np.float64).rename("target").sort_index()
    return to_fixed(float(numerai_corr(values.reindex(target.index).to_frame("value"), target)["value"]))


def score_with_meta_model(
    predictions: pd.DataFrame, targets: pd.Series, stakes: Mapping[Model, int], crew: Crew | None = None
) -> tuple[dict[Model, ModelScore], pd.Series | None]:
    """Score every model of a round as `score_round` does, from the same arguments.

    Args:
        predictions, targets, stakes: as there.
        crew: who computes; this process if left out. Whoever it is, the figures are the same.

    Returns:
        the scores, and the meta model as `meta_model` gives it for the models whose predictions are valid.

    Raises:
        ScoringError: as `score_round` does.
        CrewError: the crew did not compute it.
    """
    crew = crew or Alone()
    _check_target(targets)
    if not predictions.index.is_unique or not predictions.columns.is_unique:
        raise ScoringError("The predictions name an id or a model twice.")
    target = targets.astype(np.float64).rename("target")
    reasons: dict[Model, str | None] = _rejections(predictions, target.index)
    valid = [model for model, reason in reasons.items() if reason is None]
    target = target.sort_index()
    # Here and not above: it takes a second to import, which no other command should.
    from numerai_tools.scoring import correlation_contribution, numerai_corr

    _check_stakes(stakes)
    ids, columns = target.index, pd.Index(valid, dtype=predictions.columns.dtype)
    size = len(ids) * len(valid)
    ranks = list(crew.map(doubled_ranks, _blocks(predictions, ids, columns), size))
    meta = _weighted(ranks, valid, ids, stakes)
    outcome = target.to_numpy()
    ranked = None if meta is None else gaussian_ranks(meta.to_numpy()[:, np.newaxis])[:, 0]
    computed = list(crew.map(_both, ((block, ranked, outcome) for block in ranks), size))
    primary, contribution = (np.concatenate([np.empty(0), *(each[side] for each in computed)]) for side in (0, 1))

    def aligned(models: pd.Index) -> pd.DataFrame:
        return predictions[models].reindex(ids).astype(np.float64)

    corr: dict[Model, float] = _settled(primary, columns, lambda some: numerai_corr(aligned(some), target))
    mmc: dict[Model, float] = {}
    if meta is not None:
        mmc = _settled(contribution, columns, lambda some: correlation_contribution(aligned(some), meta, target))
    scores: dict[Model, ModelScore] = {}
    for model, reason in reasons.items():
        if reason is not None:
            scores[model] = ModelScore(None, None, reason)
        elif meta is None:
            scores[model] = ModelScore(to_fixed(corr[model]), None, NO_META_MODEL)
        else:
            scores[model] = ModelScore(to_fixed(corr[model]), to_fixed(mmc[model]))
    return scores, meta
