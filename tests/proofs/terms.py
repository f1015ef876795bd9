# SPDX-License-Identifier: MIT
"""Words of 256 bits as terms over symbols: what `tests.proofs.machine` computes with instead of numbers.

A term is made by `apply` or `hashed` alone, which fold constants and drop what is neutral; equal terms are the same
object.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from eth_hash.auto import keccak

WORD: Final = 2**256
"""One more than the largest word."""


class Term:
    """A constant (`op` is "const"), a symbol ("symbol") or an operation on other terms."""

    __slots__ = ("arguments", "key", "op")

    def __init__(self, op: str, key: int | str, arguments: tuple["Term", ...]) -> None:
        self.op = op
        self.key = key
        self.arguments = arguments

    def __repr__(self) -> str:
        return str(self.key) if not self.arguments else f"{self.op}({', '.join(map(repr, self.arguments))})"

    @property
    def number(self) -> int | None:
        """The number that a constant is, None of anything else."""
        return self.key if isinstance(self.key, int) else None


def _quotient(one: int, other: int) -> int:
    return one // other if other else 0


def _remainder(one: int, other: int) -> int:
    return one % other if other else 0


def _signed(word: int) -> int:
    return word - WORD if word >> 255 else word


OPERATIONS: Final[dict[str, Callable[..., int]]] = {
    "ADD": lambda one, other: one + other,
    "MUL": lambda one, other: one * other,
    "SUB": lambda one, other: one - other,
    "DIV": _quotient,
    "MOD": _remainder,
    "EXP": lambda one, other: pow(one, other, WORD),
    "LT": lambda one, other: int(one < other),
    "GT": lambda one, other: int(one > other),
    "SLT": lambda one, other: int(_signed(one) < _signed(other)),
    "SGT": lambda one, other: int(_signed(one) > _signed(other)),
    "EQ": lambda one, other: int(one == other),
    "ISZERO": lambda one: int(one == 0),
    "AND": lambda one, other: one & other,
    "OR": lambda one, other: one | other,
    "XOR": lambda one, other: one ^ other,
    "NOT": lambda one: WORD - 1 - one,
    "SHL": lambda bits, word: word << bits if bits < 256 else 0,
    "SHR": lambda bits, word: word >> bits if bits < 256 else 0,
    "BYTE": lambda place, word: (word >> (8 * (31 - place))) & 255 if place < 32 else 0,
}
"""What each instruction computes, before the result is cut to 256 bits; arguments as on the stack, its top first."""

HASH: Final = "SHA3"
"""The operation on any number of words, the key being how many of their bytes."""

TRUTHS: Final = frozenset({"LT", "GT", "EQ", "ISZERO"})
"""The operations whose result is 0 or 1."""

_terms: dict[tuple[str, int | str, tuple[int, ...]], Term] = {}


def _interned(op: str, key: int | str, arguments: tuple[Term, ...] = ()) -> Term:
    place = (op, key, tuple(map(id, arguments)))
    if place not in _terms:
        _terms[place] = Term(op, key, arguments)
    return _terms[place]


def constant(number: int) -> Term:
    """A number as a term."""
    return _interned("const", number % WORD)


def symbol(name: str) -> Term:
    """The word that is called `name`: any word."""
    return _interned("symbol", name)


ZERO: Final = constant(0)
ONE: Final = constant(1)


def apply(op: str, *arguments: Term) -> Term:
    """The result of an instruction."""
    numbers = [argument.number for argument in arguments]
    if all(number is not None for number in numbers):
        return constant(OPERATIONS[op](*numbers))
    if len(arguments) == 2:
        one, other = arguments
        neutral = {"ADD": ZERO, "OR": ZERO, "XOR": ZERO, "MUL": ONE, "AND": constant(-1)}.get(op)
        if neutral is not None and one is neutral:
            return other
        if neutral is not None and other is neutral:
            return one
        if op in {"MUL", "AND"} and ZERO in arguments:
            return ZERO
        if op in {"SHL", "SHR"} and one is ZERO:
            return other
        if op in {"SHL", "SHR"} and other is ZERO:
            return ZERO
        if op == "SUB" and other is ZERO:
            return one
        if op == "SHR" and one.number is not None and other.op == "OR":
            shifted = [apply("SHR", one, argument) for argument in other.arguments]
            if any(part.number is not None for part in shifted):
                return apply("OR", *shifted)
        if op == "SHR" and one.number is not None and _is_below(other, one.number):
            return ZERO
    return _interned(op, op, arguments)


def hashed(size: int, words: Sequence[Term]) -> Term:
    """The hash of the first `size` bytes of words. Of unknown bytes it is unknown, but the same for the same bytes."""
    numbers = [word.number for word in words if word.number is not None]
    if len(numbers) < len(words):
        return _interned(HASH, str(size), tuple(words))
    return constant(_hash(size, numbers))


def _hash(size: int, numbers: Sequence[int]) -> int:
    return int.from_bytes(keccak(b"".join(number.to_bytes(32, "big") for number in numbers)[:size]), "big")


def _is_below(term: Term, bits: int) -> bool:
    """Whether a term is plainly less than 2**bits: masked, or a byte that ends below. This tells a selector from the
    argument behind it."""
    if term.op == "AND":
        return any(part.number is not None and part.number >> bits == 0 for part in term.arguments)
    shift: int | None = 0
    if term.op == "SHL":
        shift, term = term.arguments[0].number, term.arguments[1]
    return term.op == "BYTE" and shift is not None and shift + 8 <= bits


class Truth(NamedTuple):
    """That a term is other than zero (`holds`), or that it is zero."""

    term: Term
    holds: bool


def truth(term: Term, holds: bool = True) -> Truth:
    """`term` being other than zero, or being zero, without the negations around it."""
    while term.op == "ISZERO":
        term, holds = term.arguments[0], not holds
    return Truth(term, holds)


def parts(*terms: Term) -> list[Term]:
    """All that terms consist of, themselves too, what they are made from first."""
    found: dict[int, Term] = {}
    waiting = [(term, False) for term in reversed(terms)]
    while waiting:
        term, complete = waiting.pop()
        if complete:
            found.setdefault(id(term), term)
        elif id(term) not in found:
            waiting.append((term, True))
            waiting += [(argument, False) for argument in term.arguments]
    return list(found.values())


def value(term: Term, names: Mapping[str, int], known: dict[int, int] | None = None) -> int:
    """The number that a term is when its symbols are these numbers."""
    known = {} if known is None else known
    if id(term) not in known:
        if term.op == "symbol":
            known[id(term)] = names[str(term.key)]
        elif term.number is not None:
            known[id(term)] = term.number
        else:
            numbers = [value(argument, names, known) for argument in term.arguments]
            hashes = term.op == HASH
            known[id(term)] = _hash(int(term.key), numbers) if hashes else OPERATIONS[term.op](*numbers) % WORD
    return known[id(term)]
