# SPDX-License-Identifier: MIT
"""What each file of tests reached in the last recording, kept for whoever has to choose tests."""

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.tools.coverage.points import Point
from tests.tools.coverage.sources import CONTRACTS, ROOT

_FILE: Final = ROOT / ".cache" / "coverage.pickle"


class Reach(NamedTuple):
    """What a file of tests reaches, how many tests it has, and the processor seconds that they took."""

    points: frozenset[Point]
    tests: int
    seconds: float


def save(reached: Mapping[str, Reach]) -> None:
    """Keep a recording of the contracts as they are."""
    _FILE.parent.mkdir(exist_ok=True)
    _FILE.write_bytes(pickle.dumps((digest(CONTRACTS), dict(reached))))


def saved() -> dict[str, Reach] | None:
    """The last recording, if it is of the contracts as they are."""
    if not _FILE.exists():
        return None
    of, reached = pickle.loads(_FILE.read_bytes())
    return reached if of == digest(CONTRACTS) else None


def digest(*places: Path) -> str:
    """The hash of files and of all files in folders, with their names."""
    found = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()
