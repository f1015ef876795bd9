# SPDX-License-Identifier: MIT
"""Gaussianised ranks: those of numerai-tools, to the bit."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from numerai_tools.scoring import gaussian, tie_kept_rank

from nmr.sealing.ranks import gaussian_ranks


def of_numerai_tools(values):
    return gaussian(tie_kept_rank(pd.DataFrame(values))).to_numpy()


COLUMN = st.lists(st.integers(0, 12), min_size=12, max_size=12)


@given(st.lists(COLUMN, min_size=1, max_size=3))
def test_gaussian_ranks__any_ties__are_numerai_tools_to_the_bit(columns):
    values = np.array(columns, dtype=np.float64).T / 7
    assert (gaussian_ranks(values) == of_numerai_tools(values)).all()


def test_gaussian_ranks__five_thousand_ids__are_numerai_tools_to_the_bit():
    random = np.random.default_rng(0)
    values = np.column_stack([random.random(5_000), random.random(5_000).round(3), random.random(5_000).round(1)])
    assert (gaussian_ranks(values) == of_numerai_tools(values)).all()


def test_gaussian_ranks__no_models__is_empty():
    assert gaussian_ranks(np.empty((5, 0))).shape == (5, 0)
