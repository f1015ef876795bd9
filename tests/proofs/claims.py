# SPDX-License-Identifier: MIT
"""What a claim is, and how one is asked about a function of the harness."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import z3

from tests.proofs.code import HARNESS, Change, compiled
from tests.proofs.machine import Machine, Path
from tests.proofs.solving import Bits, Integers, Range, prove
from tests.proofs.terms import Term, constant, symbol

BITS: Final = "bit vectors"
INTEGERS: Final = "integers"
LANEWISE: Final = "integers, lane by lane"


@dataclass(frozen=True)
class Claim:
    """A property of all inputs within `bounds`. `check` proves it of the sources, or of sources with a mistake; of each
    mistake in `controls` it has to fail: by values that refute the property, or by the shape of the code."""

    where: str
    what: str
    bounds: str
    how: str
    check: Callable[[Change | None], None]
    controls: tuple[Change, ...] = ()


def paths(change: Change | None, function: str, *arguments: Term) -> Iterator[Path]:
    """Every path of a function of the harness."""
    harness = compiled(HARNESS, change)
    return Machine(harness.code).run(harness.selectors[function], list(arguments))


def holds_of_bits(
    change: Change | None,
    function: str,
    names: str,
    claim: Callable[..., z3.BoolRef],
    given: Callable[..., Iterable[z3.BoolRef]] = lambda *_: (),
) -> None:
    """Prove that a function refuses nothing that is `given`, and that `claim` is true of arguments and results."""
    arguments = [symbol(name) for name in names.split()]
    bits = Bits()
    values = [bits.of(argument) for argument in arguments]
    for path in paths(change, function, *arguments):
        known = [*given(*values), *bits.true(path.truths)]
        if path.returned is None:
            prove(z3.BoolVal(False), known)
        else:
            prove(claim(*values, *map(bits.of, path.returned)), known)


def holds_of_integers(
    change: Change | None,
    function: str,
    ranges: Mapping[str, Range | int],
    claim: Callable[..., z3.BoolRef],
    given: Callable[..., Iterable[z3.BoolRef]] = lambda *_: (),
) -> None:
    """The same of integers. `ranges` names the arguments, in their order, with what each can be, or its number."""
    arguments = [constant(size) if isinstance(size, int) else symbol(name) for name, size in ranges.items()]
    for path in paths(change, function, *arguments):
        integers = Integers({symbol(name): size for name, size in ranges.items() if not isinstance(size, int)})
        values = [integers.of(argument) for argument in arguments]
        integers.facts += given(*values)
        integers.true(path.truths)
        if path.returned is None:
            integers.prove(z3.BoolVal(False))
        else:
            results = list(map(integers.of, path.returned))
            integers.prove(claim(*values, *results))
