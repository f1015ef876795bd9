# SPDX-License-Identifier: MIT
"""Moments and durations as people type and read them. Times are unix seconds."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

from nmr.errors import NmrError
from nmr.text.amounts import shorten

SECONDS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
"""By the letter of each unit, longest first."""
LATEST: Final = 253_402_300_799
"""The last second of the year 9999, beyond which no calendar of Python goes."""

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", re.ASCII)
_DURATION: Final = re.compile("".join(f"(?:([0-9]{{1,10}}){unit})?" for unit in SECONDS), re.ASCII)


class TimeError(NmrError, ValueError):
    """A text that is no moment or no duration. The message is a predicate; callers prepend the field's name."""


def parse_duration(text: str) -> int:
    """Seconds of a duration such as `90s`, `2h` or `1d12h`: weeks, days, hours, minutes, seconds, in this order.

    Raises:
        TimeError: anything else.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        raise TimeError(f"is {shorten(text)}, not a duration such as 90s, 2h or 1d12h")
    return sum(int(count or 0) * seconds for count, seconds in zip(match.groups(), SECONDS.values(), strict=True))


def parse_moment(text: str, now: int) -> int:
    """The moment of a duration from now, or of an ISO timestamp with its time zone, such as `2027-01-31T12:00Z`.

    Raises:
        TimeError: anything else, or beyond the calendar.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = now + parse_duration(text)
        except TimeError:
            reason = f"is {shorten(text)}, neither a time from now such as 2h nor a moment such as 2027-01-31T12:00Z"
            raise TimeError(reason) from None
    else:
        if moment.tzinfo is None:
            raise TimeError(f"is {shorten(text)} without a time zone: write Z behind it for UTC")
        try:
            at = int(moment.timestamp())
        except OverflowError:
            at = -1
    if not 0 <= at <= LATEST:
        raise TimeError(f"is {shorten(text)}, beyond the calendar")
    return at


def parse_date(text: str) -> int:
    """The moment of a date such as `2027-01-31`, which begins at midnight in UTC, or of a moment with its time zone.

    Raises:
        TimeError: anything else, or beyond the calendar.
    """
    moment = f"{text}T00:00Z" if _DATE.fullmatch(text) else text
    if not _MOMENT.match(moment):
        raise TimeError(f"is {shorten(text)}, neither a date such as 2027-01-31 nor a moment such as 2027-01-31T12:00Z")
    return parse_moment(moment, 0)


def format_duration(seconds: int) -> str:
    """A duration in the units that it needs: `5400` is `1h 30m`."""
    parts = []
    rest = abs(seconds)
    for unit, length in SECONDS.items():
        if unit == "w":
            continue
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    return f"{'-' if seconds < 0 else ''}{' '.join(parts) or '0s'}"


def format_moment(at: int, now: int | None = None) -> str:
    """A moment in UTC, and if `now` is given how far away it is: `2027-01-31 12:00:00 UTC (in 2h)`."""
    text = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC" if 0 <= at <= LATEST else f"second {at}"
    if now is None:
        return text
    if at == now:
        return f"{text} (now)"
    return f"{text} (in {format_duration(at - now)})" if at > now else f"{text} ({format_duration(now - at)} ago)"


def format_local(at: int, now: int, zone: tzinfo | None = None) -> str:
    """A moment on the reader's own clock, or on that of a zone, and how far away it is.

    `now` is the chain's: `2027-01-31 13:00:00 CET (in 2h)`.
    """
    text = (
        f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d %H:%M:%S %Z}" if at <= LATEST else f"second {at}"
    )
    if at == now:
        return f"{text} (now)"
    return f"{text} (in {format_duration(at - now)})" if at > now else f"{text} ({format_duration(now - at)} ago)"
