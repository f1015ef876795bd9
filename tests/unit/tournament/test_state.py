# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference import ALL_IDLE, State
from nmr.text.amounts import NMR
from tests.support.refusals import reverts
from tests.support.suite import FIRST_ROUND

HOUR = 3_600
SCORES = {0: (1_000_000, 0)}
HASH = b"\x0c" * 32


@pytest.fixture
def staked(tournament, team, walk, staker):
    """An open round with a stake of model 0."""
    round_id = walk.opened()
    tournament.stake(0, 2 * NMR, sender=staker)
    return round_id


@pytest.fixture
def turns(walk):
    """Asserts that a round's state changes in this very second."""

    def check(round_id: int, timestamp: int, before: State, after: State) -> None:
        walk.at(timestamp - 1)
        assert walk.state(round_id) == before
        walk.at(timestamp)
        assert walk.state(round_id) == after

    return check


@pytest.mark.parametrize("round_id", [0, FIRST_ROUND - 1, FIRST_ROUND + 1, 2**256 - 1])
def test_state__never_opened__is_unknown(tournament, walk, round_id):
    assert walk.state(FIRST_ROUND) == State.UNKNOWN
    assert walk.opened() == FIRST_ROUND
    assert walk.state(FIRST_ROUND) == State.OPEN
    assert walk.state(round_id) == State.UNKNOWN


def test_state__never_locked__ends_then_expires(tournament, staked, turns):
    locks_at = tournament.round_info(staked).terms.locks_at
    turns(staked, locks_at, State.OPEN, State.ENDED)
    turns(staked, locks_at + 24 * HOUR, State.ENDED, State.EXPIRED)


def test_state__list_never_opened__expires_after_the_opening_period(tournament, staked, walk, turns):
    walk.locked(staked)
    assert walk.state(staked) == State.LOCKED
    turns(staked, tournament.round_info(staked).terms.locks_at + 24 * HOUR, State.LOCKED, State.EXPIRED)


def test_state__never_proposed__expires_at_the_end(tournament, staked, walk, turns):
    walk.listed(staked)
    terms = tournament.round_info(staked).terms
    for passed in (terms.locks_at + 24 * HOUR, terms.resolves_at):
        walk.at(passed)
        assert walk.state(staked) == State.OPENED
    turns(staked, terms.expires_at, State.OPENED, State.EXPIRED)


def test_state__proposed__is_final_after_the_window_and_expires(tournament, staked, walk, turns):
    walk.proposed(staked, SCORES)
    info = tournament.round_info(staked)
    turns(staked, info.final_at, State.PROPOSED, State.FINAL)
    turns(staked, info.terms.expires_at, State.FINAL, State.EXPIRED)


def test_state__vetoed__is_opened_again(tournament, staked, walk, turns, guardian):
    proposal = walk.proposed(staked, SCORES)
    tournament.veto(staked, proposal.root, sender=guardian)
    assert walk.state(staked) == State.OPENED
    turns(staked, tournament.round_info(staked).terms.expires_at, State.OPENED, State.EXPIRED)


def test_state__void__does_not_expire(tournament, staked, walk):
    expires_at = tournament.round_info(staked).terms.expires_at
    walk.voided(staked)
    for passed in (0, expires_at - 1, expires_at, expires_at + 1_000 * HOUR):
        walk.at(passed)
        assert walk.state(staked) == State.VOID


def test_state__settled__is_closed_for_good(tournament, staked, walk, stranger):
    proposal = walk.final(staked, SCORES)
    info = tournament.round_info(staked)
    walk.until(info.final_at)
    tournament.settle(staked, 0, proposal.chunks[0], [], sender=stranger)
    assert walk.state(staked) == State.CLOSED
    walk.at(info.terms.expires_at)
    assert walk.state(staked) == State.CLOSED


def test_state__nothing_at_stake__closes_when_it_would_expire(tournament, walk, turns):
    round_id = walk.opened()
    locks_at = tournament.round_info(round_id).terms.locks_at
    turns(round_id, locks_at, State.OPEN, State.ENDED)
    turns(round_id, locks_at + 24 * HOUR, State.ENDED, State.CLOSED)


def test_state__nothing_at_stake__closes_by_the_lock(walk):
    round_id = walk.opened()
    walk.locked(round_id)
    assert walk.state(round_id) == State.CLOSED


def test_state__nothing_at_stake__closes_when_void(walk):
    round_id = walk.opened()
    walk.voided(round_id)
    assert walk.state(round_id) == State.CLOSED


def test_state__expired_and_settled__is_closed(tournament, staked, walk, stranger):
    walk.at(tournament.round_info(staked).terms.locks_at + 24 * HOUR)
    tournament.settle_expired(staked, [0], sender=stranger)
    assert walk.state(staked) == State.CLOSED


ROUND = "the round"
"""In the place of an argument, the round that is in the state."""
OTHERWISE = {
    "stake": ("staker", (4, NMR), {State.OPEN}, "rounds: no round is open"),
    "leave": ("staker", (4, ROUND, ALL_IDLE), {State.UNKNOWN, State.OPEN}, "ledger: round is locked or void"),
    "enter": ("stranger", ([0],), {State.OPEN}, "rounds: no round is open"),
    "submit": ("submitter", ([0], [HASH]), {State.OPEN}, "rounds: no round is open"),
    "submit_signed": ("stranger", ([], [], []), {State.OPEN}, "rounds: no round is open"),
    "lock": ("stranger", (ROUND,), {State.ENDED}, "rounds: not due to be locked"),
    "publish_opened": ("operator", (ROUND, HASH), {State.LOCKED}, "rounds: no opened list is due"),
    "propose": ("operator", (ROUND, HASH, 1, HASH), {State.OPENED}, "rounds: not waiting for a root"),
    "veto": ("guardian", (ROUND, bytes(32)), {State.PROPOSED}, "rounds: no root in its window"),
    "settle": ("stranger", (ROUND, 0, b"", []), {State.FINAL, State.CLOSED}, "settlement: round is not final"),
    "settle_expired": ("stranger", (ROUND, [1]), {State.VOID, State.EXPIRED}, "settlement: not void or expired"),
}
"""By function: who calls, with which arguments, in which states that goes, and why it does not otherwise."""


def test_state__any_other__refuses_each_call(tournament, states, who):
    refused = set()
    for state, round_id in states():
        for function, (sender, arguments, taken, reason) in OTHERWISE.items():
            if state not in taken:
                given = [round_id if argument == ROUND else argument for argument in arguments]
                with reverts(reason):
                    getattr(tournament, function)(*given, sender=who[sender])
                refused.add((function, state))
    assert refused == {(function, state) for function, call in OTHERWISE.items() for state in set(State) - call[2]}
