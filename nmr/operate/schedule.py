# SPDX-License-Identifier: MIT
"""When rounds open: a cron expression on the clock of a time zone, without the days of holidays.

The expression is about the local clock alone. Where the clock skips a moment, the next valid minute stands for it;
where the clock shows a moment twice, the first counts.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from nmr.errors import NmrError
from nmr.text.amounts import shorten
from nmr.text.times import LATEST

FIELDS: Final = 5
"""Of a cron expression: minute, hour, day of the month, month, day of the week."""
LONGEST: Final = 200
"""Characters of one."""
MOST_HOLIDAYS: Final = 5_000
LONGEST_SEARCH: Final = 10_000
"""Openings that are looked at for one that is no holiday."""

_MARGIN: Final = 7 * 86_400
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


class ScheduleInvalid(NmrError, ValueError):
    """An expression or a zone that says no times. The message is a predicate; callers prepend the field's name."""


@dataclass(frozen=True)
class Schedule:
    """When rounds open.

    Attributes:
        cron: minute, hour, day of the month, month and day of the week, as cron has them.
        zone: on whose clock.
        holidays: days of that clock on which none opens.
    """

    cron: str
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def latest(self, now: int) -> int | None:
        """The last opening at a moment or before it; None if there is none."""
        # What a gap of the clock moves on may be the last one although its local time is later.
        return next((at for at in self._moments(now, back=True) if at <= now), None)

    def following(self, now: int) -> int | None:
        """The first opening after a moment; None if there is none."""
        return next((at for at in self._moments(now, back=False) if at > now), None)

    def after(self, now: int) -> Iterator[int]:
        """The openings after a moment, each once."""
        last = now
        for at in self._moments(now, back=False, most=None):
            if at > last:
                yield at
                last = at

    def day(self, at: int) -> date:
        """The day of a moment on the schedule's clock."""
        return datetime.fromtimestamp(at, self.zone).date()

    def _moments(self, now: int, *, back: bool, most: int | None = LONGEST_SEARCH) -> Iterator[int]:
        """The openings from a day before a moment on, or from a day after it back; holidays are left out."""
        start = datetime.fromtimestamp(min(max(now, 0), LATEST - _MARGIN), self.zone).replace(tzinfo=None)
        try:
            for local in islice(CronSim(self.cron, start + (_DAY if back else -_DAY), reverse=back), most):
                if local.date() not in self.holidays:
                    yield _moment(local, self.zone)
        except OverflowError:
            # The calendar ends.
            return


def parse_schedule(cron: str, zone: str, holidays: Collection[date] = ()) -> Schedule:
    """A schedule that has an opening at all.

    Raises:
        ScheduleInvalid: the expression or the zone is none, or nothing ever opens.
    """
    if len(cron) > LONGEST or not cron.isascii() or len(cron.split()) != FIELDS:
        raise ScheduleInvalid(f"is {shorten(cron)}, and has to have {FIELDS} fields of cron, such as 0 13 * * MON-FRI")
    try:
        CronSim(cron, datetime(2027, 1, 1))
    except (CronSimError, ValueError) as error:
        raise ScheduleInvalid(f"is {shorten(cron)}: {str(error) or 'no expression of cron'}") from None
    if len(holidays) > MOST_HOLIDAYS:
        raise ScheduleInvalid(f"has {len(holidays):,} holidays, and may have {MOST_HOLIDAYS:,}")
    schedule = Schedule(cron, parse_zone(zone), frozenset(holidays))
    if schedule.following(int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())) is None:
        raise ScheduleInvalid(f"is {shorten(cron)}, which never comes")
    return schedule


def parse_zone(name: str) -> ZoneInfo:
    """A time zone by its name, such as `Europe/Zurich`.

    Raises:
        ScheduleInvalid: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise ScheduleInvalid(f"is {shorten(name)}, and no time zone such as Europe/Zurich or UTC") from None


def _moment(local: datetime, zone: ZoneInfo) -> int:
    """Unix seconds of a local time, or of the next minute that the clock shows."""
    at = local.replace(tzinfo=zone, fold=0)
    while at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at.replace(tzinfo=None):
        at += _MINUTE
    return int(at.timestamp())
