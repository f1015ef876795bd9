# SPDX-License-Identifier: MIT
"""
Play all machines for some minutes, other histories in every run, and say what they reached.

    python -m tests.stateful.fuzz --minutes 10
    python -m tests.stateful.fuzz --replay suite AXicY2BgYAAA...

The exit code is 1 if something failed. What failed is printed as short as it could be made, with the command that
plays it again; it is kept in `.hypothesis`, too, and the next run tries it first.
"""

import math
import os
import re
import sys
import threading
import time
import traceback
import unittest
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import cycle, islice
from multiprocessing import get_context
from typing import Any, Final

import click
import hypothesis
from hypothesis import reproduce_failure, settings
from hypothesis.reporting import with_reporter
from rich.console import Console
from rich.table import Table

from nmr.protocol.reference import State
from tests.stateful import known
from tests.stateful.profiles import Machine, Over
from tests.stateful.tally import CALLS, ROUNDS, TALLY

MACHINES: Final = {
    "suite": ("tests.stateful.test_suite", "Histories"),
    "tournament": ("tests.stateful.test_tournament", "Histories"),
    "buyback": ("tests.stateful.test_buyback", "Histories"),
    "pools": ("tests.stateful.test_pools", "Histories"),
    "walk": ("tests.stateful.walks", "Walks"),
    "audit": ("tests.stateful.walks", "AuditedWalks"),
}
"""By what each plays: its module and class."""
ENDLESS: Final = 10**9
"""More histories than there is time for."""
LOOKS_EVERY: Final = 2.0
"""Seconds between a player's words on how far it is."""
SAYS_EVERY: Final = 15.0
"""Seconds between lines of progress."""

_BLOB: Final = re.compile(r"@reproduce_failure\('[^']*', b'([^']*)'\)")
EXAMPLE: Final = """
Example: python -m tests.stateful.fuzz --minutes 60
"""


@dataclass
class Progress:
    """How far a player is: histories that were played to the end, and steps of all."""

    histories: int = 0
    steps: int = 0


@dataclass(frozen=True)
class End:
    """What a player comes to: how often what was reached, and what failed, empty for nothing."""

    histories: int
    steps: int
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    rounds: Counter[tuple[State, State]] = field(default_factory=Counter)
    reached: dict[str, int] = field(default_factory=dict)
    """What the histories of CI have to reach, too."""
    failure: str = ""


class Result(unittest.TestResult):
    """Keeps what was raised, with the notes that hypothesis adds."""

    def __init__(self) -> None:
        super().__init__()
        self.raised: list[BaseException] = []

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        self.raised.append(err[1])

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        self.raised.append(err[1])


def machine_of(subject: str) -> Any:
    """The machine of a subject, by the larger profile."""
    os.environ["NMR_FUZZ"] = "yes"
    module, name = MACHINES[subject]
    return getattr(import_module(module), name)


def played(machine: Any, histories: int = ENDLESS, until: float = math.inf) -> str:
    """Play some histories in one run of hypothesis's, so that each is another one.

    Args:
        machine: what is played.
        histories: how many.
        until: seconds of the monotonic clock, at which the history that is played then is broken off.

    Returns:
        The report of a failure, or nothing.
    """
    case = machine.TestCase
    # This backend draws every history anew. The usual one begins with up to fifty that are nearly the simplest.
    case.settings = settings(
        case.settings,
        backend="hypothesis-urandom",
        max_examples=histories,
        print_blob=True,
        report_multiple_bugs=False,
    )
    result = Result()
    Machine.until = until
    try:
        # What failed is in what was raised. All that it would say itself is how to repeat a run that the clock ended.
        with with_reporter(lambda _: None):
            case("runTest").run(result)
    except Over:
        return ""
    finally:
        Machine.until = math.inf
    return "\n".join(report_of(machine.subject, error) for error in result.raised)


def report_of(subject: str, error: BaseException) -> str:
    """What went wrong, the shortest history in which it does, and how to play it again."""
    text = "".join(traceback.format_exception(error, limit=-4))
    [blob] = _BLOB.findall(text) or [""]
    again = f"Play it again: python -m tests.stateful.fuzz --replay {subject} {blob}\n" if blob else ""
    return _BLOB.sub("", text).replace("by temporarily adding  as a decorator on your test case", "") + again


def play(number: int, subject: str, until: float, told: Any) -> None:
    """Play a machine in a process of its own.

    Args:
        number: of the player.
        until: seconds of the monotonic clock.
        told: a queue that gets the number with a `Progress` now and then, and with an `End`.
    """

    def progress() -> Progress:
        return Progress(TALLY[f"{subject}: histories"], TALLY[f"{subject}: steps"])

    def tell() -> None:
        while True:
            time.sleep(LOOKS_EVERY)
            told.put((number, progress()))

    threading.Thread(target=tell, daemon=True).start()
    machine = machine_of(subject)
    failure, done = played(machine, until=until), progress()
    reached = {what: TALLY[what] for what in machine.reached}
    told.put((number, End(done.histories, done.steps, Counter(CALLS), Counter(ROUNDS), reached, failure)))


def run(subjects: Sequence[str], minutes: float, say: Console) -> list[tuple[str, End]]:
    """Let these machines be played at the same time, each in a process, and wait for what they come to.

    Args:
        subjects: a machine may be there more than once.
        minutes: what there is for all of it; a failure that is just being made shorter takes up to five more.
        say: gets a line now and then.
    """
    # What is compiled is compiled once.
    context = get_context("fork")
    told: Any = context.Queue()
    began = time.monotonic()
    until = began + 60 * minutes
    players = [
        context.Process(target=play, args=(number, subject, until, told), daemon=True)
        for number, subject in enumerate(subjects)
    ]
    for player in players:
        player.start()
    at: dict[int, Progress] = {number: Progress() for number in range(len(subjects))}
    ends: dict[int, End] = {}
    said = began
    while len(ends) < len(players):
        time.sleep(LOOKS_EVERY)
        # All that a player said before it ended can be heard now.
        gone = [number for number, player in enumerate(players) if not player.is_alive()]
        heard = {}
        while not told.empty():
            number, news = told.get()
            if isinstance(news, Progress):
                at[number] = news
            else:
                heard[number] = news
        for number in gone:
            if number not in ends and number not in heard:
                so_far = at[number]
                heard[number] = End(so_far.histories, so_far.steps, failure="The player ended without a word.")
        for number, end in heard.items():
            ends[number], at[number] = end, Progress(end.histories, end.steps)
            if end.failure:
                say.print(f"{subjects[number]} failed:\n{end.failure}", markup=False, highlight=False)
        if time.monotonic() - said >= SAYS_EVERY:
            said = time.monotonic()
            say.print(line_of(said - began, minutes, subjects, [at[number] for number in sorted(at)]), highlight=False)
    for player in players:
        player.join()
    return [(subject, ends[number]) for number, subject in enumerate(subjects)]


def line_of(elapsed: float, minutes: float, subjects: Iterable[str], at: Iterable[Progress]) -> str:
    """How far everybody is."""
    parts = [
        f"{subject} {progress.histories:,} histories, {progress.steps:,} steps"
        for subject, progress in zip(subjects, at, strict=True)
    ]
    return f"{int(elapsed) // 60}:{int(elapsed) % 60:02} of {minutes:g}:00   " + "   ".join(parts)


def tables(ends: Sequence[tuple[str, End]]) -> list[Table | str]:
    """What was played, and what of all that there is was covered."""
    machines = Table("machine", "histories", "steps", "calls", "failed", title="Machines")
    for subject in dict.fromkeys(subject for subject, _ in ends):
        own = [end for name, end in ends if name == subject]
        machines.add_row(
            subject,
            f"{sum(end.histories for end in own):,}",
            f"{sum(end.steps for end in own):,}",
            f"{sum(end.calls.total() for end in own):,}",
            "yes" if any(end.failure for end in own) else "no",
        )
    calls = sum((end.calls for _, end in ends), Counter[tuple[str, str, str]]())
    rounds = sum((end.rounds for _, end in ends), Counter[tuple[State, State]]())
    of_suite = {key: times for key, times in calls.items() if key[0] in known.CONTRACTS}
    covered = Table("transition", "covered", "known", title="Transitions")
    missing: dict[str, list[str]] = {}
    for what, reached, there_is in _transitions(of_suite, rounds):
        covered.add_row(what, str(len(reached & there_is)), str(len(there_is)))
        missing[what] = sorted(there_is - reached)
    pairs = Table("", "different", "in all", title="Calls")
    pairs.add_row("function done", str(len({key[:2] for key in of_suite if not key[2]})), f"{_sum(of_suite, True):,}")
    pairs.add_row(
        "function refused for a reason", str(len({key for key in of_suite if key[2]})), f"{_sum(of_suite, False):,}"
    )
    reached = Table("machine", "reached", "times", title="What the histories of CI have to reach")
    for subject in dict.fromkeys(subject for subject, _ in ends):
        own = [end.reached for name, end in ends if name == subject]
        for what in dict.fromkeys(what for counts in own for what in counts):
            reached.add_row(
                subject, what.removeprefix(f"{subject}: "), f"{sum(counts.get(what, 0) for counts in own):,}"
            )
    lines = [f"Not covered, {what}: {', '.join(names)}." for what, names in missing.items() if names]
    return [machines, reached, pairs, covered, *lines]


def _transitions(
    calls: dict[tuple[str, str, str], int], rounds: dict[tuple[State, State], int]
) -> list[tuple[str, set[str], set[str]]]:
    """By kind: what was reached, and what there is."""

    def named(steps: Iterable[tuple[State, State]]) -> set[str]:
        return {f"{before.name} to {after.name}" for before, after in steps}

    found = [("a round's state", named(rounds), named(known.round_steps()))]
    for contract in known.CONTRACTS:
        done = {function for name, function, reason in calls if name == contract and not reason}
        there_is = {function for name, function in known.functions() if name == contract}
        found.append((f"{contract}, a function done", done, there_is))
    return [*found, ("a reason to refuse", {reason for _, _, reason in calls}, set(known.reasons()))]


def _sum(calls: dict[tuple[str, str, str], int], done: bool) -> int:
    return sum(times for (_, _, reason), times in calls.items() if (reason == "") == done)


@click.command(epilog=EXAMPLE)
@click.option("--minutes", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="How long.")
@click.option("--machine", "machines", type=click.Choice(list(MACHINES)), multiple=True, help="Only this one; repeat.")
@click.option(
    "--replay",
    type=(click.Choice(list(MACHINES)), str),
    metavar="MACHINE CODE",
    help="Play a failure again, by what was printed with it.",
)
def cli(minutes: float, machines: tuple[str, ...], replay: tuple[str, str] | None) -> None:
    """Play all machines at the same time, with other histories in every run, and say what they reached."""
    say = Console(soft_wrap=True)
    if replay is not None:
        subject, code = replay
        machine = reproduce_failure(hypothesis.__version__, code.encode())(machine_of(subject))
        failure = played(machine, 1)
        say.print(failure or "Nothing failed.", markup=False, highlight=False)
        sys.exit(1 if failure else 0)
    # Each machine once at least, and a process for each core.
    wanted = machines or tuple(MACHINES)
    count = max(len(wanted), os.cpu_count() or 1)
    subjects = list(islice(cycle(wanted), count))
    say.print("Compiling.")
    known.compile_all()
    say.print(f"{minutes:g} minutes of play, each machine in a process: {', '.join(subjects)}.", highlight=False)
    ends = run(subjects, minutes, say)
    for table in tables(ends):
        say.print(table, highlight=False)
    if any(end.failure for _, end in ends):
        say.print("Failed: see above.")
        sys.exit(1)
    say.print("Nothing failed.")


if __name__ == "__main__":
    cli()
