# SPDX-License-Identifier: MIT
"""Claims about `contracts/modules/payout.vy`, the tree's depth and the encoding of its chunks."""

from typing import Final

import z3

from tests.proofs.claims import BITS, INTEGERS, Claim, holds_of_integers, paths
from tests.proofs.code import Change
from tests.proofs.lane_words import FULL
from tests.proofs.solving import Bits, Misshapen, Range, prove
from tests.proofs.terms import constant, symbol

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


def _is_encoded(change: Change | None) -> None:
    """Of chunks of these lengths: the words before those of the groups are any."""
    for size in (0, 31, 32, 63, 64, 65, 96, 95, 128, 160, 9_664):
        words = [symbol(f"word{i}") for i in range(-(-size // 32))]
        for path in paths(change, "is_encoded", constant(32), constant(size), *words):
            if path.returned is None:
                raise Misshapen("a chunk is not judged")
            bits = Bits()
            one_way = z3.BoolVal(size >= 64 and size % 32 == 0)
            if size >= 64:
                head, count = map(bits.of, words[:2])
                one_way = z3.And(one_way, head == 32, count == size // 32 - 2)
            prove((bits.of(path.returned[0]) == 1) == one_way, bits.true(path.truths))


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
        "chunk_tree._is_encoded",
        "a chunk is taken as the one encoding of its words only: no other head or number of words, no bytes behind",
        "0, 31, 32, 63 to 65, 95, 96, 128, 160 and 9,664 bytes",
        BITS,
        _is_encoded,
        (
            Change(TREE_SOURCE, "extract32(chunk, 0, output_type=uint256) == 32", "len(chunk) >= 32"),
            Change(TREE_SOURCE, "== unsafe_div(len(chunk), 32) - 2", "<= unsafe_div(len(chunk), 32) - 2"),
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
