"""The player of all machines: what it reports, and what it takes for all that there is."""

from collections import Counter

import hypothesis
from hypothesis import HealthCheck, reproduce_failure, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from nmr.reference import State
from tests.stateful import known
from tests.stateful.fuzz import End, Progress, line_of, played, tables
from tests.stateful.profiles import Machine
from tests.stateful.tally import STEPS, TALLY


class Counting(Machine):
    """Fails when a number of two digits is added to one."""

    subject = "counting"

    def __init__(self) -> None:
        super().__init__()
        self.sum = 0

    @rule(number=st.integers(0, 20))
    def add(self, number: int) -> None:
        self.sum += number
        assert self.sum < 30 or number < 10, "too much at once"


Counting.TestCase.settings = settings(database=None, suppress_health_check=list(HealthCheck), stateful_step_count=20)


def test_played__machine_fails__is_reported_short_and_can_be_played_again():
    report = played(Counting, 100)
    [code] = [line.split("--replay counting ")[1] for line in report.splitlines() if "--replay" in line]
    assert "too much at once" in report
    # Two steps do it, and no report is shorter.
    assert report.count("state.add(") == 2
    again = reproduce_failure(hypothesis.__version__, code.encode())(Counting)
    try:
        assert "too much at once" in played(again, 1)
    finally:
        del Counting._hypothesis_internal_use_reproduce_failure


def test_played__machine_holds__reports_nothing_and_counts():
    class Held(Machine):
        subject = "held"

        @rule()
        def wait(self) -> None:
            pass

    Held.TestCase.settings = settings(Counting.TestCase.settings, stateful_step_count=7)
    assert played(Held, 3) == ""
    assert (TALLY["held: histories"], TALLY["held: steps"]) == (3, 21)


def test_steps__of_a_round__lead_from_unknown_to_closed_through_every_state():
    assert STEPS.keys() == set(State)
    reached, edge = set(), {State.UNKNOWN}
    while edge:
        reached |= edge
        edge = {after for before in edge for after in STEPS[before]} - reached
    assert reached == set(State)
    assert [state for state in State if not STEPS[state]] == [State.CLOSED]


def test_reasons__of_the_contracts__are_those_that_code_can_give():
    reasons = known.reasons()
    assert {"treasury: more than is reserved", "ledger: settle first", "buyback: nothing is left"} <= reasons
    assert "timelock_controller: operation is not ready" in reasons
    # Of a constructor, and of a module of snekmate that no contract has.
    assert not {"rounds: ring is out of range", "erc721: invalid token ID"} & reasons


def test_functions__of_the_contracts__are_those_that_change_something():
    functions = known.functions()
    assert {("Tournament", "settle"), ("Timelock", "execute"), ("Buyback", "take")} <= functions
    assert ("Tournament", "round_info") not in functions


def test_tables__something_was_not_covered__name_it():
    calls = Counter({("Treasury", "spend", ""): 2, ("Treasury", "spend", "treasury: amount is zero"): 1})
    ends = [("suite", End(3, 60, calls, Counter({(State.UNKNOWN, State.OPEN): 4}), ""))]
    machines, pairs, covered, missing, *_ = tables(ends)
    assert [list(column.cells) for column in machines.columns] == [["suite"], ["3"], ["60"], ["3"], ["no"]]
    assert list(pairs.columns[1].cells) == ["1", "1"]
    first = [next(iter(column.cells)) for column in covered.columns]
    assert first == ["a round's state", "1", str(len(known.round_steps()))]
    assert missing.startswith("Not covered, a round's state: ")
    assert "OPEN to ENDED" in missing and "UNKNOWN to OPEN" not in missing


def test_line_of__two_machines__tells_of_both():
    line = line_of(75.0, 10.0, ["suite", "buyback"], [Progress(3, 60), Progress(1_000, 20_000)])
    assert line == "1:15 of 10:00   suite 3 histories, 60 steps   buyback 1,000 histories, 20,000 steps"
