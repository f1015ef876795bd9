# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest

from tests.tools.mutation import results
from tests.tools.mutation.operators import Mutant, mutants
from tests.tools.mutation.results import KILLED, SURVIVED

TEXT = "# pragma version 0.4.3\n@external\ndef f(a: uint256):\n    assert a < 5\n"
FOUND, LEFT, *OTHERS = mutants("f.vy", TEXT)
TESTS = {"tests/unit/test_f.py::test_f": "cafe"}


@pytest.fixture(autouse=True)
def _file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(results, "_FILE", tmp_path / "tried.csv")
    monkeypatch.setattr(results, "tests_now", lambda: "beef")


def keep(mutant: Mutant, outcome: str) -> results.Result:
    test, found_by = ("tests/unit/test_f.py::test_f", "cafe") if outcome == KILLED else ("", "")
    result = results.result_of(mutant, outcome, test, 3, "c0de", "beef", found_by)
    results.keep(result)
    return result


def test_what_was_tried_is_known_in_the_next_run():
    kept = {mutant.name: keep(mutant, outcome) for mutant, outcome in ((FOUND, KILLED), (LEFT, SURVIVED))}
    assert results.load([FOUND, LEFT, *OTHERS], TESTS) == kept
    assert results.suspects([FOUND, LEFT, *OTHERS]) == {LEFT.name}


def test_a_fault_is_tried_again_when_its_function_or_what_decided_about_it_changed(monkeypatch: pytest.MonkeyPatch):
    keep(FOUND, KILLED), keep(LEFT, SURVIVED)
    assert FOUND.name not in results.load([FOUND], {"tests/unit/test_f.py::test_f": "another"})
    moved = [mutant._replace(within="0" * 64) for mutant in (FOUND, LEFT)]
    assert results.load(moved, TESTS) == {}
    monkeypatch.setattr(results, "tests_now", lambda: "others")
    assert set(results.load([FOUND, LEFT], TESTS)) == {FOUND.name}


def test_tidied_it_has_one_line_for_each_fault_that_there_is():
    keep(FOUND, SURVIVED), keep(OTHERS[0], KILLED)
    again = keep(FOUND, KILLED)
    results.tidy([again], [FOUND, LEFT])
    assert results.load([FOUND, *OTHERS], TESTS) == {FOUND.name: again}
    assert len(results._FILE.read_text().splitlines()) == 1
