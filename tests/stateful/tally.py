# SPDX-License-Identifier: MIT
"""How often what was reached in all histories: a machine that reaches nothing finds nothing."""

from collections import Counter
from typing import Final

from nmr.protocol.reference import State, Tournament
from nmr.protocol.reference.rounds import OPENING

TALLY: Final = Counter[str]()
CALLS: Final = Counter[tuple[str, str, str]]()
"""Contract, function and the reason of a refusal, empty for a call that was done."""
ROUNDS: Final = Counter[tuple[State, State]]()
"""From which state to which a round went."""

STEPS: Final = {
    State.UNKNOWN: {State.OPEN},
    State.OPEN: {State.ENDED, State.VOID, State.CLOSED},
    State.ENDED: {State.LOCKED, State.VOID, State.EXPIRED, State.CLOSED},
    State.LOCKED: {State.OPENED, State.VOID, State.EXPIRED},
    State.OPENED: {State.PROPOSED, State.VOID, State.EXPIRED},
    State.PROPOSED: {State.OPENED, State.FINAL, State.VOID},
    State.FINAL: {State.EXPIRED, State.CLOSED},
    State.VOID: {State.CLOSED},
    State.EXPIRED: {State.CLOSED},
    State.CLOSED: set[State](),
}
"""To which states a round goes on by one call, or at one deadline, as the protocol page tells."""


class Watch:
    """Follows the rounds of a tournament from state to state, through every deadline between two looks."""

    def __init__(self, tournament: Tournament, now: int) -> None:
        self._tournament = tournament
        self._now = now
        self._states: dict[int, State] = {}
        self.look(now)

    def look(self, now: int) -> None:
        """See where every round is now. The books have not changed meanwhile, or the time has not."""
        tournament, hour = self._tournament, self._tournament.books.rounds.hour
        for round_id, info in tournament.books.rounds.records.items():
            if self._states.get(round_id) == State.CLOSED:
                continue
            terms = info.terms
            deadlines = {terms.locks_at, terms.locks_at + OPENING * hour, info.final_at, terms.expires_at, now}
            for moment in sorted(deadlines):
                if self._now < moment <= now or moment == now:
                    self._step(round_id, tournament.state(round_id, moment))
        self._now = now

    def _step(self, round_id: int, state: State) -> None:
        before = self._states.get(round_id, State.UNKNOWN)
        if state != before:
            assert state in STEPS[before], f"round {round_id} went from {before.name} to {state.name}"
            self._states[round_id] = state
            ROUNDS[before, state] += 1
