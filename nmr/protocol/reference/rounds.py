# SPDX-License-Identifier: MIT
"""The round book: terms and bounds, what became of each round, and the state that follows at a time.

Amounts here are wei, as in the contract's structs; times are unix seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, NamedTuple, Self

from nmr.errors import NeverOpened, require
from nmr.text.amounts import GWEI, RATIO

EMPTY_BYTES32: Final = bytes(32)
MAX_ROUND: Final = 65_535
"""The last id that a tag of 16 bits can hold."""
MAX_RING: Final = 128

# Hard limits: owner bounds alone do not protect users, so a bound cannot allow more than these. Times are in hours.
NOTICE: Final = 1
"""From a settlement to the lock of what it keeps, at least."""
LONGEST_PAUSE: Final = 720
SHORTEST_REST: Final = 24
"""From a pause of a guardian's to the next, at least; or as long as the pause lasted."""
SHORTEST_OPEN: Final = 2
LONGEST_OPEN: Final = 720
OPENING: Final = 24
SHORTEST_WINDOW: Final = 24
LONGEST_RESOLVE: Final = 2_880
LONGEST_EXPIRY: Final = 1_440
SETTLING: Final = 24
LARGEST_MULTIPLIER: Final = 1_000_000
"""100.0000."""


class State(IntEnum):
    """Where a round is, by the values of ITournament's flag."""

    UNKNOWN = 1
    OPEN = 2
    ENDED = 4
    LOCKED = 8
    OPENED = 16
    PROPOSED = 32
    FINAL = 64
    VOID = 128
    EXPIRED = 256
    CLOSED = 512


DONE: Final = frozenset({State.FINAL, State.VOID, State.EXPIRED, State.CLOSED})
"""States in which a round no longer keeps the round a ring later from being opened."""
UNDECIDED: Final = frozenset({State.OPEN, State.ENDED, State.LOCKED, State.OPENED, State.PROPOSED})
"""States in which the guardian can void a round."""
FREED: Final = frozenset({State.VOID, State.EXPIRED})
"""States in which a round ends without burns or rewards."""


class Bounds(NamedTuple):
    """What the owner allows the operator for rounds not yet opened; the contract's struct, in its order."""

    max_primary: int
    max_contribution: int
    max_clip: int
    min_threshold: int
    min_open: int
    max_open: int
    max_resolve: int
    max_expiry: int
    min_window: int

    @classmethod
    def of(cls, value: Mapping[str, int] | Sequence[int]) -> Self:
        """Bounds from a mapping by name or the values in order."""
        return cls(**value) if isinstance(value, Mapping) else cls(*value)


NO_BOUNDS: Final = Bounds(*(0 for _ in Bounds._fields))
"""Before the owner set any: no terms are within them."""


class Terms(NamedTuple):
    """What is frozen when a round opens; the contract's struct, in its order."""

    primary: int
    contribution: int
    clip: int
    threshold: int
    sealing_key: bytes
    locks_at: int
    resolves_at: int
    expires_at: int
    window: int

    @classmethod
    def of(cls, value: Mapping[str, Any] | Sequence[Any]) -> Self:
        """Terms from a mapping by name or the values in order."""
        return cls(**value) if isinstance(value, Mapping) else cls(*value)

    def check(self, bounds: Bounds, now: int, hour: int) -> None:
        """Refuse terms outside the bounds and the hard limits, or that leave no room for a step of the round.

        Raises:
            Refused: with the term that is wrong.
        """
        require(self.primary <= min(bounds.max_primary, LARGEST_MULTIPLIER), "terms: multiplier is too large")
        largest = min(bounds.max_contribution, LARGEST_MULTIPLIER)
        require(self.contribution <= largest, "terms: multiplier is too large")
        require(0 < self.clip <= min(bounds.max_clip, RATIO), "terms: clip is out of range")
        require(self.threshold == 0 or self.threshold >= bounds.min_threshold, "terms: threshold is too small")
        require(self.threshold % GWEI == 0, "terms: amount finer than a gwei")
        require(self.sealing_key != EMPTY_BYTES32, "terms: sealing key is empty")
        shortest, longest = max(bounds.min_open, SHORTEST_OPEN * hour), min(bounds.max_open, LONGEST_OPEN * hour)
        require(shortest <= self.locks_at - now <= longest, "terms: locks_at is out of range")
        shortest, longest = OPENING * hour, min(bounds.max_resolve, LONGEST_RESOLVE * hour)
        require(shortest <= self.resolves_at - self.locks_at <= longest, "terms: resolves_at out of range")
        require(self.window >= max(bounds.min_window, SHORTEST_WINDOW * hour), "terms: window is too short")
        shortest, longest = self.window + SETTLING * hour, min(bounds.max_expiry, LONGEST_EXPIRY * hour)
        require(shortest <= self.expires_at - self.resolves_at <= longest, "terms: expires_at out of range")


class Round(NamedTuple):
    """The contract's struct, in its order. The book leaves `staked` at 0: the stakes count it."""

    terms: Terms
    staked: int = 0
    locked: bool = False
    void: bool = False
    at_risk: int = 0
    factor: int = 0
    clip: int = 0
    granted: int = 0
    opened_list: bytes = EMPTY_BYTES32
    root: bytes = EMPTY_BYTES32
    chunks: int = 0
    evidence: bytes = EMPTY_BYTES32
    final_at: int = 0

    def without_root(self) -> "Round":
        """The round with what was proposed taken back."""
        return self._replace(root=EMPTY_BYTES32, chunks=0, evidence=EMPTY_BYTES32, final_at=0)


@dataclass
class Pause:
    """The last pause of a tournament, and when its guardian may pause again; 0 for a guardian who never did."""

    since: int = 0
    until: int = 0
    rested_at: int = 0

    def begin(self, now: int, hour: int) -> None:
        """Pause, for as long as nobody ends it earlier."""
        self.since, self.until = now, now + LONGEST_PAUSE * hour
        self.rested_at = self.until + LONGEST_PAUSE * hour

    def end(self, now: int, hour: int) -> None:
        """End a running pause."""
        self.until = now
        if self.rested_at:
            self.rested_at = now + max(now - self.since, SHORTEST_REST * hour)


@dataclass
class RoundBook:
    """All rounds of a tournament, by id, and the places of its ring.

    Attributes:
        last_opened: the round opened last; before any, an id in front of whose place the first turn begins.
        latest: by place, its latest round; places that had none yet are missing.
    """

    ring: int
    first_round: int
    hour: int
    last_opened: int = field(init=False)
    latest: dict[int, int] = field(default_factory=dict)
    records: dict[int, Round] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.last_opened = self.first_round + self.ring - 1

    def open(self, round_id: int, terms: Terms) -> None:
        """Open the next round of its place."""
        self.records[round_id] = Round(terms)
        self.latest[round_id % self.ring] = self.last_opened = round_id

    def opened(self, round_id: int) -> bool:
        """Whether a round was ever opened."""
        return round_id in self.records

    def next_round(self, place: int) -> int:
        """The id that opens next at a place: in the first turn the lowest from the first round on."""
        if place in self.latest:
            return self.latest[place] + self.ring
        return self.first_round + (place - self.first_round) % self.ring

    def is_open(self, round_id: int, now: int) -> bool:
        """Whether a round takes stakes and submissions."""
        record = self.records.get(round_id)
        return record is not None and not record.void and now < record.terms.locks_at

    def is_final(self, round_id: int, now: int) -> bool:
        """Whether a root of the round stood through its window, and it is not expired."""
        record = self.records.get(round_id)
        if record is None or record.root == EMPTY_BYTES32:
            return False
        return record.final_at <= now < record.terms.expires_at

    def can_leave(self, round_id: int, now: int) -> bool:
        """Whether stakes of a round can be taken back: it is open, or not opened yet."""
        latest = self.latest.get(round_id % self.ring)
        return latest is None or round_id > latest or self.is_open(round_id, now)

    def successor(self, round_id: int, now: int) -> int:
        """The round that stakes of a round go on into, if it is settled now; 0 where all of them go to idle.

        The next of the place while that is not opened, or open for `NOTICE` still; else the one after, which cannot
        open before this one is closed.
        """
        following = round_id + self.ring
        if following + self.ring > MAX_ROUND:
            return 0
        if following not in self.records:
            return following
        noticed = now + NOTICE * self.hour <= self.records[following].terms.locks_at
        return following if noticed and self.is_open(following, now) else following + self.ring

    def __getitem__(self, round_id: int) -> Round:
        if round_id not in self.records:
            raise NeverOpened(f"round {round_id} was never opened")
        return self.records[round_id]

    def change(self, round_id: int, **fields: Any) -> None:
        """Set fields of a round."""
        self.records[round_id] = self[round_id]._replace(**fields)

    def drop_root(self, round_id: int) -> None:
        """Take back what was proposed for a round."""
        self.records[round_id] = self[round_id].without_root()

    def state(self, round_id: int, staked: int, now: int) -> State:
        """The state of a round at a time, when `staked` still waits at stake in it."""
        if round_id not in self.records:
            return State.UNKNOWN
        record = self.records[round_id]
        expired = now >= record.terms.expires_at or (
            record.opened_list == EMPTY_BYTES32 and now >= record.terms.locks_at + OPENING * self.hour
        )
        if staked == 0 and (record.locked or record.void or expired):
            return State.CLOSED
        if record.void:
            return State.VOID
        if expired:
            return State.EXPIRED
        if not record.locked:
            return State.OPEN if now < record.terms.locks_at else State.ENDED
        if record.opened_list == EMPTY_BYTES32:
            return State.LOCKED
        if record.root == EMPTY_BYTES32:
            return State.OPENED
        return State.PROPOSED if now < record.final_at else State.FINAL
