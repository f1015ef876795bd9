# SPDX-License-Identifier: MIT
"""A round of sealed submissions on the devnet's suite, as its people type it, for tests of the commands."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nmr.sealing.tables import Universe
from tests.integration.round_walk import RoundWalk

OPERATOR, STAKER, STRANGER = "TEST::1", "TEST::4", "TEST::11"
IDS = [f"n{number:04d}" for number in range(40)]
UNIVERSE = Universe.of(IDS)


def predictions_of(model: int) -> pd.DataFrame:
    """Predictions of a model, in an order of its own."""
    random = np.random.default_rng(model)
    return pd.DataFrame({"id": random.permutation(IDS), "prediction": random.random(len(IDS))})


def targets() -> pd.DataFrame:
    """An outcome in Numerai's five bins."""
    values = np.random.default_rng(99).choice([0, 0.25, 0.5, 0.75, 1], len(IDS))
    return pd.DataFrame({"id": IDS, "target": values})


class SealedRound:
    """Types the commands of a round in a folder of its own."""

    def __init__(self, run: Callable[..., Any], walk: RoundWalk, folder: Path) -> None:
        self.run = run
        self.walk = walk
        self.folder = folder
        self.store = folder / "store"
        self.number = -1
        self.universe = folder / "universe.csv"
        self.universe.write_bytes(UNIVERSE.content)
        self.targets = folder / "targets.csv"
        targets().to_csv(self.targets, index=False)

    def do(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """What a command with `--json` prints."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.stderr
        return dict(json.loads(result.stdout))

    def open(self) -> int:
        """Open the next round, sealed to a new key."""
        self.number = self.do("round", "open", "--contribution", 2, "--account", OPERATOR)["round"]
        return self.number

    def submit(self, tables: Mapping[int, pd.DataFrame], account: str = STAKER) -> dict[int, bytes]:
        """Submit tables for models; gives the hash of each sealed file."""
        arguments = []
        for model, table in tables.items():
            path = self.folder / f"{model}.csv"
            table.to_csv(path, index=False)
            arguments.append(f"{model}={path}")
        done = self.do("submit", *arguments, "--universe", self.universe, "--account", account)
        return {one["model"]: bytes.fromhex(one["hash"][2:]) for one in done["models"]}

    def lock(self) -> None:
        """Lock the round when it is due."""
        self.walk.until(self.walk.tournament.round_info(self.number).terms.locks_at)
        self.do("round", "lock", self.number, "--account", STRANGER)

    def opening(self) -> dict[str, Any]:
        """Open its submissions, and publish the list."""
        return self.do("round", "opening", self.number, "--universe", self.universe, "--account", OPERATOR)

    def propose(self) -> dict[str, Any]:
        """Score it when its outcome is known, and propose that."""
        self.walk.until(self.walk.tournament.round_info(self.number).terms.resolves_at)
        return self.do("resolve", self.number, "--targets", self.targets, "--account", OPERATOR, code=4)

    def close(self) -> None:
        """Settle it when its window is over, from the store."""
        info = self.walk.tournament.round_info(self.number)
        self.walk.until(info.final_at)
        self.do("resolve", self.number, "--store", self.store, "--account", STRANGER)

    def hand_over(self) -> Path:
        """Hand its key to a new auditor, and give the file of their own."""
        own = self.folder / "auditor.key"
        made = self.run("keys", "auditor", own, network=None)
        assert made.exit_code == 0, made.stderr
        self.do("keys", "hand-over", self.number, "--to", made.stdout.strip())
        return own

    def path_of(self, digest: bytes) -> Path:
        """Where the store has a file."""
        return self.store / digest.hex()[:2] / digest.hex()
