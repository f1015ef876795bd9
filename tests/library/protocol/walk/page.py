# SPDX-License-Identifier: MIT
"""What `docs/protocol.md` says, by arithmetic of the tests' own: a walker asks the reference, and this page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Final

from nmr.protocol.reference import Limits, Round
from nmr.protocol.score_words import Score

LAST_ID: Final = 65_535
HOUR: Final = 3_600
DAY: Final = 24 * HOUR


@dataclass
class Places:
    """Which rounds were opened, when they lock, and which were voided."""

    ring: int
    first_round: int
    last: int | None = None
    locks: dict[int, int] = field(default_factory=dict)
    void: set[int] = field(default_factory=set)

    def open(self, round_id: int, locks_at: int) -> None:
        """Note that a round was opened."""
        self.locks[round_id], self.last = locks_at, round_id

    def open_at(self, now: int) -> int | None:
        """The round that is open."""
        found = [round_id for round_id, at in self.locks.items() if now < at and round_id not in self.void]
        assert len(found) <= 1, "at most one round is open"
        return found[0] if found else None

    def next_of(self, place: int) -> int:
        """A place's last id + RING; in the first turn the lowest from the first round on."""
        latest = max((each for each in self.locks if each % self.ring == place), default=None)
        if latest is not None:
            return latest + self.ring
        return next(each for each in range(self.first_round, LAST_ID + 1) if each % self.ring == place)

    def turn(self, blocked: Mapping[int, bool]) -> int | None:
        """The next id of the first place, from the one after the last opened round's, that is not blocked."""
        before = self.first_round - 1 if self.last is None else self.last
        places = [(before + step) % self.ring for step in range(1, self.ring + 1)]
        return next((self.next_of(place) for place in places if not blocked[place]), None)

    def successor(self, round_id: int, now: int) -> int | None:
        """Where stakes go on into from a round that is settled now, None for nowhere."""
        following, second = round_id + self.ring, round_id + 2 * self.ring
        if second > LAST_ID:
            return None
        if following not in self.locks:
            return following
        in_time = following not in self.void and self.locks[following] - now >= HOUR
        return following if in_time else second


@dataclass
class Entry:
    """Who may pause when."""

    since: int = 0
    until: int = 0
    own: bool = False
    """Whether the last pause was the guardian's who is guardian now."""

    def running(self, now: int) -> bool:
        """Whether nothing is paused."""
        return now >= self.until

    def may_pause(self, now: int) -> bool:
        """Whether the guardian may pause."""
        return self.running(now) and (not self.own or now >= self.until + max(self.until - self.since, DAY))

    def pause(self, now: int) -> None:
        """Note a pause."""
        self.since, self.until, self.own = now, now + 720 * HOUR, True

    def unpause(self, now: int) -> None:
        """Note the end of a pause, if one is running."""
        self.until = min(self.until, now)


@dataclass
class Ceiling:
    """The most that grants less releases were over any time, beyond what the rate came to; wei × seconds of a day."""

    limits: Limits
    beyond: int = 0
    at: int = 0

    def pass_time(self, now: int) -> None:
        """Let the rate free what it frees."""
        self.beyond = max(0, self.beyond - self.limits.rate * (now - self.at))
        self.at = now

    def grant(self, amount: int) -> None:
        """Note a grant, which the ceiling bounds."""
        self.beyond += amount * DAY
        assert self.beyond <= self.limits.ceiling * DAY, "over any time grants are at most ceiling + rate × time"

    def release(self, amount: int) -> None:
        """Note what came back."""
        self.beyond = max(0, self.beyond - amount * DAY)


def change_of(stake: int, score: Score, info: Round) -> int:
    """What a stake of a model that submitted wins or loses, gwei."""
    terms = info.terms
    raw = score[0] * terms.primary + score[1] * terms.contribution
    factor = min(Fraction(1), Fraction(terms.threshold, info.at_risk)) if terms.threshold else Fraction(1)
    factor = Fraction(floor(factor * 10**9), 10**9)
    granted = info.granted // 10**9 * 10**9
    clip = Fraction(min(terms.clip, floor(Fraction(granted, info.at_risk) * 10**12)), 10**12)
    size = floor(stake * min(Fraction(abs(raw), 10**12) * factor, clip))
    return size if raw > 0 else -size


def kept_of(value: int, target: int, compound: bool, min_stake: int) -> int:
    """What of a settled value stays at stake, gwei."""
    wanted = value if compound else min(value, target)
    return wanted if wanted >= min_stake else 0
