# SPDX-License-Identifier: MIT
"""Notes which steps of the contracts py-evm runs, for whoever runs it: ape's embedded chain and titanoboa both do.

titanoboa's own plugin sees titanoboa's chain alone, and ape's counts a fraction of the statements.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from eth.vm.code_stream import CodeStream
from eth.vm.opcode_values import REVERT, STOP

from tests.tools.coverage.sources import Code, codes

_MISSING: Final = object()


@dataclass
class Recorder:
    """What ran, by code.

    Attributes:
        moves: pairs of steps that ran one after the other.
        refusals: the last step outside of the module that refuses, of each call that ended there.
    """

    moves: dict[Code, set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    refusals: dict[Code, set[int]] = field(default_factory=lambda: defaultdict(set))
    _known: dict[bytes, Code | None] = field(default_factory=dict)

    def add(self, code: bytes, steps: list[int]) -> None:
        """Take one run of a code into account."""
        found = self._known.get(code, _MISSING)
        if found is _MISSING:
            found = next((known for known in codes() if code.startswith(known.prefix)), None)
            self._known[code] = found
        if not isinstance(found, Code) or not steps:
            return
        self.moves[found].update(pairwise(steps))
        if code[steps[-1]] == REVERT:
            # Most refusals happen in one module: who called it is what matters.
            mapped = (step for step in reversed(steps) if step in found.nodes)
            if next(mapped, None) in found.guard_steps:
                self.refusals[found].add(next(step for step in mapped if step not in found.guard_steps))


@contextmanager
def recording() -> Iterator[Recorder]:
    """Record all that py-evm runs within."""
    recorder = Recorder()
    kinds = [CodeStream, *_subclasses(CodeStream)]
    before = {kind: kind.__dict__["__iter__"] for kind in kinds if "__iter__" in kind.__dict__}
    for kind in before:
        kind.__iter__ = _watched(recorder)  # type: ignore[method-assign]
    try:
        yield recorder
    finally:
        for kind, own in before.items():
            kind.__iter__ = own  # type: ignore[method-assign]


def _watched(recorder: Recorder):  # type: ignore[no-untyped-def]
    def __iter__(self: CodeStream) -> Iterator[int]:  # noqa: N807
        code, steps = self._raw_code_bytes, getattr(self, "_trace", [])
        try:
            while self.program_counter < self._length_cache:
                steps.append(self.program_counter)
                opcode = code[self.program_counter]
                self.program_counter += 1
                yield opcode
            yield STOP
        finally:
            recorder.add(code, steps)

    return __iter__


def _subclasses(kind: type[CodeStream]) -> Iterator[type[CodeStream]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)
