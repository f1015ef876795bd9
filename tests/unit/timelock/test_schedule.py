# SPDX-License-Identifier: MIT
import ape
import pytest

DAY = 86_400
NOTHING = bytes(32)
SALT = b"\x01" * 32
UNSET, WAITING = 1, 2


@pytest.fixture
def operation(make_call, treasury, receiver):
    return make_call(treasury, "spend", receiver, 1)


def test_schedule__by_a_proposer__waits_for_the_delay(timelock, operation, proposer):
    receipt = timelock.schedule(*operation.arguments, DAY, sender=proposer)
    identifier = timelock.hash_operation(*operation.arguments)
    assert receipt.events == [
        timelock.CallScheduled(
            id=identifier,
            index=0,
            target=operation.target,
            amount=0,
            payload=operation.payload,
            predecessor=NOTHING,
            delay=DAY,
        )
    ]
    assert timelock.get_timestamp(identifier) == receipt.timestamp + DAY
    assert timelock.get_operation_state(identifier) == WAITING
    assert timelock.is_operation(identifier)
    assert timelock.is_operation_pending(identifier)
    assert not timelock.is_operation_ready(identifier)
    assert not timelock.is_operation_done(identifier)


def test_schedule__with_salt__logs_it_and_is_another_operation(timelock, make_call, treasury, receiver, proposer):
    operation = make_call(treasury, "spend", receiver, 1)
    salted = make_call(treasury, "spend", receiver, 1, salt=SALT)
    timelock.schedule(*operation.arguments, DAY, sender=proposer)
    receipt = timelock.schedule(*salted.arguments, DAY, sender=proposer)
    identifier = timelock.hash_operation(*salted.arguments)
    assert receipt.events == [
        timelock.CallScheduled(
            id=identifier,
            index=0,
            target=salted.target,
            amount=0,
            payload=salted.payload,
            predecessor=NOTHING,
            delay=DAY,
        ),
        timelock.CallSalt(id=identifier, salt=SALT),
    ]


def test_schedule__longer_delay__waits_for_that(timelock, operation, proposer):
    receipt = timelock.schedule(*operation.arguments, 2 * DAY, sender=proposer)
    assert timelock.get_timestamp(timelock.hash_operation(*operation.arguments)) == receipt.timestamp + 2 * DAY


@pytest.mark.parametrize("delay", [0, DAY - 1])
def test_schedule__shorter_delay__reverts(timelock, operation, proposer, delay):
    with ape.reverts("timelock_controller: insufficient delay"):
        timelock.schedule(*operation.arguments, delay, sender=proposer)


def test_schedule__twice__reverts(timelock, operation, proposer):
    timelock.schedule(*operation.arguments, DAY, sender=proposer)
    with ape.reverts("timelock_controller: operation already scheduled"):
        timelock.schedule(*operation.arguments, DAY, sender=proposer)


@pytest.mark.parametrize("actor", ["deployer", "owner", "executor", "stranger"], indirect=True)
def test_schedule__by_another__reverts(timelock, operation, actor):
    with ape.reverts("access_control: account is missing role"):
        timelock.schedule(*operation.arguments, DAY, sender=actor)


def test_schedule__never__is_unset(timelock, operation):
    identifier = timelock.hash_operation(*operation.arguments)
    assert timelock.get_operation_state(identifier) == UNSET
    assert timelock.get_timestamp(identifier) == 0
    assert not timelock.is_operation(identifier)
    assert not timelock.is_operation_pending(identifier)
