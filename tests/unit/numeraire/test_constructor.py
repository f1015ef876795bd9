# SPDX-License-Identifier: MIT
import pytest
from eth_utils import keccak

from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts

SUPPLY = 11_000_000 * 10**18


@pytest.fixture
def deploy(project, deployer):
    """Deploys a token with the given receivers and amounts."""

    def deploy(receivers: list, amounts: list):
        return deployer.deploy(project.Numeraire, receivers, amounts)

    return deploy


def test_constructor__one_receiver__mints_the_supply_to_it(deploy, receiver):
    token = deploy([receiver], [SUPPLY])
    assert token.totalSupply() == SUPPLY
    assert token.balanceOf(receiver) == SUPPLY


def test_constructor__many_receivers__mints_each_its_amount(deploy, receiver, staker, owner):
    token = deploy([receiver, staker, owner], [1, 2, SUPPLY - 3])
    assert token.totalSupply() == SUPPLY
    assert [token.balanceOf(account) for account in (receiver, staker, owner)] == [1, 2, SUPPLY - 3]


def test_constructor__same_receiver_twice__mints_it_the_sum(deploy, receiver):
    token = deploy([receiver, receiver], [1, SUPPLY - 1])
    assert token.balanceOf(receiver) == SUPPLY


def test_constructor__largest_number_of_receivers__mints_the_supply(deploy, receiver):
    token = deploy([receiver] * 128, [1] * 127 + [SUPPLY - 127])
    assert token.balanceOf(receiver) == SUPPLY


def test_constructor__always__logs_the_mints_and_leaves_no_role(deploy, deployer, receiver, staker):
    token = deploy([receiver, staker], [1, SUPPLY - 1])
    assert token.creation_metadata.receipt.events == [
        token.OwnershipTransferred(previous_owner=ZERO_ADDRESS, new_owner=deployer),
        token.RoleMinterChanged(minter=deployer, status=True),
        token.Transfer(sender=ZERO_ADDRESS, receiver=receiver, value=1),
        token.Transfer(sender=ZERO_ADDRESS, receiver=staker, value=SUPPLY - 1),
        token.RoleMinterChanged(minter=deployer, status=False),
        token.OwnershipTransferred(previous_owner=deployer, new_owner=ZERO_ADDRESS),
    ]


def test_constructor__always__leaves_no_owner_or_minter_in_storage(deploy, chain, deployer, receiver):
    token = deploy([receiver], [SUPPLY])

    def storage(slot: int, *key: str) -> int:
        for part in key:
            slot = int.from_bytes(keccak(slot.to_bytes(32, "big") + bytes.fromhex(part[2:]).rjust(32, b"\0")), "big")
        return int.from_bytes(chain.provider.get_storage(token.address, slot), "big")

    # Slots in the order of the modules: owner, balanceOf, allowance, totalSupply, is_minter.
    assert storage(1, receiver.address) == SUPPLY
    assert storage(3) == SUPPLY
    assert storage(0) == 0
    assert storage(4, deployer.address) == 0


def test_constructor__always__leaves_the_deployer_nothing(deploy, deployer, receiver):
    token = deploy([receiver], [SUPPLY])
    assert token.balanceOf(deployer) == 0
    assert token.allowance(receiver, deployer) == 0


def test_constructor__most_receivers__is_accepted(deploy, receiver):
    assert deploy([receiver] * 128, [SUPPLY - 127] + [1] * 127).balanceOf(receiver) == SUPPLY


def test_constructor__token_as_receiver__reverts(project, chain, deployer, address_of_creation):
    token = address_of_creation(deployer, deployer.nonce)
    creation = project.Numeraire.constructor.serialize_transaction([token], [SUPPLY], sender=deployer)
    # A call, because ape learns a transaction's reason by replaying it with the next nonce,
    # which would create another address.
    with reverts("numeraire: receiver is the token"):
        chain.provider.send_call(creation)


@pytest.mark.parametrize(
    ("receivers", "amounts", "reason"),
    [
        (["receiver", "staker"], [SUPPLY, 1], "numeraire: more than the supply"),
        (["receiver", "staker"], [SUPPLY, 2**256 - SUPPLY], "numeraire: more than the supply"),
        (["receiver"], [SUPPLY - 1], "numeraire: less than the supply"),
        ([], [], "numeraire: less than the supply"),
        (["receiver", "staker"], [SUPPLY], "numeraire: lengths differ"),
        (["receiver"], [SUPPLY, 0], "numeraire: lengths differ"),
        (129 * ["receiver"], [SUPPLY - 128] + 128 * [1], ""),
        (["receiver", "nobody"], [SUPPLY - 1, 1], "numeraire: receiver is the zero address"),
        (["receiver", "staker"], [SUPPLY, 0], "numeraire: amount is zero"),
    ],
)
def test_constructor__wrong__reverts(deploy, who, receivers, amounts, reason):
    with reverts(reason):
        deploy([who[name] for name in receivers], amounts)
