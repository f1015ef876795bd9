# SPDX-License-Identifier: MIT
"""The cells of the matrix, and what is expected of each: the full product of the declaration in `rules`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from tests.access.rules import (
    CALLERS,
    FOLLOWS,
    MORE_CALLERS,
    OWNER,
    PAUSABLE,
    RULES,
    SCENES,
    SILENT,
    STRANGER,
    VIEWS,
    Rule,
    expected,
)

VIEWERS: Final = (OWNER, STRANGER)
"""Who tries the views: whoever asks, they have to say the same."""


class Setting(NamedTuple):
    """A scene of one contract, the home, and whether that contract is paused."""

    home: str
    scene: str
    paused: bool

    def __str__(self) -> str:
        return f"{self.home}: {self.scene}{', paused' if self.paused else ''}"


SETTINGS: Final = tuple(
    Setting(home, scene, paused)
    for home, scenes in SCENES.items()
    for scene in scenes
    for paused in ((False, True) if home in PAUSABLE else (False,))
)


@dataclass(frozen=True)
class Cell:
    """A call: of which function, by whom, in which scene of its contract, and what it has to come to."""

    contract: str
    rule: Rule
    caller: str
    scene: str
    wanted: str | None
    in_multicall: bool = False
    is_view: bool = False

    def __str__(self) -> str:
        way = " in a multicall" if self.in_multicall else ""
        return f"{self.contract}.{self.rule.function} by {self.caller}{way}"


def state_of(scene: str) -> str:
    """The state of the round in a scene of the tournament."""
    return scene.partition(",")[0]


def cells(setting: Setting) -> Iterator[Cell]:
    """All cells of a setting.

    A function is tried by everybody in each scene of its own contract. In a multicall, and in the scenes of the
    tournament if it is another contract's, it is tried by somebody who may and by somebody who may not.
    """
    home, scene, paused = setting
    for contract in RULES:
        if (basis := FOLLOWS.get(contract, contract)) == home:
            yield from _cells(contract, scene, paused)
            if contract == "Tournament":
                yield from (
                    _in_multicall(cell) for cell in _cells(contract, scene, paused, in_short=True) if not cell.is_view
                )
        elif home == "Tournament":
            yield from _cells(contract, SCENES[basis][0], False, in_short=True)


def _cells(contract: str, scene: str, paused: bool, in_short: bool = False) -> Iterator[Cell]:
    for rule in RULES[contract]:
        tried = [
            Cell(contract, rule, caller, scene, expected(rule, caller, scene, paused))
            for caller in (*CALLERS, *MORE_CALLERS.get(contract, ()))
        ]
        # The first of those who are told the same.
        yield from {cell.wanted: cell for cell in reversed(tried)}.values() if in_short else tried
    for rule in VIEWS[contract]:
        for caller in VIEWERS[:1] if in_short else VIEWERS:
            yield Cell(contract, rule, caller, scene, expected(rule, caller, scene, paused), is_view=True)


def _in_multicall(cell: Cell) -> Cell:
    return replace(cell, in_multicall=True, wanted=cell.wanted if cell.rule.fits_multicall else SILENT)
