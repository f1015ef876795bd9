# SPDX-License-Identifier: MIT
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.protocol import payout
from nmr.protocol.payout import Rule
from nmr.protocol.score_words import MAX_SCORE, MIN_SCORE
from nmr.text.amounts import FACTOR, MULTIPLIER, RATIO, SCORE, SUPPLY

GWEI_SUPPLY = SUPPLY // 10**9
STAKE = st.integers(0, GWEI_SUPPLY)
POINTS = st.integers(MIN_SCORE, MAX_SCORE)
RULE = st.builds(
    Rule,
    primary=st.integers(0, 100 * MULTIPLIER),
    contribution=st.integers(0, 100 * MULTIPLIER),
    factor=st.integers(0, FACTOR),
    clip=st.integers(0, RATIO),
)


def exact_delta(stake: int, primary: int, contribution: int, rule: Rule) -> Fraction:
    """The payout rule without any rounding."""
    raw = Fraction(primary * rule.primary + contribution * rule.contribution, SCORE * MULTIPLIER)
    share = min(abs(raw) * Fraction(rule.factor, FACTOR), Fraction(rule.clip, RATIO))
    return stake * (share if raw > 0 else -share)


@given(STAKE, POINTS, POINTS, RULE)
def test_delta__any_score__never_beyond_the_clip(stake: int, primary: int, contribution: int, rule: Rule) -> None:
    assert abs(payout.delta(stake, primary, contribution, rule)) <= Fraction(stake * rule.clip, RATIO) <= stake


@given(STAKE, POINTS, POINTS, RULE)
def test_delta__any_score__the_exact_value_cut_off(stake: int, primary: int, contribution: int, rule: Rule) -> None:
    change = payout.delta(stake, primary, contribution, rule)
    assert abs(change) == floor(abs(exact_delta(stake, primary, contribution, rule)))


@given(STAKE, POINTS, POINTS, RULE)
def test_delta__any_score__has_its_sign(stake: int, primary: int, contribution: int, rule: Rule) -> None:
    change = payout.delta(stake, primary, contribution, rule)
    assert change * exact_delta(stake, primary, contribution, rule) >= 0


@given(STAKE, st.integers(-MAX_SCORE, MAX_SCORE), st.integers(-MAX_SCORE, MAX_SCORE), RULE)
def test_delta__opposite_score__opposite_change(stake: int, primary: int, contribution: int, rule: Rule) -> None:
    assert payout.delta(stake, -primary, -contribution, rule) == -payout.delta(stake, primary, contribution, rule)


@given(STAKE, POINTS, POINTS, POINTS, RULE)
def test_delta__better_score__never_less(stake: int, one: int, other: int, contribution: int, rule: Rule) -> None:
    low, high = sorted((one, other))
    assert payout.delta(stake, low, contribution, rule) <= payout.delta(stake, high, contribution, rule)
    assert payout.delta(stake, contribution, low, rule) <= payout.delta(stake, contribution, high, rule)


@given(STAKE, STAKE, POINTS, POINTS, RULE)
def test_delta__larger_stake__never_changes_less(one: int, other: int, primary: int, points: int, rule: Rule) -> None:
    low, high = sorted((one, other))
    assert abs(payout.delta(low, primary, points, rule)) <= abs(payout.delta(high, primary, points, rule))


@pytest.mark.parametrize(
    ("stake", "primary", "contribution", "rule", "change"),
    [
        # 1,000 gwei at 2 x 0.01 = 2%
        (1_000, SCORE // 100, 0, Rule(20_000, 10_000, FACTOR, RATIO), 20),
        (1_000, -SCORE // 100, 0, Rule(20_000, 10_000, FACTOR, RATIO), -20),
        (1_000, SCORE // 100, SCORE // 100, Rule(20_000, 10_000, FACTOR, RATIO), 30),
        (1_000, SCORE // 100, -SCORE // 50, Rule(20_000, 10_000, FACTOR, RATIO), 0),
        (1_000, SCORE // 100, 0, Rule(20_000, 10_000, FACTOR // 2, RATIO), 10),
        (1_000, SCORE, 0, Rule(20_000, 10_000, FACTOR, RATIO // 20), 50),
        (1_000, -SCORE, 0, Rule(20_000, 10_000, FACTOR, RATIO), -1_000),
        # 9.99 and 0.99 gwei are rounded toward zero, either way.
        (999, SCORE // 100, 0, Rule(10_000, 0, FACTOR, RATIO), 9),
        (999, -SCORE // 100, 0, Rule(10_000, 0, FACTOR, RATIO), -9),
        (99, SCORE // 100, 0, Rule(10_000, 0, FACTOR, RATIO), 0),
        (99, -SCORE // 100, 0, Rule(10_000, 0, FACTOR, RATIO), 0),
        # The share is not rounded by itself: 10**12 x 0.999999999 / 10**12 is cut off, ten times that is 9.
        (10**12, 1, 0, Rule(1, 0, FACTOR - 1, RATIO), 0),
        (10**13, 1, 0, Rule(1, 0, FACTOR - 1, RATIO), 9),
        (10**12, 1, 0, Rule(1, 0, FACTOR, RATIO), 1),
        (0, SCORE, SCORE, Rule(10_000, 10_000, FACTOR, RATIO), 0),
    ],
)
def test_delta__known_case__as_computed_by_hand(
    stake: int, primary: int, contribution: int, rule: Rule, change: int
) -> None:
    assert payout.delta(stake, primary, contribution, rule) == change


@given(STAKE, st.integers(1, GWEI_SUPPLY))
def test_factor__any_risk__in_range_and_never_beyond_the_exact_value(threshold: int, at_risk: int) -> None:
    factor = payout.factor(threshold, at_risk)
    assert 0 <= factor <= FACTOR
    if threshold:
        assert factor <= Fraction(threshold * FACTOR, at_risk)


@given(st.integers(1, GWEI_SUPPLY), STAKE, STAKE)
def test_factor__more_at_risk__never_larger(threshold: int, one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert payout.factor(threshold, high) <= payout.factor(threshold, low)


@pytest.mark.parametrize(
    ("threshold", "at_risk", "factor"),
    [(0, 0, FACTOR), (0, 5, FACTOR), (5, 0, FACTOR), (5, 5, FACTOR), (5, 6, 833_333_333), (5, 10, FACTOR // 2)],
)
def test_factor__edge__as_defined(threshold: int, at_risk: int, factor: int) -> None:
    assert payout.factor(threshold, at_risk) == factor


@given(STAKE, st.integers(1, RATIO))
def test_wanted__any_risk__the_whole_clip_rounded_up(at_risk: int, clip: int) -> None:
    assert payout.wanted(at_risk, clip) == ceil(Fraction(at_risk * clip, RATIO))


@given(STAKE, st.integers(1, RATIO))
def test_effective_clip__all_granted__the_clip_of_the_terms(at_risk: int, clip: int) -> None:
    assert payout.effective_clip(clip, payout.wanted(at_risk, clip), at_risk) == clip


@given(st.lists(st.integers(1, GWEI_SUPPLY), min_size=1, max_size=20), st.integers(1, RATIO), STAKE)
def test_effective_clip__any_grant__pays_every_stake_in_full(stakes: list[int], clip: int, granted: int) -> None:
    at_risk = sum(stakes)
    granted = min(granted, payout.wanted(at_risk, clip))
    effective = payout.effective_clip(clip, granted, at_risk)
    assert effective <= clip
    rule = Rule(100 * MULTIPLIER, 0, FACTOR, effective)
    assert sum(payout.delta(stake, MAX_SCORE, 0, rule) for stake in stakes) <= granted


def test_effective_clip__nothing_at_risk__the_clip_of_the_terms() -> None:
    assert payout.effective_clip(7, 0, 0) == 7
    assert payout.effective_clip(7, 0, 1) == 0


@pytest.mark.parametrize(
    ("value", "target", "compound", "min_stake", "kept"),
    [
        (100, 60, False, 50, 60),
        (100, 60, True, 50, 100),
        (55, 60, False, 50, 55),
        (49, 60, False, 50, 0),
        (50, 60, False, 50, 50),
        (100, 49, False, 50, 0),
        (49, 60, True, 50, 0),
        (100, 0, False, 0, 0),
        (0, 60, True, 0, 0),
    ],
)
def test_kept__policy_and_min_stake__as_defined(
    value: int, target: int, compound: bool, min_stake: int, kept: int
) -> None:
    assert payout.kept(value, target, compound, min_stake) == kept
