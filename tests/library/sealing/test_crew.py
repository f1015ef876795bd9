# SPDX-License-Identifier: MIT
"""Who computes: the same figures from processes as from this one, and nothing but numbers for them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_series_equal

from nmr.sealing.crew import AddressRefused, Alone, CrewError, Dask, Processes, crew_of, require_safe
from nmr.sealing.scoring import score_with_meta_model

IDS = [f"n{number:03d}" for number in range(60)]
MODELS = 600


@pytest.fixture(scope="module")
def played() -> tuple[pd.DataFrame, pd.Series, dict[int, int]]:
    """A round of more models than a block has, with ties, and one whose predictions are all the same."""
    random = np.random.default_rng(7)
    values = random.random((len(IDS), MODELS)).round(2)
    values[:, 300] = 0.5
    targets = pd.Series(random.choice([0, 0.25, 0.5, 0.75, 1], len(IDS)), index=IDS)
    return pd.DataFrame(values, index=IDS), targets, {model: model * 10**9 for model in range(0, MODELS, 3)}


class Recording(Alone):
    """Notes what workers would get."""

    def __init__(self) -> None:
        self.blocks: list[tuple[Any, ...]] = []

    def map(self, function, blocks, size):
        self.blocks += blocks
        assert size == len(IDS) * (MODELS - 1)
        return super().map(function, blocks, size)


def test_score__by_processes__is_the_same_to_the_bit(played):
    scores, meta = score_with_meta_model(*played)
    found, other = score_with_meta_model(*played, Processes(2, large=0))

    assert found == scores
    assert scores[300].primary is None
    assert_series_equal(other, meta, check_exact=True)


def test_score__workers__get_nothing_but_numbers(played):
    crew = Recording()
    score_with_meta_model(*played, crew)

    # Ranks and scores of 600 models less one, in blocks of 256.
    assert [block[0].shape[1] for block in crew.blocks] == [256, 256, 87] * 2
    assert {type(each) for block in crew.blocks for each in block} == {np.ndarray}
    assert {each.dtype for block in crew.blocks for each in block} == {np.dtype(np.float64)}


def test_processes__little_work__is_done_here(monkeypatch):
    monkeypatch.setattr("nmr.sealing.crew.ProcessPoolExecutor", lambda *_, **__: pytest.fail("it was started"))

    assert Processes(2, large=7).map(pow, [(2, 3), (3, 2)], 6) == [8, 9]
    assert Processes(1, large=0).map(pow, [(2, 3), (3, 2)], 6) == [8, 9]
    assert isinstance(crew_of(None), Processes)


def test_processes__one_is_killed__says_so():
    with pytest.raises(CrewError, match="A process that computes ended: is there too little memory"):
        Processes(2, large=0).map(_end, [(1,), (2,)], 2)


def _end(number: int) -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("address", ["tls://scheduler.example:8786", "tcp://127.0.0.1:8786", "tcp://[::1]:8786"])
def test_address__encrypted_or_of_this_machine__is_taken(address):
    require_safe(address)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://scheduler.example:8786", "is not encrypted: use tls://, or tcp:// on this machine alone."),
        ("tcp://127.0.0.1.example:8786", "is not encrypted"),
        ("scheduler:8786", "is no address of a scheduler: write tls://host:port."),
        ("http://127.0.0.1:8786", "is no address of a scheduler"),
        ("tls://scheduler", "is no address of a scheduler"),
        ("tls://scheduler:port", "is no address of a scheduler"),
    ],
)
def test_address__any_other__is_refused(address, why):
    with pytest.raises(AddressRefused, match=why):
        Dask(address)
