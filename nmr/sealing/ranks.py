# SPDX-License-Identifier: MIT
"""Predictions in the form in which CORR, MMC and the meta model use them: ranked with ties kept, and gaussianised."""

import numpy as np


def gaussian_ranks(values: np.ndarray) -> np.ndarray:
    """What `gaussian(tie_kept_rank(…))` of numerai-tools gives for each column, to the bit.

    A rank is a whole or a half number from 1 to the number of rows, so its normal quantile is looked up and not
    computed once more for each model; that takes a tenth of the time.

    Args:
        values: float64 array of shape (ids, models), finite.

    Returns:
        float64 array of the same shape, column by column in memory.
    """
    # Here and not above: it takes a second to import, which no other command should.
    from scipy.stats import norm  # type: ignore[import-untyped]

    rows = len(values)
    # At 2 × (rank − 1) stands the quantile of (rank − 0.5) / rows.
    quantiles = norm.ppf((np.arange(2 * rows - 1) / 2 + 0.5) / rows)
    distinct = quantiles[::2]
    gaussian = np.empty(values.shape, order="F")
    for column in range(values.shape[1]):
        order = np.argsort(values[:, column])
        ascending = values[order, column]
        differs = ascending[1:] != ascending[:-1]
        if differs.all():
            gaussian[order, column] = distinct
            continue
        starts = np.flatnonzero(np.concatenate(([True], differs)))
        ends = np.append(starts[1:], rows)
        # The mean of ranks start + 1 to end.
        gaussian[order, column] = np.repeat(quantiles[starts + ends - 1], ends - starts)
    return gaussian
