# SPDX-License-Identifier: MIT
"""What broke earlier wordings of the protocol page: each history ends well under the wording that stands."""

import copy
from itertools import permutations

import pytest

from nmr.protocol.commitments import Commitment, Ledgered, counting
from nmr.protocol.reference import ALL_IDLE, Limits, Signed, State, Terms
from nmr.protocol.reference.rounds import MAX_ROUND
from nmr.text.amounts import GWEI, NMR, SCORE
from tests.support.example_suite import (
    GUARDIAN,
    HOUR,
    OWNER,
    RIVAL,
    SEALED,
    STAKER,
    STRANGER,
    TOURNAMENT,
    ExampleSuite,
)

DAY = 24 * HOUR
UP, DOWN = (SCORE // 100, 0), (-SCORE // 100, 0)
"""Scores that gain and burn 2% under the usual terms."""


def compounding(**setup: object) -> ExampleSuite:
    """A suite whose model 0 compounds 100 NMR."""
    suite = ExampleSuite(**setup)
    suite.call("set_policy", 0, 100 * NMR, True)
    suite.call("deposit", 0, 100 * NMR, STAKER)
    return suite


def final(suite: ExampleSuite, score: tuple[int, int] = UP) -> tuple[int, list[list[int]]]:
    """Enter and submit in the next round, and go on until it is final; gives round and chunks."""
    round_id = suite.open()
    suite.call("enter", [0], sender=STRANGER)
    suite.submit(0)
    return round_id, suite.finalise(round_id, {0: score})


def held(suite: ExampleSuite) -> dict[int, int]:
    """What model 0 has at stake, by round."""
    return {stake.round: stake.amount for stake in suite.tournament.stakes_of(0, suite.now)}


# ids are skipped while a place is blocked


def test_ids__while_a_place_is_blocked__none_is_skipped_and_no_bitmap_written_over() -> None:
    suite = compounding()
    slow, chunks = final(suite, DOWN)
    opened = []
    for _ in range(5):
        opened.append(suite.open())
        suite.now = suite.terms_of(opened[-1]).locks_at
        suite.call("lock", opened[-1], sender=STRANGER)
    # The other place has no stakes and goes on; this one stops after its next round.
    assert opened == [slow + 1, slow + 2, slow + 3, slow + 5, slow + 7]
    assert suite.tournament.submitted(slow, 0)
    suite.settle(slow, chunks)
    assert suite.last("Settled")["burns"] == 2 * NMR


# min_stake as a term that may rise


def test_min_stake__whatever_terms_come__a_compounding_stake_stays() -> None:
    assert "min_stake" not in Terms._fields
    suite = ExampleSuite(ring=1, min_stake=NMR)
    suite.call("set_policy", 0, NMR, True)
    suite.call("deposit", 0, NMR, STAKER)
    for _ in range(4):
        round_id, chunks = final(suite, (0, 0))
        suite.settle(round_id, chunks)
        assert held(suite) == {round_id + 1: NMR}


# what is kept may be dust


@pytest.mark.parametrize("compound", [True, False])
def test_kept__below_min_stake__goes_to_idle_and_nothing_blocks_enter(compound: bool) -> None:
    suite = ExampleSuite(min_stake=NMR)
    suite.call("set_policy", 0, NMR, compound)
    suite.call("deposit", 0, NMR, STAKER)
    round_id, chunks = final(suite, DOWN)
    suite.settle(round_id, chunks)
    assert held(suite) == {} and suite.tournament.idle_of(0) == NMR * 98 // 100
    suite.call("deposit", 0, NMR, STAKER)
    suite.open()
    suite.call("enter", [0], sender=STRANGER)
    assert list(held(suite).values()) == [NMR]


# idle only where n + RING itself has no id


def test_last_ids__whether_the_next_is_open_or_not__the_same_goes_to_idle() -> None:
    suite = compounding(first_round=MAX_ROUND - 3)
    round_id, chunks = final(suite)
    assert round_id + 2 <= MAX_ROUND < round_id + 4
    early, late = suite, copy.deepcopy(suite)
    for _ in range(2):
        late.now = late.terms_of(late.open()).locks_at
    assert late.state(round_id + 2) == State.ENDED
    for each in (early, late):
        each.settle(round_id, chunks)
        assert (each.tournament.idle_of(0), held(each)) == (102 * NMR, {})


# draws bounded a window, not grants


def test_ceiling__rounds_in_flight__bounds_what_all_are_granted() -> None:
    suite = ExampleSuite(limits=Limits(cap=5 * NMR, ceiling=8 * NMR, rate=0))
    treasury = suite.world.treasury
    granted = [
        treasury.reserve(round_id, 5 * NMR, sender=TOURNAMENT, now=suite.now + round_id * DAY) for round_id in range(4)
    ]
    assert granted == [5 * NMR, 3 * NMR, 0, 0]


# pause again at the lapse


def test_pause__at_the_lapse__the_same_guardian_waits_as_long_as_it_lasted() -> None:
    suite = ExampleSuite()
    suite.call("pause", sender=GUARDIAN)
    suite.wait(720)
    assert not suite.tournament.paused(suite.now)
    suite.call("register", "entry goes on", STAKER)
    with suite.refuses("roles: paused too lately"):
        suite.call("pause", sender=GUARDIAN)
    suite.wait(720)
    suite.call("pause", sender=GUARDIAN)


# ties between signed commitments by the later log


def test_commitments__of_one_sequence__the_order_of_the_log_chooses_nothing() -> None:
    entries = [Ledgered(Commitment(0, bytes([fill]) * 32, 5), True) for fill in (1, 3, 2)]
    for order in permutations(entries):
        assert counting(order)[0].hash == b"\3" * 32


# successor n + RING until its lock


def test_settle__in_the_last_hour__keeps_for_the_round_after_so_that_its_owner_can_leave() -> None:
    suite = compounding()
    round_id, chunks = final(suite)
    suite.now = suite.terms_of(suite.open()).locks_at
    following = suite.open()
    suite.now = suite.terms_of(following).locks_at - HOUR + 1
    suite.settle(round_id, chunks)
    assert held(suite) == {round_id + 4: 102 * NMR}
    with suite.refuses("ledger: waits for a later round"):
        suite.call("enter", [0], sender=STRANGER)
    with suite.refuses("ledger: waits for a later round"):
        suite.call("stake", 0, NMR)
    assert suite.call("leave", 0, round_id + 4, ALL_IDLE) == 102 * NMR


def test_settle__an_hour_before_the_lock__leaves_an_hour_to_leave() -> None:
    suite = compounding()
    round_id, chunks = final(suite)
    suite.now = suite.terms_of(suite.open()).locks_at
    following = suite.open()
    suite.now = suite.terms_of(following).locks_at - HOUR
    suite.settle(round_id, chunks)
    assert held(suite) == {following: 102 * NMR}
    suite.now += HOUR - 1
    assert suite.call("leave", 0, following, ALL_IDLE) == 102 * NMR


# a raised ceiling does not count what is used; a used-up one grants twice


def reserved(limits: Limits, *amounts: int) -> ExampleSuite:
    """A suite whose tournament asked for these amounts, a round each."""
    suite = ExampleSuite(limits=limits)
    for round_id, amount in enumerate(amounts):
        suite.world.treasury.reserve(round_id, amount, sender=TOURNAMENT, now=suite.now)
    return suite


def test_ceiling__raised__grants_what_it_was_raised_by_once() -> None:
    suite = reserved(Limits(10 * NMR, 10 * NMR, 0), 10 * NMR)
    treasury = suite.world.treasury
    treasury.authorise(TOURNAMENT, 20 * NMR, 14 * NMR, 0, sender=OWNER, now=suite.now)
    assert treasury.reserve(1, 20 * NMR, sender=TOURNAMENT, now=suite.now) == 4 * NMR
    treasury.authorise(TOURNAMENT, 20 * NMR, 14 * NMR, 0, sender=OWNER, now=suite.now)
    assert treasury.reserve(2, 20 * NMR, sender=TOURNAMENT, now=suite.now) == 0


# `used` in a closed form


def test_used__idle_time__is_no_credit() -> None:
    suite = reserved(Limits(50 * NMR, 10 * NMR, 10 * NMR), 10 * NMR)
    later = suite.now + 100 * DAY
    assert suite.world.treasury.room_of(TOURNAMENT, later) == 10 * NMR
    assert suite.world.treasury.reserve(1, 50 * NMR, sender=TOURNAMENT, now=later) == 10 * NMR
    assert suite.world.treasury.reserve(2, 50 * NMR, sender=TOURNAMENT, now=later) == 0


def test_used__released_after_time_freed_it__stops_at_nothing() -> None:
    suite = reserved(Limits(10 * NMR, 10 * NMR, 10 * NMR), 10 * NMR)
    later = suite.now + 5 * DAY
    assert suite.world.treasury.release(0, sender=TOURNAMENT, now=later) == 10 * NMR
    assert suite.world.treasury.budget_of(TOURNAMENT).used == 0
    assert suite.world.treasury.room_of(TOURNAMENT, later) == 10 * NMR


def test_used__ceiling_lowered_below_it__a_round_still_locks() -> None:
    suite = compounding(limits=Limits(10 * NMR, 10 * NMR, 0))
    suite.world.treasury.reserve(99, 10 * NMR, sender=TOURNAMENT, now=suite.now)
    suite.world.treasury.authorise(TOURNAMENT, 10 * NMR, NMR, 0, sender=OWNER, now=suite.now)
    round_id = suite.open()
    suite.call("enter", [0], sender=STRANGER)
    suite.lock(round_id)
    assert suite.tournament.round_info(round_id).granted == 0
    assert suite.world.treasury.release(99, sender=TOURNAMENT, now=suite.now) == 10 * NMR


def test_used__new_rate__frees_from_now_on() -> None:
    suite = reserved(Limits(10 * NMR, 10 * NMR, 0), 10 * NMR)
    later = suite.now + 100 * DAY
    suite.world.treasury.authorise(TOURNAMENT, 10 * NMR, 10 * NMR, 4 * NMR, sender=OWNER, now=later)
    assert suite.world.treasury.room_of(TOURNAMENT, later) == 0
    assert suite.world.treasury.room_of(TOURNAMENT, later + DAY) == 4 * NMR


def test_used__taken_off_the_list_and_put_back__stays() -> None:
    suite = reserved(Limits(10 * NMR, 10 * NMR, 0), 10 * NMR)
    treasury = suite.world.treasury
    treasury.draw(0, 10 * NMR, sender=TOURNAMENT, now=suite.now)
    treasury.authorise(TOURNAMENT, 0, 0, 0, sender=OWNER, now=suite.now)
    treasury.unlist(TOURNAMENT, sender=OWNER, now=suite.now)
    assert treasury.tournaments() == ()
    treasury.authorise(TOURNAMENT, 10 * NMR, 10 * NMR, 0, sender=OWNER, now=suite.now)
    assert treasury.reserve(1, NMR, sender=TOURNAMENT, now=suite.now) == 0


# a signature counts whole or not


def test_submit_signed__one_model_of_many_changed_its_submitter__the_others_count() -> None:
    suite = ExampleSuite()
    for model in range(4):
        suite.call("set_submitter", model, RIVAL)
    suite.call("set_submitter", 2, STRANGER)
    round_id = suite.open()
    suite.call("submit_signed", [Signed(4, suite.now, RIVAL)], [0, 1, 2, 3], [SEALED] * 4, sender=STRANGER)
    assert [suite.tournament.submitted(round_id, model) for model in range(4)] == [True, True, False, True]


# `leave` refuses what stays below MIN_STAKE


def test_leave__a_stranger_raised_the_stake_by_dust__takes_all() -> None:
    suite = compounding()
    round_id = suite.open()
    suite.call("set_policy", 0, 200 * NMR, True)
    suite.call("enter", [0], sender=STRANGER)
    suite.call("deposit", 0, 5 * GWEI, STAKER, sender=RIVAL)
    suite.call("enter", [0], sender=RIVAL)
    assert suite.call("leave", 0, round_id, 100 * NMR) == 100 * NMR + 5 * GWEI
    assert held(suite) == {}


# pause again after as long as the last one lasted


def test_pause__of_no_time__the_next_takes_a_day() -> None:
    suite = ExampleSuite()
    suite.call("pause", sender=GUARDIAN)
    suite.call("unpause", sender=GUARDIAN)
    with suite.refuses("roles: paused too lately"):
        suite.call("pause", sender=GUARDIAN)
    suite.now += DAY - 1
    with suite.refuses("roles: paused too lately"):
        suite.call("pause", sender=GUARDIAN)
    suite.now += 1
    suite.call("pause", sender=GUARDIAN)
