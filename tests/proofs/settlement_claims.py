# SPDX-License-Identifier: MIT
"""Claims about `contracts/modules/settlement.vy`, of the code of the whole `Tournament`."""

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

import z3
from eth_utils.abi import function_signature_to_4byte_selector

from tests.proofs.claims import BITS, INTEGERS, LANEWISE, Claim, paths
from tests.proofs.code import Change
from tests.proofs.lane_words import FULL, LANES, MAX_AMOUNT, LaneWords, Word, lesser
from tests.proofs.machine import Path
from tests.proofs.settle_call import (
    COMPOUNDING_AT,
    IDLE,
    IDLE_SUM,
    NEXT,
    NEXT_STAKED,
    POSITION,
    ROOT,
    ROUND,
    STAKED,
    SUBMITTED_AT,
    TOKEN,
    TREASURY,
    WORD,
    before,
    settled,
)
from tests.proofs.solving import Bits, Integers, Misshapen, Range, choice, prove
from tests.proofs.terms import Term, Truth, apply, constant, parts, symbol

SOURCE: Final = "contracts/modules/settlement.vy"
SUBMISSIONS_SOURCE: Final = "contracts/modules/submissions.vy"
SUPPLY: Final = 11_000_000 * 10**9
"""All NMR there is, gwei."""
FACTOR_ONE: Final = 10**9
DELTA_ONE: Final = 10**21
UNIT: Final = 10**9
SCORE_ZERO: Final = 2**27
MAX_MULTIPLIER: Final = 1_000_000
_POSITION, _IDLE, _SUBMITTED, _COMPOUNDING = map(symbol, ("position", "idle", "submitted", "compounding"))
_IN_ROUND: Final = apply("EQ", apply("SHR", constant(240), _POSITION), constant(ROUND))
"""Asks whether the position is of the round."""
_OF_ROUND: Final = apply("EQ", apply("SHR", constant(240), _SUBMITTED), constant(ROUND))
"""Asks whether the submissions are."""


class Delta(NamedTuple):
    """What a stake wins or loses, as the code computes it: the quotient, and what `payout._delta` was given."""

    term: Term
    lane: int
    stakes: Term
    weighted: Term
    clip: Term

    @property
    def sign(self) -> Truth:
        """That the weighted score is above zero, or not, which is what the code asked before."""
        weighted, zero = sorted(self.weighted.arguments, key=lambda term: term.op == "SHL")
        return Truth(apply("GT", weighted, zero), self.weighted.arguments[0] is weighted)


@cache
def _only(change: Change | None, function: str, *arguments: Term) -> Term:
    """What a function of the harness returns, on the one path on which it does."""
    [path] = [path for path in paths(change, function, *arguments) if path.returned is not None]
    assert path.returned is not None
    return path.returned[0]


@cache
def _delta(change: Change | None, part: Term) -> Delta:
    """The payout that a term is. That it is `payout._delta` of its parts is seen from its being the same term."""
    stake, least = part.arguments[0].arguments
    chosen = choice(least)
    if chosen is None:
        raise Misshapen("a payout without a clip")
    weighted, clip = chosen[0].arguments
    stakes, shift = stake.arguments[0], 0
    if stakes.op == "SHR":
        shift, stakes = stakes.arguments[0].number or 0, stakes.arguments[1]
    if shift % 60 or _only(change, "get", stakes, constant(shift // 60)) is not stake:
        raise Misshapen(f"a stake at bit {shift}")
    if _only(change, "delta", stake, weighted, clip) is not part:
        raise Misshapen("a payout that is not payout._delta")
    return Delta(part, shift // 60, stakes, weighted, clip)


def _payouts(change: Change | None, path: Path) -> list[Delta]:
    """The payouts that a path depends on."""
    used = parts(path.storage[POSITION], path.storage[IDLE], *(fact.term for fact in path.truths))
    return [_delta(change, part) for part in used if part.op == "DIV" and part.arguments[1].number == DELTA_ONE]


@cache
def _both(change: Change | None) -> list[tuple[bool, Path]]:
    """Every path that returns, with the next round open and without: of both there is one. Each lane has its payout,
    unless the path says that the submissions are of another round."""
    both = []
    for restaked in (True, False):
        returned = [path for path in settled(change, restaked) if path.returned is not None]
        if not returned:
            raise Misshapen(f"every call reverts {'with' if restaked else 'without'} an open next round")
        both += [(restaked, path) for path in returned]
    for _, path in both:
        payouts = _payouts(change, path)
        if any(delta.sign not in path.truths for delta in payouts):
            raise Misshapen("the sign of a weighted score was not asked")
        paid = sorted(delta.lane for delta in payouts)
        if Truth(_OF_ROUND, False) not in path.truths and paid != list(LANES):
            raise Misshapen(f"payouts of lanes {paid}")
    return both


def _asked(path: Path) -> frozenset[Truth]:
    """The truths of a path that a proof takes for given: what it says of equal words, and whether a lane is held."""
    return frozenset(fact for fact in path.truths if fact.term.op == "EQ" or fact.term is _bits(_POSITION))


@cache
def _distinct(change: Change | None) -> list[Delta]:
    """Every payout on any path, once."""
    found = {id(delta.term): delta for _, path in _both(change) for delta in _payouts(change, path)}
    if len(found) != 2 * len(LANES):
        raise Misshapen(f"{len(found)} payouts: two are expected of a lane")
    return list(found.values())


def _scores(change: Change | None) -> None:
    bits = Bits()
    word = bits.of(WORD)
    for delta in _distinct(change):
        sign = delta.sign
        weighted = sign.term.arguments[0]
        for product, first in zip(weighted.arguments, (0, 28), strict=True):
            score = z3.Extract(56 * delta.lane + first + 27, 56 * delta.lane + first, word)
            prove(bits.of(product.arguments[0]) == z3.SignExt(228, score) + SCORE_ZERO, [])


def _weights(change: Change | None) -> None:
    """From what `_scores` proves: a score counts from -2**27 on."""
    primary_by, contribution_by, factor, clip = map(symbol, ("primary", "contribution", "factor", "clip"))
    for delta in _distinct(change):
        sign = delta.sign
        scores = [product.arguments[0] for product in sign.term.arguments[0].arguments]
        integers = Integers(
            {
                primary_by: (0, MAX_MULTIPLIER),
                contribution_by: (0, MAX_MULTIPLIER),
                factor: (0, FACTOR_ONE),
                clip: (0, 10**12),
                **dict.fromkeys(scores, (0, 2**28 - 1)),
            }
        )
        integers.true([sign])
        primary, contribution = [integers.of(score) - SCORE_ZERO for score in scores]
        score = primary * integers.of(primary_by) + contribution * integers.of(contribution_by)
        exact = score * integers.of(factor)
        if sign.holds:
            integers.prove(z3.And(exact > 0, integers.of(delta.weighted) == exact))
        else:
            integers.prove(z3.And(exact <= 0, integers.of(delta.weighted) == -exact))
        integers.prove(integers.of(delta.clip) == integers.of(clip) * FACTOR_ONE)


class _Group:
    """What a path makes of the group, lane by lane."""

    def __init__(self, change: Change | None, path: Path) -> None:
        self.words = LaneWords()
        self.held = self.words.any(_POSITION, SUPPLY, z3.BitVecVal(ROUND, 16))
        self.idle = self.words.any(_IDLE, SUPPLY, z3.BitVec("idle.tag", 16))
        self.targets = self.words.any(symbol("targets"), MAX_AMOUNT, z3.BitVecVal(0, 16))
        least = apply("DIV", symbol("min_stake"), constant(UNIT))
        self.least = z3.Int("least")
        self._everywhere(z3.And(self.least >= 0, self.least <= MAX_AMOUNT))
        self.words.take(_only(change, "same", least), Word([self.least] * 4, z3.BitVecVal(0, 16)))
        flags = self._flags(change, "submitted", apply("SHR", constant(SUBMITTED_AT), _bits(_SUBMITTED)))
        current = z3.Bool("current")
        self.submitted = [z3.And(current, flag) for flag in flags]
        compounding = apply("AND", apply("SHR", constant(COMPOUNDING_AT), _COMPOUNDING), constant(15))
        self.compounds = self._flags(change, "compounds", compounding)
        for holds in (True, False):
            if Truth(_OF_ROUND, holds) in path.truths:
                self._everywhere(current == holds)
        if Truth(apply("EQ", compounding, constant(15)), True) in path.truths:
            self._everywhere(z3.And(self.compounds))
        self.gains: list[z3.ArithRef] = [z3.IntVal(0)] * 4
        self.losses: list[z3.ArithRef] = [z3.IntVal(0)] * 4
        self.payouts = _payouts(change, path)
        for delta in self.payouts:
            self._take(delta)
        for fact in path.truths:
            if fact.term.op == "EQ" and fact.holds:
                self._equal(*fact.term.arguments)

    def _everywhere(self, fact: z3.BoolRef) -> None:
        for facts in self.words.facts:
            facts.append(fact)

    def _flags(self, change: Change | None, name: str, flags: Term) -> list[z3.BoolRef]:
        """Flags of the four models, and what `lanes._mask` makes of them."""
        known = [z3.Bool(f"{name}.{n}") for n in LANES]
        mask = [z3.If(flag, z3.IntVal(FULL), z3.IntVal(0)) for flag in known]
        self.words.take(_only(change, "mask", flags), Word(mask, z3.BitVecVal(0, 16), known))
        return known

    def _take(self, delta: Delta) -> None:
        """A payout is at most the stake, says the claim about `payout._delta`; its place is that of its stake."""
        n = delta.lane
        value = z3.Int(f"delta.{n}")
        self.words.facts[n] += [value >= 0, value <= self.words.of(delta.stakes).lanes[n]]
        (self.gains if delta.sign.holds else self.losses)[n] = value
        lanes = [value if n == m else z3.IntVal(0) for m in LANES]
        self.words.take(apply("SHL", constant(60 * n), delta.term), Word(lanes, z3.BitVecVal(0, 16)))

    def _equal(self, one: Term, other: Term) -> None:
        """Equal words have equal lanes."""
        if _POSITION not in parts(one) or one.op == "SHR":
            return
        first, second = self.words.of(one), self.words.of(other)
        for n in LANES:
            self.words.facts[n].append(first.lanes[n] == second.lanes[n])


def _bits(word: Term) -> Term:
    """A word of submissions without its tag."""
    return apply("AND", word, constant(2**240 - 1))


def _kept(group: _Group, n: int, value: z3.ArithRef, restaked: bool) -> z3.ArithRef:
    """What stays at stake of a value, as the docs have it."""
    if not restaked:
        return z3.IntVal(0)
    kept = z3.If(group.compounds[n], value, lesser(value, group.targets.lanes[n]))
    return z3.If(kept >= group.least, kept, 0)


def _lanes(change: Change | None) -> None:
    seen: set[tuple[object, ...]] = set()
    for restaked, path in _both(change):
        position, idle = path.storage[POSITION], path.storage[IDLE]
        if Truth(_IN_ROUND, True) not in path.truths:
            raise Misshapen("a group without a position in the round was settled")
        key = (position, idle, restaked, _asked(path))
        if key in seen:
            continue
        seen.add(key)
        group = _Group(change, path)
        after, idle_after = group.words.of(position), group.words.of(idle)
        prove(after.tag == NEXT, [])
        prove(z3.Or(idle_after.tag == 1, z3.BoolVal(idle is _IDLE)), [])
        for n in LANES:
            held = group.held.lanes[n]
            for delta in group.payouts:
                if delta.lane == n:
                    stake = group.words.of(delta.stakes).lanes[n]
                    group.words.prove(n, stake == z3.If(group.submitted[n], held, 0))
            value = held + group.gains[n] - group.losses[n]
            kept = after.lanes[n]
            freed = idle_after.lanes[n] - group.idle.lanes[n]
            group.words.prove(n, z3.Implies(z3.Not(group.submitted[n]), value == held))
            group.words.prove(n, kept == _kept(group, n, value, restaked))
            group.words.prove(n, z3.And(freed >= 0, kept + freed == value))
            group.words.prove(n, z3.Or(group.compounds[n], kept <= group.targets.lanes[n]))
            group.words.prove(n, z3.Or(kept == 0, kept >= group.least))


def _integers(group: _Group, *terms: Term) -> Integers:
    """Integers that know the lanes of the group wherever terms read one."""
    integers = Integers({symbol(name): size for name, size in _RANGES.items()})
    for facts in group.words.facts:
        integers.facts += facts
    for part in parts(*terms):
        if part.op != "AND" or part.arguments[1].number != FULL:
            continue
        word, shift = part.arguments[0], 0
        if word.op == "SHR":
            shift, word = word.arguments[0].number or 0, word.arguments[1]
        if shift in range(0, 240, 60) and _POSITION in parts(word) and word.op not in {"SHR", "MUL"}:
            integers.take(part, group.words.of(word).lanes[shift // 60], (0, FULL))
    integers.facts.append(integers.of(symbol("staked")) >= z3.Sum(group.held.lanes))
    return integers


def _sums(change: Change | None) -> None:
    for restaked, path in _both(change):
        known = before(restaked)
        written = {slot for slot, word in path.storage.items() if word is not known.get(slot)}
        if not written <= {POSITION, IDLE, STAKED, NEXT_STAKED, IDLE_SUM}:
            raise Misshapen("another slot is written")
    seen: set[tuple[object, ...]] = set()
    for _, path in _both(change):
        after = [path.storage[slot] for slot in (STAKED, NEXT_STAKED, IDLE_SUM)]
        calls = [tuple(call) for call in path.calls]
        sums = [fact for fact in path.truths if fact.term.op == "ADD"]
        key = (*after, path.storage[POSITION], path.storage[IDLE], *calls, _asked(path), frozenset(sums))
        if key in seen:
            continue
        seen.add(key)
        group = _Group(change, path)
        integers = _integers(group, *after, *chain(*calls), *(fact.term for fact in sums))
        integers.true(sums)
        staked, next_staked, idle_sum = map(integers.of, after)
        kept = z3.Sum(group.words.of(path.storage[POSITION]).lanes)
        freed = z3.Sum(group.words.of(path.storage[IDLE]).lanes) - z3.Sum(group.idle.lanes)
        integers.prove(staked == integers.of(symbol("staked")) - z3.Sum(group.held.lanes))
        integers.prove(next_staked == integers.of(symbol("next_staked")) + kept)
        integers.prove(idle_sum == integers.of(symbol("idle_sum")) + freed)
        for function, amount in ((_DRAW, z3.Sum(group.gains)), (_BURN, z3.Sum(group.losses))):
            paid = [integers.of(call[-1]) for call in calls if _called(call) == function]
            integers.prove(z3.Sum(z3.IntVal(0), *paid) == amount * UNIT)
    for _, path in _both(change):
        _nothing_else_called(path)


def _nothing_else_called(path: Path) -> None:
    """That a path calls nothing but a draw and a release of the round and a burn, each once at most."""
    called = [_called(call) for call in path.calls]
    if called != [function for function in (_DRAW, _BURN, _RELEASE) if function in called]:
        raise Misshapen("calls other than a draw, a burn and a release")
    if any(call[2].number != ROUND for call in path.calls if _called(call) != _BURN):
        raise Misshapen("a draw or a release of another round")


def _called(call: Sequence[Term]) -> tuple[int | None, int]:
    """The address that is called, and the selector."""
    return call[0].number, (call[1].number or 0) >> 224


def _refusals(change: Change | None) -> None:
    """Each way to revert is refuted by what it asked last, but for a wrong proof and a group that is not there."""
    seen: set[tuple[Truth, frozenset[Truth]]] = set()
    allowed = {Truth(_IN_ROUND, False), Truth(_bits(_POSITION), False)}
    for restaked in (True, False):
        for path in settled(change, restaked):
            last, asked = path.truths[-1], _asked(path)
            if path.returned is not None or (last, asked) in seen or not allowed.isdisjoint(path.truths):
                continue
            if any(ROOT in fact.term.arguments and not fact.holds for fact in asked):
                continue
            seen.add((last, asked))
            group = _Group(change, path)
            match last:
                case Truth(Term(op="LT", arguments=(Term(op="ADD") as total, other)), True) if (
                    other is _IDLE and _IDLE in total.arguments
                ):
                    # No lane overflows, says the rule, nor does the tag, which is 0 or 1: so the word does not either.
                    group.words.of(total)
                    continue
            integers = _integers(group, last.term)
            if Truth(_bits(_POSITION), True) in path.truths:
                # A word other than zero has a lane other than zero.
                integers.facts.append(z3.Sum(group.held.lanes) > 0)
            integers.true([last])
            integers.prove(z3.BoolVal(False))


_DRAW: Final = TREASURY, int.from_bytes(function_signature_to_4byte_selector("draw(uint256,uint256)"), "big")
_BURN: Final = TOKEN, int.from_bytes(function_signature_to_4byte_selector("burn(uint256)"), "big")
_RELEASE: Final = TREASURY, int.from_bytes(function_signature_to_4byte_selector("release(uint256)"), "big")
_RANGES: Final[dict[str, Range]] = {
    "primary": (0, MAX_MULTIPLIER),
    "contribution": (0, MAX_MULTIPLIER),
    "factor": (0, FACTOR_ONE),
    "clip": (0, 10**12),
    "min_stake": (0, MAX_AMOUNT * UNIT),
    "staked": (1, SUPPLY),
    "next_staked": (0, SUPPLY),
    "idle_sum": (0, SUPPLY),
}
_WHOLE: Final = "each amount at most the supply; targets, min_stake < 2^59; factor, clip <= 1; multipliers <= 100"
_NEVER_GRACED: Final = Change(SOURCE, "block.timestamp >= graced_until", "block.timestamp >= graced_until + 10**6")
_BURNED: Final = "extcall ledger.TOKEN.burn(burns * rounds.UNIT)"
_WRITTEN: Final = "ledger.positions[slot] = kept | (next << lanes.TAG_SHIFT)"

CLAIMS: Final = [
    Claim(
        "settlement.settle: scores",
        "a score with its sign bit flipped is the signed score + 2^27, for all eight scores of a word",
        "none",
        BITS,
        _scores,
        (Change(SOURCE, "(1 + 2**28 + 2**56", "(1 + 2**28 + 2**57"),),
    ),
    Claim(
        "settlement.settle: weighted scores",
        "the sign asked is that of primary × its multiplier + contribution × its multiplier, and what counts is its"
        " absolute value × factor; nothing overflows",
        "factor, clip <= 1; multipliers <= 100",
        INTEGERS,
        _weights,
        (Change(SOURCE, "zero: uint256 = 2**27", "zero: uint256 = 2**26"),),
    ),
    Claim(
        "settlement.settle: lanes",
        "value = stake ± payout; kept = value if compounding, else up to the target, 0 below min_stake; the rest to"
        " idle; who did not submit keeps the value; no lane touches another; the tag is the next round's",
        _WHOLE,
        LANEWISE,
        _lanes,
        (
            Change(SOURCE, "kept &= lanes._at_least(kept, min_stakes)", "kept &= lanes._at_least(values, min_stakes)"),
            Change(SOURCE, "bits = unsafe_add(bits, 60)", "bits = unsafe_add(bits, 59)"),
            Change(SUBMISSIONS_SOURCE, "    if word >> _TAG_SHIFT != round:\n        return 0\n", ""),
            Change(SOURCE, "else:\n                losses |=", "elif clip > 10**19:\n                losses |="),
            _NEVER_GRACED,
        ),
    ),
    Claim(
        "settlement.settle: sums",
        "the round's total falls by what was staked; the next one's grows by what is kept; idle's by what is freed;"
        " exactly the rewards are drawn and the losses burned; no other slot is written, nothing else called but the"
        " release",
        _WHOLE + "; the round's total is at least its lanes",
        LANEWISE,
        _sums,
        (
            Change(SOURCE, "+= staked + rewards - burns - idled", "+= staked + rewards - idled"),
            Change(SOURCE, _BURNED, _BURNED + "\n        " + _BURNED),
            Change(SOURCE, _WRITTEN, _WRITTEN + "\n        ledger.targets[group] = 0"),
            Change(SOURCE, _WRITTEN, _WRITTEN + "\n        ledger.positions[slot + 1] = 0"),
        ),
    ),
    Claim(
        "settlement.settle: refusals",
        "with a final root, reverts for nothing but a wrong proof or a group that has nothing in the round",
        _WHOLE + "; the round's total is at least its lanes",
        LANEWISE,
        _refusals,
        (
            Change(SOURCE, "rounds.book[round].staked -= staked", "rounds.book[round].staked -= staked + 1"),
            _NEVER_GRACED,
        ),
    ),
]
