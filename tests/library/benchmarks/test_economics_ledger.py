# SPDX-License-Identifier: MIT
"""Economic attacks on the ledger, each in a small exact case: who gains how much, to the gwei."""

from inspect import signature
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.economics import ledger as economics_ledger
from benchmarks.economics.ledger import (
    AT_STAKE,
    CALLS,
    COIN,
    FREE,
    HOARD,
    LOSING,
    MOMENTS,
    PARTS,
    RING,
    STRAGGLER,
    Hoarded,
    Scene,
    Starved,
    drained,
    forged,
    hoarded,
    lies,
    moments,
    most_drained,
    settlements,
    splits,
    starved,
    starving_stake,
    unproposed,
    voided,
    weighted,
    withheld,
)
from benchmarks.economics.market import STAKE
from benchmarks.economics.stage import (
    CAP,
    CAP_FILLS,
    CLIP,
    CONTRIBUTION,
    LONG_RING,
    MAX_CLIP,
    OUTSIDE,
    PRIMARY,
    RESERVE,
    STAKER,
    Stage,
)
from nmr.errors import Refused
from nmr.protocol import payout
from nmr.protocol.reference import Tournament
from nmr.protocol.score_words import MAX_SCORE
from nmr.text.amounts import FACTOR, GWEI, RATIO, SUPPLY

STAKES = st.integers(1, SUPPLY // GWEI)
POINTS = st.integers(-MAX_SCORE, MAX_SCORE)
FACTORS = st.integers(0, FACTOR)
CLIPS = st.integers(0, RATIO)
WIN, LOSS = (1_234_567, 345_678), (-1_234_567, -345_678)
UNDER_THE_CLIP = (2_000_001, 0)
"""0.5 × 0.02000001 is 1% of a stake, and the clip 5%."""


def rule(factor: int = FACTOR, clip: int = CLIP) -> payout.Rule:
    return payout.Rule(PRIMARY, CONTRIBUTION, factor, clip)


def parameters(function):
    """The names of what a function takes; none of what is no function."""
    return set(signature(function).parameters) if callable(function) else set()


def quiet():
    """Nobody is told."""


# twins


@pytest.mark.parametrize("score", [WIN, UNDER_THE_CLIP, (0, 0), (MAX_SCORE, MAX_SCORE), (3, -1)], ids=str)
def test_twins__equal_stakes__net_nothing_to_the_gwei(score):
    stage = Stage(2)
    changes = stage.play({0: STAKE + 7, 1: STAKE + 7}, [0, 1], {0: score, 1: (-score[0], -score[1])})
    assert changes[0] == payout.delta(STAKE + 7, *score, rule())
    assert sum(changes.values()) == 0


@given(STAKES, STAKES, POINTS, POINTS, FACTORS, CLIPS)
def test_twins__any_stakes__what_the_difference_gains_to_a_gwei(one, other, primary, contribution, factor, clip):
    applied = rule(factor, clip)
    both = payout.delta(one, primary, contribution, applied) + payout.delta(other, -primary, -contribution, applied)
    sign = 1 if one >= other else -1
    difference = payout.delta(abs(one - other), sign * primary, sign * contribution, applied)
    assert abs(both - difference) <= 1


@pytest.mark.parametrize(
    ("stake", "threshold", "paid"), [(2_800, 5_600, 140), (2_000_000, 5_600, 420), (2_000_000, 0, 50_000)]
)
def test_twins__equal_stakes__the_treasury_pays_up_to_the_bound_and_the_owner_gains_nothing(stake, threshold, paid):
    found = drained(stake * COIN, threshold * COIN)
    assert (found.paid, found.bound, found.gained) == (paid * COIN, paid * COIN, 0)


@given(STAKES, STAKES | st.just(0), POINTS, POINTS, CLIPS, STAKES)
def test_twins__equal_stakes__are_paid_no_more_than_the_bound(stake, threshold, primary, contribution, clip, cap):
    granted = min(payout.wanted(2 * stake, clip), cap)
    applied = rule(payout.factor(threshold, 2 * stake), payout.effective_clip(clip, granted, 2 * stake))
    paid = abs(payout.delta(stake, primary, contribution, applied))
    assert paid <= most_drained(2 * stake, threshold, weighted((primary, contribution)), clip, cap)


# splitting


@given(st.lists(STAKES, min_size=1, max_size=20), POINTS, POINTS, FACTORS, CLIPS)
def test_split__any_accounts__changes_less_by_fewer_gwei_than_accounts(parts, primary, contribution, factor, clip):
    whole = abs(payout.delta(sum(parts), primary, contribution, rule(factor, clip)))
    split = sum(abs(payout.delta(part, primary, contribution, rule(factor, clip))) for part in parts)
    assert 0 <= whole - split <= len(parts) - 1


def test_split__two_accounts_on_the_ledger__what_one_account_gains_less_a_gwei_at_most():
    whole = Stage(1).play({0: 2 * STAKE + 1}, [0], {0: WIN})
    split = Stage(2).play({0: STAKE, 1: STAKE + 1}, [0, 1], {0: WIN, 1: WIN})
    assert 0 <= whole[0] - sum(split.values()) <= 1


def test_splits__many_scores__each_within_its_bound_and_more_accounts_save_more():
    found = splits([WIN, LOSS, UNDER_THE_CLIP, (-1, 0), (3, 1)], rule())
    assert [split.parts for split in found] == list(PARTS)
    assert all(0 <= split.saved < split.parts and 0 <= split.lost < split.parts for split in found)
    assert found[-1].saved > found[0].saved


# stakes that never submit


def test_parked__as_much_as_is_staked__halves_what_others_win_and_lose_and_costs_nothing():
    scores = {0: UNDER_THE_CLIP, 1: (-2_000_001, 0)}
    alone = Stage(3, threshold=2 * STAKE).play({0: STAKE, 1: STAKE}, [0, 1], scores)
    beside = Stage(3, threshold=2 * STAKE).play({0: STAKE, 1: STAKE, 2: 2 * STAKE}, [0, 1], scores)
    assert alone[0] == payout.delta(STAKE, *UNDER_THE_CLIP, rule()) == -alone[1]
    assert beside == {0: alone[0] // 2, 1: -(alone[0] // 2), 2: 0}


def test_parked__beyond_the_cap__clip_is_what_the_cap_leaves():
    asked = payout.wanted(2 * STAKE, CLIP)
    beside = Stage(3, cap=asked).play({0: STAKE, 1: STAKE, 2: 2 * STAKE}, [0, 1], {0: (MAX_SCORE, 0), 1: LOSS})
    assert beside[0] == STAKE * CLIP // RATIO // 2
    assert beside[2] == 0


def test_parked__a_cap_with_room__is_not_felt_until_it_is_full():
    scores = {0: (MAX_SCORE, 0), 1: LOSS}
    cap = 2 * payout.wanted(2 * STAKE, CLIP)
    within = Stage(3, cap=cap).play({0: STAKE, 1: STAKE, 2: 2 * STAKE}, [0, 1], scores)
    beyond = Stage(3, cap=cap).play({0: STAKE, 1: STAKE, 2: 6 * STAKE}, [0, 1], scores)
    assert within[0] == STAKE * CLIP // RATIO == 2 * beyond[0]


def test_parked__a_loser_who_parks__burns_no_less_than_one_who_leaves():
    scores = {0: (-MAX_SCORE, 0)}
    parks = Stage(2, threshold=STAKE).play({0: STAKE, 1: 99 * STAKE}, [0], scores)
    leaves = Stage(2, threshold=STAKE).play({0: 0, 1: STAKE}, [], scores)
    assert sum(parks.values()) < 0 == sum(leaves.values())


# a guardian or operator who colludes


@pytest.mark.parametrize(("clip", "threshold"), [(CLIP, 4 * STAKE), (MAX_CLIP, 0)])
def test_lies__eight_rounds_on_a_ring_of_four__two_clips_each_place_and_no_more(clip, threshold):
    found = lies(5, STAKE, clip, threshold, rounds=8)
    once = STAKE + STAKE * clip // RATIO
    twice = once + once * clip // RATIO
    assert found.gained == found.drained == 4 * (twice - STAKE) > 0
    assert found.crowd == 16 * STAKE
    left = STAKE - STAKE * clip // RATIO
    assert found.burned == 16 * (STAKE - left + left * clip // RATIO)


def test_lies__a_small_cap__pays_no_more_than_the_cap():
    stage = Stage(1, cap=COIN)
    changes = stage.play({0: STAKE}, [0], {0: (MAX_SCORE, MAX_SCORE)})
    assert changes == {0: COIN}


def test_forged__at_the_largest_clip__the_whole_cap_and_a_threshold_limits_it():
    assert forged(CAP_FILLS, 0) == CAP
    assert forged(CAP_FILLS - RATIO, 0) < CAP
    assert 0 <= 5_600 * weighted((MAX_SCORE, MAX_SCORE)) // 10**3 - forged(CAP_FILLS, 5_600 * COIN) < COIN


def test_undone_round__a_loss__is_not_burned():
    assert Stage(1).play({0: STAKE}, [0], {0: LOSS})[0] < 0
    assert voided(LOSS) == unproposed() == 0


# reservations


def test_starved__at_the_bounds__begins_and_ends_there():
    crowd, free = 1_000 * COIN, 100 * COIN
    felt, nothing = starving_stake(free, crowd, CLIP)
    assert (felt, nothing) == (1_000 * COIN, 2_000 * COIN)
    assert starved(felt, crowd, free).clip == CLIP
    short = starved(felt + COIN, crowd, free)
    assert short.granted == payout.wanted(crowd, CLIP) - payout.wanted(COIN, CLIP)
    assert short.clip < CLIP
    assert starved(nothing, crowd, free) == Starved(nothing, 0, 0)


def test_hoarded__one_group_left_waiting__a_stake_that_came_home_is_reserved_for_again():
    asked = payout.wanted(HOARD + STRAGGLER, CLIP)
    crowd = 5_600 * COIN
    assert hoarded(crowd, settled=False) == Hoarded(False, (asked, FREE - asked), HOARD, 0)
    assert hoarded(crowd, settled=True) == Hoarded(True, (asked, asked), HOARD, payout.wanted(crowd, CLIP))


def test_hoarded__twice_the_ring__no_more_rounds_can_wait():
    assert len(hoarded(STAKE, settled=False, rounds=3, ring=2).granted) == 3
    with pytest.raises(Refused, match=r"^rounds: not its turn$"):
        hoarded(STAKE, settled=False, rounds=4, ring=2)
    assert 2 * RING * CAP < RESERVE < 2 * LONG_RING * CAP


@pytest.mark.parametrize("clip", [CLIP, MAX_CLIP])
def test_starved__all_nmr_there_is__a_full_treasury_grants_in_full(clip):
    assert starving_stake(RESERVE, STAKE, clip)[0] > OUTSIDE
    crowd = STAKE
    assert starved(OUTSIDE - crowd, crowd, RESERVE, clip).granted == payout.wanted(crowd, clip)


def test_starved__a_huge_stake__takes_the_cap_and_no_more():
    stage = Stage(1)
    stage.open()
    stage.enter({0: 3 * CAP * RATIO // CLIP})
    assert stage.lock(0).granted == CAP * GWEI


# what is known when


def test_moments__every_call_at_every_moment__only_an_open_round_can_be_changed():
    told = []
    found = moments(lambda: told.append(1), longest=1)
    assert [tried.moment for tried in found] == [moment for moment, _, _ in MOMENTS]
    assert found[0].moment == "open" and found[0].changed > 0 and found[0].best > 0
    assert [tried.changed for tried in found[1:]] == [0] * 7
    assert all(tried.allowed > 0 for tried in found)
    assert len(told) == len(MOMENTS)


def test_moments__the_calls__are_all_functions_of_the_ledger_that_change_something(monkeypatch):
    tried = set()
    scene = Scene()
    for _, _, step in MOMENTS[:-1]:
        step(scene)
    monkeypatch.setattr(Scene, "call", lambda self, name, *args, sender=STAKER: tried.add(name))
    for call in CALLS.values():
        call(scene)
    assert tried == {name for name, function in vars(Tournament).items() if {"sender", "now"} <= parameters(function)}
    assert len(tried) == 28


def test_moments__two_calls_in_a_row_after_the_lock__change_nothing(monkeypatch):
    some = ("stake", "leave with the loser", "exit", "compound more", "settle", "withdraw")
    monkeypatch.setattr(economics_ledger, "CALLS", {name: CALLS[name] for name in some})
    found = moments(quiet)
    assert [tried.sequences for tried in found] == [6 + 36] * len(MOMENTS)
    assert found[0].changed > 0
    assert all(tried.allowed > 6 and tried.changed == tried.best == 0 for tried in found[1:])


def test_settlements__any_moment__same_rewards_and_burns_unless_nobody_settles():
    *settled, never = settlements()
    assert {(way.rewards, way.burns) for way in settled} == {(10 * COIN, 5 * COIN)}
    assert [way.successor for way in settled] == [2, 2, 4, 4]
    assert len({(way.kept, way.idle) for way in settled}) == 1
    assert (never.rewards, never.burns, never.kept) == (0, 0, 3 * AT_STAKE)


def test_withheld__the_losers_chunk__gains_its_burn_unless_anyone_settles_it():
    assert withheld(UNDER_THE_CLIP) == (payout.delta(STAKE, *UNDER_THE_CLIP, rule()), 0)


def test_stage__rounds_one_after_the_other__stakes_come_home_in_between():
    stage = Stage(2)
    for stakes in pairwise((STAKE, 2 * STAKE, STAKE // 2)):
        changes = stage.play(dict(enumerate(stakes)), [0], {0: WIN, 1: WIN})
        assert changes == {0: payout.delta(stakes[0], *WIN, rule()), 1: 0}
    assert stage.tournament.staked_total() == 0
    assert stage.worth(LOSING) == stage.tournament.idle_of(LOSING) // GWEI
