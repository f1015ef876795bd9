# SPDX-License-Identifier: MIT
"""What came of each mutant, kept in a file so that a run goes on where the last one stopped."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from tests.tools.coverage.saved import digest
from tests.tools.coverage.sources import ROOT
from tests.tools.mutation.operators import Mutant

_FILE: Final = ROOT / ".cache" / "mutants.jsonl"
_REASONS: Final = Path(__file__).with_name("survivors.toml")

KILLED: Final = "killed"
SURVIVED: Final = "survived"
STUCK: Final = "stuck"
INVALID: Final = "invalid"
SAME: Final = "same"
COUNTED: Final = (KILLED, SURVIVED, STUCK)
"""Outcomes of mutants that compile to bytecode of their own."""


@dataclass(frozen=True)
class Result:
    """What came of a mutant.

    Attributes:
        name, source, function, operator, line, statement, change: of the mutant.
        outcome: `KILLED` by a test; `SURVIVED` all; `STUCK`: a test did not come to an end; `INVALID`: it does not
            compile; `SAME`: its bytecode is that of the real contract or of another mutant.
        test: the first test that failed, or the compiler's error.
        tests: how many were run.
        code: the hash of its bytecode.
        within: the hash of the function that it is in.
        against: the hash of the tests that were run.
        found_by: the hash of the test that failed, see `Session.fingerprints`.
    """

    name: str
    source: str
    function: str
    operator: str
    line: int
    statement: str
    change: str
    outcome: str
    test: str
    tests: int
    code: str
    within: str
    against: str
    found_by: str = ""


@cache
def reasons() -> dict[tuple[str, str, str], str]:
    """Why faults were left that no test finds, by source, statement and change."""
    entries = tomllib.loads(_REASONS.read_text())["survivor"]
    return {
        (entry["source"], entry["statement"], change): entry["why"] for entry in entries for change in entry["changes"]
    }


def reason(result: Result) -> str:
    """Why a fault was left that no test finds, as somebody wrote it down; empty if nobody did."""
    return reasons().get((result.source, result.statement, result.change), "")


def load(mutants: Iterable[Mutant], fingerprints: Mapping[str, str]) -> dict[str, Result]:
    """By name, what is known of mutants and still true.

    Their functions are the same. So is the test that found one, or all tests if none did and nobody says why.

    Args:
        mutants: which.
        fingerprints: of the tests that there are, by their ids.
    """
    kept = {result.name: result for result in _read() if _is_true(result, fingerprints)}
    return {
        mutant.name: replace(kept[mutant.name], line=mutant.line)
        for mutant in mutants
        if mutant.name in kept and kept[mutant.name].within == mutant.within
    }


def suspects() -> set[str]:
    """The names of those that survived when they were last tried, whatever has changed since."""
    last = {result.name: result.outcome for result in _read()}
    return {name for name, outcome in last.items() if outcome in (SURVIVED, STUCK)}


def keep(result: Result) -> None:
    """Add a result."""
    _FILE.parent.mkdir(exist_ok=True)
    with _FILE.open("a") as lines:
        lines.write(json.dumps(asdict(result)) + "\n")


@cache
def tests_now() -> str:
    """The hash of the tests, as they were when it was first asked for: the tests that run are those."""
    return digest(ROOT / "tests" / "unit", ROOT / "tests" / "conftest.py", ROOT / "tests" / "support")


def _read() -> Iterator[Result]:
    if _FILE.exists():
        for line in _FILE.read_text().splitlines():
            yield Result(**json.loads(line))


def _is_true(result: Result, fingerprints: Mapping[str, str]) -> bool:
    if result.outcome == KILLED:
        return fingerprints.get(result.test) == result.found_by
    return result.outcome not in (SURVIVED, STUCK) or bool(reason(result)) or result.against == tests_now()
