import ape
import pytest
from ape.utils import ZERO_ADDRESS

DAY = 86_400
NMR = 10**18


def test_grant_role__scheduled__grants_it(timelock, make_call, pass_through, guardian):
    role = timelock.PROPOSER_ROLE()
    operation = make_call(timelock, "grantRole", role, guardian)
    receipt = pass_through(operation)
    assert receipt.events[0] == timelock.RoleGranted(role=role, account=guardian, sender=timelock)
    assert timelock.hasRole(role, guardian)


def test_revoke_role__scheduled__revokes_it(timelock, make_call, pass_through, proposer, treasury):
    role = timelock.PROPOSER_ROLE()
    receipt = pass_through(make_call(timelock, "revokeRole", role, proposer))
    assert receipt.events[0] == timelock.RoleRevoked(role=role, account=proposer, sender=timelock)
    with ape.reverts("access_control: account is missing role"):
        timelock.schedule(*make_call(treasury, "release", 1).arguments, DAY, sender=proposer)


def test_renounce_role__own__gives_it_up(timelock, proposer):
    role = timelock.PROPOSER_ROLE()
    receipt = timelock.renounceRole(role, proposer, sender=proposer)
    assert receipt.events == [timelock.RoleRevoked(role=role, account=proposer, sender=proposer)]
    assert not timelock.hasRole(role, proposer)


def test_renounce_role__of_another__reverts(timelock, proposer, executor):
    with ape.reverts("access_control: can only renounce roles for itself"):
        timelock.renounceRole(timelock.PROPOSER_ROLE(), proposer, sender=executor)


@pytest.mark.parametrize("method", ["grantRole", "revokeRole"])
@pytest.mark.parametrize("actor", ["deployer", "proposer", "executor", "stranger"], indirect=True)
def test_roles__not_scheduled__reverts(timelock, method, actor, stranger):
    with ape.reverts("access_control: account is missing role"):
        getattr(timelock, method)(timelock.EXECUTOR_ROLE(), stranger, sender=actor)


@pytest.mark.parametrize("actor", ["deployer", "proposer", "executor", "stranger"], indirect=True)
def test_set_role_admin__not_scheduled__reverts(timelock, actor):
    with ape.reverts("access_control: account is missing role"):
        timelock.set_role_admin(timelock.EXECUTOR_ROLE(), timelock.PROPOSER_ROLE(), sender=actor)


def test_executor__granted_to_zero_on_purpose__is_everyone(
    timelock, make_call, pass_through, owned_treasury, numeraire, receiver, proposer, stranger, chain
):
    pass_through(make_call(timelock, "grantRole", timelock.EXECUTOR_ROLE(), ZERO_ADDRESS))
    operation = make_call(owned_treasury, "spend", receiver, NMR)
    timelock.schedule(*operation.arguments, DAY, sender=proposer)
    chain.mine(deltatime=DAY)
    timelock.execute(*operation.arguments, sender=stranger)
    assert numeraire.balanceOf(receiver) == NMR


def test_supports_interface__what_it_is__is_told(timelock):
    assert timelock.supportsInterface("0x01ffc9a7")  # ERC-165
    assert timelock.supportsInterface("0x7965db0b")  # IAccessControl


def test_supports_interface__receiver_of_tokens__is_denied(timelock):
    assert not timelock.supportsInterface("0x4e2312e0")  # ERC-1155
    assert not timelock.supportsInterface("0xffffffff")
    names = {method.name for method in timelock.contract_type.methods}
    assert not any(name.startswith("on") for name in names)


def test_ether__sent_plainly__is_refused(timelock, stranger):
    with ape.reverts():
        stranger.transfer(timelock, 1)
    assert timelock.balance == 0
