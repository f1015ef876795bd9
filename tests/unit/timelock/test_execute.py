# SPDX-License-Identifier: MIT
import ape
import pytest
from eth_utils import keccak

DAY = 86_400
NMR = 10**18
NOTHING = bytes(32)
READY, DONE = 4, 8


@pytest.fixture
def operation(make_call, owned_treasury, receiver):
    return make_call(owned_treasury, "spend", receiver, NMR)


@pytest.fixture
def ready(timelock, operation, proposer, chain):
    """The operation, scheduled a delay ago."""
    timelock.schedule(*operation.arguments, DAY, sender=proposer)
    chain.mine(deltatime=DAY)
    return operation


@pytest.fixture
def reentrant(project, deployer, timelock, pass_through, make_call):
    """A contract that calls back and may execute."""
    contract = deployer.deploy(project.Reentrant)
    pass_through(make_call(timelock, "grantRole", timelock.EXECUTOR_ROLE(), contract))
    return contract


def test_execute__ready__makes_the_call(timelock, ready, numeraire, owned_treasury, receiver, executor):
    identifier = timelock.hash_operation(*ready.arguments)
    assert timelock.get_operation_state(identifier) == READY
    assert timelock.is_operation_ready(identifier)
    receipt = timelock.execute(*ready.arguments, sender=executor)
    assert receipt.events == [
        owned_treasury.Spent(receiver=receiver, amount=NMR),
        numeraire.Transfer(sender=owned_treasury, receiver=receiver, value=NMR),
        timelock.CallExecuted(id=identifier, index=0, target=ready.target, amount=0, payload=ready.payload),
    ]
    assert numeraire.balanceOf(receiver) == NMR
    assert timelock.get_operation_state(identifier) == DONE
    assert timelock.get_timestamp(identifier) == 1
    assert timelock.is_operation_done(identifier)
    assert not timelock.is_operation_pending(identifier)


def test_execute__on_the_second__makes_the_call(timelock, operation, numeraire, receiver, proposer, executor, chain):
    timelock.schedule(*operation.arguments, DAY, sender=proposer)
    ready_at = timelock.get_timestamp(timelock.hash_operation(*operation.arguments))
    chain.pending_timestamp = ready_at
    assert timelock.execute(*operation.arguments, sender=executor).timestamp == ready_at
    assert numeraire.balanceOf(receiver) == NMR


def test_execute__one_second_early__reverts(timelock, operation, proposer, executor, chain):
    timelock.schedule(*operation.arguments, DAY, sender=proposer)
    chain.pending_timestamp = timelock.get_timestamp(timelock.hash_operation(*operation.arguments)) - 1
    with ape.reverts("timelock_controller: operation is not ready"):
        timelock.execute(*operation.arguments, sender=executor)


def test_execute__never_scheduled__reverts(timelock, operation, executor):
    with ape.reverts("timelock_controller: operation is not ready"):
        timelock.execute(*operation.arguments, sender=executor)


def test_execute__twice__reverts(timelock, ready, executor):
    timelock.execute(*ready.arguments, sender=executor)
    with ape.reverts("timelock_controller: operation is not ready"):
        timelock.execute(*ready.arguments, sender=executor)


def test_execute__done__cannot_be_scheduled_again(timelock, ready, proposer, executor):
    timelock.execute(*ready.arguments, sender=executor)
    with ape.reverts("timelock_controller: operation already scheduled"):
        timelock.schedule(*ready.arguments, DAY, sender=proposer)


@pytest.mark.parametrize("actor", ["deployer", "owner", "proposer", "stranger"], indirect=True)
def test_execute__by_another__reverts(timelock, ready, actor):
    with ape.reverts("access_control: account is missing role"):
        timelock.execute(*ready.arguments, sender=actor)


def test_execute__before_its_predecessor__reverts(
    timelock, make_call, ready, owned_treasury, receiver, chain, proposer, executor
):
    predecessor = timelock.hash_operation(*ready.arguments)
    second = make_call(owned_treasury, "spend", receiver, 1, predecessor=predecessor)
    timelock.schedule(*second.arguments, DAY, sender=proposer)
    chain.mine(deltatime=DAY)
    with ape.reverts("timelock_controller: missing dependency"):
        timelock.execute(*second.arguments, sender=executor)


def test_execute__after_its_predecessor__makes_the_call(
    timelock, make_call, ready, owned_treasury, numeraire, receiver, pass_through, executor
):
    timelock.execute(*ready.arguments, sender=executor)
    predecessor = timelock.hash_operation(*ready.arguments)
    pass_through(make_call(owned_treasury, "spend", receiver, 1, predecessor=predecessor))
    assert numeraire.balanceOf(receiver) == NMR + 1


def test_execute__call_with_a_reason_to_revert__reverts_with_it(pass_through, make_call, owned_treasury, receiver):
    with ape.reverts("treasury: amount is zero"):
        pass_through(make_call(owned_treasury, "spend", receiver, 0))


def test_execute__call_that_reverts_without_reason__reverts(timelock, numeraire, ready, proposer, executor, chain):
    unknown = (numeraire, 0, keccak(text="mint()")[:4], NOTHING, NOTHING)
    timelock.schedule(*unknown, DAY, sender=proposer)
    chain.mine(deltatime=DAY)
    with ape.reverts("timelock_controller: underlying transaction reverted"):
        timelock.execute(*unknown, sender=executor)


def test_execute__with_ether__passes_it_on(timelock, reentrant, proposer, executor, chain):
    gift = (reentrant, 5, b"", NOTHING, NOTHING)
    timelock.schedule(*gift, DAY, sender=proposer)
    chain.mine(deltatime=DAY)
    timelock.execute(*gift, sender=executor, value=5)
    assert reentrant.balance == 5
    assert timelock.balance == 0


def test_execute__call_that_executes_itself__reverts(timelock, reentrant, owner, proposer, executor, chain):
    operation = (reentrant, 0, b"", NOTHING, NOTHING)
    timelock.schedule(*operation, DAY, sender=proposer)
    chain.mine(deltatime=DAY)
    reentrant.arm(timelock, timelock.execute.encode_input(*operation), sender=owner)
    with ape.reverts("timelock_controller: operation is not ready"):
        timelock.execute(*operation, sender=executor)


def test_execute__call_that_executes_another__makes_both(
    timelock, ready, reentrant, numeraire, receiver, owner, proposer, executor, chain
):
    operation = (reentrant, 0, b"", NOTHING, NOTHING)
    timelock.schedule(*operation, DAY, sender=proposer)
    chain.mine(deltatime=DAY)
    reentrant.arm(timelock, timelock.execute.encode_input(*ready.arguments), sender=owner)
    timelock.execute(*operation, sender=executor)
    assert reentrant.succeeded()
    assert numeraire.balanceOf(receiver) == NMR
