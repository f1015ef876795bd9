# SPDX-License-Identifier: MIT
from typing import Any

import pytest

from nmr.errors import Refused
from nmr.protocol.reference import Deployment, Event, Log, ReferenceSuite, Roles, Setup
from nmr.protocol.reference.events import transaction
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import SUPPLY
from tests.support.example_suite import (
    BOUNDS,
    GUARDIAN,
    NUMERAIRE,
    OPERATOR,
    OWNER,
    STAKER,
    START,
    STRANGER,
    TOURNAMENT,
    TREASURY,
    ExampleSuite,
)


@pytest.fixture
def suite() -> ExampleSuite:
    return ExampleSuite()


def deploy(setup: Setup, roles: Roles = Roles(OWNER, OPERATOR, GUARDIAN)) -> ReferenceSuite:
    return ReferenceSuite.deploy(
        Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: setup}),
        roles=roles,
        bounds=BOUNDS,
        distribution={STAKER: SUPPLY},
        caps={TOURNAMENT: 7},
        now=START,
    )


def test_constructor__setup__roles_bounds_and_their_events() -> None:
    world = deploy(Setup(128, 5, 60))
    tournament = world.tournaments[TOURNAMENT]
    assert (tournament.owner, tournament.operator, tournament.guardian) == (OWNER, OPERATOR, GUARDIAN)
    assert (tournament.books.bounds, tournament.next_round, tournament.books.rounds.hour) == (BOUNDS, 5, 60)
    assert [(event.name, event.args) for event in tournament.events] == [
        ("OperatorSet", {"operator": OPERATOR}),
        ("GuardianSet", {"guardian": GUARDIAN}),
        ("BoundsSet", {"bounds": BOUNDS}),
    ]
    assert [event.args for event in world.log.of(TREASURY)] == [{"tournament": TOURNAMENT, "cap": 7}]


@pytest.mark.parametrize(
    ("setup", "reason"),
    [
        (Setup(0, 1), "rounds: ring is out of range"),
        (Setup(129, 1), "rounds: ring is out of range"),
        (Setup(2, 1, 0), "rounds: an hour has 3600 seconds"),
        (Setup(2, 1, 3_601), "rounds: an hour has 3600 seconds"),
        (Setup(2, 65_534), "rounds: first round too large"),
    ],
)
def test_constructor__wrong_setup__refused(setup: Setup, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        deploy(setup)


def test_constructor__no_operator_or_guardian__refused() -> None:
    with pytest.raises(Refused, match="roles: zero address"):
        deploy(Setup(2, 1), Roles(OWNER, ZERO_ADDRESS, GUARDIAN))
    with pytest.raises(Refused, match="roles: zero address"):
        deploy(Setup(2, 1), Roles(OWNER, OPERATOR, ZERO_ADDRESS))


@pytest.mark.parametrize(
    ("call", "argument", "event"),
    [
        ("set_operator", STRANGER, ("OperatorSet", {"operator": STRANGER})),
        ("set_guardian", STRANGER, ("GuardianSet", {"guardian": STRANGER})),
        ("set_bounds", BOUNDS._replace(max_clip=1), ("BoundsSet", {"bounds": BOUNDS._replace(max_clip=1)})),
    ],
)
def test_setters__owner_only__set_and_logged(
    suite: ExampleSuite, call: str, argument: Any, event: tuple[str, Any]
) -> None:
    for sender in (OPERATOR, GUARDIAN, STAKER, STRANGER):
        with suite.refuses("ownable: caller is not the owner"):
            suite.call(call, argument, sender=sender)
    suite.call(call, argument, sender=OWNER)
    assert (suite.world.events[-1].name, suite.world.events[-1].args) == event


def test_setters__zero_address__refused(suite: ExampleSuite) -> None:
    with suite.refuses("roles: zero address"):
        suite.call("set_operator", ZERO_ADDRESS, sender=OWNER)
    with suite.refuses("roles: zero address"):
        suite.call("set_guardian", ZERO_ADDRESS, sender=OWNER)


def test_set_operator__new_one__the_old_one_is_out(suite: ExampleSuite) -> None:
    suite.call("set_operator", STRANGER, sender=OWNER)
    assert suite.tournament.operator == STRANGER
    with suite.refuses("roles: not the operator"):
        suite.open()


def test_set_guardian__new_one__the_old_one_is_out(suite: ExampleSuite) -> None:
    suite.call("set_guardian", STRANGER, sender=OWNER)
    assert suite.tournament.guardian == STRANGER
    with suite.refuses("roles: not the guardian"):
        suite.call("pause", sender=GUARDIAN)


def test_pause__guardian_pauses_and_owner_unpauses__nobody_else(suite: ExampleSuite) -> None:
    with suite.refuses("pausable: contract is not paused"):
        suite.call("unpause", sender=OWNER)
    for sender in (OWNER, OPERATOR, STAKER):
        with suite.refuses("roles: not the guardian"):
            suite.call("pause", sender=sender)
    suite.call("pause", sender=GUARDIAN)
    assert suite.tournament.paused
    assert suite.last("Paused") == {"account": GUARDIAN}
    with suite.refuses("pausable: contract is paused"):
        suite.call("pause", sender=GUARDIAN)
    for sender in (GUARDIAN, OPERATOR, STAKER):
        with suite.refuses("ownable: caller is not the owner"):
            suite.call("unpause", sender=sender)
    suite.call("unpause", sender=OWNER)
    assert not suite.tournament.paused
    assert suite.last("Unpaused") == {"account": OWNER}


def test_log__calls_within_a_call__one_transaction_in_order(suite: ExampleSuite) -> None:
    events = len(suite.world.events)
    suite.call("deposit", 0, 10**18)
    suite.call("deposit", 1, 10**18)
    emitted = suite.world.events[events:]
    assert [event.name for event in emitted] == ["Transfer", "Deposited"] * 2
    assert [event.log_index for event in emitted] == list(range(events, events + 4))
    assert emitted[0].transaction == emitted[1].transaction != emitted[2].transaction == emitted[3].transaction
    assert {event.timestamp for event in emitted} == {suite.now}


def test_log__call_that_is_refused_after_an_event__nothing_is_logged() -> None:
    class Careless:
        log = Log()

        @transaction
        def call(self, *, now: int) -> None:
            self.log.emit("here", "Done")
            raise Refused("too late")

    careless = Careless()
    with pytest.raises(Refused, match="too late"):
        careless.call(now=1)
    assert careless.log.events == []
    with careless.log.transaction(2):
        careless.log.emit("here", "Done", what=1)
    assert careless.log.events == [Event("Done", {"what": 1}, 0, 2, 0, f"{0:#066x}", "here")]
