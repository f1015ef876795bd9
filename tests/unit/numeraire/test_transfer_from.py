# SPDX-License-Identifier: MIT
import pytest

from tests.support.refusals import reverts

UNLIMITED = 2**256 - 1


def test_transfer_from__within_the_allowance__moves_and_lowers_it(numeraire, staker, spender, receiver):
    before = numeraire.balanceOf(staker)
    numeraire.approve(spender, 10, sender=staker)
    receipt = numeraire.transferFrom(staker, receiver, 4, sender=spender)
    assert receipt.events == [
        numeraire.Transfer(sender=staker, receiver=receiver, value=4),
    ]
    assert numeraire.allowance(staker, spender) == 6
    assert numeraire.balanceOf(staker) == before - 4
    assert numeraire.balanceOf(receiver) == 4


def test_transfer_from__always__returns_true(numeraire, staker, spender, receiver):
    numeraire.approve(spender, 1, sender=staker)
    assert numeraire.transferFrom.call(staker, receiver, 1, sender=spender) is True


def test_transfer_from__unlimited_allowance__leaves_it(numeraire, staker, spender, receiver):
    numeraire.approve(spender, UNLIMITED, sender=staker)
    receipt = numeraire.transferFrom(staker, receiver, 4, sender=spender)
    assert receipt.events == [numeraire.Transfer(sender=staker, receiver=receiver, value=4)]
    assert numeraire.allowance(staker, spender) == UNLIMITED


def test_transfer_from__used_allowance__reverts(numeraire, staker, spender, receiver):
    numeraire.approve(spender, 10, sender=staker)
    numeraire.transferFrom(staker, receiver, 10, sender=spender)
    with reverts("erc20: insufficient allowance"):
        numeraire.transferFrom(staker, receiver, 1, sender=spender)


def test_transfer_from__nothing_without_allowance__is_logged(numeraire, staker, stranger, receiver):
    receipt = numeraire.transferFrom(staker, receiver, 0, sender=stranger)
    assert receipt.events == [numeraire.Transfer(sender=staker, receiver=receiver, value=0)]


def test_transfer_from__own_tokens_with_allowance__moves_and_lowers_it(numeraire, staker, receiver):
    numeraire.approve(staker, 10, sender=staker)
    receipt = numeraire.transferFrom(staker, receiver, 4, sender=staker)
    assert receipt.events == [numeraire.Transfer(sender=staker, receiver=receiver, value=4)]
    assert numeraire.allowance(staker, staker) == 6
    assert numeraire.balanceOf(receiver) == 4


def test_transfer_from__to_their_owner__lowers_the_allowance_only(numeraire, staker, spender):
    before = numeraire.balanceOf(staker)
    numeraire.approve(spender, 10, sender=staker)
    receipt = numeraire.transferFrom(staker, staker, 4, sender=spender)
    assert receipt.events == [numeraire.Transfer(sender=staker, receiver=staker, value=4)]
    assert numeraire.allowance(staker, spender) == 6
    assert numeraire.balanceOf(staker) == before


def test_transfer_from__one_below_unlimited__is_lowered(numeraire, staker, spender, receiver):
    numeraire.approve(spender, UNLIMITED - 1, sender=staker)
    numeraire.transferFrom(staker, receiver, 4, sender=spender)
    assert numeraire.allowance(staker, spender) == UNLIMITED - 5


@pytest.mark.parametrize(
    ("sender", "holder", "to", "amount", "reason"),
    [
        ("spender", "staker", "receiver", 11, "erc20: insufficient allowance"),
        ("stranger", "staker", "stranger", 1, "erc20: insufficient allowance"),
        ("staker", "staker", "receiver", 1, "erc20: insufficient allowance"),
        ("spender", "nobody", "receiver", 1, "erc20: insufficient allowance"),
        ("spender", "stranger", "receiver", 1, "erc20: transfer amount exceeds balance"),
        ("spender", "staker", "nobody", 1, "erc20: transfer to the zero address"),
        ("spender", "nobody", "receiver", 0, "erc20: transfer from the zero address"),
    ],
)
def test_transfer_from__wrong__reverts(numeraire, who, sender, holder, to, amount, reason):
    for giver in ("staker", "stranger"):
        numeraire.approve(who["spender"], 10, sender=who[giver])
    with reverts(reason):
        numeraire.transferFrom(who[holder], who[to], amount, sender=who[sender])
