# SPDX-License-Identifier: MIT
import ape
import pytest

DAY = 86_400
NMR = 10**18
NOTHING = bytes(32)
SALT = b"\x01" * 32
DONE = 8


@pytest.fixture
def batch(make_call, make_batch, owned_treasury, receiver, stranger):
    """Two calls: a spend and a tournament."""
    return make_batch(
        make_call(owned_treasury, "spend", receiver, NMR),
        make_call(owned_treasury, "authorise", stranger, 7, 8, 9),
        salt=SALT,
    )


@pytest.fixture
def ready(timelock, batch, proposer, chain):
    """The batch, scheduled a delay ago."""
    timelock.schedule_batch(*batch.arguments, DAY, sender=proposer)
    chain.mine(deltatime=DAY)
    return batch


def test_schedule_batch__by_a_proposer__logs_every_call(timelock, batch, proposer):
    receipt = timelock.schedule_batch(*batch.arguments, DAY, sender=proposer)
    identifier = timelock.hash_operation_batch(*batch.arguments)
    assert receipt.events == [
        timelock.CallScheduled(
            id=identifier,
            index=index,
            target=batch.targets[index],
            amount=0,
            payload=batch.payloads[index],
            predecessor=NOTHING,
            delay=DAY,
        )
        for index in (0, 1)
    ] + [timelock.CallSalt(id=identifier, salt=SALT)]
    assert timelock.get_timestamp(identifier) == receipt.timestamp + DAY


def test_execute_batch__ready__makes_every_call(
    timelock, ready, numeraire, owned_treasury, receiver, stranger, executor
):
    receipt = timelock.execute_batch(*ready.arguments, sender=executor)
    identifier = timelock.hash_operation_batch(*ready.arguments)
    assert receipt.events == [
        owned_treasury.Spent(receiver=receiver, amount=NMR),
        numeraire.Transfer(sender=owned_treasury, receiver=receiver, value=NMR),
        timelock.CallExecuted(id=identifier, index=0, target=ready.targets[0], amount=0, payload=ready.payloads[0]),
        owned_treasury.Authorised(tournament=stranger, cap=7, ceiling=8, rate=9),
        timelock.CallExecuted(id=identifier, index=1, target=ready.targets[1], amount=0, payload=ready.payloads[1]),
    ]
    assert numeraire.balanceOf(receiver) == NMR
    assert owned_treasury.cap_of(stranger) == 7
    assert timelock.get_operation_state(identifier) == DONE


def test_execute_batch__one_call_reverts__makes_none(
    timelock, make_call, make_batch, owned_treasury, numeraire, receiver, proposer, executor, chain
):
    batch = make_batch(
        make_call(owned_treasury, "spend", receiver, NMR), make_call(owned_treasury, "spend", receiver, 0)
    )
    timelock.schedule_batch(*batch.arguments, DAY, sender=proposer)
    chain.mine(deltatime=DAY)
    with ape.reverts("treasury: amount is zero"):
        timelock.execute_batch(*batch.arguments, sender=executor)
    assert numeraire.balanceOf(receiver) == 0


def test_execute_batch__twice__reverts(timelock, ready, executor):
    timelock.execute_batch(*ready.arguments, sender=executor)
    with ape.reverts("timelock_controller: operation is not ready"):
        timelock.execute_batch(*ready.arguments, sender=executor)


def test_execute_batch__too_early__reverts(timelock, batch, proposer, executor):
    timelock.schedule_batch(*batch.arguments, DAY, sender=proposer)
    with ape.reverts("timelock_controller: operation is not ready"):
        timelock.execute_batch(*batch.arguments, sender=executor)


@pytest.mark.parametrize("actor", ["deployer", "owner", "executor", "stranger"], indirect=True)
def test_schedule_batch__by_another__reverts(timelock, batch, actor):
    with ape.reverts("access_control: account is missing role"):
        timelock.schedule_batch(*batch.arguments, DAY, sender=actor)


@pytest.mark.parametrize("actor", ["deployer", "owner", "proposer", "stranger"], indirect=True)
def test_execute_batch__by_another__reverts(timelock, ready, actor):
    with ape.reverts("access_control: account is missing role"):
        timelock.execute_batch(*ready.arguments, sender=actor)


def test_schedule_batch__shorter_delay__reverts(timelock, batch, proposer):
    with ape.reverts("timelock_controller: insufficient delay"):
        timelock.schedule_batch(*batch.arguments, DAY - 1, sender=proposer)


@pytest.mark.parametrize("short", [0, 1, 2])
def test_schedule_batch__lengths_differ__reverts(timelock, batch, proposer, short):
    arguments = list(batch.arguments)
    arguments[short] = arguments[short][:1]
    with ape.reverts("timelock_controller: length mismatch"):
        timelock.schedule_batch(*arguments, DAY, sender=proposer)


@pytest.mark.parametrize("short", [0, 1, 2])
def test_execute_batch__lengths_differ__reverts(timelock, ready, executor, short):
    arguments = list(ready.arguments)
    arguments[short] = arguments[short][:1]
    with ape.reverts("timelock_controller: length mismatch"):
        timelock.execute_batch(*arguments, sender=executor)
