# SPDX-License-Identifier: MIT
"""Every cell of a setting, tried: what each call came to, and what it did to others."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache

from tests.access import calls
from tests.access.belongings import belongings, offences
from tests.access.cells import Cell, Setting, cells
from tests.access.rules import CONTRACT, NOTHING, STRANGER
from tests.access.scenes import pause, reach
from tests.access.world import Reply, world


@dataclass
class Trial:
    """What came of a setting: how many cells were tried, and what was wrong, a line each."""

    cells: int = 0
    allowed: int = 0
    again: int = 0
    otherwise: list[str] = field(default_factory=list)
    """Calls that came to something else than declared."""
    offences: list[str] = field(default_factory=list)
    """Calls that touched what is not the caller's."""


@cache
def trial(setting: Setting) -> Trial:
    """Reach the scene once, and try each of its cells from there."""
    here, came = world(), Trial()
    with here.chain.anchor(), ExitStack() as undo:
        reach(here, setting.home, setting.scene)
        if setting.paused:
            pause(here, setting.home)
        before = belongings(here)
        undo.enter_context(here.chain.anchor())
        answers: dict[tuple[str, str], bytes] = {}
        for cell in cells(setting):
            came.cells += 1
            # All ask the same of a view.
            asker = STRANGER if cell.is_view else cell.caller
            data = calls.data(here, cell.contract, cell.rule.function, asker, cell.scene)
            if cell.is_view:
                reply = here.ask(cell.caller, cell.contract, data)
                if reply.output != answers.setdefault((cell.contract, cell.rule.function), reply.output):
                    _note(came, cell, "told another answer than others")
                _compare(came, cell, reply, cell.wanted)
                continue
            if cell.in_multicall:
                data = here.data(cell.contract, "multicall", ([data],))
            here.chain.forget_written()
            reply = here.send(cell.caller, cell.contract, data)
            _compare(came, cell, reply, cell.wanted)
            words = here.written() if reply.reason == NOTHING else {}
            if reply.reason in (None, NOTHING):
                came.allowed += reply.reason is None
                after = belongings(here)
                came.offences += (
                    f"{cell}: {what}" for what in offences(before, after, here, cell.caller, cell.rule.function)
                )
            elif cell.caller != CONTRACT:
                # What was refused has changed nothing, but for the notes of the contract that called.
                continue
            if reply.reason is None and not cell.in_multicall:
                came.again += 1
                _compare(came, cell, here.send(cell.caller, cell.contract, data), cell.rule.again, " again")
            undo.close()
            if words != here.words(words):
                _note(came, cell, "changes storage")
            undo.enter_context(here.chain.anchor())
    return came


def _compare(came: Trial, cell: Cell, reply: Reply, wanted: str | None, again: str = "") -> None:
    if reply.reason != wanted:
        _note(came, cell, f"{_told(reply.reason)} instead of {_told(wanted)}{again}")


def _note(came: Trial, cell: Cell, what: str) -> None:
    came.otherwise.append(f"{cell}: {what}")


def _told(reason: str | None) -> str:
    return "allowed" if reason is None else repr(reason)
