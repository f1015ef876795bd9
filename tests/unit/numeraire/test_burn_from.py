# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts

SUPPLY = 11_000_000 * 10**18
UNLIMITED = 2**256 - 1


def test_burn_from__within_the_allowance__burns_and_lowers_it(numeraire, staker, spender):
    before = numeraire.balanceOf(staker)
    numeraire.approve(spender, 10, sender=staker)
    receipt = numeraire.burnFrom(staker, 4, sender=spender)
    assert receipt.events == [
        numeraire.Transfer(sender=staker, receiver=ZERO_ADDRESS, value=4),
    ]
    assert numeraire.allowance(staker, spender) == 6
    assert numeraire.balanceOf(staker) == before - 4
    assert numeraire.totalSupply() == SUPPLY - 4


def test_burn_from__unlimited_allowance__leaves_it(numeraire, staker, spender):
    numeraire.approve(spender, UNLIMITED, sender=staker)
    receipt = numeraire.burnFrom(staker, 4, sender=spender)
    assert receipt.events == [numeraire.Transfer(sender=staker, receiver=ZERO_ADDRESS, value=4)]
    assert numeraire.allowance(staker, spender) == UNLIMITED


def test_burn_from__own_tokens_with_allowance__burns_and_lowers_it(numeraire, staker):
    numeraire.approve(staker, 10, sender=staker)
    receipt = numeraire.burnFrom(staker, 4, sender=staker)
    assert receipt.events == [numeraire.Transfer(sender=staker, receiver=ZERO_ADDRESS, value=4)]
    assert numeraire.allowance(staker, staker) == 6
    assert numeraire.totalSupply() == SUPPLY - 4


def test_burn_from__allowance_used_by_a_transfer__reverts(numeraire, staker, spender, receiver):
    numeraire.approve(spender, 10, sender=staker)
    numeraire.transferFrom(staker, receiver, 7, sender=spender)
    with reverts("erc20: insufficient allowance"):
        numeraire.burnFrom(staker, 4, sender=spender)
    numeraire.burnFrom(staker, 3, sender=spender)
    assert numeraire.allowance(staker, spender) == 0


@pytest.mark.parametrize(
    ("sender", "holder", "amount", "reason"),
    [
        ("spender", "staker", 11, "erc20: insufficient allowance"),
        ("stranger", "staker", 1, "erc20: insufficient allowance"),
        ("staker", "staker", 1, "erc20: insufficient allowance"),
        ("spender", "stranger", 1, "erc20: burn amount exceeds balance"),
        ("spender", "nobody", 0, "erc20: burn from the zero address"),
    ],
)
def test_burn_from__wrong__reverts(numeraire, who, sender, holder, amount, reason):
    for giver in ("staker", "stranger"):
        numeraire.approve(who["spender"], 10, sender=who[giver])
    with reverts(reason):
        numeraire.burnFrom(who[holder], amount, sender=who[sender])
