# SPDX-License-Identifier: MIT
"""What is due now, by what a service read: pure, so that every moment of a season can be tried without a chain.

A service keeps nothing. It reads the chain, the store and its key files, asks `plan`, does what is due, and reads
again. So it may be killed at any point, or run twice: what was done is no longer due.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from nmr.operate.season import Season
from nmr.protocol.reference.rounds import EMPTY_BYTES32, FREED, State
from nmr.rounds.status import LOCKED_ON, RoundView
from nmr.text.times import format_duration


class DutyKind(StrEnum):
    """What can be due, in the order in which it is done where nothing else decides."""

    LOCK = "lock"
    LIST = "publish the opening list"
    SETTLE = "settle"
    PROPOSE = "propose scores"
    FREE = "settle without scores"
    MAKE_KEY = "make a key"
    BACK_UP = "back the key up"
    OPEN = "open"
    HAND_OVER = "hand the key over"
    ENTER = "enter"
    KICK = "kick the buyback"
    TAKE = "take from the buyback"
    CHECKPOINT = "make checkpoints of pools"
    CHECK = "check its root"


_ORDER: Final = {kind: place for place, kind in enumerate(DutyKind)}


class Outcome(StrEnum):
    """How far a round's targets are."""

    ABSENT = "absent"
    """There are none, or no marker that they are complete."""
    ONCE = "once"
    """They were fetched, and have to come out the same a second time."""
    THERE = "there"


@dataclass(frozen=True)
class Duty:
    """Something to be done.

    Attributes:
        kind: what.
        round: to which round; None for the buyback and pools.
        until: the moment by which it has to be done; None if there is none.
    """

    kind: DutyKind
    round: int | None
    until: int | None = None


@dataclass(frozen=True)
class Wait:
    """Something that cannot be done yet, and why.

    Attributes:
        duty: what.
        why: a sentence without its end.
        patient: whether time alone brings it, so that nobody has to be told before the deadline is near.
    """

    duty: Duty
    why: str
    patient: bool = True


@dataclass(frozen=True)
class RoundSeen:
    """A round as it was read.

    Attributes:
        view: where it is.
        confirmed: whether its lock is in a block that stays.
        has_key: whether its private key is here, in either place.
        handed_over: whether its key is in the store for those who check it.
        outcome: how far its targets are.
        missing: why its targets are not there; empty if they are.
        enterable: groups that `enter` would raise.
        turned_down: whether the guardian vetoed what these targets give.
        changed: whether its targets are others than those that its proposed scores came from.
    """

    view: RoundView
    confirmed: bool = True
    has_key: bool = True
    handed_over: bool = True
    outcome: Outcome = Outcome.ABSENT
    missing: str = ""
    enterable: int = 0
    turned_down: bool = False
    changed: bool = False


@dataclass(frozen=True)
class Coming:
    """The round that opens next.

    Attributes:
        round: its id, whose turn it is; None while every place is blocked.
        has_key: whether a private key for it is here.
        backed_up: whether the same key was read back from the second place.
        missing: what of its package is not there; empty if all is.
    """

    round: int | None
    has_key: bool = False
    backed_up: bool = False
    missing: str = ""


@dataclass(frozen=True)
class Seen:
    """What a service read, all of one block.

    Attributes:
        now: the chain's time.
        rounds: those that are not closed, or whose key was not handed over, in rising order.
        opened_at: when the round opened last was opened; None before the first.
        coming: what opens next.
        paused: whether the tournament takes no rounds.
        kick: whether a lot of the buyback can be kicked.
    """

    now: int
    rounds: tuple[RoundSeen, ...]
    opened_at: int | None
    coming: Coming
    paused: bool = False
    kick: bool = False


@dataclass(frozen=True)
class Plan:
    """What is due, the most pressing first; and what waits."""

    duties: tuple[Duty, ...]
    waits: tuple[Wait, ...]


@dataclass(frozen=True)
class Slot:
    """A scheduled opening.

    Attributes:
        at: its moment.
        until: the last moment to open the round.
        day: of the schedule's clock.
    """

    at: int
    until: int
    day: date


def plan(season: Season, seen: Seen) -> Plan:
    """What is due by a season, and what waits.

    Args:
        season: its rules.
        seen: what was read.
    """
    found = [*_opening(season, seen)]
    for each in seen.rounds:
        found += _round(season, each)
    if season.kick and seen.kick:
        found.append(Duty(DutyKind.KICK, None))
    duties = [each for each in found if isinstance(each, Duty)]
    duties.sort(key=by_urgency)
    return Plan(tuple(duties), tuple(each for each in found if isinstance(each, Wait)))


def by_urgency(duty: Duty) -> tuple[bool, int, int, int]:
    """Sorts duties: the nearest deadline first, and those without one last."""
    return duty.until is None, duty.until or 0, _ORDER[duty.kind], duty.round or 0


def slot_at(season: Season, now: int, opened_at: int | None) -> Slot | None:
    """The scheduled opening that is due or comes next; None if there is none.

    One is over once a round was opened since, once the next one comes, or when it is too late for it.

    Args:
        season: its rules.
        now: the chain's time.
        opened_at: when the last round was opened.
    """
    opening, schedule = season.opening, season.opening.schedule
    latest, following = schedule.latest(now), schedule.following(now)
    for at in (latest, following):
        if at is None or (opening.until is not None and at >= opening.until):
            continue
        ends = [at + opening.late, *([following - 1] if at == latest and following is not None else [])]
        if now <= min(ends) and (opened_at is None or opened_at < at):
            return Slot(at, min(ends), schedule.day(at))
    return None


def finished(season: Season, seen: Seen) -> bool:
    """Whether nothing is left of a season: no round opens any more, and all are closed and handed over."""
    return not seen.rounds and slot_at(season, seen.now, seen.opened_at) is None


def _opening(season: Season, seen: Seen) -> Iterator[Duty | Wait]:
    slot, coming = slot_at(season, seen.now, seen.opened_at), seen.coming
    if slot is None or seen.now < slot.at - season.opening.prepare:
        return
    number = coming.round
    opening = Duty(DutyKind.OPEN, number, slot.until)
    if number is None:
        yield Wait(opening, "Every place of the ring is blocked by a round that is not settled", patient=False)
        return
    if not coming.has_key:
        yield Duty(DutyKind.MAKE_KEY, number, slot.until)
    elif not coming.backed_up:
        yield Duty(DutyKind.BACK_UP, number, slot.until)
    if coming.missing:
        yield Wait(opening, coming.missing)
    elif seen.paused:
        yield Wait(opening, "The tournament is paused", patient=False)
    elif any(each.view.state == State.OPEN for each in seen.rounds):
        yield Wait(opening, "A round is still open")
    elif coming.backed_up and slot.at <= seen.now:
        yield opening


def _round(season: Season, seen: RoundSeen) -> Iterator[Duty | Wait]:
    view = seen.view
    number, terms = view.id, view.info.terms
    match view.state:
        case State.OPEN if season.enter is not None and seen.enterable and view.now >= terms.locks_at - season.enter:
            yield Duty(DutyKind.ENTER, number, terms.locks_at)
        case State.ENDED:
            yield Duty(DutyKind.LOCK, number, view.published_by)
        case State.LOCKED:
            yield from _list(seen)
        case State.OPENED if terms.resolves_at <= view.now:
            yield from _scores(seen)
        case State.PROPOSED if seen.changed:
            why = "Its targets are others than when its scores were proposed: if those were wrong, veto the root"
            yield Wait(Duty(DutyKind.CHECK, number, view.info.final_at), why, patient=False)
        case State.FINAL:
            yield Duty(DutyKind.SETTLE, number, _earliest(view.settled_by, terms.expires_at, view.now))
        case state if state in FREED:
            yield Duty(DutyKind.FREE, number, _earliest(view.settled_by, None, view.now))
    if season.hand_over and not seen.handed_over and _needs_checking(view):
        over = Duty(DutyKind.HAND_OVER, number, view.info.final_at or None)
        if not seen.has_key:
            yield Wait(over, "The round's private key is in neither place", patient=False)
        elif seen.confirmed:
            yield over


def _list(seen: RoundSeen) -> Iterator[Duty | Wait]:
    duty = Duty(DutyKind.LIST, seen.view.id, seen.view.published_by)
    if not seen.has_key:
        yield Wait(duty, "The round's private key is in neither place", patient=False)
    elif not seen.confirmed:
        yield Wait(duty, "The block of the lock is not final yet")
    else:
        yield duty


def _scores(seen: RoundSeen) -> Iterator[Duty | Wait]:
    view = seen.view
    duty = Duty(DutyKind.PROPOSE, view.id, view.proposed_by)
    if view.now > view.proposed_by:
        yield Wait(duty, "It is too late to propose scores, so the round expires", patient=False)
    elif not seen.has_key:
        yield Wait(duty, "The round's private key is in neither place", patient=False)
    elif seen.outcome == Outcome.ONCE:
        # In a minute it is over: no deadline is near by that alone.
        yield Wait(replace(duty, until=None), "Its targets were fetched once, and have to come out the same again")
    elif seen.outcome == Outcome.ABSENT:
        yield Wait(duty, seen.missing)
    elif seen.turned_down:
        yield Wait(duty, "The guardian turned down what these targets give: correct them", patient=False)
    else:
        yield duty


def _needs_checking(view: RoundView) -> bool:
    """Whether somebody may have to open a round's submissions: it was locked, and ends by scores as far as is known."""
    return view.state in LOCKED_ON and (view.state != State.CLOSED or view.info.root != EMPTY_BYTES32)


def _earliest(by: int | None, last: int | None, now: int) -> int | None:
    """The nearest of two moments, the first of which does not count once it is over."""
    moments = [each for each in (by if by is not None and by > now else None, last) if each is not None]
    return min(moments, default=None)


def describe_duty(duty: Duty, now: int) -> str:
    """A duty with the time that is left for it, such as `round 3: lock (5h left)`."""
    what = f"{duty.kind}" if duty.round is None else f"round {duty.round}: {duty.kind}"
    if duty.until is None:
        return what
    left = duty.until - now
    return f"{what} ({format_duration(abs(left))} {'left' if left >= 0 else 'too late'})"
