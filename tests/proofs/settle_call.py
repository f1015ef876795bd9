# SPDX-License-Identifier: MIT
"""One call of the real `Tournament.settle`, with symbols for all that its arithmetic reads.

A round is final, and a chunk of one group is settled. Numbers are what only says where things are: the ring, the round,
the group, the times. They are chosen so that nothing stands at the beginning of anything.
"""

from functools import cache
from typing import Final

from nmr.audit.layout import MAX_GROUPS, entry
from nmr.audit.layout import TOURNAMENT as SLOTS
from tests.proofs.code import TOURNAMENT, Change, compiled
from tests.proofs.machine import Machine, Path
from tests.proofs.terms import Term, apply, constant, symbol

RING: Final = 4
ROUND: Final = 5
NEXT: Final = ROUND + RING
INDEX: Final = 1
GROUP: Final = 317
SUBMITTED_AT: Final = 4 * GROUP % 240
"""The first of the group's bits in its word of submissions, and of compounding models."""
COMPOUNDING_AT: Final = 4 * GROUP % 256
ROOT: Final = symbol("root")
TREASURY: Final = 0x7EA5
TOKEN: Final = 0x70CE
_BOOK: Final = entry(SLOTS["book"], ROUND)
_NEXT_BOOK: Final = entry(SLOTS["book"], NEXT)
_FINAL_AT: Final = 5_000
_GRACE: Final = 100
NOW: Final = 10_000

POSITION: Final = SLOTS["positions"] + ROUND % RING * MAX_GROUPS + GROUP
IDLE: Final = SLOTS["idle"] + GROUP
STAKED: Final = _BOOK + 11
NEXT_STAKED: Final = _NEXT_BOOK + 11
IDLE_SUM: Final = SLOTS["idle_sum"]
SYMBOLS: Final = {
    _BOOK + 0: "primary",
    _BOOK + 1: "contribution",
    STAKED: "staked",
    _BOOK + 15: "factor",
    _BOOK + 16: "clip",
    _BOOK + 19: "root",
    _NEXT_BOOK + 4: "min_stake",
    NEXT_STAKED: "next_staked",
    POSITION: "position",
    IDLE: "idle",
    SLOTS["targets"] + GROUP: "targets",
    SLOTS["compounding"] + GROUP // 64: "compounding",
    IDLE_SUM: "idle_sum",
    entry(SLOTS["words"], ROUND % (2 * RING), GROUP // 60): "submitted",
}
"""The slots that may hold any word, as the compiler lays them out (`nmr.audit.layout`)."""
_NUMBERS: Final = {
    _BOOK + 6: 1_000,  # locks_at
    _BOOK + 8: 10**9,  # expires_at
    _BOOK + 10: _GRACE,
    _BOOK + 12: 1,  # locked
    _BOOK + 18: 1,  # opened_list
    _BOOK + 20: 2,  # chunks
    _BOOK + 22: _FINAL_AT,
    _NEXT_BOOK + 6: 20_000,  # locks_at
}
SCORES: Final = symbol("scores")
WORD: Final = apply("OR", constant(GROUP << 224), apply("AND", SCORES, constant(2**224 - 1)))
"""The score word: any scores of the group."""


_WORDS_AT: Final = 4 * 32
_PROOF_AT: Final = 6 * 32
ARGUMENTS: Final = (*map(constant, (ROUND, INDEX, _WORDS_AT, _PROOF_AT, 1)), WORD, constant(1), symbol("sibling"))
"""The words of the call: one score word, and a proof of one sibling."""


def code(change: Change | None) -> bytes:
    """The tournament's code with its immutables behind it."""
    immutables = (TREASURY, RING, 0, 3_600, TOKEN)
    return compiled(TOURNAMENT, change).code + b"".join(word.to_bytes(32, "big") for word in immutables)


def before(restaked: bool) -> dict[int, Term]:
    """Storage before the call; the next round of the place is open, or not opened yet and no longer waited for."""
    numbers = _NUMBERS | {SLOTS["next_round"]: NEXT + 1 if restaked else NEXT}
    words = {slot: constant(number) for slot, number in numbers.items()}
    return words | {slot: symbol(name) for slot, name in SYMBOLS.items()}


@cache
def settled(change: Change | None, restaked: bool) -> tuple[Path, ...]:
    """All paths of `settle`."""
    context = {"TIMESTAMP": constant(NOW), "CALLER": symbol("caller"), "ADDRESS": symbol("tournament")}
    machine = Machine(code(change), context, before(restaked), lambda _: [symbol("answer")])
    return tuple(machine.run(compiled(TOURNAMENT, change).selectors["settle"], list(ARGUMENTS)))
