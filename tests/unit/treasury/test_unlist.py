# SPDX-License-Identifier: MIT
"""Taking a tournament off the treasury's list."""

import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, SUPPLY
from tests.support.refusals import reverts

CAP = 10_000 * NMR
ROUND = 1


def listed(treasury) -> list[str]:
    return [treasury.tournament_at(index) for index in range(treasury.tournament_count())]


@pytest.fixture
def retired(treasury, owner, tournament_account):
    """The first tournament has a cap of 0."""
    treasury.authorise(tournament_account, 0, 0, 0, sender=owner)
    return treasury


def test_unlist__cap_of_zero_and_nothing_reserved__frees_its_slot(
    retired, owner, tournament_account, other_tournament_account
):
    receipt = retired.unlist(tournament_account, sender=owner)
    assert receipt.events == [retired.Unlisted(tournament=tournament_account)]
    assert listed(retired) == [other_tournament_account]
    assert retired.tournament_at(1) == ZERO_ADDRESS


def test_unlist__in_between__the_last_takes_its_index(retired, owner, tournament_account, stranger, staker):
    for account in (stranger, staker):
        retired.authorise(account, CAP, CAP, 0, sender=owner)
    other = retired.tournament_at(1)
    retired.unlist(tournament_account, sender=owner)
    assert listed(retired) == [staker, other, stranger]
    retired.authorise(staker, 0, 0, 0, sender=owner)
    retired.unlist(staker, sender=owner)
    assert listed(retired) == [stranger, other]


def test_unlist__the_last_one__leaves_an_empty_list(retired, owner, tournament_account, other_tournament_account):
    retired.authorise(other_tournament_account, 0, 0, 0, sender=owner)
    for account in (other_tournament_account, tournament_account):
        retired.unlist(account, sender=owner)
    assert retired.tournament_count() == 0
    assert retired.tournament_at(0) == ZERO_ADDRESS


def test_unlist__full_list__has_room_again(retired, owner, tournament_account, stranger):
    for number in range(2, 32):
        retired.authorise(f"0x{number:040x}", CAP, CAP, 0, sender=owner)
    with reverts("treasury: too many tournaments"):
        retired.authorise(stranger, CAP, CAP, 0, sender=owner)
    retired.unlist(tournament_account, sender=owner)
    retired.authorise(stranger, CAP, CAP, 0, sender=owner)
    assert retired.tournament_count() == 32


def test_unlist__and_listed_again__keeps_what_it_used(treasury, owner, tournament_account):
    treasury.authorise(tournament_account, CAP, CAP, 0, sender=owner)
    treasury.reserve(ROUND, CAP, sender=tournament_account)
    treasury.draw(ROUND, CAP, sender=tournament_account)
    treasury.authorise(tournament_account, 0, 0, 0, sender=owner)
    treasury.unlist(tournament_account, sender=owner)
    assert treasury.budget_of(tournament_account).used == CAP
    treasury.authorise(tournament_account, CAP, CAP, 0, sender=owner)
    assert listed(treasury)[-1] == tournament_account
    assert treasury.room_of(tournament_account) == 0


def test_unlist__something_reserved__reverts_until_it_is_drawn_or_released(treasury, owner, tournament_account):
    for round_id in (1, 2, 3):
        treasury.reserve(round_id, 5, sender=tournament_account)
    treasury.authorise(tournament_account, 0, SUPPLY, 0, sender=owner)
    treasury.release(1, sender=tournament_account)
    treasury.draw(2, 5, sender=tournament_account)
    treasury.draw(3, 4, sender=tournament_account)
    with reverts("treasury: something is reserved"):
        treasury.unlist(tournament_account, sender=owner)
    treasury.draw(3, 1, sender=tournament_account)
    treasury.unlist(tournament_account, sender=owner)


def test_unlist__reserved_again_after_a_release__counts_anew(treasury, owner, tournament_account):
    treasury.reserve(ROUND, 5, sender=tournament_account)
    treasury.reserve(ROUND, 5, sender=tournament_account)
    treasury.release(ROUND, sender=tournament_account)
    treasury.reserve(ROUND, 5, sender=tournament_account)
    treasury.authorise(tournament_account, 0, SUPPLY, 0, sender=owner)
    with reverts("treasury: something is reserved"):
        treasury.unlist(tournament_account, sender=owner)
    treasury.release(ROUND, sender=tournament_account)
    treasury.unlist(tournament_account, sender=owner)


@pytest.mark.parametrize(
    ("sender", "tournament", "reason"),
    [
        ("stranger", "tournament_account", "ownable: caller is not the owner"),
        ("tournament_account", "tournament_account", "ownable: caller is not the owner"),
        ("owner", "stranger", "treasury: not listed"),
        ("owner", "nobody", "treasury: not listed"),
        ("owner", "other_tournament_account", "treasury: cap is not 0"),
    ],
)
def test_unlist__wrong__reverts(retired, who, sender, tournament, reason):
    with reverts(reason):
        retired.unlist(who[tournament], sender=who[sender])


def test_unlist__twice__reverts(retired, owner, tournament_account):
    retired.unlist(tournament_account, sender=owner)
    with reverts("treasury: not listed"):
        retired.unlist(tournament_account, sender=owner)
