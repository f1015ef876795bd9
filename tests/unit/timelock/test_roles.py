# SPDX-License-Identifier: MIT
from functools import reduce
from operator import xor

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from eth_utils import keccak

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


def identifier(*signatures: str) -> bytes:
    """The identifier of an interface by ERC-165: the selectors of its functions, exclusive-or."""
    selectors = (int.from_bytes(keccak(text=signature)[:4], "big") for signature in signatures)
    return reduce(xor, selectors).to_bytes(4, "big")


ERC165 = ("supportsInterface(bytes4)",)
ACCESS_CONTROL = (
    "hasRole(bytes32,address)",
    "getRoleAdmin(bytes32)",
    "grantRole(bytes32,address)",
    "revokeRole(bytes32,address)",
    "renounceRole(bytes32,address)",
)
ERC721_RECEIVER = ("onERC721Received(address,address,uint256,bytes)",)
ERC1155_RECEIVER = (
    "onERC1155Received(address,address,uint256,uint256,bytes)",
    "onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)",
)


@pytest.mark.parametrize("signatures", [ERC165, ACCESS_CONTROL])
def test_supports_interface__what_is_exported_whole__is_told(timelock, signatures):
    assert set(signatures) <= {method.selector for method in timelock.contract_type.methods}
    assert timelock.supportsInterface(identifier(*signatures))


@pytest.mark.parametrize("signatures", [ERC721_RECEIVER, ERC1155_RECEIVER])
def test_supports_interface__receiver_of_tokens__is_denied(timelock, signatures):
    assert not set(signatures) & {method.selector for method in timelock.contract_type.methods}
    assert not timelock.supportsInterface(identifier(*signatures))


def test_supports_interface__anything_else__is_denied(timelock):
    # ERC-165 wants the first to be denied, whoever asks.
    assert not timelock.supportsInterface("0xffffffff")
    assert not timelock.supportsInterface("0x00000000")
    for method in timelock.contract_type.methods:
        selector = identifier(method.selector)
        assert timelock.supportsInterface(selector) is (selector == identifier(*ERC165))


def test_supports_interface__either_answer__costs_less_than_erc165_allows(timelock):
    for answer in (identifier(*ACCESS_CONTROL), b"\xff" * 4):
        # A transaction's own 21,000 are in this figure, too.
        assert timelock.supportsInterface.estimate_gas_cost(answer) < 21_000 + 30_000


def test_ether__sent_plainly__is_refused(timelock, stranger):
    with ape.reverts():
        stranger.transfer(timelock, 1)
    assert timelock.balance == 0
