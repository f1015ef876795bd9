# SPDX-License-Identifier: MIT
import pytest

from tests.support.refusals import reverts

SUPPLY = 11_000_000 * 10**18
RESERVE = 3_000_000 * 10**18
# solmate 34,203, solady 34,055, OpenZeppelin 34,515: what a plain transfer may cost.
TRANSFER_GAS = 34_300


def test_transfer__part_of_the_balance__moves_it(numeraire, staker, receiver):
    before = numeraire.balanceOf(staker)
    receipt = numeraire.transfer(receiver, 5, sender=staker)
    assert receipt.events == [numeraire.Transfer(sender=staker, receiver=receiver, value=5)]
    assert numeraire.balanceOf(staker) == before - 5
    assert numeraire.balanceOf(receiver) == 5
    assert numeraire.totalSupply() == SUPPLY


def test_transfer__always__returns_true(numeraire, staker, receiver):
    assert numeraire.transfer.call(receiver, 5, sender=staker) is True


def test_transfer__whole_balance__leaves_nothing(numeraire, staker, receiver):
    balance = numeraire.balanceOf(staker)
    numeraire.transfer(receiver, balance, sender=staker)
    assert numeraire.balanceOf(staker) == 0
    assert numeraire.balanceOf(receiver) == balance


def test_transfer__nothing_by_a_stranger__is_logged(numeraire, stranger, receiver):
    receipt = numeraire.transfer(receiver, 0, sender=stranger)
    assert receipt.events == [numeraire.Transfer(sender=stranger, receiver=receiver, value=0)]


def test_transfer__to_the_sender__changes_nothing(numeraire, staker):
    before = numeraire.balanceOf(staker)
    receipt = numeraire.transfer(staker, before, sender=staker)
    assert receipt.events == [numeraire.Transfer(sender=staker, receiver=staker, value=before)]
    assert numeraire.balanceOf(staker) == before


@pytest.mark.contract
def test_transfer__to_an_existing_holder__stays_within_the_gas(numeraire, staker, receiver):
    numeraire.transfer(receiver, 1, sender=staker)
    # Every byte of this amount costs the full calldata price.
    amount = 0x0111_1111_1111_1111_1111
    assert numeraire.transfer(receiver, amount, sender=staker).gas_used <= TRANSFER_GAS


@pytest.mark.parametrize(
    ("sender", "to", "amount", "reason"),
    [
        ("staker", "receiver", SUPPLY - RESERVE + 1, "erc20: transfer amount exceeds balance"),
        ("staker", "receiver", 2**256 - 1, "erc20: transfer amount exceeds balance"),
        ("staker", "nobody", 1, "erc20: transfer to the zero address"),
    ],
)
def test_transfer__wrong__reverts(numeraire, who, sender, to, amount, reason):
    with reverts(reason):
        numeraire.transfer(who[to], amount, sender=who[sender])
