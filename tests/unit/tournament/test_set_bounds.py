# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference.rounds import Bounds
from nmr.text.amounts import NMR
from tests.support.refusals import reverts
from tests.support.walk import PACKAGE

HOUR = 3_600
UNLIMITED = 2**256 - 1

OTHER = Bounds(
    max_primary=5_001,
    max_contribution=20_002,
    max_clip=50_000_000_003,
    min_threshold=4_004 * NMR,
    min_open=6 * HOUR,
    max_open=77 * HOUR,
    max_resolve=88 * HOUR,
    max_expiry=99 * HOUR,
    min_window=24 * HOUR - 1,
)


def test_set_bounds__by_the_owner__replaces_them_all(tournament, bounds, as_owner):
    assert tournament.bounds() == bounds
    receipt = as_owner(tournament, "set_bounds", tuple(OTHER))
    logged = [event for event in receipt.events if event.contract_address == tournament.address]
    assert logged == [tournament.BoundsSet(bounds=OTHER._asdict())]
    assert tournament.bounds() == OTHER


@pytest.mark.parametrize("actor", ["deployer", "operator", "guardian", "proposer", "stranger"], indirect=True)
def test_set_bounds__not_the_owner__reverts(tournament, bounds, actor):
    with reverts("ownable: caller is not the owner"):
        tournament.set_bounds(tuple(OTHER), sender=actor)
    assert tournament.bounds() == bounds


def test_set_bounds__twice__last_ones_stand(tournament, as_owner):
    as_owner(tournament, "set_bounds", tuple(OTHER))
    as_owner(tournament, "set_bounds", tuple(OTHER._replace(max_clip=7)))
    assert tournament.bounds() == OTHER._replace(max_clip=7)


def test_set_bounds__paused__still_works(tournament, guardian, as_owner):
    tournament.pause(sender=guardian)
    as_owner(tournament, "set_bounds", tuple(OTHER))
    assert tournament.bounds() == OTHER


def test_set_bounds__round_open__changes_the_next_round_only(tournament, walk, terms, operator, as_owner):
    first = walk.opened()
    before = tournament.round_info(first)
    as_owner(tournament, "set_bounds", tuple(OTHER._replace(max_primary=4_999)))
    assert tournament.round_info(first) == before
    walk.until(before.terms.locks_at)
    with reverts("terms: multiplier is too large"):
        tournament.open_round(first + 1, tuple(terms()), PACKAGE, sender=operator)
    assert walk.opened(primary=4_999) == first + 1


def test_set_bounds__all_zero__leaves_no_terms_to_open_with(tournament, terms, operator, as_owner):
    as_owner(tournament, "set_bounds", (0,) * 9)
    assert tournament.bounds() == (0,) * 9
    with reverts("terms: clip is out of range"):
        round_id = tournament.due_round()
        tournament.open_round(round_id, tuple(terms(primary=0, contribution=0, clip=1)), PACKAGE, sender=operator)


def test_set_bounds__largest_numbers__are_taken(tournament, as_owner):
    """What they allow is still within the hard limits: see `test_open_round`."""
    as_owner(tournament, "set_bounds", (UNLIMITED,) * 9)
    assert tournament.bounds() == (UNLIMITED,) * 9
