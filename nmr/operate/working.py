# SPDX-License-Identifier: MIT
"""Does what is due, one duty after another, each found anew: what a service, a keeper and a guard have in common."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final, TypeVar

from nmr.client.rounds import Rounds
from nmr.errors import NmrError
from nmr.operate.alarms import Alarm
from nmr.operate.duties import Duty, DutyKind, Plan
from nmr.rounds.resolution import Resolution, StepTaken
from nmr.rounds.scores_file import ScoresFile

MOST_STEPS: Final = 1_000
"""Duties of one pass: more means that one is done again and again."""

ReportStep = Callable[[StepTaken], None]
Turn = Callable[[], AbstractContextManager[None]]
S = TypeVar("S")


class Endless(NmrError, RuntimeError):
    """A duty that stays due although it was done."""


@dataclass(frozen=True)
class Trouble:
    """A duty that could not be done, and why: a sentence."""

    duty: Duty
    why: str


@dataclass(frozen=True)
class Pass:
    """What came of a look at the chain.

    Attributes:
        now: the chain's time.
        plan: what is still due, and what waits.
        troubles: what was tried in vain and is due still.
        done: how many duties were done.
        gas: what their transactions used.
        alarms: what else somebody has to know.
        over: whether nothing is left to do, now and later.
        again: seconds after which another look brings more without time of the chain passing; None if none does.
    """

    now: int
    plan: Plan
    troubles: tuple[Trouble, ...] = ()
    done: int = 0
    gas: int = 0
    alarms: tuple[Alarm, ...] = ()
    over: bool = False
    again: float | None = None

    @property
    def needs_somebody(self) -> bool:
        """Whether something is left that neither time nor another look brings."""
        return bool(self.troubles or self.alarms) or not all(wait.patient for wait in self.plan.waits)


def work(
    look: Callable[[], tuple[S, Plan]], do: Callable[[Duty, S], None], turn: Turn = nullcontext
) -> tuple[S, Plan, tuple[Trouble, ...], int]:
    """Do all that is due, the most pressing first, and look anew after each duty.

    Args:
        look: reads, and gives what it read and what is due by that.
        do: does a duty.
        turn: holds the account from a look to the end of what is done by it.

    Returns:
        what was read last, what is due still, what was tried in vain, and how many duties were done.

    Raises:
        NmrError: as `look` does.
        Endless: something stays due.
    """
    failed: dict[tuple[DutyKind, int | None], str] = {}
    for tried in range(MOST_STEPS):
        with turn():
            seen, due = look()
            duty = next((each for each in due.duties if (each.kind, each.round) not in failed), None)
            if duty is None:
                troubles = tuple(Trouble(each, failed[each.kind, each.round]) for each in due.duties)
                return seen, due, troubles, tried - len(failed)
            try:
                do(duty, seen)
            except NmrError as error:
                # Somebody else may have done it first: then it is not due at the next look.
                failed[duty.kind, duty.round] = str(error)
    raise Endless(f"Something stays due although it was done {MOST_STEPS:,} times: the node does not show it.")


def resolve_step(
    rounds: Rounds, number: int, source: Callable[[], tuple[ScoresFile, bytes]] | None, report: ReportStep
) -> None:
    """Take the one step of a round that is due: lock it, propose, or settle.

    Args:
        rounds: of the tournament.
        number: the round's id.
        source: gives its scores and their evidence once they are needed; None settles without scores.
        report: told what was done.

    Raises:
        NmrError: as `Resolution.step` and `Resolution.take` do.
    """
    resolution = Resolution(rounds, number, source)
    step = resolution.step()
    resolution.take(step, lambda taken: report(StepTaken(taken.text, {"round": number, **taken.facts})))
