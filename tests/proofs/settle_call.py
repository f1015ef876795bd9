# SPDX-License-Identifier: MIT
"""Calls of the real `Tournament.settle` and `settle_expired`, with symbols for all that their arithmetic reads.

Numbers are what only says where things are: the ring, the round, the groups. They are chosen so that nothing stands at
the beginning of anything. The time is a symbol, and so is what the place's turn says of the rounds that come.
"""

from functools import cache
from typing import Final, NamedTuple

from nmr.audit.layout import MAX_GROUPS, PAGES, entry
from nmr.audit.layout import TOURNAMENT as SLOTS
from tests.proofs.code import TOURNAMENT, Change, compiled
from tests.proofs.machine import Machine, Path
from tests.proofs.terms import Term, apply, constant, symbol

RING: Final = 4
INDEX: Final = 1
TREASURY: Final = 0x7EA5
TOKEN: Final = 0x70CE
HOUR: Final = 3_600
MAX_ROUND: Final = 65_535
ROOT: Final = symbol("root")
MIN_STAKE: Final = symbol("min_stake")
IMMUTABLES: Final = (*map(constant, (HOUR, TREASURY, 0, RING, 0, TOKEN)), MIN_STAKE)
"""Behind the code: hour, treasury, terms check, ring, first round, token, MIN_STAKE."""
IDLE_SUM: Final = SLOTS["idle_sum"]


class Scene(NamedTuple):
    """A round and the groups of a call, one word for each. `expired` says which of the two functions is called."""

    round: int = 5
    groups: tuple[int, ...] = (317,)
    expired: bool = False

    @property
    def book(self) -> int:
        return entry(SLOTS["book"], self.round)

    @property
    def staked(self) -> int:
        return self.book + 9

    @property
    def next(self) -> int:
        return self.round + RING

    @property
    def after(self) -> int:
        return self.round + 2 * RING

    @property
    def turn(self) -> int:
        """The slot of the place's turn."""
        return SLOTS["turns"] + self.round % RING

    @property
    def symbols(self) -> dict[int, str]:
        """The slots that may hold any word, as the compiler lays them out (`nmr.audit.layout`)."""
        names = {
            self.book + 0: "primary",
            self.book + 1: "contribution",
            self.book + 5: "locks_at",
            self.book + 7: "expires_at",
            self.staked: "staked",
            self.book + 10: "locked",
            self.book + 11: "void",
            self.book + 13: "factor",
            self.book + 14: "clip",
            self.book + 16: "opened_list",
            self.book + 17: "root",
            self.book + 20: "final_at",
            self.turn: "turn",
            entry(SLOTS["book"], 0) + 9: "staked.0",
            entry(SLOTS["book"], self.next) + 9: f"staked.{self.next}",
            entry(SLOTS["book"], self.after) + 9: f"staked.{self.after}",
            IDLE_SUM: "idle_sum",
        }
        for group in self.groups:
            names |= {
                position(self.round, group): f"position.{group}",
                SLOTS["idle"] + group: f"idle.{group}",
                SLOTS["targets"] + group: f"targets.{group}",
                SLOTS["compounding"] + group // 60: f"compounding.{group // 60}",
                SLOTS["words"] + self.round % (2 * RING) * PAGES + group // 60: f"submitted.{group // 60}",
            }
        return names

    @property
    def arguments(self) -> list[Term]:
        """The words of the call: for `settle` a chunk of one score word a group, and a proof of one sibling."""
        if self.expired:
            return list(map(constant, (self.round, 64, len(self.groups), *self.groups)))
        words = [word(group, i) for i, group in enumerate(self.groups)]
        size = 64 + 32 * len(words)
        head = [self.round, INDEX, 128, 160 + size, size, 32, len(words)]
        return [*map(constant, head), *words, constant(1), symbol("sibling")]


def position(round_: int, group: int) -> int:
    """The slot of a group's positions."""
    return SLOTS["positions"] + round_ % RING * MAX_GROUPS + group


def word(group: int, number: int) -> Term:
    """The score word of a group: any scores."""
    return apply("OR", constant(group << 224), apply("AND", symbol(f"scores.{number}"), constant(2**224 - 1)))


def before(scene: Scene) -> dict[int, Term]:
    """Storage before the call."""
    return {slot: symbol(name) for slot, name in scene.symbols.items()} | {scene.book + 18: constant(2)}


@cache
def settled(change: Change | None, scene: Scene) -> tuple[Path, ...]:
    """All paths of the call."""
    context = {"TIMESTAMP": symbol("now"), "CALLER": symbol("caller"), "ADDRESS": symbol("tournament")}
    tournament = compiled(TOURNAMENT, change)
    machine = Machine(tournament.code, context, before(scene), lambda _: [symbol("answer")], IMMUTABLES)
    function = "settle_expired" if scene.expired else "settle"
    return tuple(machine.run(tournament.selectors[function], scene.arguments))
