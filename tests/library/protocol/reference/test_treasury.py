# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.support.example_suite import (
    NUMERAIRE,
    OPERATOR,
    OWNER,
    STAKER,
    STRANGER,
    TOURNAMENT,
    TREASURY,
    ExampleSuite,
)


@pytest.fixture
def suite() -> ExampleSuite:
    return ExampleSuite(cap=10 * NMR)


def reserve(suite: ExampleSuite, round_id: int, amount: int, sender: str = TOURNAMENT) -> int:
    return suite.world.treasury.reserve(round_id, amount, sender=sender, now=suite.now)


def test_reserve__within_the_cap__granted(suite: ExampleSuite) -> None:
    assert reserve(suite, 1, 4 * NMR) == 4 * NMR
    assert suite.last("Reserved") == {"tournament": TOURNAMENT, "round": 1, "amount": 4 * NMR}
    treasury = suite.world.treasury
    assert treasury.reserved() == 4 * NMR
    assert treasury.free() == 3_000_000 * NMR - 4 * NMR
    assert treasury.reservation(TOURNAMENT, 1) == (4 * NMR, 0, 0)


def test_reserve__beyond_the_cap__the_rest_of_the_cap_of_that_round(suite: ExampleSuite) -> None:
    assert reserve(suite, 1, 4 * NMR) == 4 * NMR
    assert reserve(suite, 1, 7 * NMR) == 6 * NMR
    assert reserve(suite, 1, NMR) == 0
    assert reserve(suite, 2, 11 * NMR) == 10 * NMR


def test_reserve__cap_lowered_below_the_grant__nothing(suite: ExampleSuite) -> None:
    reserve(suite, 1, 4 * NMR)
    suite.world.treasury.authorise(TOURNAMENT, NMR, sender=OWNER, now=suite.now)
    assert reserve(suite, 1, NMR) == 0
    assert suite.world.treasury.reservation(TOURNAMENT, 1) == (4 * NMR, 0, 0)


def test_reserve__balance_reserved_for_other_rounds__what_is_free(suite: ExampleSuite) -> None:
    treasury = suite.world.treasury
    treasury.authorise(TOURNAMENT, 2_000_000 * NMR, sender=OWNER, now=suite.now)
    assert reserve(suite, 1, 2_000_000 * NMR) == 2_000_000 * NMR
    assert reserve(suite, 2, 2_000_000 * NMR) == 1_000_000 * NMR
    assert reserve(suite, 3, 2_000_000 * NMR) == 0
    assert treasury.free() == 0


def test_reserve__stranger__nothing(suite: ExampleSuite) -> None:
    events = len(suite.world.events)
    assert reserve(suite, 1, NMR, sender=STRANGER) == 0
    assert len(suite.world.events) == events


def test_draw__in_parts__up_to_what_is_left(suite: ExampleSuite) -> None:
    treasury = suite.world.treasury
    reserve(suite, 1, 4 * NMR)
    treasury.draw(1, 3 * NMR, sender=TOURNAMENT, now=suite.now)
    assert suite.last("Drawn") == {"tournament": TOURNAMENT, "round": 1, "amount": 3 * NMR}
    assert suite.world.numeraire.balance_of(TOURNAMENT) == 3 * NMR
    with suite.refuses("treasury: more than is reserved"):
        treasury.draw(1, NMR + 1, sender=TOURNAMENT, now=suite.now)
    treasury.draw(1, NMR, sender=TOURNAMENT, now=suite.now)
    events = len(suite.world.events)
    treasury.draw(1, 0, sender=TOURNAMENT, now=suite.now)
    assert len(suite.world.events) == events
    assert treasury.reservation(TOURNAMENT, 1) == (4 * NMR, 4 * NMR, 0)
    assert treasury.reserved() == 0


def test_draw__of_another_round_or_tournament__refused(suite: ExampleSuite) -> None:
    reserve(suite, 1, 4 * NMR)
    for round_id, sender in ((2, TOURNAMENT), (1, STRANGER), (1, OWNER)):
        with suite.refuses("treasury: more than is reserved"):
            suite.world.treasury.draw(round_id, 1, sender=sender, now=suite.now)


def test_release__once__what_is_left_and_then_nothing(suite: ExampleSuite) -> None:
    treasury = suite.world.treasury
    reserve(suite, 1, 4 * NMR)
    treasury.draw(1, NMR, sender=TOURNAMENT, now=suite.now)
    assert treasury.release(1, sender=STRANGER, now=suite.now) == 0
    assert treasury.release(1, sender=TOURNAMENT, now=suite.now) == 3 * NMR
    assert suite.last("Released") == {"tournament": TOURNAMENT, "round": 1, "amount": 3 * NMR}
    assert treasury.release(1, sender=TOURNAMENT, now=suite.now) == 0
    assert treasury.release(2, sender=TOURNAMENT, now=suite.now) == 0
    assert treasury.reservation(TOURNAMENT, 1) == (4 * NMR, NMR, 3 * NMR)
    with suite.refuses("treasury: more than is reserved"):
        treasury.draw(1, 1, sender=TOURNAMENT, now=suite.now)
    # What was given back is not granted again: the cap counts grants.
    assert reserve(suite, 1, 10 * NMR) == 6 * NMR


def test_authorise__owner__cap(suite: ExampleSuite) -> None:
    treasury = suite.world.treasury
    treasury.authorise(STRANGER, NMR, sender=OWNER, now=suite.now)
    assert treasury.cap_of(STRANGER) == NMR
    assert suite.last("Authorised") == {"tournament": STRANGER, "cap": NMR}
    for sender in (OPERATOR, TOURNAMENT, STAKER):
        with suite.refuses("ownable: caller is not the owner"):
            treasury.authorise(STRANGER, NMR, sender=sender, now=suite.now)
    with suite.refuses("treasury: tournament is the zero address"):
        treasury.authorise(ZERO_ADDRESS, NMR, sender=OWNER, now=suite.now)


def test_spend__owner__only_what_is_free(suite: ExampleSuite) -> None:
    treasury = suite.world.treasury
    reserve(suite, 1, 4 * NMR)
    with suite.refuses("treasury: more than is free"):
        treasury.spend(STRANGER, treasury.free() + 1, sender=OWNER, now=suite.now)
    with suite.refuses("ownable: caller is not the owner"):
        treasury.spend(STRANGER, 1, sender=STRANGER, now=suite.now)
    with suite.refuses("treasury: amount is zero"):
        treasury.spend(STRANGER, 0, sender=OWNER, now=suite.now)
    for receiver, name in ((ZERO_ADDRESS, "zero address"), (TREASURY, "treasury"), (NUMERAIRE, "token")):
        with suite.refuses(f"treasury: receiver is the {name}"):
            treasury.spend(receiver, 1, sender=OWNER, now=suite.now)
    free = treasury.free()
    treasury.spend(STRANGER, free, sender=OWNER, now=suite.now)
    assert suite.last("Spent") == {"receiver": STRANGER, "amount": free}
    assert suite.world.numeraire.balance_of(STRANGER) == free
    assert suite.world.numeraire.balance_of(TREASURY) == treasury.reserved() == 4 * NMR


def test_allow__owner__any_token_but_nmr(suite: ExampleSuite) -> None:
    treasury = suite.world.treasury
    treasury.allow("stablecoin", STRANGER, 7, sender=OWNER, now=suite.now)
    assert suite.last("Allowed") == {"token": "stablecoin", "spender": STRANGER, "amount": 7}
    with suite.refuses("treasury: token is NMR"):
        treasury.allow(NUMERAIRE, STRANGER, 7, sender=OWNER, now=suite.now)
    with suite.refuses("ownable: caller is not the owner"):
        treasury.allow("stablecoin", STRANGER, 7, sender=STRANGER, now=suite.now)
    with suite.refuses("treasury: spender is the zero address"):
        treasury.allow("stablecoin", ZERO_ADDRESS, 7, sender=OWNER, now=suite.now)


def test_tournaments__authorised_later_and_ended__are_all_listed(suite: ExampleSuite) -> None:
    treasury = suite.world.treasury
    treasury.authorise(STRANGER, NMR, sender=OWNER, now=suite.now)
    treasury.authorise(TOURNAMENT, 0, sender=OWNER, now=suite.now)
    assert treasury.tournaments() == (TOURNAMENT, STRANGER)


def test_authorise__more_than_are_listed__refused(suite: ExampleSuite) -> None:
    treasury = suite.world.treasury
    for number in range(1, 32):
        treasury.authorise(f"0x{number:040x}", NMR, sender=OWNER, now=suite.now)
    with suite.refuses("treasury: too many tournaments"):
        treasury.authorise(STRANGER, NMR, sender=OWNER, now=suite.now)
