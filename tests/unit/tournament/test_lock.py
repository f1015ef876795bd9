# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference import ALL_IDLE
from nmr.protocol.reference.rounds import State
from nmr.text.amounts import GWEI, NMR, parse_nmr
from tests.support.refusals import reverts
from tests.support.suite import CAP

HOUR = 3_600
NOT_DUE = "rounds: not due to be locked"


@pytest.fixture
def lock(tournament, team, walk, staker, stranger):
    """Locks a round of these terms with these stakes by model; gives its id and the receipt."""

    def locked(stakes: dict[int, str], **terms):
        round_id = walk.opened(**terms)
        for model, amount in stakes.items():
            tournament.stake(model, parse_nmr(amount), sender=staker)
        walk.until(tournament.round_info(round_id).terms.locks_at)
        return round_id, tournament.lock(round_id, sender=stranger)

    return locked


@pytest.fixture
def leave_in_treasury(treasury, as_owner, receiver):
    """Spends all but this much of the treasury."""
    return lambda amount: as_owner(treasury, "spend", receiver, treasury.free() - amount)


def fixed(tournament, round_id: int) -> tuple[bool, int, int, int, int]:
    """What the lock fixes."""
    info = tournament.round_info(round_id)
    return info.locked, info.at_risk, info.factor, info.clip, info.granted


def test_lock__due__fixes_terms_and_reserves_rewards(tournament, treasury, lock, walk):
    # 5% of 7.000000007, rounded up to a gwei so that the clip stays whole.
    round_id, receipt = lock({0: "3", 4: "4.000000007"})
    at_risk, granted = parse_nmr("7.000000007"), parse_nmr("0.350000001")
    assert receipt.events == [
        treasury.Reserved(tournament=tournament, round=round_id, amount=granted),
        tournament.RoundLocked(round=round_id, at_risk=at_risk, factor=10**9, clip=5 * 10**10, granted=granted),
    ]
    assert fixed(tournament, round_id) == (True, at_risk, 10**9, 5 * 10**10, granted)
    assert walk.state(round_id) == State.LOCKED
    assert tournament.staked(round_id) == at_risk
    assert tuple(treasury.reservation(tournament, round_id)) == (granted, 0, 0)
    assert treasury.reserved() == granted


def test_lock__before_the_lock__reverts_to_the_second(tournament, walk, staker):
    round_id = walk.opened()
    locks_at = tournament.round_info(round_id).terms.locks_at
    walk.until(locks_at - 1)
    with reverts(NOT_DUE):
        tournament.lock(round_id, sender=staker)
    receipt = tournament.lock(round_id, sender=staker)
    assert receipt.timestamp == locks_at
    assert tournament.round_info(round_id).locked


def test_lock__opening_period__ends_to_the_second(tournament, team, walk, staker, undone):
    round_id = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    locks_at = tournament.round_info(round_id).terms.locks_at
    with undone():
        walk.until(locks_at + 24 * HOUR - 1)
        tournament.lock(round_id, sender=staker)
        assert tournament.round_info(round_id).locked
    walk.until(locks_at + 24 * HOUR)
    with reverts(NOT_DUE):
        tournament.lock(round_id, sender=staker)
    assert walk.state(round_id) == State.EXPIRED


def test_lock__paused__still_works(tournament, walk, guardian):
    round_id = walk.opened()
    tournament.pause(sender=guardian)
    walk.locked(round_id)
    assert tournament.round_info(round_id).locked


def test_lock__position_left_before__is_not_at_risk(tournament, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, 3 * NMR, sender=staker)
    tournament.stake(1, 4 * NMR, sender=staker)
    tournament.leave(0, round_id, ALL_IDLE, sender=staker)
    walk.locked(round_id)
    assert tournament.round_info(round_id).at_risk == 4 * NMR


@pytest.mark.parametrize(
    ("at_risk", "factor"),
    [
        ("600", 1_000_000_000),
        ("1000", 1_000_000_000),
        ("1000.000000001", 999_999_999),
        ("1500", 666_666_666),
        ("7000", 142_857_142),
    ],
)
def test_lock__threshold__bounds_the_factor(tournament, lock, at_risk, factor):
    round_id, _ = lock({0: at_risk}, threshold=1_000 * NMR)
    assert tournament.round_info(round_id).factor == factor


def test_lock__more_than_the_cap__lowers_the_clip(tournament, treasury, lock):
    # 5% of 30,000 NMR is 1,500: the cap of 1,000 covers 3.3333...%.
    round_id, receipt = lock({0: "10000", 1: "20000"})
    assert CAP == 1_000 * NMR
    assert receipt.events == [
        treasury.Reserved(tournament=tournament, round=round_id, amount=CAP),
        tournament.RoundLocked(
            round=round_id, at_risk=30_000 * NMR, factor=10**9, clip=33_333_333_333, granted=1_000 * NMR
        ),
    ]
    assert fixed(tournament, round_id) == (True, 30_000 * NMR, 10**9, 33_333_333_333, CAP)


def test_lock__short_treasury__lowers_the_clip(tournament, treasury, lock, leave_in_treasury):
    # 0.15 NMR are wanted. The grant has 7 wei that the ledger cannot count.
    leave_in_treasury(parse_nmr("0.04") + 7)
    round_id, receipt = lock({0: "1", 1: "2"})
    granted = parse_nmr("0.04") + 7
    assert receipt.events == [
        treasury.Reserved(tournament=tournament, round=round_id, amount=granted),
        tournament.RoundLocked(round=round_id, at_risk=3 * NMR, factor=10**9, clip=13_333_333_333, granted=granted),
    ]
    assert fixed(tournament, round_id) == (True, 3 * NMR, 10**9, 13_333_333_333, granted)
    assert treasury.free() == 0


def test_lock__less_than_a_gwei_in_the_treasury__leaves_no_clip(tournament, lock, leave_in_treasury):
    leave_in_treasury(GWEI - 1)
    round_id, _ = lock({0: "3"})
    assert fixed(tournament, round_id) == (True, 3 * NMR, 10**9, 0, GWEI - 1)


def test_lock__empty_treasury__leaves_no_clip(tournament, lock, leave_in_treasury):
    leave_in_treasury(0)
    round_id, receipt = lock({0: "3"})
    assert receipt.events == [tournament.RoundLocked(round=round_id, at_risk=3 * NMR, factor=10**9, clip=0, granted=0)]
    assert fixed(tournament, round_id) == (True, 3 * NMR, 10**9, 0, 0)


def test_lock__unknown_to_the_treasury__leaves_no_clip(tournament, treasury, lock, as_owner):
    as_owner(treasury, "authorise", tournament, 0, 0, 0)
    round_id, _ = lock({0: "3"})
    assert fixed(tournament, round_id) == (True, 3 * NMR, 10**9, 0, 0)
    assert treasury.reserved() == 0


def test_lock__nothing_at_stake__closes_the_round(tournament, treasury, lock, walk):
    round_id, receipt = lock({}, threshold=1_000 * NMR, clip=123_456_789_012)
    assert receipt.events == [
        tournament.RoundLocked(round=round_id, at_risk=0, factor=10**9, clip=123_456_789_012, granted=0),
        tournament.RoundClosed(round=round_id, released=0),
    ]
    assert fixed(tournament, round_id) == (True, 0, 10**9, 123_456_789_012, 0)
    assert walk.state(round_id) == State.CLOSED
    assert treasury.reserved() == 0


def test_lock__another_round_locked_before__has_its_own_reservation(tournament, treasury, lock):
    first, _ = lock({0: "3"})
    second, _ = lock({0: "5"})
    assert tournament.round_info(first).granted == parse_nmr("0.15")
    assert tournament.round_info(second).granted == parse_nmr("0.25")
    assert treasury.reserved() == parse_nmr("0.4")
