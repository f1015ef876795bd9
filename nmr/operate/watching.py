# SPDX-License-Identifier: MIT
"""Deadlines by the chain alone: what a second process tells that has no key, so that a dead service is noticed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nmr.client.rounds import Rounds
from nmr.operate.alarms import Alarm
from nmr.operate.duties import Plan, slot_at
from nmr.operate.season import Season
from nmr.operate.working import Pass, ReportStep
from nmr.protocol.reference.rounds import State
from nmr.rounds.status import RoundView, view_round, what_next, what_was_missed
from nmr.text.times import format_duration

HOUR: Final = 3_600


@dataclass(frozen=True)
class Deadline:
    """Something that a round waits for, and somebody has to do.

    Attributes:
        round: its id.
        step: a word for what.
        what: a sentence without its end.
        until: the moment by which it has to be done.
    """

    round: int
    step: str
    what: str
    until: int


def deadline_of(view: RoundView) -> Deadline | None:
    """What has to be done to a round next, and by when; None if it waits for time or its stakers, or has no limit."""
    following = what_next(view)
    if following is None or following.who is None or following.until is None or view.state == State.OPEN:
        return None
    return Deadline(view.id, following.step, following.what, following.until)


def watch_alarms(
    views: Iterable[RoundView], *, within: int, season: Season | None = None, now: int = 0, opened_at: int | None = None
) -> list[Alarm]:
    """What a watcher tells.

    Args:
        views: the rounds that are not closed.
        within: seconds before a deadline from which it is told.
        season: the schedule of openings, if it is known; an opening is told half-way through its time.
        now, opened_at: the chain's time, and when the last round was opened; with a season.
    """
    views = list(views)
    found = []
    for view in views:
        missed, due = what_was_missed(view), deadline_of(view)
        if missed is not None:
            text = f"Round {view.id}: {missed.what} in time. {missed.cost}."
            found.append(Alarm(f"round {view.id}: missed", text, view.id, missed.by, missed.by - view.now))
        elif due is not None and due.until - view.now <= within:
            left = due.until - view.now
            text = f"Round {view.id}: {due.what}, and {format_duration(left)} are left."
            found.append(Alarm(f"round {view.id}: {due.step}", text, view.id, due.until, left))
    if season is not None:
        slot = slot_at(season, now, opened_at)
        if slot is not None and now >= slot.at + (slot.until - slot.at) // 2:
            left = slot.until - now
            text = f"No round was opened {format_duration(now - slot.at)} ago, and {format_duration(left)} are left."
            found.append(Alarm("opening", text, None, slot.until, left))
    return found


class Watch:
    """Watches the rounds of a tournament."""

    def __init__(self, rounds: Rounds, within: int, season: Season | None = None) -> None:
        """
        Args:
            rounds: of the tournament.
            within: seconds before a deadline from which it is told.
            season: the schedule of openings, if it is known.
        """
        self._rounds = rounds
        self._within = within
        self._season = season

    def run(self, report: ReportStep) -> Pass:
        """Look at all rounds that are not closed. Raises `NmrError` if the node does not answer."""
        rounds = self._rounds
        rounds.refresh()
        views = [view_round(rounds, number) for number in rounds.recent()]
        last = rounds.last_opened()
        now = rounds.now()
        alarms = watch_alarms(
            [view for view in views if view.state != State.CLOSED],
            within=self._within,
            season=self._season,
            now=now,
            opened_at=None if last is None else rounds.opened_at(last),
        )
        return Pass(now, Plan((), ()), alarms=tuple(alarms))
