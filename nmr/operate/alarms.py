# SPDX-License-Identifier: MIT
"""What somebody has to be told, and when again: pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nmr.operate.duties import Duty, Wait, describe_duty
from nmr.operate.season import Alerts


@dataclass(frozen=True)
class Alarm:
    """Something that somebody has to look at.

    Attributes:
        about: what it is about, the same for the same thing.
        text: a sentence or two.
        round: which round, if one.
        until: the moment by which something has to be done, if there is one.
        left: seconds until then.
    """

    about: str
    text: str
    round: int | None = None
    until: int | None = None
    left: int | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {"about": self.about, "text": self.text, "round": self.round, "until": self.until, "left": self.left}


def alarms(rules: Alerts, now: int, waits: Iterable[Wait], troubles: Iterable[tuple[Duty, str]]) -> list[Alarm]:
    """What is to be told: what was tried in vain, what nobody but a person can mend, and what is late.

    Args:
        rules: when a deadline is near.
        now: the chain's time.
        waits: what waits, and why.
        troubles: what was tried in vain, and why.
    """
    told = [_alarm(duty, f"{why.removesuffix('.')}.", now) for duty, why in troubles]
    for wait in waits:
        until = wait.duty.until
        if not wait.patient or (until is not None and until - now <= rules.within):
            told.append(_alarm(wait.duty, f"{wait.why}.", now))
    return told


@dataclass
class Bell:
    """Rings once for each alarm, and again only after a while.

    Attributes:
        repeat: seconds until the same is told again.
    """

    repeat: int
    _rang: dict[str, float] = field(default_factory=dict)

    def due(self, found: Iterable[Alarm], now: float) -> list[Alarm]:
        """Those of the alarms that are to be told now; what is no longer among them is forgotten.

        Args:
            found: all that holds now.
            now: seconds, of a clock that only goes forward.
        """
        by_subject = {alarm.about: alarm for alarm in found}
        self._rang = {about: at for about, at in self._rang.items() if about in by_subject}
        fresh = [
            alarm
            for about, alarm in by_subject.items()
            if about not in self._rang or now - self._rang[about] >= self.repeat
        ]
        self._rang |= {alarm.about: now for alarm in fresh}
        return fresh


def _alarm(duty: Duty, why: str, now: int) -> Alarm:
    about = f"{duty.kind}" if duty.round is None else f"round {duty.round}: {duty.kind}"
    left = None if duty.until is None else duty.until - now
    return Alarm(about, f"{describe_duty(duty, now).capitalize()}. {why}", duty.round, duty.until, left)
