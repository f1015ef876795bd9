# SPDX-License-Identifier: MIT
"""Who computes: the same figures from processes as from this one, and nothing but numbers for them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyrage
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal
from scipy.stats import rankdata

from nmr.sealing.crew import AddressRefused, Alone, CrewError, Dask, Processes, crew_of, require_safe
from nmr.sealing.envelope import write_plain
from nmr.sealing.keys import recipient_of
from nmr.sealing.opening import open_submissions
from nmr.sealing.ranks import doubled_ranks
from nmr.sealing.scoring import score_with_meta_model
from nmr.sealing.store import StoreError
from tests.library.sealing.scene import KEY, UNIVERSE, Scene, table_of
from tests.support.guarded_store import URL, forbid, guard_nothing

IDS = [f"n{number:03d}" for number in range(60)]
MODELS = 600
MANY = 260
"""Sealed submissions, more than a block has."""


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
        self.sizes: list[int] = []

    def map(self, function, blocks, size):
        made = list(blocks)
        self.blocks += made
        self.sizes.append(size)
        return super().map(function, made, size)


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
    assert crew.sizes == [len(IDS) * (MODELS - 1)] * 2
    assert {type(each) for block in crew.blocks for each in block} == {np.ndarray}
    assert [block[0].dtype for block in crew.blocks] == [np.dtype(np.float64)] * 3 + [np.dtype(np.uint16)] * 3


def sealed_scene(folder) -> Scene:
    """A round of more models than a block has, some with predictions that are not valid."""
    scene = Scene(folder)
    for model in range(4, MANY):
        scene.commit(model, scene.sealed(model))
    broken = {
        1: np.full(20, 0.5),
        3: np.array([1.5, *table_of(3).values[1:]]),
        255: np.array([*table_of(255).values[1:], np.nan]),
        256: np.array([np.inf, *table_of(256).values[1:]]),
        # As good as the same, for numerai-tools.
        MANY - 1: 0.5 + 1e-9 * table_of(MANY - 1).values,
    }
    for model, values in broken.items():
        plain = write_plain(table_of(model), scene.facts.purpose(model), bytes(32))
        content = pyrage.encrypt(plain[: -values.nbytes] + values.tobytes(), [recipient_of(KEY.public)])
        scene.commit(model, content)
    return scene


def test_open__by_processes__is_the_same_and_names_what_is_not_valid(tmp_path):
    scene = sealed_scene(tmp_path / "store")
    alone = open_submissions(scene.facts, UNIVERSE, KEY, scene.store)
    found = open_submissions(scene.facts, UNIVERSE, KEY, scene.store, crew=Processes(2, large=0))

    assert found.entries == alone.entries
    assert_frame_equal(found.ranks, alone.ranks, check_exact=True)
    assert list(alone.ranks.columns) == [model for model in range(MANY) if model not in (1, 3, 255, 256, MANY - 1)]
    for model in alone.ranks:
        assert alone.ranks[model].tolist() == (2 * (rankdata(table_of(model).values) - 1)).tolist()
    assert {entry.model: entry.reason for entry in alone.entries if entry.reason is not None} == {
        1: "All predictions are the same, 0.5.",
        3: "1 of 20 predictions is not between 0 and 1, such as 1.5 for 'n00'.",
        255: "1 of 20 predictions is not a number, such as that of 'n19'.",
        256: "1 of 20 predictions is not between 0 and 1, such as inf for 'n00'.",
        MANY - 1: "All predictions are as good as the same: their standard deviation is 0.",
    }


def test_open__workers__get_predictions_and_neither_key_nor_file(tmp_path):
    scene, crew = sealed_scene(tmp_path / "store"), Recording()
    open_submissions(scene.facts, UNIVERSE, KEY, scene.store, crew=crew)

    assert [[each.shape for each in block] for block in crew.blocks] == [[(20, 256)], [(20, MANY - 256)]]
    assert {each.dtype for block in crew.blocks for each in block} == {np.dtype(np.float64)}
    assert crew.sizes == [20 * MANY]


def test_open__the_store_fails_meanwhile__is_no_fault_of_the_crew():
    guard_nothing()
    scene = Scene(URL)
    forbid(set(scene.facts.commitments.values()))
    with pytest.raises(StoreError, match="no other file was read before and after it"):
        open_submissions(scene.facts, UNIVERSE, KEY, scene.store, crew=Processes(2, large=0))


def test_score__from_ranks__is_the_same_as_from_predictions(played):
    predictions, targets, stakes = played
    ranks = pd.DataFrame(doubled_ranks(predictions.to_numpy()), index=predictions.index, columns=predictions.columns)
    fewer = targets.iloc[3:]

    assert {dtype.kind for dtype in ranks.dtypes} == {"u"}
    for some in (targets, fewer):
        scores, meta = score_with_meta_model(predictions, some, stakes)
        found, other = score_with_meta_model(ranks, some, stakes)
        assert found == scores
        assert_series_equal(other, meta, check_exact=True)


def test_processes__little_work__is_done_here(monkeypatch):
    monkeypatch.setattr("nmr.sealing.crew.ProcessPoolExecutor", lambda *_, **__: pytest.fail("it was started"))

    assert list(Processes(2, large=7).map(pow, [(2, 3), (3, 2)], 6)) == [8, 9]
    assert list(Processes(1, large=0).map(pow, [(2, 3), (3, 2)], 6)) == [8, 9]
    assert isinstance(crew_of(None), Processes)


def test_processes__one_is_killed__says_so():
    with pytest.raises(CrewError, match="A process that computes ended: is there too little memory"):
        list(Processes(2, large=0).map(_end, [(1,), (2,)], 2))


def test_processes__many_blocks__are_made_when_somebody_is_free_for_them():
    made: list[int] = []

    def blocks() -> Iterator[tuple[int, int]]:
        for number in range(20):
            made.append(number)
            yield number, 2

    results = Processes(2, large=0).map(pow, blocks(), 20)

    assert next(results) == 0
    assert made == [0, 1, 2, 3]
    assert list(results) == [number**2 for number in range(1, 20)]


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
