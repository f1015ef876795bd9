# SPDX-License-Identifier: MIT
"""What came of each mutant, kept in a file of the repository so that a run goes on where the last one stopped."""

import csv
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from nmr.text.files import write_whole
from tests.tools.coverage.saved import digest
from tests.tools.coverage.sources import ROOT
from tests.tools.mutation.operators import Mutant

_FILE: Final = Path(__file__).with_name("tried.csv")
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

    Hashes are as `cut` leaves them.
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
    found_by: str


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


class _Row(NamedTuple):
    """A line of the file, with the hash of the fault's name."""

    fault: str
    outcome: str
    test: str
    tests: str
    code: str
    within: str
    against: str
    found_by: str


def load(mutants: Iterable[Mutant], fingerprints: Mapping[str, str]) -> dict[str, Result]:
    """By name, what is known of mutants and still true.

    Their functions are the same. So is the test that found one, or all tests if none did and nobody says why.

    Args:
        mutants: which.
        fingerprints: of the tests that there are, by their ids.
    """
    rows, known = _read(), dict[str, Result]()
    for mutant in mutants:
        row = rows.get(_fault(mutant.name))
        if row is None or row.within != cut(mutant.within):
            continue
        result = result_of(mutant, row.outcome, row.test, int(row.tests), row.code, row.against, row.found_by)
        if _is_true(result, fingerprints):
            known[mutant.name] = result
    return known


def result_of(mutant: Mutant, outcome: str, test: str, tests: int, code: str, against: str, found_by: str) -> Result:
    """What came of a mutant."""
    return Result(
        name=mutant.name,
        source=mutant.source,
        function=mutant.function,
        operator=mutant.operator,
        line=mutant.line,
        statement=mutant.statement,
        change=mutant.change,
        outcome=outcome,
        test=test,
        tests=tests,
        code=code,
        within=cut(mutant.within),
        against=against,
        found_by=found_by,
    )


def suspects(mutants: Iterable[Mutant]) -> set[str]:
    """The names of those that survived when they were last tried, whatever has changed since."""
    rows = _read()
    last = {mutant.name: rows.get(_fault(mutant.name)) for mutant in mutants}
    return {name for name, row in last.items() if row is not None and row.outcome in (SURVIVED, STUCK)}


def keep(result: Result) -> None:
    """Add a result."""
    with _FILE.open("a", newline="") as lines:
        _writer(lines).writerow(_row(result))


def tidy(found: Iterable[Result], mutants: Iterable[Mutant]) -> None:
    """Leave one line for each fault that there is, by their hashes: of this run, else of an earlier one."""
    rows = _read() | {row.fault: row for row in map(_row, found)}
    there = {_fault(mutant.name) for mutant in mutants}
    text = StringIO()
    _writer(text).writerows(rows[fault] for fault in sorted(rows.keys() & there))
    write_whole(_FILE, text.getvalue().encode())


@cache
def tests_now() -> str:
    """The hash of the tests, as they were when it was first asked for: the tests that run are those."""
    return cut(digest(ROOT / "tests" / "unit", ROOT / "tests" / "conftest.py", ROOT / "tests" / "support"))


def cut(code: str) -> str:
    """The first 64 bits of a hash in hex: enough for some thousand."""
    return code[:16]


def _fault(name: str) -> str:
    return cut(hashlib.sha256(name.encode()).hexdigest())


def _row(result: Result) -> _Row:
    told = result.outcome, result.test, str(result.tests), result.code, result.within, result.against, result.found_by
    return _Row(_fault(result.name), *told)


def _read() -> dict[str, _Row]:
    """The last line of each fault, by the hash of its name."""
    if not _FILE.exists():
        return {}
    with _FILE.open(newline="") as lines:
        return {row[0]: _Row(*row) for row in csv.reader(lines)}


def _writer(lines: TextIO) -> Any:
    return csv.writer(lines, lineterminator="\n")


def _is_true(result: Result, fingerprints: Mapping[str, str]) -> bool:
    if result.outcome == KILLED:
        return fingerprints.get(result.test) == result.found_by
    return result.outcome not in (SURVIVED, STUCK) or bool(reason(result)) or result.against == tests_now()
