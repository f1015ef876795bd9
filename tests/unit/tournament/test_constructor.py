# SPDX-License-Identifier: MIT
import pytest

from nmr.deploy.suite import HOUR
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.support.suite import FIRST_ROUND, MIN_STAKE, RING
from tests.support.walk import PACKAGE

LAST_ID = 65_535


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
    assert tournament.MIN_STAKE() == MIN_STAKE
    assert tournament.bounds() == tuple(bounds)


def test_constructor__suite__starts_empty(tournament, staker):
    assert tournament.model_count() == 0
    assert tournament.due_round() == FIRST_ROUND
    assert tournament.next_round(FIRST_ROUND) == FIRST_ROUND
    assert tournament.next_round(FIRST_ROUND + 1) == FIRST_ROUND + 1
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


def test_constructor__owner_as_operator_or_guardian__is_accepted(deploy_owned, owner, operator, guardian):
    assert deploy_owned(operator=owner).guardian() == guardian
    assert deploy_owned(guardian=owner).operator() == operator


def test_constructor__one_account_as_operator_and_guardian__reverts(deploy_owned, stranger):
    with reverts("roles: operator is the guardian"):
        deploy_owned(operator=stranger, guardian=stranger)


@pytest.mark.parametrize("ring", [1, 128])
def test_constructor__smallest_and_largest_ring_with_the_last_first_round__is_accepted(deploy_owned, ring):
    tournament = deploy_owned(ring=ring, first_round=LAST_ID + 1 - ring)
    assert tournament.RING() == ring
    assert tournament.due_round() == LAST_ID + 1 - ring


def test_constructor__last_first_round__opens_every_id_and_no_more(deploy_owned, operator, guardian, terms):
    tournament = deploy_owned(first_round=LAST_ID + 1 - RING)
    for round_id in range(LAST_ID + 1 - RING, LAST_ID + 1):
        tournament.open_round(round_id, tuple(terms()), PACKAGE, sender=operator)
        tournament.void(round_id, sender=guardian)
    assert tournament.due_round() == 2**256 - 1
    for round_id in (LAST_ID + 1, LAST_ID, 0):
        with reverts("rounds: not its turn"):
            tournament.open_round(round_id, tuple(terms()), PACKAGE, sender=operator)


def test_constructor__first_round_of_zero__is_accepted(lens, deploy_owned, operator, terms, staker, numeraire):
    tournament = deploy_owned(first_round=0)
    tournament.register("first", staker, sender=staker)
    numeraire.approve(tournament, NMR, sender=staker)
    with reverts("rounds: no round is open"):
        tournament.stake(0, NMR, sender=staker)
    tournament.open_round(0, tuple(terms()), PACKAGE, sender=operator)
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
        with reverts("hours: an hour has 3600 seconds"):
            deploy_owned(hour=hour)
    assert deploy_owned(hour=3_600).HOUR() == 3_600


@pytest.mark.parametrize("hour", [0, 3_601, 2**256 - 1])
def test_constructor__no_hour_or_a_longer_one__reverts(deploy_owned, hour):
    with reverts("hours: an hour has 3600 seconds"):
        deploy_owned(hour=hour)


@pytest.mark.parametrize("role", ["owner", "operator", "guardian"])
def test_constructor__role_of_nobody__reverts(deploy_owned, role):
    with reverts("roles: zero address"):
        deploy_owned(**{role: ZERO_ADDRESS})


@pytest.mark.contract
@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("token", "ledger: token has no code"),
        ("treasury", "rounds: treasury has no code"),
        ("terms_check", "rounds: terms check has no code"),
    ],
)
def test_constructor__part_without_code__reverts(deploy_owned, stranger, part, reason):
    for address in (stranger, ZERO_ADDRESS):
        with reverts(reason):
            deploy_owned(**{part: address})


@pytest.mark.parametrize("ring", [0, 129, 2**256 - 1])
def test_constructor__ring_out_of_range__reverts(deploy_owned, ring):
    with reverts("rounds: ring is out of range"):
        deploy_owned(ring=ring)


@pytest.mark.parametrize(("ring", "first_round"), [(1, LAST_ID + 1), (128, LAST_ID + 2 - 128), (2, 2**256 - 1)])
def test_constructor__first_round_too_large__reverts(deploy_owned, ring, first_round):
    with reverts("rounds: first round too large"):
        deploy_owned(ring=ring, first_round=first_round)


@pytest.mark.contract
def test_constructor__terms_check_of_another_hour__reverts(deploy_owned, project, deployer):
    for hour in (1, HOUR - 1):
        with reverts("rounds: hours differ"):
            deploy_owned(terms_check=deployer.deploy(project.TermsCheck, hour))


@pytest.mark.contract
def test_constructor__suite__knows_its_terms_check(tournament, terms_check):
    assert tournament.TERMS_CHECK() == terms_check
    assert terms_check.HOUR() == HOUR


@pytest.mark.parametrize("min_stake", [2 * GWEI, 3 * GWEI, NMR])
def test_constructor__smallest_and_largest_min_stake__is_accepted(deploy_owned, min_stake):
    assert deploy_owned(min_stake=min_stake).MIN_STAKE() == min_stake


@pytest.mark.parametrize("min_stake", [0, GWEI, 2 * GWEI - 1, 2 * GWEI + 1, NMR + GWEI, NMR + 1, 2**256 - 1])
def test_constructor__min_stake_out_of_range__reverts(deploy_owned, min_stake):
    with reverts("ledger: min_stake out of range"):
        deploy_owned(min_stake=min_stake)
