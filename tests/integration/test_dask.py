# SPDX-License-Identifier: MIT
"""Scores from a Dask cluster of a scheduler and two workers, each a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_series_equal

from nmr.deploy.anvil import LOOPBACK, free_port
from nmr.sealing import crew
from nmr.sealing.crew import Crew, CrewError, Dask
from nmr.sealing.publishing import publish_opening, publish_scores
from nmr.sealing.scoring import score_with_meta_model
from nmr.sealing.verify import verify_round
from tests.library.sealing.scene import KEY, TARGETS, UNIVERSE, Scene

PATIENCE = 120.0
IDS = [f"n{number:03d}" for number in range(50)]
MODELS = 700


def played_round(folder: Path, crew: Crew | None) -> list[object]:
    """A sealed round of more models than a block has, opened, scored and verified: all bytes that it publishes."""
    scene = Scene(folder)
    for model in range(4, 260):
        scene.commit(model, scene.sealed(model))
    listing = publish_opening(scene.facts, UNIVERSE, KEY, scene.store, crew=crew)
    scene.announce(listing)
    scored = publish_scores(scene.facts, lambda _: TARGETS, KEY, scene.store, crew=crew)
    scene.state(scored.scored.scores, scored.evidence)
    verified = verify_round(scene.facts, scene.store, KEY, crew=crew)
    # The files are sealed anew in each folder, by other random numbers.
    assert verified.agrees
    assert len(listing.valid) == 260
    return [scored.scored.content, scored.evidence.meta_model, verified.root, verified.models]


def started(stack: ExitStack, *command: object) -> None:
    """A process of the cluster, which is gone at the end."""
    silent = subprocess.DEVNULL
    told = [sys.executable, "-m", "dask", *map(str, command)]
    process = stack.enter_context(subprocess.Popen(told, stdout=silent, stderr=silent))
    stack.callback(process.kill)


@pytest.fixture
def scheduler(tmp_path) -> Iterator[tuple[str, ExitStack]]:
    """A scheduler without workers."""
    path: Path = tmp_path / "scheduler.json"
    with ExitStack() as stack:
        started(stack, "scheduler", "--host", LOOPBACK, "--port", 0, "--no-dashboard", "--scheduler-file", path)
        deadline = time.monotonic() + PATIENCE
        while not path.exists() or not path.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline, "it does not start"
            time.sleep(0.1)
        yield json.loads(path.read_text(encoding="utf-8"))["address"], stack


def test_dask__scheduler_and_two_workers__give_the_same_to_the_bit(scheduler, tmp_path):
    import distributed

    address, stack = scheduler
    with pytest.raises(CrewError, match=f"The Dask scheduler at {address} has no workers."):
        list(Dask(address).map(pow, [(2, 3)], 1))
    for _ in range(2):
        started(stack, "worker", address, "--host", LOOPBACK, "--nthreads", 1, "--no-nanny", "--no-dashboard")
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
    random = np.random.default_rng(3)
    predictions = pd.DataFrame(random.random((len(IDS), MODELS)), index=IDS)
    targets = pd.Series(random.choice([0, 0.25, 0.5, 0.75, 1], len(IDS)), index=IDS)
    stakes = {model: model * 10**9 for model in range(MODELS)}

    scores, meta = score_with_meta_model(predictions, targets, stakes)
    found, other = score_with_meta_model(predictions, targets, stakes, Dask(address))

    assert found == scores
    assert_series_equal(other, meta, check_exact=True)

    here, there = (played_round(tmp_path / name, crew) for name, crew in (("here", None), ("there", Dask(address))))
    assert there == here


def test_dask__nobody_at_the_address__says_so(monkeypatch):
    monkeypatch.setattr(crew, "PATIENCE", 0.5)
    address = f"tcp://{LOOPBACK}:{free_port()}"

    with pytest.raises(CrewError, match=f"The Dask scheduler at {address} does not answer"):
        list(Dask(address).map(pow, [(2, 3)], 1))
