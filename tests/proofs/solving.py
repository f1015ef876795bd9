# SPDX-License-Identifier: MIT
"""Terms in z3, two ways.

`Bits` takes a term as it is, 256 bits wide: exact for everything, and quick while nothing but constants is multiplied
or divided by. `Integers` takes it as an integer without width: it first proves that an operation stays within a word,
from what its arguments can be at most and what is known of the path, and gives an operation that it cannot follow any
value at all. So what is proved of either is true of the code.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final

import z3

from tests.proofs.terms import TRUTHS, WORD, Term, Truth

PATIENCE: Final = 100_000_000
"""What one question may cost, in the solver's own unit, which is the same on every machine: about half a minute."""


class Refuted(Exception):
    """A claim that is false: the message has values that show it."""


class Misshapen(Exception):
    """Code that does not have the shape that a proof is about: found without the solver, so without values."""


class Undecided(Exception):
    """A claim that the solver can neither prove nor refute in time."""


def prove(claim: z3.BoolRef, given: Iterable[z3.BoolRef], solver: z3.Solver | None = None) -> None:
    """Prove that `claim` follows from what is given. Raises `Refuted` or `Undecided`."""
    solver = solver or z3.Solver()
    solver.set("rlimit", PATIENCE)
    solver.add(*given)
    solver.add(z3.Not(claim))
    answer = solver.check()
    if answer == z3.sat:
        model = solver.model()
        shown = sorted((str(name), str(model[name])) for name in model if name.arity() == 0)
        raise Refuted(", ".join(f"{name} = {number}" for name, number in shown))
    if answer != z3.unsat:
        raise Undecided(solver.reason_unknown())


class Bits:
    """Terms as bit vectors."""

    def __init__(self) -> None:
        self._known: dict[int, z3.BitVecRef] = {}

    def of(self, term: Term) -> z3.BitVecRef:
        """The term as a bit vector."""
        if id(term) not in self._known:
            self._known[id(term)] = self._made(term)
        return self._known[id(term)]

    def take(self, term: Term, value: z3.BitVecRef) -> None:
        """Let a value stand for a term, in what was not translated yet."""
        self._known[id(term)] = value

    def true(self, facts: Iterable[Truth]) -> list[z3.BoolRef]:
        """Facts of a path."""
        return [self._truth(fact.term) if fact.holds else z3.Not(self._truth(fact.term)) for fact in facts]

    def _truth(self, term: Term) -> z3.BoolRef:
        if term.op not in TRUTHS or id(term) in self._known:
            return self.of(term) != 0
        if term.op == "ISZERO":
            return z3.Not(self._truth(term.arguments[0]))
        one, other = [self.of(argument) for argument in term.arguments]
        return {"LT": z3.ULT, "GT": z3.UGT, "EQ": lambda a, b: a == b}[term.op](one, other)

    def _made(self, term: Term) -> z3.BitVecRef:
        if term.number is not None:
            return z3.BitVecVal(term.number, 256)
        if term.op == "symbol":
            return z3.BitVec(str(term.key), 256)
        if term.op in TRUTHS:
            return z3.If(self._truth(term), z3.BitVecVal(1, 256), z3.BitVecVal(0, 256))
        arguments = [self.of(argument) for argument in term.arguments]
        if term.op == "NOT":
            return ~arguments[0]
        one, other = arguments
        zero = z3.BitVecVal(0, 256)
        match term.op:
            case "ADD":
                return one + other
            case "SUB":
                return one - other
            case "MUL":
                return one * other
            case "AND":
                return one & other
            case "OR":
                return one | other
            case "XOR":
                return one ^ other
            case "SHL":
                return other << one
            case "SHR":
                return z3.LShR(other, one)
            case "DIV":
                return z3.If(other == 0, zero, z3.UDiv(one, other))
            case "MOD":
                return z3.If(other == 0, zero, z3.URem(one, other))
            case "BYTE":
                return z3.If(z3.ULT(one, 32), z3.LShR(other, 248 - 8 * one) & 255, zero)
        raise NotImplementedError(term.op)


Range = tuple[int, int]
"""The least and the largest that something can be."""
ANY: Final = (0, WORD - 1)


class Integers:
    """Terms as integers. `ranges` says what symbols, or other terms by their own, can be; `facts` is what else is true
    of them. What a translation adds to `facts` are definitions: of quotients, and of values it knows no more about."""

    def __init__(self, ranges: Mapping[Term, Range]) -> None:
        self.facts: list[z3.BoolRef] = []
        self._ranges = dict(ranges)
        self._known: dict[int, tuple[z3.ArithRef, Range]] = {}
        self._numbers = count()
        for term in self._ranges:
            self.of(term)

    def of(self, term: Term) -> z3.ArithRef:
        """The term as an integer."""
        return self._ranged(term)[0]

    def take(self, term: Term, value: z3.ArithRef, range_: Range) -> None:
        """Let a value stand for a term, in what was not translated yet."""
        self._known[id(term)] = value, range_

    def true(self, facts: Iterable[Truth]) -> None:
        """Take facts of a path as given."""
        for fact in facts:
            holds = self._truth(fact.term)
            self.facts.append(holds if fact.holds else z3.Not(holds))

    def largest(self, term: Term) -> int:
        """The largest that the term can be, as far as intervals tell."""
        return self._ranged(term)[1][1]

    def prove(self, claim: z3.BoolRef, *lemmas: z3.BoolRef) -> None:
        """Prove a claim from what is given. Raises `Refuted` or `Undecided`."""
        prove(claim, [*self.facts, *lemmas])

    def _ranged(self, term: Term) -> tuple[z3.ArithRef, Range]:
        if id(term) not in self._known:
            if term in self._ranges:
                self._known[id(term)] = self._free(term, self._ranges[term])
            else:
                self._known[id(term)] = self._made(term)
        return self._known[id(term)]

    def _free(self, term: Term, range_: Range) -> tuple[z3.ArithRef, Range]:
        """Any integer of a range."""
        name = str(term.key) if term.op == "symbol" else f"{term.op}{next(self._numbers)}"
        any_ = z3.Int(name)
        self.facts += [any_ >= range_[0], any_ <= range_[1]]
        return any_, range_

    def _truth(self, term: Term) -> z3.BoolRef:
        if term.op == "ISZERO":
            return z3.Not(self._truth(term.arguments[0]))
        if term.op in TRUTHS:
            one, other = [self.of(argument) for argument in term.arguments]
            return {"LT": one < other, "GT": one > other, "EQ": one == other}[term.op]
        if term.op in {"AND", "OR"} and all(self._ranged(argument)[1][1] <= 1 for argument in term.arguments):
            return {"AND": z3.And, "OR": z3.Or}[term.op](*[self._truth(argument) for argument in term.arguments])
        if term.op == "XOR" and not choice(term):
            return self.of(term.arguments[0]) != self.of(term.arguments[1])
        return self.of(term) != 0

    def _made(self, term: Term) -> tuple[z3.ArithRef, Range]:
        if term.number is not None:
            return z3.IntVal(term.number), (term.number, term.number)
        if term.op == "symbol":
            return self._free(term, ANY)
        if term.op in TRUTHS or (
            term.op in {"AND", "OR"} and all(self._ranged(argument)[1][1] <= 1 for argument in term.arguments)
        ):
            return z3.If(self._truth(term), z3.IntVal(1), z3.IntVal(0)), (0, 1)
        if chosen := choice(term):
            return self._chosen(*chosen)
        one, other = term.arguments if len(term.arguments) == 2 else (term, term)
        match term.op:
            case "ADD" | "MUL":
                (value, first), (second_value, second) = self._ranged(one), self._ranged(other)
                if term.op == "ADD":
                    return self._within(term, value + second_value, first[1] + second[1], first[0] + second[0])
                return self._within(term, value * second_value, first[1] * second[1], first[0] * second[0])
            case "SUB":
                return self._difference(one, other)
            case "DIV":
                return self._quotient(one, other)
            case "NOT":
                value, (least, most) = self._ranged(term.arguments[0])
                return WORD - 1 - value, (WORD - 1 - most, WORD - 1 - least)
            case "MOD" if other.number:
                return self._remainder(one, other.number)
            case "SHL" if one.number is not None and one.number < 256:
                value, (least, most) = self._ranged(other)
                return self._within(term, value * 2**one.number, most << one.number, least << one.number)
            case "SHR" if one.number is not None and one.number < 256:
                return self._divided(*self._ranged(other), 2**one.number, 2**one.number)
            case "AND":
                for mask, word in ((one.number, other), (other.number, one)):
                    if mask is not None and mask & (mask + 1) == 0:
                        return self._remainder(word, mask + 1)
        return self._free(term, ANY)

    def _within(self, term: Term, exact: z3.ArithRef, most: int, least: int) -> tuple[z3.ArithRef, Range]:
        """A sum or a product, if it is proved to stay within a word."""
        if most < WORD or self._follows(exact < WORD):
            return exact, (least, min(most, WORD - 1))
        return self._free(term, ANY)

    def _follows(self, claim: z3.BoolRef) -> bool:
        """Whether a claim is proved from what is given so far, quickly."""
        solver = z3.Solver()
        solver.set("rlimit", PATIENCE // 20)
        solver.add(*self.facts, z3.Not(claim))
        return bool(solver.check() == z3.unsat)

    def _difference(self, one: Term, other: Term) -> tuple[z3.ArithRef, Range]:
        (value, (least, most)), (taken, (smallest, largest)) = self._ranged(one), self._ranged(other)
        if least >= largest:
            return value - taken, (least - largest, most - smallest)
        if self._follows(value >= taken):
            return value - taken, (0, most)
        # As the EVM has it: a difference below zero comes back from the other end.
        return z3.If(value >= taken, value - taken, value - taken + WORD), ANY

    def _quotient(self, one: Term, other: Term) -> tuple[z3.ArithRef, Range]:
        divisor, (least, _) = self._ranged(other)
        for factor, rest in (one.arguments, one.arguments[::-1]) if one.op == "MUL" else ():
            # Of a product that does not overflow, as checked multiplication asks.
            if factor is other and self.largest(factor) * self.largest(rest) < WORD:
                value, range_ = self._ranged(rest)
                return z3.If(divisor == 0, z3.IntVal(0), value), (0, range_[1])
        value, range_ = self._ranged(one)
        if least > 0:
            return self._divided(value, range_, divisor, least)
        # The EVM's quotient by zero is zero.
        nonzero = z3.If(divisor == 0, z3.IntVal(1), divisor)
        quotient, range_ = self._divided(value, range_, nonzero, 1)
        return z3.If(divisor == 0, z3.IntVal(0), quotient), range_

    def _divided(
        self, value: z3.ArithRef, range_: Range, divisor: z3.ArithRef | int, least: int
    ) -> tuple[z3.ArithRef, Range]:
        """The quotient of a division by what is at least `least`, which is more than zero."""
        number = next(self._numbers)
        quotient, rest = z3.Ints(f"quotient{number} rest{number}")
        self.facts += [value == quotient * divisor + rest, rest >= 0, rest < divisor, quotient >= 0]
        return quotient, (0, range_[1] // least)

    def _remainder(self, word: Term, modulus: int) -> tuple[z3.ArithRef, Range]:
        value, range_ = self._ranged(word)
        if range_[1] < modulus:
            return value, range_
        quotient, _ = self._divided(value, range_, modulus, modulus)
        return value - quotient * modulus, (0, modulus - 1)

    def _chosen(self, asked: Term, one: Term, other: Term) -> tuple[z3.ArithRef, Range]:
        (value, first), (second_value, second) = self._ranged(one), self._ranged(other)
        range_ = (min(first[0], second[0]), max(first[1], second[1]))
        if asked.op in {"LT", "GT"} and asked.arguments == (one, other):
            # The lesser, or the larger, of the two.
            least = asked.op == "LT"
            range_ = (min(first[0], second[0]), min(first[1], second[1])) if least else range_
        return z3.If(self._truth(asked), value, second_value), range_


def choice(term: Term) -> tuple[Term, Term, Term] | None:
    """`one if asked else other`, which the compiler writes as `other ^ (one ^ other) * asked`."""
    if term.op != "XOR":
        return None
    for other, product in (term.arguments, term.arguments[::-1]):
        if product.op != "MUL":
            continue
        for mixed, asked in (product.arguments, product.arguments[::-1]):
            if mixed.op == "XOR" and asked.op in TRUTHS and other in mixed.arguments:
                [one] = [argument for argument in mixed.arguments if argument is not other] or [other]
                return asked, one, other
    return None
