# SPDX-License-Identifier: MIT
import pytest

from nmr.deploy.suite import HOUR
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.support.refusals import reverts
from tests.support.suite import FIRST_ROUND, RING

ROUND_IDS = 65_536


@pytest.mark.contract
def test_constructor__suite__knows_its_token_and_treasury(tournament, numeraire, treasury):
    assert tournament.TOKEN() == numeraire
    assert tournament.TREASURY() == treasury
    assert tournament.pending_owner() == ZERO_ADDRESS


def test_constructor__suite__holds_what_it_was_given(tournament, timelock, operator, guardian, bounds):
    assert tournament.owner() == timelock
    assert tournament.operator() == operator
    assert tournament.guardian() == guardian
    assert tournament.RING() == RING
    assert tournament.FIRST_ROUND() == FIRST_ROUND
    assert tournament.HOUR() == HOUR
    assert tournament.bounds() == tuple(bounds)


def test_constructor__suite__starts_empty(tournament, staker):
    assert tournament.model_count() == 0
    assert tournament.next_round() == FIRST_ROUND
    assert tournament.idle_total() == 0
    assert not tournament.paused()
    assert tournament.register.call("first", staker, sender=staker) == 0


@pytest.mark.contract
def test_constructor__any__logs_the_roles_and_bounds(deploy_owned, deployer, owner, operator, guardian, bounds):
    tournament = deploy_owned()
    assert tournament.creation_metadata.receipt.events == [
        tournament.OwnershipTransferred(previous_owner=ZERO_ADDRESS, new_owner=deployer),
        tournament.OwnershipTransferred(previous_owner=deployer, new_owner=owner),
        tournament.OperatorSet(operator=operator),
        tournament.GuardianSet(guardian=guardian),
        tournament.BoundsSet(bounds=bounds._asdict()),
    ]


def test_constructor__one_account_for_all_roles__is_accepted(deploy_owned, owner):
    tournament = deploy_owned(operator=owner, guardian=owner)
    assert [tournament.owner(), tournament.operator(), tournament.guardian()] == [owner, owner, owner]


@pytest.mark.parametrize("ring", [1, 128])
def test_constructor__smallest_and_largest_ring_with_the_last_first_round__is_accepted(deploy_owned, ring):
    tournament = deploy_owned(ring=ring, first_round=ROUND_IDS - ring - 1)
    assert tournament.RING() == ring
    assert tournament.next_round() == ROUND_IDS - ring - 1


def test_constructor__last_first_round__is_the_last_round(deploy_owned, operator, guardian, terms):
    tournament = deploy_owned(first_round=ROUND_IDS - RING - 1)
    tournament.open_round(tuple(terms()), sender=operator)
    tournament.void(ROUND_IDS - RING - 1, sender=guardian)
    with reverts("rounds: no id is left"):
        tournament.open_round(tuple(terms()), sender=operator)


def test_constructor__first_round_of_zero__is_accepted(lens, deploy_owned, operator, terms, staker, numeraire):
    tournament = deploy_owned(first_round=0)
    tournament.register("first", staker, sender=staker)
    numeraire.approve(tournament, NMR, sender=staker)
    with reverts("rounds: no round is open"):
        tournament.stake(0, NMR, sender=staker)
    tournament.open_round(tuple(terms()), sender=operator)
    tournament.stake(0, NMR, sender=staker)
    assert lens.position(tournament, 0, 0) == NMR
    assert lens.position(tournament, RING, 0) == 0


@pytest.mark.parametrize("hour", [1, 3_599])
def test_constructor__shorter_hour_on_a_local_chain__is_accepted(deploy_owned, hour):
    assert deploy_owned(hour=hour).HOUR() == hour


@pytest.mark.contract
def test_constructor__shorter_hour_on_anvil__is_accepted(anvil_chain, deploy_owned):
    assert deploy_owned(hour=1).HOUR() == 1


@pytest.mark.contract
def test_constructor__main_chain__takes_an_hour_of_3600_seconds_alone(main_chain, deploy_owned):
    for hour in (0, 1, 3_599, 3_601):
        with reverts("rounds: an hour has 3600 seconds"):
            deploy_owned(hour=hour)
    assert deploy_owned(hour=3_600).HOUR() == 3_600


@pytest.mark.parametrize("hour", [0, 3_601, 2**256 - 1])
def test_constructor__no_hour_or_a_longer_one__reverts(deploy_owned, hour):
    with reverts("rounds: an hour has 3600 seconds"):
        deploy_owned(hour=hour)


@pytest.mark.parametrize("role", ["owner", "operator", "guardian"])
def test_constructor__role_of_nobody__reverts(deploy_owned, role):
    with reverts("roles: zero address"):
        deploy_owned(**{role: ZERO_ADDRESS})


@pytest.mark.contract
@pytest.mark.parametrize(
    ("part", "reason"), [("token", "ledger: token has no code"), ("treasury", "rounds: treasury has no code")]
)
def test_constructor__part_without_code__reverts(deploy_owned, stranger, part, reason):
    for address in (stranger, ZERO_ADDRESS):
        with reverts(reason):
            deploy_owned(**{part: address})


@pytest.mark.parametrize("ring", [0, 129, 2**256 - 1])
def test_constructor__ring_out_of_range__reverts(deploy_owned, ring):
    with reverts("rounds: ring is out of range"):
        deploy_owned(ring=ring)


@pytest.mark.parametrize(("ring", "first_round"), [(1, ROUND_IDS - 1), (128, ROUND_IDS - 128), (2, 2**256 - 1)])
def test_constructor__first_round_too_large__reverts(deploy_owned, ring, first_round):
    with reverts("rounds: first round too large"):
        deploy_owned(ring=ring, first_round=first_round)
