# SPDX-License-Identifier: MIT
"""Rounds in a state, as a chain would show them."""

from datetime import UTC, datetime

from nmr.protocol.reference.rounds import Round, State
from nmr.rounds.status import RoundView
from tests.support.terms import terms

HOUR = 3_600
DAY = 24 * HOUR
RING = 4
NOON = int(datetime(2027, 3, 1, 13, tzinfo=UTC).timestamp())
LOCKS_AT = NOON - 6 * HOUR
ROOT = b"\x22" * 32


def view(state: State, *, now: int = NOON, following: Round | None = None, number: int = 5, **changes) -> RoundView:
    """A round that locks six hours before noon, is resolved two days after, and expires four days after that."""
    usual = {"final_at": NOON + DAY if state == State.PROPOSED else 0}
    if state in (State.OPENED, State.PROPOSED, State.FINAL, State.CLOSED):
        usual |= {"locked": True, "opened_list": ROOT}
    if state in (State.PROPOSED, State.FINAL, State.CLOSED):
        usual["root"] = ROOT
    info = Round(terms(LOCKS_AT - DAY), **usual | changes)
    return RoundView(number, state, info, number + RING, following, RING, HOUR, now)
