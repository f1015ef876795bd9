# SPDX-License-Identifier: MIT
"""Looks at the chain again and again, does what is due, and tells what somebody has to know."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from nmr.errors import NmrError
from nmr.operate.alarms import Alarm, Bell, alarms
from nmr.operate.duties import describe_duty
from nmr.operate.log import ALARM, ServiceLog
from nmr.operate.season import Alerts
from nmr.operate.working import Pass, ReportStep
from nmr.rounds.resolution import StepTaken

NODE: Final = "node"
"""What an alarm is about when nothing can be read."""


@dataclass(frozen=True)
class Ways:
    """How a loop goes.

    Attributes:
        once: whether it ends after what is due now.
        until: the chain's time at which it ends; None for never.
        poll: seconds between two looks.
    """

    once: bool
    until: int | None
    poll: float


class Loop:
    """The loop of a service, a guard, a keeper or a watch."""

    def __init__(
        self,
        rules: Alerts,
        run: Callable[[ReportStep], Pass],
        log: ServiceLog,
        tell: Callable[[Alarm], None],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        seen: Callable[[Pass | None], None] = lambda done: None,
    ) -> None:
        """
        Args:
            rules: when somebody is told.
            run: one look, in which all that is due is done.
            log: takes what happens.
            tell: takes what somebody has to know.
            clock: seconds, of a clock that only goes forward.
            sleep: waits.
            seen: takes what came of each look; None if nothing could be read.
        """
        self._rules = rules
        self._run = run
        self._log = log
        self._tell = tell
        self._clock = clock
        self._sleep = sleep
        self._seen = seen
        self._bell = Bell(rules.repeat)
        self._waiting: set[str] = set()
        self._gas = 0

    def run(self, ways: Ways) -> bool:
        """Go on until the end that was asked for, or until nothing is left to do.

        Returns:
            whether nothing was left undone at the end.
        """
        while True:
            done = self._look()
            if done is not None:
                if done.over:
                    self._log.tell("finished", "The season is over: all rounds are closed.")
                    return True
                if (ways.until is not None and done.now >= ways.until) or (ways.once and done.again is None):
                    return not done.needs_somebody
                if ways.once and done.again is not None:
                    self._sleep(done.again)
                    continue
            elif ways.once:
                return False
            self._sleep(ways.poll)

    def _look(self) -> Pass | None:
        """One look, and what came of it; None if nothing could be read."""
        self._gas = 0
        try:
            done = self._run(self._report)
        except NmrError as error:
            self._ring([Alarm(NODE, f"Nothing can be read: {error}")])
            self._seen(None)
            return None
        troubles = [(each.duty, each.why) for each in done.troubles]
        self._note(done)
        self._ring([*alarms(self._rules, done.now, done.plan.waits, troubles), *done.alarms])
        self._seen(replace(done, gas=self._gas))
        return done

    def _report(self, step: StepTaken) -> None:
        self._gas += int(step.facts.get("gas", 0))
        self._log.tell("done", step.text, **step.facts)

    def _note(self, done: Pass) -> None:
        """Say what waits, each once."""
        waits = {f"{wait.duty}{wait.why}": wait for wait in done.plan.waits}
        for key, wait in waits.items():
            if key not in self._waiting:
                self._log.tell("waits", f"{describe_duty(wait.duty, done.now)}: {wait.why}.", round=wait.duty.round)
        self._waiting = set(waits)

    def _ring(self, found: list[Alarm]) -> None:
        for alarm in self._bell.due(found, self._clock()):
            self._log.tell(ALARM, alarm.text, about=alarm.about, round=alarm.round, left=alarm.left)
            try:
                self._tell(alarm)
            except NmrError as error:
                self._log.tell("untold", f"Nobody was told: {error}")
