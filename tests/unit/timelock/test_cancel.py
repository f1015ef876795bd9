# SPDX-License-Identifier: MIT
import ape
import pytest

DAY = 86_400
UNSET = 1


@pytest.fixture
def scheduled(timelock, make_call, owned_treasury, receiver, proposer):
    """A spend that waits for its delay."""
    operation = make_call(owned_treasury, "spend", receiver, 1)
    timelock.schedule(*operation.arguments, DAY, sender=proposer)
    return operation


def test_cancel__waiting__forgets_the_operation(timelock, scheduled, proposer, executor, chain):
    identifier = timelock.hash_operation(*scheduled.arguments)
    receipt = timelock.cancel(identifier, sender=proposer)
    assert receipt.events == [timelock.Cancelled(id=identifier)]
    assert timelock.get_operation_state(identifier) == UNSET
    chain.mine(deltatime=DAY)
    with ape.reverts("timelock_controller: operation is not ready"):
        timelock.execute(*scheduled.arguments, sender=executor)


def test_cancel__ready__forgets_the_operation(timelock, scheduled, proposer, chain):
    identifier = timelock.hash_operation(*scheduled.arguments)
    chain.mine(deltatime=DAY)
    receipt = timelock.cancel(identifier, sender=proposer)
    assert receipt.events == [timelock.Cancelled(id=identifier)]
    assert timelock.get_operation_state(identifier) == UNSET


def test_cancel__cancelled__can_be_scheduled_again(timelock, scheduled, proposer):
    identifier = timelock.hash_operation(*scheduled.arguments)
    timelock.cancel(identifier, sender=proposer)
    receipt = timelock.schedule(*scheduled.arguments, DAY, sender=proposer)
    assert timelock.get_timestamp(identifier) == receipt.timestamp + DAY


def test_cancel__batch__forgets_it(timelock, make_call, make_batch, owned_treasury, receiver, proposer):
    batch = make_batch(make_call(owned_treasury, "spend", receiver, 1))
    timelock.schedule_batch(*batch.arguments, DAY, sender=proposer)
    identifier = timelock.hash_operation_batch(*batch.arguments)
    timelock.cancel(identifier, sender=proposer)
    assert timelock.get_operation_state(identifier) == UNSET


def test_cancel__twice__reverts(timelock, scheduled, proposer):
    identifier = timelock.hash_operation(*scheduled.arguments)
    timelock.cancel(identifier, sender=proposer)
    with ape.reverts("timelock_controller: operation cannot be cancelled"):
        timelock.cancel(identifier, sender=proposer)


def test_cancel__done__reverts(timelock, scheduled, proposer, executor, chain):
    chain.mine(deltatime=DAY)
    timelock.execute(*scheduled.arguments, sender=executor)
    with ape.reverts("timelock_controller: operation cannot be cancelled"):
        timelock.cancel(timelock.hash_operation(*scheduled.arguments), sender=proposer)


def test_cancel__never_scheduled__reverts(timelock, proposer):
    with ape.reverts("timelock_controller: operation cannot be cancelled"):
        timelock.cancel(bytes(32), sender=proposer)


@pytest.mark.parametrize("actor", ["deployer", "owner", "executor", "stranger"], indirect=True)
def test_cancel__by_another__reverts(timelock, scheduled, actor):
    with ape.reverts("access_control: account is missing role"):
        timelock.cancel(timelock.hash_operation(*scheduled.arguments), sender=actor)


def test_cancel__by_a_canceller_who_is_no_proposer__forgets_the_operation(
    timelock, scheduled, make_call, pass_through, guardian
):
    pass_through(make_call(timelock, "grantRole", timelock.CANCELLER_ROLE(), guardian))
    identifier = timelock.hash_operation(*scheduled.arguments)
    timelock.cancel(identifier, sender=guardian)
    assert timelock.get_operation_state(identifier) == UNSET
    with ape.reverts("access_control: account is missing role"):
        timelock.schedule(*scheduled.arguments, DAY, sender=guardian)
