# SPDX-License-Identifier: MIT
from tests.tools.mutation.operators import Mutant, mutants
from tests.tools.mutation.page import page
from tests.tools.mutation.results import KILLED, SURVIVED, Result, result_of

TEXT = "# pragma version 0.4.3\n@external\ndef f(a: uint256):\n    assert a < 5\n"
FIRST, SECOND, THIRD, FOURTH, *_ = mutants("f.vy", TEXT)


def tried(mutant: Mutant, outcome: str) -> Result:
    return result_of(mutant, outcome, "tests/unit/test_f.py::test_f", 3, mutant.name, "beef", "cafe")


def test_page__some_sources_tried_further__estimates_from_those_before_the_gap():
    found = [tried(FIRST, KILLED), tried(SECOND, SURVIVED), tried(FOURTH, KILLED)]
    names = [mutant.name for mutant in (FIRST, SECOND, THIRD, FOURTH)]
    text = " ".join(page(found, {"f.vy": 9}, names).split())
    assert "3 of 9 faults were tried; 3 have bytecode of their own. 2 were found" in text
    assert "The first 2 in the order of a hash" in text
    assert "of 2 with bytecode of their own 1 were found" in text


def test_page__all_tried__estimates_nothing():
    text = page([tried(FIRST, KILLED)], {"f.vy": 1}, [FIRST.name])
    assert "fair sample" not in text


def test_page__the_first_not_tried__estimates_nothing():
    text = page([tried(SECOND, KILLED)], {"f.vy": 2}, [FIRST.name, SECOND.name])
    assert "fair sample" not in text
