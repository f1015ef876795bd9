# SPDX-License-Identifier: MIT
"""A season as its operator writes it, in a TOML file: when rounds open, on what terms, and from where data come.

Only the opening is scheduled; all later moments of a round are durations, the first of them from the scheduled opening.
Paths are relative to the file. In those of data `{round}` stands for the round's id, and `{date}` for the day of its
opening, such as 2027-01-31.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice, pairwise
from pathlib import Path
from string import Formatter
from typing import Any, Final, TypeVar

from nmr.errors import NmrError
from nmr.operate.schedule import Schedule, ScheduleInvalid, parse_schedule
from nmr.protocol.reference.rounds import (
    LARGEST_MULTIPLIER,
    LONGEST_EXPIRY,
    LONGEST_OPEN,
    LONGEST_RESOLVE,
    SHORTEST_OPEN,
    SHORTEST_WINDOW,
    Bounds,
    Terms,
)
from nmr.rounds.terms import TermError, build_terms
from nmr.text.amounts import RATIO, shorten
from nmr.text.times import TimeError, format_duration, parse_date, parse_duration
from nmr.text.toml import EntryInvalid, read_toml

HOUR: Final = 3_600
SPACING: Final = 400
"""Openings that are looked at for two that are too near: more than a year of daily ones."""
MOST_FILES: Final = 100
LONGEST_AGAIN: Final = HOUR

_TERMS: Final = ("primary", "contribution", "clip", "threshold", "window")
_SPANS: Final = ("open", "resolve", "expire")
_WIDEST: Final = Bounds(
    *(LARGEST_MULTIPLIER, LARGEST_MULTIPLIER, RATIO, 0),
    *(SHORTEST_OPEN * HOUR, LONGEST_OPEN * HOUR, LONGEST_RESOLVE * HOUR, LONGEST_EXPIRY * HOUR),
    SHORTEST_WINDOW * HOUR,
)
_NAMES: Final = frozenset({"round", "date"})

T = TypeVar("T")


class SeasonInvalid(NmrError, ValueError):
    """A file that holds no season."""


@dataclass(frozen=True)
class Opening:
    """When rounds open.

    Attributes:
        schedule: the moments.
        late: seconds after a scheduled moment in which the round is still opened, if it could not be at once.
        prepare: seconds before it from which key and package have to be at hand.
        until: the moment from which on none opens; None for no end.
    """

    schedule: Schedule
    late: int = 6 * HOUR
    prepare: int = 6 * HOUR
    until: int | None = None


@dataclass(frozen=True)
class RoundTerms:
    """A round's terms.

    Attributes:
        given: texts of what is no moment, by the name of the term, as a file of terms has them.
        open: seconds from the scheduled opening to the lock.
        resolve: from the lock until the outcome is known.
        expire: from then until the round expires.
    """

    given: Mapping[str, str]
    open: int
    resolve: int
    expire: int

    def at(self, opens_at: int, sealing_key: bytes, bounds: Bounds, *, hour: int, now: int, ahead: int) -> Terms:
        """The terms of a round that was to open at a moment, and is opened now.

        One that is opened late locks when it was to lock, unless it would be open for too short a time.

        Raises:
            TermError: a term cannot be read.
        """
        locks_at = max(opens_at + self.open, now + ahead + max(bounds.min_open, SHORTEST_OPEN * hour))
        resolves_at = locks_at + self.resolve
        moments = {"locks_at": locks_at, "resolves_at": resolves_at, "expires_at": resolves_at + self.expire}
        given = {**self.given, **{name: _iso(moment) for name, moment in moments.items()}}
        return build_terms(given, bounds, hour=hour, now=now, sealing_key=sealing_key)


@dataclass(frozen=True)
class Source:
    """Where something of a round comes from: a pattern of a path or a URL, or a command.

    Attributes:
        pattern: what `fill_pattern` completes; None with a command.
        command: a program and its arguments, patterns too, whose standard output is the file.
    """

    pattern: str | None = field(default=None, repr=False)
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class TargetsPlan:
    """Where outcomes come from.

    Attributes:
        source: of the file.
        done: a pattern of a path or URL that is there once the file is complete; None with a command, which says so by
            its exit code.
        again: seconds from one fetch to the next, which has to give the same.
    """

    source: Source
    done: str | None = field(repr=False)
    again: int = 60


@dataclass(frozen=True)
class Alerts:
    """Who is told, and when.

    Attributes:
        within: seconds before a deadline from which what is not done yet is told.
        repeat: seconds after which the same is told again.
        webhook: a URL that gets each alert as JSON; None for none.
        command: a program that gets each alert as JSON on its standard input; empty for none.
        heartbeat: a URL that is asked after each look at the chain without trouble; None for none.
    """

    within: int = 6 * HOUR
    repeat: int = HOUR
    webhook: str | None = field(default=None, repr=False)
    command: tuple[str, ...] = ()
    heartbeat: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Season:
    """A season.

    Attributes:
        tournament: its name in the record; None for the only one.
        opening, terms, targets, alerts: see there.
        files: patterns of the package's files.
        universe: the name of the one that has the round's ids.
        backup: the second place of private keys, a folder.
        hand_over: public keys, or files of some, that get a round's key from the lock on.
        enter: seconds before the lock in which positions are raised to their targets; None for never.
        kick: whether the buyback's lots are kicked.
    """

    tournament: str | None
    opening: Opening
    terms: RoundTerms
    files: tuple[str, ...]
    universe: str
    targets: TargetsPlan
    backup: Path
    hand_over: tuple[str, ...]
    enter: int | None
    kick: bool
    alerts: Alerts


def read_season(path: Path) -> Season:
    """The season in a TOML file.

    Raises:
        SeasonInvalid: it cannot be read, or holds none.
    """
    return read_toml(path, lambda content: _season(content, path.absolute().parent), SeasonInvalid)


def fill_pattern(pattern: str, round_id: int, day: date) -> str:
    """A pattern with a round's id and day in it."""
    return pattern.format(round=round_id, date=day.isoformat())


class _Table:
    """A table of the file, whose entries are taken one by one; what is left over is unknown."""

    def __init__(self, content: Mapping[str, Any], name: str) -> None:
        self._left = dict(content)
        self._name = name

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """An entry; without a default it has to be there."""
        value = self._left.pop(key, default)
        if value is None:
            raise EntryInvalid(f"{self.of(key)} is missing")
        # A bool is an int, and a datetime a date.
        if type(value) is not kind:
            raise EntryInvalid(f"{self.of(key)} is {shorten(str(value))}, and has to be {_KINDS[kind]}")
        return value

    def has(self, key: str) -> bool:
        return key in self._left

    def table(self, key: str) -> "_Table":
        """A table within; one that is not there is empty."""
        return _Table(self.take(key, dict, {}), self.of(key))

    def texts(self, key: str, *, least: int = 1) -> tuple[str, ...]:
        """A list of texts."""
        found = self.take(key, list, [] if least == 0 else None)
        if not all(isinstance(each, str) and each for each in found) or not least <= len(found) <= MOST_FILES:
            raise EntryInvalid(f"{self.of(key)} has to be a list of {least} to {MOST_FILES} texts")
        return tuple(found)

    def duration(self, key: str, default: int | None = None, *, least: int = 0, most: int = 366 * 86_400) -> int:
        """Seconds of a duration."""
        if default is not None and not self.has(key):
            return default
        text = self.take(key, str)
        try:
            seconds = parse_duration(text)
        except TimeError as error:
            raise EntryInvalid(f"{self.of(key)} {error}") from None
        if not least <= seconds <= most:
            allowed = f"{format_duration(least)} to {format_duration(most)}"
            raise EntryInvalid(f"{self.of(key)} is {format_duration(seconds)}, and has to be {allowed}")
        return seconds

    def number(self, key: str) -> str:
        """A number, or a text, as the text that it is."""
        value = self._left.pop(key)
        if type(value) not in (str, int):
            raise EntryInvalid(f"{self.of(key)} is neither a number nor a text")
        return str(value)

    def moment(self, key: str) -> int:
        """The moment of a date, or of a time with its zone, written as TOML has them or as a text."""
        value = self._left.pop(key)
        try:
            return parse_date(value.isoformat() if isinstance(value, date) else str(value))
        except TimeError as error:
            raise EntryInvalid(f"{self.of(key)} {error}") from None

    def url(self, key: str) -> str | None:
        """A URL of the web; None if there is none."""
        if not self.has(key):
            return None
        url = self.take(key, str)
        if not url.startswith(("https://", "http://")):
            # It may hold a password.
            raise EntryInvalid(f"{self.of(key)} has to be a URL: http://… or https://…")
        return url

    def end(self) -> None:
        """Refuse what was not taken."""
        for key in self._left:
            raise EntryInvalid(f"there is no entry {self.of(key)}")

    def of(self, key: str) -> str:
        """The name of an entry."""
        return f"{self._name}.{key}" if self._name else key


_KINDS: Final[dict[type, str]] = {
    str: "a text",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


def _season(content: Mapping[str, Any], folder: Path) -> Season:
    table = _Table(content, "")
    tournament = table.take("tournament", str) if table.has("tournament") else None
    opening, terms = _opening(table.table("opening")), _terms(table.table("terms"))
    _check_spacing(opening, terms)
    files, universe = _package(table.table("package"), folder)
    targets = _targets(table.table("targets"), folder)
    keys = table.table("keys")
    backup, hand_over = keys.take("backup", str), keys.texts("hand_over", least=0)
    keys.end()
    enter = table.table("enter")
    before = enter.duration("before", least=1) if enter.has("before") else None
    enter.end()
    buyback = table.table("buyback")
    kick = buyback.take("kick", bool, False)
    buyback.end()
    alerts = _alerts(table.table("alerts"))
    table.end()
    return Season(
        tournament=tournament,
        opening=opening,
        terms=terms,
        files=files,
        universe=universe,
        targets=targets,
        backup=folder / backup,
        hand_over=tuple(each if each.startswith("age1") else str(folder / each) for each in hand_over),
        enter=before,
        kick=kick,
        alerts=alerts,
    )


def _opening(table: _Table) -> Opening:
    cron, zone = table.take("cron", str), table.take("zone", str, "UTC")
    holidays = table.take("holidays", list, [])
    for day in holidays:
        if type(day) is not date:
            raise EntryInvalid(
                f"{table.of('holidays')} has {shorten(str(day))}, and has to be dates such as 2027-01-01"
            )
    try:
        schedule = parse_schedule(cron, zone, holidays)
    except ScheduleInvalid as error:
        raise EntryInvalid(f"{table.of('cron')} or {table.of('zone')} {error}") from None
    until = table.moment("until") if table.has("until") else None
    late, prepare = table.duration("late", Opening.late, least=60), table.duration("prepare", Opening.prepare)
    table.end()
    return Opening(schedule, late, prepare, until)


def _terms(table: _Table) -> RoundTerms:
    spans = [table.duration(name, least=1) for name in _SPANS]
    given = {name: table.number(name) for name in _TERMS if table.has(name)}
    table.end()
    terms = RoundTerms(given, *spans)
    try:
        # The bounds of the chain are not known yet; this finds what no chain could read.
        terms.at(0, bytes(32), _WIDEST, hour=HOUR, now=0, ahead=0)
    except TermError as error:
        raise EntryInvalid(table.of(str(error).removesuffix("."))) from None
    return terms


def _check_spacing(opening: Opening, terms: RoundTerms) -> None:
    """Refuse a schedule by which a round would open while the one before is open: only one can be."""
    start = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    moments = islice(opening.schedule.after(start), SPACING)
    nearest = min((later - earlier for earlier, later in pairwise(moments)), default=None)
    if nearest is not None and nearest < terms.open:
        raise EntryInvalid(
            f"terms.open is {format_duration(terms.open)}, and rounds open as near as {format_duration(nearest)} after "
            "each other by opening.cron: only one can be open"
        )


def _package(table: _Table, folder: Path) -> tuple[tuple[str, ...], str]:
    files = tuple(_pattern(table.of("files"), each, folder) for each in table.texts("files"))
    universe = table.take("universe", str)
    names = [each.rpartition("/")[2] for each in files]
    if len(set(names)) < len(names):
        raise EntryInvalid(f"{table.of('files')} has two files of one name")
    if universe not in names:
        raise EntryInvalid(f"{table.of('universe')} is {shorten(universe)}, and no file of {table.of('files')}")
    table.end()
    return files, universe


def _targets(table: _Table, folder: Path) -> TargetsPlan:
    if table.has("file") == table.has("command"):
        raise EntryInvalid("targets.file or targets.command has to say where outcomes come from, and not both")
    again = table.duration("again", TargetsPlan.again, least=1, most=LONGEST_AGAIN)
    if table.has("file"):
        source = Source(_pattern(table.of("file"), table.take("file", str), folder))
        done = _pattern(table.of("done"), table.take("done", str), folder)
    else:
        command = table.texts("command")
        for each in command:
            _check_pattern(table.of("command"), each)
        source, done = Source(command=command), None
    table.end()
    return TargetsPlan(source, done, again)


def _alerts(table: _Table) -> Alerts:
    alerts = Alerts(
        within=table.duration("within", Alerts.within),
        repeat=table.duration("repeat", Alerts.repeat, least=60),
        webhook=table.url("webhook"),
        command=table.texts("command", least=0),
        heartbeat=table.url("heartbeat"),
    )
    table.end()
    return alerts


def _pattern(name: str, text: str, folder: Path) -> str:
    """A path or a URL with a round's id and day left open; a path is below the folder."""
    _check_pattern(name, text)
    # Braces in the folder's own name are no pattern.
    return text if "://" in text else str(Path(str(folder).replace("{", "{{").replace("}", "}}")) / text)


def _check_pattern(name: str, text: str) -> None:
    try:
        used = [(part, form, conversion) for _, part, form, conversion in Formatter().parse(text) if part is not None]
    except ValueError:
        used = [("", "", None)]
    if any(part not in _NAMES or form or conversion for part, form, conversion in used):
        raise EntryInvalid(f"{name} is {shorten(text)}: in braces it may have {{round}} and {{date}} only")


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
