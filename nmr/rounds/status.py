# SPDX-License-Identifier: MIT
"""Where a round is, and what has to happen next, by whom and until when."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Protocol

from nmr.errors import NmrError
from nmr.protocol.reference.rounds import EMPTY_BYTES32, FREED, NOTICE, OPENING, SETTLING, Round, RoundBook, State
from nmr.text.times import format_duration

SENDER: Final = "--account ALIAS"
"""Behind every command that sends something."""
SOON: Final = 2
"""Hours, of the chain's own, before the lock of the next round of a place in which stakes that wait are warned of."""
LOCKED_ON: Final = frozenset({State.LOCKED, State.OPENED, State.PROPOSED, State.FINAL, State.CLOSED})
"""States in which nobody submits to a round any more, so that its key gives nothing away."""
STATE_WORDS: Final[dict[State, str]] = {
    State.UNKNOWN: "not opened",
    State.OPEN: "open for submissions",
    State.ENDED: "past its deadline",
    State.LOCKED: "locked",
    State.OPENED: "unsealed",
    State.PROPOSED: "proposed",
    State.FINAL: "final",
    State.VOID: "void",
    State.EXPIRED: "expired",
    State.CLOSED: "closed",
}
"""What people read, in place of names such as OPEN and OPENED that are too alike. Programs get the protocol's names."""


class NoSuchRound(NmrError, LookupError):
    """A round that was never opened."""


class WrongState(NmrError, RuntimeError):
    """A round that is not, or no longer, where something can be done to it."""


class RoundReads(Protocol):
    """What is read of a tournament to say where a round is. Amounts are wei, times unix seconds."""

    @property
    def ring(self) -> int:
        """Rounds that may be unresolved at once."""

    @property
    def first_round(self) -> int:
        """The id of the first round."""

    @property
    def hour(self) -> int:
        """Seconds in an hour of the hard limits."""

    def refresh(self) -> None:
        """Look at the newest block: all that is read until the next time is of this one, so that it agrees."""

    def now(self) -> int:
        """The time of the next block."""

    def next_round(self, place: int) -> int:
        """The id that opens next at a place of the ring."""

    def round(self, round_id: int) -> Round:
        """Terms and progress of a round."""


@dataclass(frozen=True)
class RoundView:
    """A round at a moment.

    Attributes:
        id: its number.
        state: where it is.
        info: terms and progress.
        successor: the round that stakes go on into if they are settled now; 0 where all of them go to idle.
        following: the round a ring later, where it is open; None where it is not opened, or not open any more.
        ring: from a round to the next of its place.
        hour: seconds in an hour of the hard limits.
        now: the moment.
    """

    id: int
    state: State
    info: Round
    successor: int
    following: Round | None
    ring: int
    hour: int
    now: int

    @property
    def published_by(self) -> int:
        """When the list of opened submissions has to be there; without it the round expires."""
        return self.info.terms.locks_at + OPENING * self.hour

    @property
    def proposed_by(self) -> int:
        """The last moment to propose a root that can still be settled."""
        terms = self.info.terms
        return terms.expires_at - terms.window - SETTLING * self.hour

    @property
    def settled_by(self) -> int | None:
        """When stakes have to be settled to go on into the round a ring later, and not miss it; None if it is not open.

        From the last `NOTICE` before that round locks on they go on into the one after.
        """
        return None if self.following is None else self.following.terms.locks_at - NOTICE * self.hour

    @property
    def caution(self) -> str | None:
        """Why to settle at once, within `SOON` of the lock of the round a ring later; None if nothing presses."""
        if self.following is None or self.settled_by is None or self.state not in {State.FINAL, *FREED}:
            return None
        after = self.id + 2 * self.ring
        left = self.following.terms.locks_at - self.now
        if not 0 < left <= SOON * self.hour or self.successor not in {self.id + self.ring, after}:
            return None
        if self.successor == after:
            return (
                f"Round {self.id + self.ring} locks in {format_duration(left)}: what is settled now goes on into round "
                f"{after} and misses it, and a group that was sent on can neither stake nor enter round "
                f"{self.id + self.ring}."
            )
        return (
            f"Settle within {format_duration(self.settled_by - self.now)}: later, stakes go on into round {after} and "
            f"miss round {self.id + self.ring}."
        )


@dataclass(frozen=True)
class Next:
    """What has to happen next.

    Attributes:
        step: a word for it, for programs and tables.
        what: a sentence without its end.
        who: who can do it; None if only time has to pass.
        until: the moment by which it has to be done, or that has to come; None if there is none.
        command: what to type for it, without the name of the program; None if there is nothing to type.
    """

    step: str
    what: str
    who: str | None
    until: int | None
    command: str | None = None


@dataclass(frozen=True)
class Missed:
    """What did not happen in time.

    Attributes:
        what: a phrase such as "no scores".
        by: the moment by which it had to be there.
        cost: what becomes of the stakes, a sentence without its end.
    """

    what: str
    by: int
    cost: str


def view_round(chain: RoundReads, round_id: int) -> RoundView:
    """Read a round.

    Raises:
        NoSuchRound: it was never opened.
    """
    if round_id < chain.first_round:
        raise NoSuchRound(f"There is no round {round_id}: the first is {chain.first_round}.")
    opens = chain.next_round(round_id % chain.ring)
    if round_id >= opens:
        raise NoSuchRound(f"Round {round_id} is not open yet: the next round of its place is round {opens}.")
    now, later = chain.now(), round_id + chain.ring
    rounds = {number: chain.round(number) for number in (round_id, later) if number < opens}
    # What the contract says at a block of that time; asked itself it would answer for a block of the past.
    book = RoundBook(chain.ring, chain.first_round, chain.hour)
    book.records = rounds
    info = rounds[round_id]
    return RoundView(
        id=round_id,
        state=book.state(round_id, info.staked, now),
        info=info,
        successor=book.successor(round_id, now),
        following=rounds[later] if book.is_open(later, now) else None,
        ring=chain.ring,
        hour=chain.hour,
        now=now,
    )


def what_next(view: RoundView) -> Next | None:
    """What has to happen next to a round; None if it is closed."""
    number, terms = view.id, view.info.terms
    resolve = f"resolve {number} --scores FILE {SENDER}"
    match view.state:
        case State.OPEN:
            return Next("submit", "Stakers stake and submit", "stakers", terms.locks_at)
        case State.ENDED:
            return Next("lock", "It has to be locked", "anyone", view.published_by, f"round lock {number} {SENDER}")
        case State.LOCKED:
            what = "Its submissions have to be opened, and the list of them published"
            command = f"round opening {number} --universe FILE {SENDER}"
            return Next("publish", what, "operator", view.published_by, command)
        case State.OPENED if view.now < terms.resolves_at:
            return Next("outcome", "Its outcome is awaited", None, terms.resolves_at)
        case State.OPENED if view.now <= view.proposed_by:
            return Next("propose", "Its scores have to be proposed", "operator", view.proposed_by, resolve)
        case State.OPENED:
            return Next("expiry", "It is too late to propose scores, so the round expires", None, terms.expires_at)
        case State.PROPOSED:
            return Next("window", "The guardian can veto the root", None, view.info.final_at)
        case State.FINAL:
            return Next("settle", _settling(view, ""), "anyone", _settled_by(view, terms.expires_at), resolve)
        case state if state in FREED:
            command = f"round settle-expired {number} {SENDER}"
            what = _settling(view, ", without burns or rewards,")
            return Next("settle-expired", what, "anyone", _settled_by(view, None), command)
    return None


def _settling(view: RoundView, how: str) -> str:
    goes = f"go on into round {view.successor}" if view.successor else "go to idle, since its place has no id left"
    return f"Its stakes have to be settled{how} and {goes}"


def _settled_by(view: RoundView, last: int | None) -> int | None:
    """The moment until which what is said of a settlement holds."""
    by = view.settled_by
    if by is None or by <= view.now:
        return last
    return by if last is None else min(by, last)


def what_was_missed(view: RoundView) -> Missed | None:
    """What did not happen in time, and therefore ends a round without rewards and burns; None if nothing."""
    info, expires_at = view.info, view.info.terms.expires_at
    if view.state == State.OPENED and view.now > view.proposed_by:
        return Missed("no scores", view.proposed_by, "The round will expire, without rewards and burns")
    if view.state != State.EXPIRED:
        return None
    cost = "Its stakes settle without rewards and burns"
    if info.opened_list == EMPTY_BYTES32:
        return Missed("no opening list" if info.locked else "no lock", min(view.published_by, expires_at), cost)
    if info.root == EMPTY_BYTES32:
        return Missed("no scores", view.proposed_by, cost)
    return Missed("not all chunks settled", expires_at, cost)


def require_state(view: RoundView, states: Collection[State], done: str) -> None:
    """Refuse something that cannot be done to a round in its state.

    Args:
        view: the round.
        states: in which it can be done.
        done: what, as in "a round is …".

    Raises:
        WrongState: the round is in another state.
    """
    if view.state not in states:
        allowed = [STATE_WORDS[state] for state in sorted(states)]
        names = f"{', '.join(allowed[:-1])} or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
        raise WrongState(
            f"Round {view.id} is {STATE_WORDS[view.state]}, and cannot be {done}: that takes one that is {names}."
        )


def describe_next(following: Next | None, show: Callable[[int], str], typed: Callable[[str], str] = str) -> str:
    """A sentence or two on what has to happen next.

    Args:
        following: what; None if nothing has to.
        show: the words for a moment.
        typed: what to type for a command on the same suite.
    """
    if following is None:
        return "The round is closed: nothing is left to do."
    who = f" ({following.who})" if following.who else ""
    until = f" until {show(following.until)}" if following.until is not None else ""
    command = f": {typed(following.command)}" if following.command else "."
    return f"{following.what}{who}{until}{command}"
