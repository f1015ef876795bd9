# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import SUPPLY
from tests.support.refusals import reverts

CAP = 10_000 * 10**18
LIMITS = (CAP, CAP, 0)


@pytest.fixture
def deploy(project, deployer, numeraire, owner):
    """Deploys a treasury for `numeraire` and `owner` unless told otherwise."""

    def deploy(tournaments: list, limits: list, token=numeraire, owner=owner):
        return deployer.deploy(project.Treasury, token, owner, tournaments, limits)

    return deploy


def test_constructor__two_tournaments__sets_what_it_was_given(
    treasury, numeraire, owner, tournament_account, other_tournament_account
):
    assert treasury.TOKEN() == numeraire
    assert treasury.owner() == owner
    assert treasury.pending_owner() == ZERO_ADDRESS
    assert treasury.cap_of(tournament_account) == CAP
    assert treasury.cap_of(other_tournament_account) == CAP
    assert treasury.reserved() == 0


def test_constructor__two_tournaments__logs_them_and_the_owner(deploy, deployer, owner, stranger, staker):
    treasury = deploy([stranger, staker], [(1, 2, 3), (4, 5, 6)])
    assert treasury.creation_metadata.receipt.events == [
        treasury.OwnershipTransferred(previous_owner=ZERO_ADDRESS, new_owner=deployer),
        treasury.OwnershipTransferred(previous_owner=deployer, new_owner=owner),
        treasury.Authorised(tournament=stranger, cap=1, ceiling=2, rate=3),
        treasury.Authorised(tournament=staker, cap=4, ceiling=5, rate=6),
    ]


def test_constructor__no_tournament__is_accepted(deploy, owner):
    treasury = deploy([], [])
    assert treasury.owner() == owner


def test_constructor__largest_number_of_tournaments__is_accepted(deploy, accounts):
    tournaments = [accounts[i] for i in range(8)]
    treasury = deploy(tournaments, [(cap, 0, 0) for cap in range(8)])
    assert [treasury.cap_of(tournament) for tournament in tournaments] == list(range(8))
    assert [treasury.tournament_at(index) for index in range(treasury.tournament_count())] == tournaments


def test_constructor__tournament_named_twice__is_listed_once(deploy, stranger):
    treasury = deploy([stranger, stranger], [(1, 0, 0), (2, 0, 0)])
    assert (treasury.tournament_count(), treasury.tournament_at(0), treasury.cap_of(stranger)) == (1, stranger, 2)


def test_constructor__token_not_deployed_yet__is_accepted(deploy, receiver):
    assert deploy([], [], token=receiver).TOKEN() == receiver


def test_constructor__deployer__has_no_role(treasury, deployer, receiver):
    assert treasury.cap_of(deployer) == 0
    with reverts("ownable: caller is not the owner"):
        treasury.spend(receiver, 1, sender=deployer)


@pytest.mark.parametrize(
    ("tournaments", "limits", "changes", "reason"),
    [
        (9 * ["stranger"], 9 * [LIMITS], {}, ""),
        ([], [], {"token": ZERO_ADDRESS}, "treasury: token is the zero address"),
        ([], [], {"owner": ZERO_ADDRESS}, "treasury: owner is the zero address"),
        (["stranger", "nobody"], [LIMITS, LIMITS], {}, "treasury: tournament is the zero address"),
        (["stranger"], [(SUPPLY + 1, 0, 0)], {}, "treasury: cap is above the supply"),
        (["stranger", "staker"], [LIMITS], {}, "treasury: lengths differ"),
        (["stranger"], [LIMITS, LIMITS], {}, "treasury: lengths differ"),
    ],
)
def test_constructor__wrong__reverts(deploy, who, tournaments, limits, changes, reason):
    with reverts(reason):
        deploy([who[name] for name in tournaments], limits, **changes)
