# SPDX-License-Identifier: MIT
"""The round book: terms and bounds, what became of each round, and the state that follows at a time.

Amounts here are wei, as in the contract's structs; times are unix seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, NamedTuple, Self

from nmr.errors import NeverOpened, require
from nmr.protocol.lanes import MAX_AMOUNT
from nmr.text.amounts import GWEI, RATIO

EMPTY_BYTES32: Final = bytes(32)
ROUND_IDS: Final = 65_536
"""Rounds that a 16-bit tag can tell apart."""
MAX_RING: Final = 128

# Hard limits: owner bounds alone do not protect users, so a bound cannot allow more than these. Times are in hours.
SHORTEST_OPEN: Final = 1
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
"""States in which every stake of a round goes home."""


class Bounds(NamedTuple):
    """What the owner allows the operator for rounds not yet opened; the contract's struct, in its order."""

    max_primary: int
    max_contribution: int
    max_clip: int
    min_threshold: int
    max_min_stake: int
    min_open: int
    max_open: int
    max_resolve: int
    max_expiry: int
    min_window: int
    min_grace: int

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
    min_stake: int
    sealing_key: bytes
    locks_at: int
    resolves_at: int
    expires_at: int
    window: int
    grace: int

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
        require(self.min_stake <= min(bounds.max_min_stake, MAX_AMOUNT * GWEI), "terms: min_stake is too large")
        require(self.threshold % GWEI == 0 and self.min_stake % GWEI == 0, "terms: amount finer than a gwei")
        require(self.sealing_key != EMPTY_BYTES32, "terms: sealing key is empty")
        shortest, longest = max(bounds.min_open, SHORTEST_OPEN * hour), min(bounds.max_open, LONGEST_OPEN * hour)
        require(shortest <= self.locks_at - now <= longest, "terms: locks_at is out of range")
        shortest, longest = OPENING * hour, min(bounds.max_resolve, LONGEST_RESOLVE * hour)
        require(shortest <= self.resolves_at - self.locks_at <= longest, "terms: resolves_at out of range")
        require(self.window >= max(bounds.min_window, SHORTEST_WINDOW * hour), "terms: window is too short")
        require(self.grace >= bounds.min_grace, "terms: grace is too short")
        shortest, longest = self.window + self.grace + SETTLING * hour, min(bounds.max_expiry, LONGEST_EXPIRY * hour)
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
class RoundBook:
    """All rounds of a tournament, by id."""

    ring: int
    first_round: int
    hour: int
    next_round: int
    records: dict[int, Round] = field(default_factory=dict)

    def open(self, terms: Terms) -> int:
        """Append a round."""
        round_id = self.next_round
        self.records[round_id] = Round(terms)
        self.next_round += 1
        return round_id

    def opened(self, round_id: int) -> bool:
        """Whether a round was ever opened."""
        return round_id in self.records

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
