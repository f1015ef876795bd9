# SPDX-License-Identifier: MIT
"""Claims about `contracts/modules/lanes.vy` and what `ledger.vy` computes with lanes, lane by lane."""

from collections.abc import Callable, Iterator
from typing import Final

import z3

from tests.proofs import lane_words
from tests.proofs.claims import BITS, INTEGERS, LANEWISE, Claim, holds_of_bits, holds_of_integers, paths
from tests.proofs.code import Change
from tests.proofs.lane_words import FULL, MAX_AMOUNT, LaneWords
from tests.proofs.solving import prove
from tests.proofs.terms import symbol

LANES_SOURCE: Final = "contracts/modules/lanes.vy"
LEDGER_SOURCE: Final = "contracts/modules/ledger.vy"


def lane(word: z3.BitVecRef, number: int) -> z3.BitVecRef:
    """A lane, 256 bits wide."""
    return z3.ZeroExt(196, lane_words.lane(word, number))


def tag(word: z3.BitVecRef) -> z3.BitVecRef:
    """The tag, 256 bits wide."""
    return z3.ZeroExt(240, lane_words.tag(word))


def each_lane(claim: Callable[[int], z3.BoolRef]) -> z3.BoolRef:
    """What is claimed, of all four lanes."""
    return z3.And(*[claim(number) for number in range(4)])


def amounts(*words: z3.BitVecRef) -> Iterator[z3.BoolRef]:
    """That lanes hold amounts: less than 2**59 in each, and no tag."""
    for word in words:
        yield tag(word) == 0
        yield each_lane(lambda number, word=word: z3.ULE(lane(word, number), MAX_AMOUNT))


def _chosen(model: z3.BitVecRef, number: int) -> z3.BoolRef:
    return z3.URem(model, z3.BitVecVal(4, 256)) == number


def _get(change: Change | None) -> None:
    holds_of_bits(
        change,
        "get",
        "word model",
        lambda word, model, got: each_lane(lambda n: z3.Implies(_chosen(model, n), got == lane(word, n))),
    )


def _at(change: Change | None) -> None:
    holds_of_bits(
        change,
        "at",
        "model amount",
        lambda model, amount, word: z3.And(
            tag(word) == 0, each_lane(lambda n: lane(word, n) == z3.If(_chosen(model, n), amount, 0))
        ),
        lambda model, amount: [z3.ULE(amount, FULL)],
    )


def _set(change: Change | None) -> None:
    holds_of_bits(
        change,
        "set",
        "word model amount",
        lambda word, model, amount, result: z3.And(
            tag(result) == tag(word),
            each_lane(lambda n: lane(result, n) == z3.If(_chosen(model, n), amount, lane(word, n))),
        ),
        lambda word, model, amount: [z3.ULE(amount, FULL)],
    )


def _tags(change: Change | None) -> None:
    holds_of_bits(
        change,
        "amounts",
        "word",
        lambda word, result: z3.And(tag(result) == 0, each_lane(lambda n: lane(result, n) == lane(word, n))),
    )
    holds_of_bits(change, "tag", "word", lambda word, result: result == tag(word))
    holds_of_bits(
        change,
        "tagged",
        "word round",
        lambda word, round_, result: z3.And(
            tag(result) == round_, each_lane(lambda n: lane(result, n) == lane(word, n))
        ),
        lambda word, round_: [z3.ULT(round_, 2**16)],
    )
    holds_of_bits(
        change,
        "is_tagged",
        "word round",
        lambda word, round_, result: (
            result
            == z3.If(
                z3.And(tag(word) == round_, z3.Not(each_lane(lambda n: lane(word, n) == 0))), z3.BitVecVal(1, 256), 0
            )
        ),
    )


def _total(change: Change | None) -> None:
    holds_of_bits(
        change,
        "total",
        "word",
        lambda word, result: z3.And(
            result == lane(word, 0) + lane(word, 1) + lane(word, 2) + lane(word, 3), z3.ULT(result, 2**62)
        ),
    )


def _mask(change: Change | None) -> None:
    holds_of_bits(
        change,
        "mask",
        "flags",
        lambda flags, result: z3.And(
            tag(result) == 0,
            each_lane(lambda n: lane(result, n) == z3.If(z3.Extract(n, n, flags) == 1, z3.BitVecVal(FULL, 256), 0)),
        ),
    )


def _same(change: Change | None) -> None:
    holds_of_integers(
        change,
        "same",
        {"amount": (0, FULL)},
        lambda amount, result: z3.And([result / 2 ** (60 * n) % 2**60 == amount for n in range(4)]),
    )


def _at_least(change: Change | None) -> None:
    holds_of_bits(
        change,
        "at_least",
        "word least",
        lambda word, least, result: z3.And(
            tag(result) == 0,
            each_lane(
                lambda n: (
                    lane(result, n)
                    == z3.If(z3.UGE(lane(word, n), lane(least, n)), z3.BitVecVal(FULL, 256), z3.BitVecVal(0, 256))
                )
            ),
        ),
        lambda word, least: amounts(word, least),
    )


def _lesser_of(one: z3.BitVecRef, other: z3.BitVecRef) -> z3.BitVecRef:
    return z3.If(z3.ULE(one, other), one, other)


def _lesser(change: Change | None) -> None:
    holds_of_bits(
        change,
        "lesser",
        "one other",
        lambda one, other, result: z3.And(
            tag(result) == 0, each_lane(lambda n: lane(result, n) == _lesser_of(lane(one, n), lane(other, n)))
        ),
        lambda one, other: amounts(one, other),
    )


def _entering(change: Change | None) -> None:
    names = [symbol(name) for name in ("held", "idle", "targets", "least")]
    [path] = paths(change, "entering", *names)
    assert path.returned is not None
    words = LaneWords()
    inputs = [words.any(name, MAX_AMOUNT, z3.BitVecVal(0, 16)) for name in names]
    result = words.of(path.returned[0])
    prove(result.tag == 0, [])
    for n in lane_words.LANES:
        held, idle, target, least = [word.lanes[n] for word in inputs]
        moved = result.lanes[n]
        words.prove(n, moved == entering(held, idle, target, least))
        words.prove(n, z3.And(moved <= idle, z3.Or(moved == 0, held + moved <= target)))


def entering(held: z3.ArithRef, idle: z3.ArithRef, target: z3.ArithRef, least: z3.ArithRef) -> z3.ArithRef:
    """What `enter` moves in a lane, as the docs have it."""
    wanted = lane_words.lesser(idle, target - held)
    return z3.If(z3.And(held < target, held + wanted >= least), wanted, 0)


def _rules(change: Change | None) -> None:
    for rule in lane_words.RULES.values():
        lane_words.rule_holds(rule)


_NO_BOUND: Final = "none"
_AMOUNTS: Final = "lanes below 2^59, no tags"

CLAIMS: Final = [
    Claim(
        "lanes._get",
        "is the lane of the model; never reverts",
        _NO_BOUND,
        BITS,
        _get,
        (Change(LANES_SOURCE, "return (word >> (60 * (model % 4))) & LANE", "return word >> (60 * (model % 4))"),),
    ),
    Claim(
        "lanes._at",
        "the amount in the lane of the model, zero elsewhere; never reverts",
        "amount < 2^60",
        BITS,
        _at,
        (Change(LANES_SOURCE, "return amount << (60 * (model % 4))", "return amount << (60 * (model % 4) + 1)"),),
    ),
    Claim(
        "lanes._set",
        "the amount in the lane of the model; other lanes and the tag as before",
        "amount < 2^60",
        BITS,
        _set,
        (Change(LANES_SOURCE, "(word & ~(LANE << bits)) | (amount << bits)", "word | (amount << bits)"),),
    ),
    Claim(
        "lanes._amounts, _tag, _tagged, _is_tagged",
        "read and write the tag and touch no lane; a word of zero lanes has no tag",
        "round < 2^16",
        BITS,
        _tags,
        (Change(LANES_SOURCE, "word >> TAG_SHIFT == round and word & LANES != 0", "word >> TAG_SHIFT == round"),),
    ),
    Claim(
        "lanes._total",
        "the sum of the four lanes, below 2^62; never reverts",
        _NO_BOUND,
        BITS,
        _total,
        (Change(LANES_SOURCE, "+ ((word >> 180) & LANE)", "+ (word >> 180)"),),
    ),
    Claim(
        "lanes._mask",
        "a lane is all ones where its flag is set, else zero",
        _NO_BOUND,
        BITS,
        _mask,
        (Change(LANES_SOURCE, "2**118 + 2**177", "2**118 + 2**178"),),
    ),
    Claim(
        "lanes._same",
        "the amount in every lane; never reverts",
        "amount < 2^60",
        INTEGERS,
        _same,
        (Change(LANES_SOURCE, "return amount * ONES", "return amount * (ONES + 1)"),),
    ),
    Claim(
        "lanes._at_least",
        "a lane is all ones where it is at least the other, else zero",
        _AMOUNTS,
        BITS,
        _at_least,
        (Change(LANES_SOURCE, "unsafe_sub(word | GUARDS, least)", "unsafe_sub(word, least)"),),
    ),
    Claim(
        "lanes._lesser",
        "each lane is the lesser of the two",
        _AMOUNTS,
        BITS,
        _lesser,
        (Change(LANES_SOURCE, "return one ^ ((one ^ other)", "return other ^ ((one ^ other)"),),
    ),
    Claim(
        "words of lanes",
        "sum, difference, double, or, xor, and, not, _at_least and a choice by mask are those of the lanes, tag apart",
        "nothing carried, borrowed or mixed",
        BITS,
        _rules,
    ),
    Claim(
        "ledger._entering",
        "min(idle, target - position), or 0 if that ends below MIN_STAKE; at most idle; no position beyond its target",
        _AMOUNTS,
        LANEWISE,
        _entering,
        (
            Change(LEDGER_SOURCE, "unsafe_sub(targets & below, held & below)", "unsafe_sub(targets, held)"),
            Change(LEDGER_SOURCE, "added & lanes._at_least(unsafe_add(held, added), least)", "added"),
        ),
    ),
]
