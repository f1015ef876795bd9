"""What came of each mutant, kept in a file so that a run goes on where the last one stopped."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Final

from tests.coverage.saved import digest
from tests.coverage.sources import CONTRACTS, ROOT

_FILE: Final = ROOT / ".cache" / "mutants.jsonl"

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
        mutant: which one, as text.
        source, line, function, operator: where it is and what it is.
        statement: the line of source, without the fault.
        change: what was replaced and by what.
        outcome: `KILLED` by a test; `SURVIVED` all; `STUCK`: a test did not come to an end; `INVALID`: it does not
            compile; `SAME`: its bytecode is that of the real contract or of another mutant.
        test: the first test that failed, or the compiler's error.
        tests: how many were run.
        code: the hash of its bytecode.
        of: the hash of the file it is a mutant of.
        against: the hash of the tests that it survived.
    """

    mutant: str
    source: str
    line: int
    function: str
    operator: str
    statement: str
    change: str
    outcome: str
    test: str
    tests: int
    code: str
    of: str
    against: str


def load() -> dict[str, Result]:
    """By mutant, what is still true: of the sources as they are, and for survivors of the tests as they are."""
    return {result.mutant: result for result in _read() if _is_true(result)}


def keep(result: Result) -> None:
    """Add a result."""
    _FILE.parent.mkdir(exist_ok=True)
    with _FILE.open("a") as lines:
        lines.write(json.dumps(asdict(result)) + "\n")


@cache
def tests_now() -> str:
    """The hash of the tests, as they were when it was first asked for: the tests that run are those."""
    return digest(ROOT / "tests" / "unit", ROOT / "tests" / "conftest.py", ROOT / "tests" / "suite.py")


def _read() -> Iterator[Result]:
    if _FILE.exists():
        for line in _FILE.read_text().splitlines():
            yield Result(**json.loads(line))


def _is_true(result: Result) -> bool:
    if result.of != digest(CONTRACTS / result.source):
        return False
    if result.outcome == KILLED:
        return (ROOT / result.test.split("::")[0]).exists()
    return result.outcome not in (SURVIVED, STUCK) or result.against == tests_now()
