# SPDX-License-Identifier: MIT
"""Predictions as ranks, two bytes each: of a prediction nothing but its place among a model's others counts.

100,000 models of 5,000 ids take a gigabyte so, and eight as floats of which a copy is made.
"""

from functools import lru_cache
from typing import Final

import numpy as np

BLOCK: Final = 256
"""Models that are looked at at a time, so that what is in between takes no memory to speak of."""
_SMALL: Final = 2**15
"""Rows whose ranks fit two bytes."""


def doubled_ranks(values: np.ndarray) -> np.ndarray:
    """Twice the rank of each value in its column, from 0 on; ties share the mean of their ranks, so twice it is whole.

    Ranks of ranks are the ranks themselves.

    Args:
        values: array of shape (ids, models), finite.

    Returns:
        array of the same shape, column by column in memory; of uint16 up to 32,768 ids, and of uint32 above.
    """
    rows = len(values)
    ranks = np.empty(values.shape, dtype=np.uint16 if rows <= _SMALL else np.uint32, order="F")
    distinct = 2 * np.arange(rows)
    for column in range(values.shape[1]):
        order = np.argsort(values[:, column])
        ascending = values[order, column]
        differs = ascending[1:] != ascending[:-1]
        if differs.all():
            ranks[order, column] = distinct
            continue
        starts = np.flatnonzero(np.concatenate(([True], differs)))
        ends = np.append(starts[1:], rows)
        ranks[order, column] = np.repeat(starts + ends - 1, ends - starts)
    return ranks


def gaussian_of(ranks: np.ndarray) -> np.ndarray:
    """What `gaussian(tie_kept_rank(…))` of numerai-tools gives for each column, to the bit, from `doubled_ranks`.

    A rank is a whole or a half number, so its normal quantile is looked up and not computed once more for each model;
    that takes a tenth of the time.

    Returns:
        float64 array of the same shape, column by column in memory.
    """
    gaussian: np.ndarray = _quantiles(len(ranks))[ranks.T].T
    return gaussian


@lru_cache(maxsize=4)
def _quantiles(rows: int) -> np.ndarray:
    """The normal quantile of each doubled rank among so many rows."""
    # Here and not above: it takes a second to import, which no other command should.
    from scipy.stats import norm  # type: ignore[import-untyped]

    quantiles: np.ndarray = norm.ppf((np.arange(2 * rows - 1) / 2 + 0.5) / rows)
    return quantiles
