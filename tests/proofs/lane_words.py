# SPDX-License-Identifier: MIT
"""Terms as words of four lanes, and the lanes as integers: how a proof about 256 bits becomes four about numbers.

What the contracts do with whole words are the operations of `RULES`. Each rule says what an operation does to a
lane, and what it needs of the lanes lest anything is carried, borrowed or mixed. The rules are proved of all words once
(`rule_holds`). A term then is a word whose lanes are integers, if each need is proved where it arises.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import z3

from tests.proofs.machine import Beyond
from tests.proofs.solving import prove
from tests.proofs.terms import Term

MAX_AMOUNT: Final = 2**59 - 1
FULL: Final = 2**60 - 1
LANES: Final = range(4)


class Word(NamedTuple):
    """Four lanes, the lowest first, as integers, and a tag of 16 bits. Of a mask, `flags` are the lanes that are all
    ones; the others are zero."""

    lanes: list[z3.ArithRef]
    tag: z3.BitVecRef
    flags: list[z3.BoolRef] | None = None


def lane(word: z3.BitVecRef, number: int) -> z3.BitVecRef:
    """A lane of a bit vector, 60 bits wide."""
    return z3.Extract(60 * number + 59, 60 * number, word)


def tag(word: z3.BitVecRef) -> z3.BitVecRef:
    """The tag of a bit vector, 16 bits wide."""
    return z3.Extract(255, 240, word)


def lesser(one: Any, other: Any) -> Any:
    """The lesser of two integers."""
    return z3.If(one <= other, one, other)


class Rule(NamedTuple):
    """What an operation on words needs of their lanes, what it makes of them, and what it makes of their tags; of bit
    vectors. `masks` says that the last word has to be a mask."""

    word: Callable[..., z3.BitVecRef]
    need: Callable[..., z3.BoolRef]
    lane: Callable[..., z3.BitVecRef]
    tag: Callable[..., z3.BitVecRef]
    masks: bool = False
    words: int = 2


def _apart(a: Any, b: Any, *, most: Any, at_most: Callable[[Any, Any], Any]) -> z3.BoolRef:
    """That an `or` of two lanes mixes nothing: one is zero, or one has all bits that an amount can have."""
    return z3.Or(a == 0, b == 0, z3.And(at_most(a, most), b == most), z3.And(a == most, at_most(b, most)))


def _filled(a: Any, b: Any, *, most: Any) -> Any:
    """What that `or` is."""
    return z3.If(z3.Or(a == most, b == most), most, a + b)


_PROVED: Final[dict[tuple[int, ...], tuple[z3.BoolRef, ...]]] = {}
"""What was proved, by the numbers of its parts, which belong to them as long as they are kept."""
_GUARDS: Final = sum(1 << 60 * n + 59 for n in LANES)
_NONE: Final = z3.BitVecVal(0, 60)
_MOST: Final = z3.BitVecVal(MAX_AMOUNT, 60)
_ALL: Final = z3.BitVecVal(FULL, 60)
RULES: Final = {
    "ADD": Rule(
        lambda one, other: one + other,
        lambda a, b: z3.BVAddNoOverflow(a, b, False),
        lambda a, b: a + b,
        lambda a, b: a + b,
    ),
    "SUB": Rule(
        lambda one, other: one - other,
        lambda a, b: z3.UGE(a, b),
        lambda a, b: a - b,
        lambda a, b: a - b,
    ),
    "OR": Rule(
        lambda one, other: one | other,
        lambda a, b: _apart(a, b, most=_MOST, at_most=z3.ULE),
        lambda a, b: _filled(a, b, most=_MOST),
        lambda a, b: a | b,
    ),
    "XOR": Rule(
        lambda one, other: one ^ other,
        lambda a, b: z3.Or(a == 0, b == 0),
        lambda a, b: a + b,
        lambda a, b: a ^ b,
    ),
    "doubled": Rule(
        lambda one: one << 1,
        lambda a: z3.ULE(a, MAX_AMOUNT),
        lambda a: a + a,
        lambda a: a << 1,
        words=1,
    ),
    "chosen": Rule(
        lambda one, other, mask: one ^ ((one ^ other) & mask),
        lambda a, b, c: z3.BoolVal(True),
        lambda a, b, c: z3.If(c == _ALL, b, a),
        lambda a, b, c: a ^ ((a ^ b) & c),
        masks=True,
        words=3,
    ),
    "AND": Rule(
        lambda one, other: one & other,
        lambda a, b: z3.BoolVal(True),
        lambda a, b: z3.If(b == _ALL, a, _NONE),
        lambda a, b: a & b,
        masks=True,
    ),
    "NOT": Rule(
        lambda one, other: ~other,
        lambda a, b: z3.BoolVal(True),
        lambda a, b: z3.If(b == _ALL, _NONE, _ALL),
        lambda a, b: ~b,
        masks=True,
    ),
    "at least": Rule(
        lambda one, other: FULL * z3.LShR((one | _GUARDS) - other & _GUARDS, 59),
        lambda a, b: z3.And(z3.ULE(a, MAX_AMOUNT), z3.ULE(b, MAX_AMOUNT)),
        lambda a, b: z3.If(z3.UGE(a, b), _ALL, _NONE),
        lambda a, b: z3.BitVecVal(0, 16),
    ),
}


def rule_holds(rule: Rule) -> None:
    """Prove a rule of all words. Raises `Refuted`."""
    words = [z3.BitVec(f"word{i}", 256) for i in range(rule.words)]
    lanes = [[lane(word, n) for word in words] for n in LANES]
    given = [rule.need(*one) for one in lanes]
    if rule.masks:
        given += [z3.Or(one[-1] == _ALL, one[-1] == _NONE) for one in lanes]
    result = rule.word(*words)
    prove(tag(result) == rule.tag(*map(tag, words)), given)
    for n in LANES:
        prove(lane(result, n) == rule.lane(*lanes[n]), given)


def compared(term: Term) -> tuple[Term, Term] | None:
    """The words that `lanes._at_least` compares, if the term is what it computes."""
    match term:
        case Term(
            op="MUL",
            arguments=(
                Term(key=ones),
                Term(
                    op="SHR",
                    arguments=(
                        Term(key=shift),
                        Term(
                            op="AND",
                            arguments=(
                                Term(op="SUB", arguments=(Term(op="OR", arguments=(one, Term(key=first))), other)),
                                Term(key=second),
                            ),
                        ),
                    ),
                ),
            ),
        ) if (ones, shift, first, second) == (FULL, 59, _GUARDS, _GUARDS):
            return one, other
    return None


def chosen(term: Term) -> tuple[Term, Term, Term] | None:
    """`one`, `other` and `mask`, if the term is `one ^ ((one ^ other) & mask)`."""
    if term.op != "XOR":
        return None
    for one, masked in (term.arguments, term.arguments[::-1]):
        for mixed, mask in (masked.arguments, masked.arguments[::-1]) if masked.op == "AND" else ():
            if mixed.op == "XOR" and one in mixed.arguments:
                first, second = mixed.arguments
                return one, second if first is one else first, mask
    return None


def told_apart(term: Term) -> tuple[Term, Term] | None:
    """`one` and `word`, if the term is `one` where `word` is other than zero, and zero elsewhere."""
    if term.op != "MUL":
        return None
    for one, flag in (term.arguments, term.arguments[::-1]):
        if flag.op == "ISZERO" and flag.arguments[0].op == "ISZERO":
            return one, flag.arguments[0].arguments[0]
    return None


def is_any(lanes: Sequence[Any], tag_: z3.BitVecRef) -> z3.BoolRef:
    """Whether a word of these lanes and this tag is other than zero."""
    return z3.Or(tag_ != 0, *(lane_ != 0 for lane_ in lanes))


class LaneWords:
    """The words that terms are. `facts` is what is known, lane by lane."""

    def __init__(self) -> None:
        self.facts: list[list[z3.BoolRef]] = [[], [], [], []]
        self._known: dict[int, Word] = {}

    def any(self, term: Term, most: int, tag_: z3.BitVecRef) -> Word:
        """Let a term be any word with lanes up to `most`, under a tag."""
        word = self._fresh(str(term.key), tag_, most)
        self.take(term, word)
        return word

    def take(self, term: Term, word: Word) -> None:
        """Let a term be a word."""
        self._known[id(term)] = word

    def prove(self, number: int, claim: z3.BoolRef) -> None:
        """Prove something of a lane, once: paths differ in few lanes. Raises `Refuted` or `Undecided`."""
        question = (z3.simplify(claim), *self.facts[number])
        key = tuple(part.get_id() for part in question)
        if key not in _PROVED:
            prove(claim, self.facts[number])
            _PROVED[key] = question

    def of(self, term: Term) -> Word:
        """The word that a term is. Raises `Refuted` if a lane is more than what its lanes make of it, and `Beyond` if
        no rule is about the term."""
        if id(term) not in self._known:
            self._known[id(term)] = self._made(term)
        return self._known[id(term)]

    def _made(self, term: Term) -> Word:
        if term.number is not None:
            return _number(term.number)
        if words := compared(term):
            one, other = map(self.of, words)
            self._need(lambda a, b: z3.And(a <= MAX_AMOUNT, b <= MAX_AMOUNT), one, other)
            return self._mask([a >= b for a, b in zip(one.lanes, other.lanes, strict=True)], z3.BitVecVal(0, 16))
        if (three := chosen(term)) and (mask := self.of(three[2])).flags:
            one, other = map(self.of, three[:2])
            lanes = [z3.If(flag, b, a) for a, b, flag in zip(one.lanes, other.lanes, mask.flags, strict=True)]
            return _word(lanes, z3.simplify(RULES["chosen"].tag(one.tag, other.tag, mask.tag)))
        if term.op == "SHL" and term.arguments[0].number == 1:
            one = self.of(term.arguments[1])
            self._need(lambda a, _: a <= MAX_AMOUNT, one, one)
            return _word([2 * a for a in one.lanes], z3.simplify(RULES["doubled"].tag(one.tag)))
        if two := told_apart(term):
            one, other = map(self.of, two)
            flag = is_any(other.lanes, other.tag)
            return _word([z3.If(flag, a, 0) for a in one.lanes], z3.simplify(z3.If(flag, one.tag, z3.BitVecVal(0, 16))))
        if term.op not in RULES:
            raise Beyond(f"no rule is about {term.op}")
        one, other = self.of(term.arguments[0]), self.of(term.arguments[-1])
        tag_ = z3.simplify(RULES[term.op].tag(one.tag, other.tag))
        pairs = list(zip(one.lanes, other.lanes, strict=True))
        match term.op:
            case "ADD":
                self._need(lambda a, b: a + b <= FULL, one, other)
                return _word([a + b for a, b in pairs], tag_)
            case "SUB":
                self._need(lambda a, b: a >= b, one, other)
                return _word([a - b for a, b in pairs], tag_)
            case "OR":
                self._need(lambda a, b: _apart(a, b, most=MAX_AMOUNT, at_most=lambda x, most: x <= most), one, other)
                return _word([_filled(a, b, most=z3.IntVal(MAX_AMOUNT)) for a, b in pairs], tag_)
            case "XOR":
                self._need(lambda a, b: z3.Or(a == 0, b == 0), one, other)
                return _word([a + b for a, b in pairs], tag_)
            case "NOT" if other.flags:
                return self._mask([z3.Not(flag) for flag in other.flags], tag_)
            case "AND" if other.flags or one.flags:
                mask, masked = (other, one) if other.flags else (one, other)
                return _word([z3.If(f, a, 0) for f, a in zip(mask.flags or [], masked.lanes, strict=True)], tag_)
        raise Beyond(f"{term.op} without a mask")

    def _need(self, need: Callable[[Any, Any], z3.BoolRef], one: Word, other: Word) -> None:
        for n in LANES:
            self.prove(n, need(one.lanes[n], other.lanes[n]))

    def _mask(self, flags: list[z3.BoolRef], tag_: z3.BitVecRef) -> Word:
        return Word([z3.If(flag, z3.IntVal(FULL), z3.IntVal(0)) for flag in flags], tag_, flags)

    def _fresh(self, name: str, tag_: z3.BitVecRef, most: int) -> Word:
        word = Word([z3.Int(f"{name}.{n}") for n in LANES], tag_)
        for n in LANES:
            self.facts[n] += [word.lanes[n] >= 0, word.lanes[n] <= most]
        return word


def _word(lanes: list[z3.ArithRef], tag_: z3.BitVecRef) -> Word:
    return Word([z3.simplify(lane_) for lane_ in lanes], tag_)


def _number(number: int) -> Word:
    lanes = [number >> 60 * n & FULL for n in LANES]
    flags = [z3.BoolVal(lane_ == FULL) for lane_ in lanes] if set(lanes) <= {0, FULL} else None
    return Word([z3.IntVal(lane_) for lane_ in lanes], z3.BitVecVal(number >> 240, 16), flags)
