# SPDX-License-Identifier: MIT
import pytest

from tests.support.refusals import reverts

UNLIMITED = 2**256 - 1
SUPPLY = 11_000_000 * 10**18
DOLLAR = 10**6


@pytest.fixture
def token(project, deployer, treasury):
    """A token that does as the standard says, all of it with the treasury."""
    return deployer.deploy(project.Numeraire, [treasury], [SUPPLY])


@pytest.fixture
def tether(project, deployer, treasury):
    """A token whose `approve` returns nothing and wants 0 first; 100 of it with the treasury."""
    return deployer.deploy(project.TetherToken, treasury, 100 * DOLLAR)


@pytest.fixture
def refusing_token(project, deployer):
    """A token whose `approve` returns false."""
    return deployer.deploy(project.RefusingToken)


def test_allow__standard_token__lets_the_spender_take_it(treasury, token, owner, spender, receiver):
    receipt = treasury.allow(token, spender, 5, sender=owner)
    assert receipt.events == [
        treasury.Allowed(token=token, spender=spender, amount=5),
        token.Approval(owner=treasury, spender=spender, value=5),
    ]
    token.transferFrom(treasury, receiver, 5, sender=spender)
    assert token.balanceOf(receiver) == 5
    with reverts("erc20: insufficient allowance"):
        token.transferFrom(treasury, receiver, 1, sender=spender)


def test_allow__twice__replaces_the_allowance(treasury, token, owner, spender):
    treasury.allow(token, spender, 5, sender=owner)
    treasury.allow(token, spender, UNLIMITED, sender=owner)
    assert token.allowance(treasury, spender) == UNLIMITED


def test_allow__zero__revokes(treasury, token, owner, spender):
    treasury.allow(token, spender, 5, sender=owner)
    receipt = treasury.allow(token, spender, 0, sender=owner)
    assert receipt.events == [
        treasury.Allowed(token=token, spender=spender, amount=0),
        token.Approval(owner=treasury, spender=spender, value=0),
    ]
    assert token.allowance(treasury, spender) == 0


def test_allow__token_that_returns_nothing__lets_the_spender_take_it(treasury, tether, owner, spender, receiver):
    receipt = treasury.allow(tether, spender, 5 * DOLLAR, sender=owner)
    assert receipt.events == [treasury.Allowed(token=tether, spender=spender, amount=5 * DOLLAR)]
    tether.transferFrom(treasury, receiver, 5 * DOLLAR, sender=spender)
    assert tether.balanceOf(receiver) == 5 * DOLLAR


def test_allow__token_that_wants_zero_first__is_changed_in_two_steps(treasury, tether, owner, spender):
    treasury.allow(tether, spender, 5, sender=owner)
    with reverts("tether: allowance is not zero"):
        treasury.allow(tether, spender, 7, sender=owner)
    treasury.allow(tether, spender, 0, sender=owner)
    treasury.allow(tether, spender, 7, sender=owner)
    assert tether.allowance(treasury, spender) == 7


def test_allow__token_that_returns_false__reverts(treasury, refusing_token, owner, spender):
    with reverts("treasury: token refuses"):
        treasury.allow(refusing_token, spender, 5, sender=owner)


@pytest.mark.parametrize(
    ("sender", "token", "to", "amount", "reason"),
    [
        *[("owner", "numeraire", "spender", amount, "treasury: token is NMR") for amount in (0, 1, UNLIMITED)],
        ("owner", "nobody", "spender", 5, "treasury: token is no contract"),
        ("owner", "stranger", "spender", 5, "treasury: token is no contract"),
        ("owner", "tether", "nobody", 5, "treasury: spender is the zero address"),
        *[
            (sender, "tether", "spender", 5, "ownable: caller is not the owner")
            for sender in ("deployer", "tournament_account", "spender", "stranger")
        ],
    ],
)
def test_allow__wrong__reverts(treasury, tether, who, sender, token, to, amount, reason):
    with reverts(reason):
        treasury.allow({**who, "tether": tether}[token], who[to], amount, sender=who[sender])
