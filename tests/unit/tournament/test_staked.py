# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference import ALL_IDLE
from nmr.text.amounts import NMR, parse_nmr
from tests.support.suite import FIRST_ROUND, RING


@pytest.mark.parametrize("round_id", [0, FIRST_ROUND - 1, FIRST_ROUND, FIRST_ROUND + RING, 2**256 - 1])
def test_staked__never_staked_in__is_zero(tournament, round_id):
    assert tournament.staked(round_id) == 0


def test_staked__each_way_in_and_out__is_counted_to_the_gwei(tournament, team, walk, staker, stranger):
    round_id = walk.opened()
    tournament.stake(0, parse_nmr("3.000000001"), sender=staker)
    tournament.stake(4, parse_nmr("5"), sender=staker)
    assert tournament.staked(round_id) == parse_nmr("8.000000001")
    # Models 1, 2, 3 and 4 up to their target of 10, model 0 by what is missing.
    tournament.enter([0, 1], sender=stranger)
    assert tournament.staked(round_id) == parse_nmr("50")
    tournament.leave(4, round_id, ALL_IDLE, sender=staker)
    assert tournament.staked(round_id) == parse_nmr("40")
    walk.locked(round_id)
    assert tournament.staked(round_id) == parse_nmr("40")


def test_staked__settled_into_the_next_round__moves_there(tournament, team, walk, staker, submitter, stranger):
    first = walk.opened()
    tournament.stake(0, 20 * NMR, sender=staker)
    tournament.stake(4, 8 * NMR, sender=staker)
    tournament.submit([0], [b"\x44" * 32], sender=submitter)
    proposal = walk.final(first, {0: (4_000_000, 0), 4: (4_000_000, 0)})
    walk.voided(walk.opened())
    following = walk.opened()
    tournament.settle(first, 0, proposal.chunks[0], [], sender=stranger)
    # Model 0 won 0.4 and keeps its target of 10, model 4 did not submit and keeps its 8.
    assert tournament.staked(first) == 0
    assert tournament.staked(following) == 18 * NMR
