# SPDX-License-Identifier: MIT
from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts

SUPPLY = 11_000_000 * 10**18


def test_burn__part_of_the_balance__lowers_balance_and_supply(numeraire, staker):
    before = numeraire.balanceOf(staker)
    receipt = numeraire.burn(5, sender=staker)
    assert receipt.events == [numeraire.Transfer(sender=staker, receiver=ZERO_ADDRESS, value=5)]
    assert numeraire.balanceOf(staker) == before - 5
    assert numeraire.totalSupply() == SUPPLY - 5
    assert numeraire.balanceOf(ZERO_ADDRESS) == 0


def test_burn__whole_balance__leaves_what_others_hold(numeraire, staker, treasury):
    supply, held, others = numeraire.totalSupply(), numeraire.balanceOf(staker), numeraire.balanceOf(treasury)
    numeraire.burn(held, sender=staker)
    assert numeraire.balanceOf(staker) == 0
    assert numeraire.balanceOf(treasury) == others
    assert numeraire.totalSupply() == supply - held


def test_burn__nothing__changes_nothing(numeraire, stranger):
    receipt = numeraire.burn(0, sender=stranger)
    assert receipt.events == [numeraire.Transfer(sender=stranger, receiver=ZERO_ADDRESS, value=0)]
    assert numeraire.totalSupply() == SUPPLY


def test_burn__more_than_the_balance__reverts(numeraire, staker):
    with reverts("erc20: burn amount exceeds balance"):
        numeraire.burn(numeraire.balanceOf(staker) + 1, sender=staker)


def test_burn__by_a_stranger__reverts(numeraire, stranger):
    with reverts("erc20: burn amount exceeds balance"):
        numeraire.burn(1, sender=stranger)
