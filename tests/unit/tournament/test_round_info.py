# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.chunk_tree import encode, leaf
from nmr.protocol.reference import Round, Terms
from nmr.text.amounts import NMR, parse_nmr
from tests.support.suite import FIRST_ROUND
from tests.support.walk import PACKAGE

HOUR = 3_600
EMPTY = bytes(32)
OPENED_LIST, EVIDENCE = b"\x22" * 32, b"\x33" * 32
NEVER_OPENED = Round(Terms(0, 0, 0, 0, EMPTY, 0, 0, 0, 0))


@pytest.mark.contract
@pytest.mark.parametrize("round_id", [0, FIRST_ROUND - 1, FIRST_ROUND + 1, 2**256 - 1])
def test_round_info__never_opened__is_all_zero(tournament, walk, round_id):
    walk.opened()
    assert walk.info(round_id) == NEVER_OPENED


def test_round_info__step_by_step__tells_all_that_happened(tournament, team, walk, terms, operator, staker, stranger):
    agreed = terms(threshold=1_600 * NMR)
    expected = Round(agreed)
    round_id = tournament.due_round()
    tournament.open_round(round_id, tuple(agreed), PACKAGE, sender=operator)
    assert walk.info(round_id) == expected

    tournament.stake(0, 1_200 * NMR, sender=staker)
    tournament.stake(1, 800 * NMR, sender=staker)
    expected = expected._replace(staked=2_000 * NMR)
    assert walk.info(round_id) == expected

    walk.locked(round_id)
    fixed = {"at_risk": 2_000 * NMR, "factor": 800_000_000, "clip": 5 * 10**10, "granted": 100 * NMR}
    expected = expected._replace(locked=True, **fixed)
    assert walk.info(round_id) == expected

    tournament.publish_opened(round_id, OPENED_LIST, sender=operator)
    expected = expected._replace(opened_list=OPENED_LIST)
    assert walk.info(round_id) == expected

    word = 2_000_000
    root = leaf([word])
    walk.until(agreed.resolves_at)
    receipt = tournament.propose(round_id, root, 1, EVIDENCE, sender=operator)
    final_at = receipt.timestamp + 24 * HOUR
    expected = expected._replace(root=root, chunks=1, evidence=EVIDENCE, final_at=final_at)
    assert walk.info(round_id) == expected

    walk.until(final_at)
    tournament.settle(round_id, 0, encode([word]), [], sender=stranger)
    expected = expected._replace(staked=0)
    assert walk.info(round_id) == expected


def test_round_info__void__says_so(tournament, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, parse_nmr("1.5"), sender=staker)
    before = walk.info(round_id)
    walk.voided(round_id)
    assert walk.info(round_id) == before._replace(void=True)
