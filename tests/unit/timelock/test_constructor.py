# SPDX-License-Identifier: MIT
import ape
import pytest
from ape.utils import ZERO_ADDRESS
from eth_utils import keccak

DAY = 86_400
YEAR = 365 * DAY
ADMIN = bytes(32)
PROPOSER = keccak(text="PROPOSER_ROLE")
EXECUTOR = keccak(text="EXECUTOR_ROLE")
CANCELLER = keccak(text="CANCELLER_ROLE")
ROLES = [ADMIN, PROPOSER, EXECUTOR, CANCELLER]


@pytest.fixture
def deploy(project, deployer, proposer, executor):
    """Deploys a timelock for `proposer` and `executor` unless told otherwise."""

    def deploy(delay: int, proposers=(proposer,), executors=(executor,)):
        return deployer.deploy(project.Timelock, delay, list(proposers), list(executors))

    return deploy


def roles_of(timelock, account) -> list[bytes]:
    return [role for role in ROLES if timelock.hasRole(role, account)]


def test_constructor__always__names_the_roles(timelock):
    assert timelock.DEFAULT_ADMIN_ROLE() == ADMIN
    assert timelock.PROPOSER_ROLE() == PROPOSER
    assert timelock.EXECUTOR_ROLE() == EXECUTOR
    assert timelock.CANCELLER_ROLE() == CANCELLER
    assert [timelock.getRoleAdmin(role) for role in ROLES] == [ADMIN] * 4


def test_constructor__always__sets_what_it_was_given(timelock, proposer, executor):
    assert timelock.get_minimum_delay() == DAY
    assert roles_of(timelock, proposer) == [PROPOSER, CANCELLER]
    assert roles_of(timelock, executor) == [EXECUTOR]


def test_constructor__always__is_its_only_admin(timelock, deployer, stranger):
    assert roles_of(timelock, timelock) == [ADMIN]
    assert roles_of(timelock, deployer) == []
    assert roles_of(timelock, stranger) == []
    assert roles_of(timelock, ZERO_ADDRESS) == []


def test_constructor__always__logs_every_role_and_the_delay(deploy, deployer, proposer, executor):
    timelock = deploy(DAY)
    assert timelock.creation_metadata.receipt.events == [
        timelock.RoleGranted(role=ADMIN, account=deployer, sender=deployer),
        timelock.RoleGranted(role=ADMIN, account=timelock, sender=deployer),
        timelock.RoleRevoked(role=ADMIN, account=deployer, sender=deployer),
        timelock.RoleGranted(role=PROPOSER, account=proposer, sender=deployer),
        timelock.RoleGranted(role=CANCELLER, account=proposer, sender=deployer),
        timelock.RoleGranted(role=EXECUTOR, account=executor, sender=deployer),
        timelock.MinimumDelayChange(old_duration=0, new_duration=DAY),
    ]


def test_constructor__many_members__grants_each_its_role(deploy, owner, operator, guardian, staker):
    timelock = deploy(DAY, [owner, operator], [guardian, staker])
    assert roles_of(timelock, owner) == roles_of(timelock, operator) == [PROPOSER, CANCELLER]
    assert roles_of(timelock, guardian) == roles_of(timelock, staker) == [EXECUTOR]


def test_constructor__deployer_as_member__keeps_no_more_than_that(deploy, deployer):
    timelock = deploy(DAY, [deployer], [deployer])
    assert roles_of(timelock, deployer) == [PROPOSER, EXECUTOR, CANCELLER]


def test_constructor__no_delay_on_a_local_chain__is_accepted(deploy):
    assert deploy(0).get_minimum_delay() == 0


def test_constructor__no_delay_on_anvil__is_accepted(deploy, anvil_chain):
    assert deploy(0).get_minimum_delay() == 0


@pytest.mark.parametrize("delay", [0, 1, DAY - 1])
def test_constructor__less_than_a_day_elsewhere__reverts(deploy, main_chain, delay):
    with ape.reverts("timelock: delay is too short"):
        deploy(delay)


def test_constructor__a_day_elsewhere__is_accepted(deploy, main_chain):
    assert deploy(DAY).get_minimum_delay() == DAY


def test_constructor__longest_delay__is_accepted(deploy):
    assert deploy(YEAR).get_minimum_delay() == YEAR


@pytest.mark.parametrize("delay", [YEAR + 1, 2**256 - 1])
def test_constructor__longer_delay__reverts(deploy, delay):
    with ape.reverts("timelock: delay is too long"):
        deploy(delay)


def test_constructor__no_proposer__reverts(deploy):
    with ape.reverts("timelock: no proposer"):
        deploy(DAY, proposers=[])


def test_constructor__no_executor__reverts(deploy):
    with ape.reverts("timelock: no executor"):
        deploy(DAY, executors=[])


def test_constructor__zero_proposer__reverts(deploy, proposer):
    with ape.reverts("timelock: proposer is the zero address"):
        deploy(DAY, proposers=[proposer, ZERO_ADDRESS])


def test_constructor__zero_executor__reverts(deploy, executor):
    with ape.reverts("timelock: executor is the zero address"):
        deploy(DAY, executors=[executor, ZERO_ADDRESS])
