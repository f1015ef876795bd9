# SPDX-License-Identifier: MIT
"""What a keeper does, and when gas costs too much for it."""

import pytest

from nmr.operate.duties import Duty, DutyKind, Plan, Wait
from nmr.operate.keeping import KeeperSees, Rules, chores
from nmr.protocol.reference.rounds import State
from tests.library.operate.views import DAY, LOCKS_AT, NOON, view

GWEI = 10**9
LOCK = Duty(DutyKind.LOCK, 5, LOCKS_AT + DAY)


@pytest.mark.parametrize(
    ("rules", "what", "duties"),
    [
        (Rules(), view(State.ENDED), [LOCK]),
        (Rules(), view(State.LOCKED), []),
        (Rules(), view(State.OPENED), []),
        (Rules(), view(State.PROPOSED), []),
        (Rules(), view(State.FINAL), [Duty(DutyKind.SETTLE, 5, LOCKS_AT + 6 * DAY)]),
        (Rules(settle=False), view(State.FINAL), []),
        (Rules(), view(State.VOID), [Duty(DutyKind.FREE, 5)]),
        (Rules(), view(State.EXPIRED), [Duty(DutyKind.FREE, 5)]),
        (Rules(), view(State.OPEN, now=LOCKS_AT - 1), []),
        (Rules(enter=60), view(State.OPEN, now=LOCKS_AT - 61), []),
        (Rules(enter=60), view(State.OPEN, now=LOCKS_AT - 60), [Duty(DutyKind.ENTER, 5, LOCKS_AT)]),
    ],
)
def test_chores__round_in_a_state__are_what_anybody_can_do(rules, what, duties):
    assert list(chores(rules, KeeperSees(what.now, (what,), enterable=1)).duties) == duties


def test_chores__nothing_to_raise__does_not_enter():
    what = view(State.OPEN, now=LOCKS_AT - 60)

    assert chores(Rules(enter=60), KeeperSees(what.now, (what,))) == Plan((), ())


def test_chores__buyback__kicks_before_it_takes():
    found = chores(Rules(), KeeperSees(NOON, (), kick=True, take=True))

    assert found.duties == (Duty(DutyKind.KICK, None), Duty(DutyKind.TAKE, None))


@pytest.mark.parametrize(
    ("rules", "seen", "why"),
    [
        (
            Rules(gas_price=20 * GWEI),
            {"gas_price": 20 * GWEI + 1},
            "Gas costs 20.000000001 gwei, and the limit is 20",
        ),
        (
            Rules(budget=10**16),
            {"spent": 10**16},
            "Gas has cost 0.01 of the chain's coin in a day, and the budget is 0.01",
        ),
    ],
)
def test_chores__gas_costs_too_much__waits_and_says_so(rules, seen, why):
    found = chores(rules, KeeperSees(NOON, (view(State.ENDED),), **seen))

    assert found == Plan((), (Wait(LOCK, why),))


def test_chores__gas_at_its_limits__does_it():
    rules = Rules(gas_price=20 * GWEI, budget=10**16)

    assert chores(rules, KeeperSees(NOON, (view(State.ENDED),), gas_price=20 * GWEI, spent=10**16 - 1)).duties == (
        LOCK,
    )
