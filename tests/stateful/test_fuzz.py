# SPDX-License-Identifier: MIT
"""The player of all machines: what it reports, and what it takes for all that there is."""

import os
import time
from collections import Counter
from io import StringIO
from typing import Any

import hypothesis
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, reproduce_failure, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.stateful import rule
from rich.console import Console

from nmr.protocol.reference import State
from tests.stateful import fuzz, known
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


def test_played__machine_holds__plays_another_history_each_time():
    histories = []

    class Written(Machine):
        subject = "written"

        def __init__(self) -> None:
            super().__init__()
            self.numbers: list[int] = []

        @rule(number=st.integers(0, 1_000))
        def write(self, number: int) -> None:
            self.numbers.append(number)

        def finish(self) -> None:
            histories.append(tuple(self.numbers))

    Written.TestCase.settings = settings(Counting.TestCase.settings, stateful_step_count=7)
    assert played(Written, 40) == ""
    assert len(set(histories)) == len(histories) == TALLY["written: histories"] == 40
    # Not next to the simplest: most of them have no step like it.
    assert sum(0 in numbers for numbers in histories) < 20


def test_played__time_is_over__breaks_off_and_counts_what_was_played(capsys):
    class Slow(Machine):
        subject = "slow"

        @rule()
        def wait(self) -> None:
            time.sleep(0.05)

    Slow.TestCase.settings = settings(Counting.TestCase.settings, stateful_step_count=4)
    began = time.monotonic()
    assert played(Slow, until=began + 2) == ""
    assert capsys.readouterr().out == ""
    assert 2 <= time.monotonic() - began < 20
    # Of the last one not all steps were played, if it was begun at all.
    histories, steps = TALLY["slow: histories"], TALLY["slow: steps"]
    assert 1 <= histories <= 10
    assert 4 * histories <= steps < 4 * (histories + 1)


def test_played__time_is_over_before__plays_nothing():
    class Late(Machine):
        subject = "late"

        @rule()
        def fail(self) -> None:
            raise AssertionError("nobody plays this")

    assert played(Late, until=time.monotonic()) == ""
    assert TALLY["late: steps"] == TALLY["late: histories"] == 0


def test_played__time_is_over_when_it_fails__makes_it_short_all_the_same_and_keeps_it():
    until = time.monotonic() + 2

    class Failing(Machine):
        subject = "failing"

        def __init__(self) -> None:
            super().__init__()
            self.sum = 0

        @rule(number=st.integers(0, 20))
        def add(self, number: int) -> None:
            self.sum += number
            if self.sum >= 30:
                time.sleep(max(0.0, until - time.monotonic()))
                raise AssertionError("too much")

    kept = InMemoryExampleDatabase()
    Failing.TestCase.settings = settings(Counting.TestCase.settings, database=kept)
    report = played(Failing, until=until)
    assert "too much" in report and "--replay failing " in report
    # Three numbers up to 20 are more than it takes.
    assert report.count("state.add(") == 2
    assert time.monotonic() > until
    assert any(kept.data.values())


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
    rounds = Counter({(State.UNKNOWN, State.OPEN): 4})
    ends = [("suite", End(3, 60, calls, rounds, {"suite: trespasses": 2, "calls back": 0}))]
    machines, reached, pairs, covered, missing, *_ = tables(ends)
    assert [list(column.cells) for column in machines.columns] == [["suite"], ["3"], ["60"], ["3"], ["no"]]
    assert [list(column.cells) for column in reached.columns][1:] == [["trespasses", "calls back"], ["2", "0"]]
    assert list(pairs.columns[1].cells) == ["1", "1"]
    first = [next(iter(column.cells)) for column in covered.columns]
    assert first == ["a round's state", "1", str(len(known.round_steps()))]
    assert missing.startswith("Not covered, a round's state: ")
    assert "OPEN to ENDED" in missing and "UNKNOWN to OPEN" not in missing


def test_run__player_dies__is_a_failure_and_the_others_play_on(monkeypatch):
    def play(number: int, subject: str, until: float, told: Any) -> None:
        if subject == "dies":
            os._exit(1)
        while time.monotonic() < until:
            told.put((number, Progress(1, 2)))
            time.sleep(0.01)
        told.put((number, End(3, 60)))

    monkeypatch.setattr(fuzz, "play", play)
    monkeypatch.setattr(fuzz, "LOOKS_EVERY", 0.1)
    said = StringIO()
    ends = fuzz.run(["lives", "dies"], 0.05, Console(file=said))
    assert ends == [("lives", End(3, 60)), ("dies", End(0, 0, failure="The player ended without a word."))]
    assert "dies failed:" in said.getvalue() and "lives failed" not in said.getvalue()


def test_machines__each__is_played_under_its_own_name(monkeypatch):
    monkeypatch.setenv("NMR_FUZZ", "yes")
    for subject in fuzz.MACHINES:
        machine = fuzz.machine_of(subject)
        assert issubclass(machine, Machine)
        assert machine.subject == subject


@pytest.mark.parametrize(("failure", "code"), [("", 0), ("too much", 1)])
def test_cli__machine_failed_or_not__is_the_exit_code(monkeypatch, failure, code):
    monkeypatch.setattr(fuzz, "run", lambda *_: [("suite", End(3, 60)), ("buyback", End(1, 20, failure=failure))])
    result = CliRunner().invoke(fuzz.cli, ["--minutes", "1"])
    assert result.exit_code == code
    assert ("Nothing failed." in result.output) == (code == 0)


def test_cli__one_machine__plays_no_other(monkeypatch):
    played = []
    monkeypatch.setattr(fuzz, "run", lambda subjects, *_: played.extend(subjects) or [("pools", End(1, 20))])
    assert CliRunner().invoke(fuzz.cli, ["--minutes", "1", "--machine", "pools"]).exit_code == 0
    assert set(played) == {"pools"}


def test_line_of__two_machines__tells_of_both():
    line = line_of(75.0, 10.0, ["suite", "buyback"], [Progress(3, 60), Progress(1_000, 20_000)])
    assert line == "1:15 of 10:00   suite 3 histories, 60 steps   buyback 1,000 histories, 20,000 steps"
