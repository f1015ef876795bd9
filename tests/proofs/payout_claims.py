# SPDX-License-Identifier: MIT
"""Claims about `contracts/modules/payout.vy` and the tree's depth, and that the grant covers all rewards."""

from typing import Final

import z3

from tests.proofs.claims import INTEGERS, Claim, holds_of_integers, paths
from tests.proofs.code import Change
from tests.proofs.lane_words import FULL
from tests.proofs.solving import Integers, Range
from tests.proofs.terms import symbol

PAYOUT_SOURCE: Final = "contracts/modules/payout.vy"
TREE_SOURCE: Final = "contracts/modules/chunk_tree.vy"
FACTOR_ONE: Final = 10**9
RATIO_ONE: Final = 10**12
AMOUNT: Final[Range] = (0, FULL)
CLIP: Final[Range] = (0, RATIO_ONE)
ANY_WORD: Final[Range] = (0, 2**256 - 1)


def _factor(change: Change | None) -> None:
    holds_of_integers(
        change,
        "factor",
        {"threshold": ANY_WORD, "at_risk": AMOUNT},
        lambda threshold, at_risk, factor: z3.And(
            factor <= FACTOR_ONE,
            z3.If(
                z3.Or(threshold == 0, at_risk <= threshold),
                factor == FACTOR_ONE,
                z3.And(factor * at_risk <= threshold * FACTOR_ONE, threshold * FACTOR_ONE < (factor + 1) * at_risk),
            ),
        ),
    )


def _reservation(change: Change | None) -> None:
    holds_of_integers(
        change,
        "reservation",
        {"at_risk": AMOUNT, "clip": CLIP},
        lambda at_risk, clip, reserved: z3.And(
            at_risk * clip <= reserved * RATIO_ONE,
            reserved * RATIO_ONE < at_risk * clip + RATIO_ONE,
        ),
    )


def _effective_clip(change: Change | None) -> None:
    holds_of_integers(
        change,
        "effective_clip",
        {"clip": CLIP, "granted": AMOUNT, "at_risk": (1, FULL)},
        lambda clip, granted, at_risk, effective: z3.And(
            effective <= clip,
            effective * at_risk <= granted * RATIO_ONE,
            z3.Or(effective == clip, granted * RATIO_ONE < (effective + 1) * at_risk),
            z3.Implies(granted * RATIO_ONE >= at_risk * clip, effective == clip),
        ),
    )


def _delta(change: Change | None) -> None:
    """`clip` is the effective one with 21 decimals, as settle passes it; the score is any word."""
    one = RATIO_ONE * FACTOR_ONE

    def claim(stake: z3.ArithRef, weighted: z3.ArithRef, clip: z3.ArithRef, delta: z3.ArithRef) -> z3.BoolRef:
        exact = z3.If(weighted <= clip, stake * weighted, stake * clip)
        return z3.And(delta * one <= exact, exact < (delta + 1) * one, delta <= stake)

    holds_of_integers(change, "delta", {"stake": AMOUNT, "weighted": ANY_WORD, "clip": (0, one)}, claim)


def _granted(change: Change | None) -> None:
    """By induction over the stakes: 10^12 × rewards so far <= stakes so far × clip. Nothing is at stake at first; a
    stake keeps it; and at the end it leaves no more than the grant."""
    clip, stake, weighted, granted, at_risk = map(symbol, ("clip", "stake", "weighted", "granted", "at_risk"))
    rewards, stakes = z3.Ints("rewards stakes")
    one = RATIO_ONE * FACTOR_ONE
    scaled = symbol("scaled")
    for path in paths(change, "delta", stake, weighted, scaled):
        integers = Integers({stake: AMOUNT, weighted: ANY_WORD, scaled: (0, one), clip: CLIP})
        assert path.returned is not None
        [delta] = map(integers.of, path.returned)
        integers.facts += [
            integers.of(scaled) == integers.of(clip) * FACTOR_ONE,
            rewards * RATIO_ONE <= stakes * integers.of(clip),
        ]
        after = (stakes + integers.of(stake)) * integers.of(clip)
        integers.prove((rewards + delta) * RATIO_ONE <= after)
    for path in paths(change, "effective_clip", clip, granted, at_risk):
        integers = Integers({clip: CLIP, granted: AMOUNT, at_risk: (1, FULL)})
        integers.true(path.truths)
        if path.returned is None:
            integers.prove(z3.BoolVal(False))
            continue
        [effective] = map(integers.of, path.returned)
        risk = integers.of(at_risk)
        integers.facts += [rewards * RATIO_ONE <= stakes * effective, stakes >= 0, stakes <= risk]
        spared = (risk - stakes) * effective
        integers.prove(rewards <= integers.of(granted), spared >= 0, spared == risk * effective - stakes * effective)


def _depth(change: Change | None) -> None:
    holds_of_integers(
        change,
        "depth",
        {"chunks": (1, 2**16)},
        lambda chunks, depth: z3.Or(
            [z3.And(depth == level, chunks <= 2**level, 2 * chunks > 2**level) for level in range(17)]
        ),
    )


CLAIMS: Final = [
    Claim(
        "payout._factor",
        "min(1, threshold / at_risk), rounded down, in [0, 10^9]; 1 without a threshold; never reverts",
        "at_risk < 2^60, any threshold",
        INTEGERS,
        _factor,
        (Change(PAYOUT_SOURCE, "threshold * FACTOR_ONE // at_risk", "threshold * FACTOR_ONE // at_risk + 1"),),
    ),
    Claim(
        "payout._reservation",
        "at_risk × clip, rounded up to a gwei; never reverts",
        "at_risk < 2^60, clip <= 1",
        INTEGERS,
        _reservation,
        (Change(PAYOUT_SOURCE, "at_risk * clip + RATIO_ONE - 1", "at_risk * clip"),),
    ),
    Claim(
        "payout._effective_clip",
        "min(clip, granted / at_risk), rounded down; the clip itself after a full grant; never reverts",
        "amounts < 2^60, at_risk > 0, clip <= 1",
        INTEGERS,
        _effective_clip,
        (Change(PAYOUT_SOURCE, "granted * RATIO_ONE // at_risk)", "granted * RATIO_ONE // at_risk + 1)"),),
    ),
    Claim(
        "payout._delta",
        "stake × min(score, clip), rounded down, so no reward or burn exceeds the exact value; at most the stake",
        "stake < 2^60, clip <= 1, any score",
        INTEGERS,
        _delta,
        (Change(PAYOUT_SOURCE, "unsafe_mul(stake, min(weighted, clip))", "unsafe_mul(stake, max(weighted, clip))"),),
    ),
    Claim(
        "payout._delta, _effective_clip",
        "the rewards of any number of stakes, of at_risk together, sum up to no more than the grant",
        "amounts < 2^60, clip <= 1, any scores",
        INTEGERS,
        _granted,
        (
            Change(PAYOUT_SOURCE, "min(clip, granted * RATIO_ONE // at_risk)", "clip"),
            Change(
                PAYOUT_SOURCE,
                "unsafe_div(unsafe_mul(stake, min(weighted, clip)), RATIO_ONE * FACTOR_ONE)",
                "unsafe_div(unsafe_mul(stake, min(weighted, clip)), RATIO_ONE * FACTOR_ONE) + 1",
            ),
        ),
    ),
    Claim(
        "chunk_tree._depth",
        "the least depth with 2^depth >= chunks",
        "1 to 2^16 chunks",
        INTEGERS,
        _depth,
        (Change(TREE_SOURCE, "1 << level >= chunks", "1 << level > chunks"),),
    ),
]
