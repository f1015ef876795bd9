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
    LONGEST_RESTART_DELAY,
    SHORTEST_AGE,
    SHORTEST_GAP,
    SHORTEST_LENGTH,
    SHORTEST_RESTART_DELAY,
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
            "sequencer": ZERO_ADDRESS,
        }
        assert roles.keys() <= arguments.keys()
        return deployer.deploy(project.Buyback, *(arguments | roles).values(), tuple(terms))

    return call


def test_constructor__always__fixes_what_it_was_given(buyback, numeraire, treasury, stablecoin, feed):
    assert tuple(buyback.programme()) == PROGRAMME
    assert (buyback.TOKEN(), buyback.TREASURY()) == (numeraire, treasury)
    assert (buyback.STABLECOIN(), buyback.FEED(), buyback.SEQUENCER()) == (stablecoin, feed, ZERO_ADDRESS)
    assert not buyback.paused()
    assert not buyback.ended()


LIMITS = [
    ("lifetime_cap", LARGEST_PROGRAMME * DOLLAR, 1, "programme: lifetime cap too large"),
    ("min_lot", SMALLEST_LOT * DOLLAR, -1, "programme: min lot too small"),
    ("min_lot", PROGRAMME.lot_cap, 1, "programme: min lot above lot cap"),
    ("restart_delay", 0, 1, "programme: restart delay without a sequencer"),
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


def test_constructor__smallest_programme__is_one_lot_of_one_coin(deploy):
    least = SMALLEST_LOT * DOLLAR
    assert deploy(programme(lifetime_cap=least, lot_cap=least, min_lot=least)).programme().lifetime_cap == least
    with ape.reverts("programme: min lot too small"):
        deploy(programme(lifetime_cap=least - 1, lot_cap=least - 1, min_lot=least - 1))


@pytest.mark.parametrize("decimals", [0, 18])
def test_constructor__other_decimals__smallest_lot_is_a_whole_coin(deploy, project, deployer, decimals):
    coin = deployer.deploy(project.Stablecoin, decimals, deployer, 1)
    least = SMALLEST_LOT * 10**decimals
    assert deploy(programme(decimals, min_lot=least), stablecoin=coin).programme().min_lot == least
    with ape.reverts("programme: min lot too small"):
        deploy(programme(decimals, min_lot=least - 1), stablecoin=coin)


DELAYS = [
    (SHORTEST_RESTART_DELAY, -1, "programme: restart delay too short"),
    (LONGEST_RESTART_DELAY, 1, "programme: restart delay too long"),
]


@pytest.mark.parametrize(("limit", "beyond", "reason"), DELAYS)
def test_constructor__sequencer_with_a_delay_at_a_limit__is_taken_and_one_beyond_reverts(
    deploy, feed, limit, beyond, reason
):
    buyback = deploy(programme(restart_delay=limit), sequencer=feed)
    assert (buyback.SEQUENCER(), buyback.programme().restart_delay) == (feed, limit)
    with ape.reverts(reason):
        deploy(programme(restart_delay=limit + beyond), sequencer=feed)


def test_constructor__sequencer_without_a_delay__reverts(deploy, feed):
    with ape.reverts("programme: restart delay too short"):
        deploy(sequencer=feed)


def test_constructor__sequencer_without_code__reverts(deploy, stranger):
    with ape.reverts("buyback: sequencer is no contract"):
        deploy(programme(restart_delay=SHORTEST_RESTART_DELAY), sequencer=stranger)


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
