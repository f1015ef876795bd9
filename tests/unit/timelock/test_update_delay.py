# SPDX-License-Identifier: MIT
import ape
import pytest

DAY = 86_400
YEAR = 365 * DAY


def test_update_delay__scheduled__changes_the_delay(timelock, make_call, pass_through, treasury, proposer):
    operation = make_call(timelock, "update_delay", 2 * DAY)
    receipt = pass_through(operation)
    assert receipt.events == [
        timelock.MinimumDelayChange(old_duration=DAY, new_duration=2 * DAY),
        timelock.CallExecuted(
            id=timelock.hash_operation(*operation.arguments),
            index=0,
            target=timelock,
            amount=0,
            payload=operation.payload,
        ),
    ]
    assert timelock.get_minimum_delay() == 2 * DAY
    with ape.reverts("timelock_controller: insufficient delay"):
        timelock.schedule(*make_call(treasury, "release", 1).arguments, DAY, sender=proposer)


def test_update_delay__to_the_longest__changes_the_delay(timelock, make_call, pass_through):
    pass_through(make_call(timelock, "update_delay", YEAR))
    assert timelock.get_minimum_delay() == YEAR


def test_update_delay__to_longer__reverts(timelock, make_call, pass_through):
    with ape.reverts("timelock: delay is too long"):
        pass_through(make_call(timelock, "update_delay", YEAR + 1))


def test_update_delay__to_none_on_a_local_chain__changes_the_delay(timelock, make_call, pass_through):
    pass_through(make_call(timelock, "update_delay", 0))
    assert timelock.get_minimum_delay() == 0


@pytest.mark.parametrize("delay", [0, DAY - 1])
def test_update_delay__to_less_than_a_day_elsewhere__reverts(timelock, make_call, pass_through, main_chain, delay):
    with ape.reverts("timelock: delay is too short"):
        pass_through(make_call(timelock, "update_delay", delay))


@pytest.mark.parametrize("actor", ["deployer", "owner", "proposer", "executor", "stranger"], indirect=True)
def test_update_delay__not_scheduled__reverts(timelock, actor):
    with ape.reverts("timelock_controller: caller must be timelock"):
        timelock.update_delay(DAY, sender=actor)
