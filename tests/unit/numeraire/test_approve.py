# SPDX-License-Identifier: MIT
from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts


def test_approve__always__sets_the_allowance(numeraire, staker, spender):
    receipt = numeraire.approve(spender, 7, sender=staker)
    assert receipt.events == [numeraire.Approval(owner=staker, spender=spender, value=7)]
    assert numeraire.allowance(staker, spender) == 7
    assert numeraire.allowance(spender, staker) == 0


def test_approve__always__returns_true(numeraire, staker, spender):
    assert numeraire.approve.call(spender, 7, sender=staker) is True


def test_approve__twice__replaces_the_allowance(numeraire, staker, spender):
    numeraire.approve(spender, 7, sender=staker)
    numeraire.approve(spender, 5, sender=staker)
    assert numeraire.allowance(staker, spender) == 5


def test_approve__zero__revokes(numeraire, staker, spender, receiver):
    numeraire.approve(spender, 7, sender=staker)
    numeraire.approve(spender, 0, sender=staker)
    assert numeraire.allowance(staker, spender) == 0
    with reverts("erc20: insufficient allowance"):
        numeraire.transferFrom(staker, receiver, 1, sender=spender)


def test_approve__zero_spender__reverts(numeraire, staker):
    with reverts("erc20: approve to the zero address"):
        numeraire.approve(ZERO_ADDRESS, 7, sender=staker)


def test_approve__nothing_when_there_is_none__is_logged(numeraire, staker, spender):
    receipt = numeraire.approve(spender, 0, sender=staker)
    assert receipt.events == [numeraire.Approval(owner=staker, spender=spender, value=0)]


def test_approve__more_than_the_balance__sets_the_allowance(numeraire, stranger, spender):
    assert numeraire.balanceOf(stranger) == 0
    receipt = numeraire.approve(spender, 2**256 - 2, sender=stranger)
    assert receipt.events == [numeraire.Approval(owner=stranger, spender=spender, value=2**256 - 2)]
    assert numeraire.allowance(stranger, spender) == 2**256 - 2


def test_approve__spent_before_it_is_replaced__both_can_be_spent(numeraire, staker, spender, receiver):
    """The race that ERC-20 warns of. Who fears it approves 0 first, and looks what was spent."""
    numeraire.approve(spender, 7, sender=staker)
    numeraire.transferFrom(staker, receiver, 7, sender=spender)
    numeraire.approve(spender, 5, sender=staker)
    numeraire.transferFrom(staker, receiver, 5, sender=spender)
    assert numeraire.balanceOf(receiver) == 12
