# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import SUPPLY
from tests.support.refusals import reverts

CAP = 10_000 * 10**18
UNLIMITED = 2**256 - 1
ROUND = 1


def test_authorise__new_tournament__sets_its_cap(treasury, owner, stranger):
    receipt = treasury.authorise(stranger, CAP, SUPPLY, 0, sender=owner)
    assert receipt.events == [treasury.Authorised(tournament=stranger, cap=CAP, ceiling=SUPPLY, rate=0)]
    assert treasury.cap_of(stranger) == CAP


def test_authorise__same_cap_again__is_logged_again(treasury, owner, tournament_account):
    receipt = treasury.authorise(tournament_account, CAP, SUPPLY, 0, sender=owner)
    assert receipt.events == [treasury.Authorised(tournament=tournament_account, cap=CAP, ceiling=SUPPLY, rate=0)]
    assert treasury.cap_of(tournament_account) == CAP


def test_authorise__higher_cap__lets_the_same_round_reserve_the_rest(treasury, owner, tournament_account):
    treasury.reserve(ROUND, CAP, sender=tournament_account)
    treasury.authorise(tournament_account, CAP + 3, SUPPLY, 0, sender=owner)
    treasury.reserve(ROUND, CAP, sender=tournament_account)
    assert treasury.reservation(tournament_account, ROUND).granted == CAP + 3


def test_authorise__lower_cap__takes_nothing_back_and_grants_nothing(treasury, owner, tournament_account):
    treasury.reserve(ROUND, CAP, sender=tournament_account)
    treasury.authorise(tournament_account, CAP - 1, SUPPLY, 0, sender=owner)
    assert treasury.reserve.call(ROUND, 1, sender=tournament_account) == 0
    assert treasury.reserved() == CAP


def test_authorise__cap_of_zero__grants_nothing_more(treasury, owner, tournament_account):
    receipt = treasury.authorise(tournament_account, 0, SUPPLY, 0, sender=owner)
    assert receipt.events == [treasury.Authorised(tournament=tournament_account, cap=0, ceiling=SUPPLY, rate=0)]
    assert treasury.reserve.call(ROUND, 1, sender=tournament_account) == 0


def test_authorise__cap_of_zero__leaves_reservations_drawable(treasury, numeraire, owner, tournament_account):
    treasury.reserve(ROUND, CAP, sender=tournament_account)
    treasury.authorise(tournament_account, 0, SUPPLY, 0, sender=owner)
    treasury.draw(ROUND, CAP - 1, sender=tournament_account)
    assert numeraire.balanceOf(tournament_account) == CAP - 1
    treasury.release(ROUND, sender=tournament_account)
    assert treasury.reserved() == 0


def test_authorise__largest_limits__are_bounded_by_what_is_free(treasury, owner, tournament_account):
    treasury.authorise(tournament_account, SUPPLY, SUPPLY, SUPPLY, sender=owner)
    free = treasury.free()
    assert treasury.reserve.call(ROUND, UNLIMITED, sender=tournament_account) == free


@pytest.mark.parametrize("number", [SUPPLY + 1, UNLIMITED])
@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (0, "treasury: cap is above the supply"),
        (1, "treasury: ceiling is above the supply"),
        (2, "treasury: rate is above the supply"),
    ],
)
def test_authorise__more_than_the_supply__reverts(treasury, owner, tournament_account, at, reason, number):
    """A product of a larger one could overflow, which would stop a tournament's `lock`."""
    limits = [1, 1, 1]
    limits[at] = number
    with reverts(reason):
        treasury.authorise(tournament_account, *limits, sender=owner)


# The list of tournaments


def listed(treasury) -> list[str]:
    return [treasury.tournament_at(index) for index in range(treasury.tournament_count())]


def test_authorise__new_tournament__is_listed_last(
    treasury, owner, tournament_account, other_tournament_account, stranger
):
    treasury.authorise(stranger, CAP, SUPPLY, 0, sender=owner)
    assert listed(treasury) == [tournament_account, other_tournament_account, stranger]
    assert treasury.tournament_at(3) == ZERO_ADDRESS


def test_authorise__again_after_a_cap_of_zero__is_listed_once(
    treasury, owner, tournament_account, other_tournament_account
):
    for cap in (0, CAP, 0):
        treasury.authorise(tournament_account, cap, SUPPLY, 0, sender=owner)
        assert listed(treasury) == [tournament_account, other_tournament_account]


def test_authorise__as_many_as_are_listed__then_only_those(treasury, owner, accounts, tournament_account):
    for number in range(2, 32):
        treasury.authorise(f"0x{number:040x}", CAP, SUPPLY, 0, sender=owner)
    assert treasury.tournament_count() == 32
    with reverts("treasury: too many tournaments"):
        treasury.authorise(accounts[19], CAP, SUPPLY, 0, sender=owner)
    treasury.authorise(tournament_account, 0, SUPPLY, 0, sender=owner)
    assert treasury.tournament_count() == 32


@pytest.mark.parametrize(
    ("sender", "tournament", "reason"),
    [
        *[
            (sender, "stranger", "ownable: caller is not the owner")
            for sender in ("deployer", "tournament_account", "stranger")
        ],
        ("owner", "nobody", "treasury: tournament is the zero address"),
    ],
)
def test_authorise__wrong__reverts(treasury, who, sender, tournament, reason):
    with reverts(reason):
        treasury.authorise(who[tournament], CAP, SUPPLY, 0, sender=who[sender])
