# SPDX-License-Identifier: MIT
import ape
import pytest
from ape.utils import ZERO_ADDRESS

from nmr.protocol.reference.buyback import (
    LARGEST_DISCOUNT,
    LARGEST_LOT,
    LARGEST_PREMIUM,
    LARGEST_PROGRAMME,
    LONGEST_AGE,
    LONGEST_GAP,
    LONGEST_LENGTH,
    SHORTEST_AGE,
    SHORTEST_GAP,
    SHORTEST_LENGTH,
    SMALLEST_LOT,
)
from tests.support.programme import DOLLAR, PROGRAMME, programme


@pytest.fixture
def deploy(project, deployer, numeraire, treasury, owner, guardian, stablecoin, feed):
    """Deploys a buyback; `roles` replaces arguments by name, `terms` the programme."""

    def call(terms=PROGRAMME, **roles):
        arguments = {
            "token": numeraire,
            "treasury": treasury,
            "owner": owner,
            "guardian": guardian,
            "stablecoin": stablecoin,
            "feed": feed,
        }
        assert roles.keys() <= arguments.keys()
        return deployer.deploy(project.Buyback, *(arguments | roles).values(), tuple(terms))

    return call


def test_constructor__always__fixes_what_it_was_given(buyback, numeraire, treasury, stablecoin, feed):
    assert tuple(buyback.programme()) == PROGRAMME
    assert (buyback.TOKEN(), buyback.TREASURY()) == (numeraire, treasury)
    assert (buyback.STABLECOIN(), buyback.FEED()) == (stablecoin, feed)
    assert not buyback.paused()
    assert not buyback.ended()


LIMITS = [
    ("lifetime_cap", LARGEST_PROGRAMME * DOLLAR, 1, "programme: lifetime cap too large"),
    ("lot_cap", SMALLEST_LOT * DOLLAR, -1, "programme: lot cap too small"),
    ("length", SHORTEST_LENGTH, -1, "programme: length too short"),
    ("length", LONGEST_LENGTH, 1, "programme: length too long"),
    ("gap", SHORTEST_GAP, -1, "programme: gap too short"),
    ("gap", LONGEST_GAP, 1, "programme: gap too long"),
    ("discount", 1, -1, "programme: discount is zero"),
    ("discount", LARGEST_DISCOUNT, 1, "programme: discount too large"),
    ("premium", LARGEST_PREMIUM, 1, "programme: premium too large"),
    ("max_price", 1, -1, "programme: max price is zero"),
    ("max_age", SHORTEST_AGE, -1, "programme: max age too short"),
    ("max_age", LONGEST_AGE, 1, "programme: max age too long"),
]


@pytest.mark.parametrize(("field", "limit", "beyond", "reason"), LIMITS)
def test_constructor__at_a_limit__is_taken(deploy, field, limit, beyond, reason):
    assert getattr(deploy(programme(**{field: limit})).programme(), field) == limit


@pytest.mark.parametrize(("field", "limit", "beyond", "reason"), LIMITS)
def test_constructor__beyond_a_limit__reverts(deploy, field, limit, beyond, reason):
    with ape.reverts(reason):
        deploy(programme(**{field: limit + beyond}))


def test_constructor__largest_lot__is_taken_and_one_more_reverts(deploy):
    most = LARGEST_LOT * DOLLAR
    assert deploy(programme(lot_cap=most, lifetime_cap=4 * most)).programme().lot_cap == most
    with ape.reverts("programme: lot cap too large"):
        deploy(programme(lot_cap=most + 1, lifetime_cap=4 * most))


def test_constructor__lot_above_the_programme__reverts(deploy):
    assert deploy(programme(lifetime_cap=PROGRAMME.lot_cap)).programme().lot_cap == PROGRAMME.lot_cap
    with ape.reverts("programme: lot cap above lifetime cap"):
        deploy(programme(lifetime_cap=PROGRAMME.lot_cap - 1))


@pytest.mark.parametrize(
    ("role", "reason"),
    [
        ("token", "buyback: token is the zero address"),
        ("treasury", "buyback: treasury is the zero address"),
        ("owner", "buyback: owner is the zero address"),
        ("guardian", "buyback: guardian is the zero address"),
        ("stablecoin", "buyback: stablecoin is no contract"),
        ("feed", "buyback: feed is no contract"),
    ],
)
def test_constructor__nobody__reverts(deploy, role, reason):
    with ape.reverts(reason):
        deploy(**{role: ZERO_ADDRESS})


def test_constructor__nmr_as_stablecoin__reverts(deploy, numeraire):
    with ape.reverts("buyback: stablecoin is NMR"):
        deploy(stablecoin=numeraire)


def test_constructor__more_than_18_decimals__reverts(deploy, project, deployer):
    coin = deployer.deploy(project.Stablecoin, 19, deployer, 1)
    with ape.reverts("buyback: stablecoin has more than 18 decimals"):
        deploy(stablecoin=coin)
