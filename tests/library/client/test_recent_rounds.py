# SPDX-License-Identifier: MIT
"""Rounds whose ids are not in the order in which they were opened, since a place was blocked for a while."""

import pytest

from nmr.client.rounds import Rounds
from nmr.protocol.reference.rounds import State
from nmr.rounds.status import view_round
from tests.support.evm_suite import DAY, GUARDIAN
from tests.support.terminal import Terminal, open_round


def rounds_of(terminal: Terminal) -> Rounds:
    session = terminal.door.open()
    return Rounds(session, session.tournament())


def test_last_opened__before_the_first__is_none(terminal):
    assert rounds_of(terminal).last_opened() is None
    assert rounds_of(terminal).recent() == []


@pytest.fixture
def blocked(terminal) -> Terminal:
    """Places 1 to 3 of a ring of 4 went on while round 0, with a stake, blocked its own; then came round 4."""
    suite = terminal.suite
    classic = suite["classic"]
    terminal.do("stake register a")
    for number in (0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 4):
        if number == 4:
            suite.call(classic, "void", 0, sender=GUARDIAN)
        open_round(suite)
        assert rounds_of(terminal).last_opened() == number
        if number == 0:
            terminal.do("stake now 0=1")
            suite.node.wait(2 * DAY)
        else:
            suite.call(classic, "void", number, sender=GUARDIAN)
    return terminal


def test_recent__place_was_blocked__has_its_round_that_is_not_settled(blocked):
    rounds = rounds_of(blocked)

    assert rounds.last_opened() == 4
    assert rounds.recent() == [0, 4, 5, 6, 7, 9, 10, 11]
    left_out = set(rounds.opened()) - set(rounds.recent())
    assert {view_round(rounds, number).state for number in left_out} == {State.CLOSED}
    assert view_round(rounds, 0).state == State.VOID
