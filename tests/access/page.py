# SPDX-License-Identifier: MIT
"""`python -m tests.access.page`: write docs/access.md, the declaration of `rules` for people."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from textwrap import fill
from typing import Final

from tests.access.cells import SETTINGS, cells, state_of
from tests.access.rules import (
    CALLERS,
    FOLLOWS,
    MORE_CALLERS,
    NOTHING,
    PAUSABLE,
    RULES,
    SCENES,
    SILENT,
    STATES,
    VIEWS,
    Check,
    Rule,
    expected,
)

PATH: Final = Path(__file__).parents[2] / "docs" / "access.md"
YES, NO, PART = "yes", "·", "part"

HEAD: Final = """\
# Who may do what

Written by `python -m tests.access.page` from the declaration in [`tests/access/rules.py`](../tests/access/rules.py),
which is made by hand and reads no contract. `pytest tests/access`, a part of `make test`, makes every call below on the
compiled contracts and compares what comes of it with the declaration, to the exact reason: {count:,} cells, each tried
from its scene as it was reached, and undone. Tests fail if a function has no row or a row no function, if a reason of a
row is told to nobody, and if this page is not what the declaration says.

A function is tried by every caller in every scene of its contract, paused and not where there is a pause. The functions
of the tournament are tried in a `multicall` too, and those of the other contracts in every scene of the tournament, by
one caller of each outcome. Views are asked by owner and stranger, who have to be told the same.

How to read the tables:

- *who* is who gets past the checks of the caller; *anyone* is everybody who tried.
- *when* is what has to hold besides.
- *refused with* are the reasons in the order in which the checks are made: where two fail, the first is told.
- *again* is what the same call by the same caller comes to right after it; where nothing stands it goes through again.

Arguments are such that the right caller gets through in the right scene: a permit is signed by who gives it, a role is
renounced for the proposer, a `multicall` has a deposit in it. What wrong arguments come to is in the unit tests.

## Who tried

{callers}

Everybody holds NMR and has allowed it to tournament, buyback and pool, so that a lack of it refuses nothing. Others try
one contract: those of the suite that call it by themselves, and who has a part in it. What the filler does with the
buyback, its own functions try:

{more}
"""

KNOWING: Final = """\
## Worth knowing

- `submit` is the one function that asks for an open round before it asks who calls.
- Who brings signatures to `submit_signed` needs no role: what counts is who signed. Here it is the submitter.
- The operator vetoes as the guardian does, since only its own roots can be in their window, and nothing else of the
  guardian's. In the contract the two are never the same.
- `unpause` without a pause is no error, and `pause` is refused to a guardian who has not rested as long as its last
  pause lasted, a day at least; the unit tests try that.
- `reserve` and `release` of the treasury refuse nobody, so that they delay no lock and no closing. For who is no
  tournament they do nothing.
- Whoever lacks a role of the timelock is told the same, whichever role it is.
- A canceller of the timelock cancels its own removal, and the only proposer or executor may renounce its role: then
  nobody acts as owner any more. Stakes leave all the same.
- A pause of the tournament stops `register`, `deposit`, `stake`, `enter` and `open_round`, and nothing else: no
  withdrawal, no `leave`, no submission, no settlement. It lapses after 720 hours.
- `leave` is asked for the round that the model's stakes are in or wait for. It goes through until that locks, opened or
  not, paused or not; after a void somebody settles first.
- The manager of a pool names the submitter, and nothing else of it is the manager's alone: nobody stops an exit.
- An order of a pool runs in a later block than its own, for whoever calls `checkpoint` or `fill`.
- A pause of the buyback takes the lot off the market, so that after the pause there is none until the next is due.

## Refused without a reason

- A call whose data does not decode: a function that there is not, a list that is longer than the function takes.
- A call with ether, but for the two `execute` of the timelock.
- `open_round`, `set_bounds`, `settle` and `submit_signed` in a `multicall`: they do not fit its 260 bytes a call.
- `take` with data by who has no `on_buyback`: every plain account, and the timelock.
- A call back into a contract that is being called, where it has a lock: the
  [unit tests](../tests/unit/buyback/test_callback.py) try that.
"""

NOBODY: Final = """\
## What nobody does to the stake of another

Every call of the matrix that goes through is also looked at from the side of everybody else. The test asserts of each:

- owner, submitter, offer, target and compounding of a model are changed by its owner only, or by whom its owner has
  offered it to;
- its idle NMR falls by its owner only, or by `enter`, which puts exactly that into the model's own position and not
  beyond its target;
- its position falls by its owner only, or by `settle`, within the clip of the round and into the model's own idle but
  for what is burned, or by `settle_expired`, down to its target and into the model's own idle;
- a deposit by somebody else comes out of that caller's wallet and adds to idle and to nothing else;
- no wallet gets smaller but the caller's, and the model owner's by whom it has allowed to spend.

`tests/access/test_theft.py` adds calls that name a model of the caller and one of another, directly and in multicalls
within multicalls; `tests/access/test_handover.py` shows that a role that passes on leaves nothing with who had it.
"""


def page() -> str:
    """The page."""
    count = sum(1 for setting in SETTINGS for _ in cells(setting))
    callers = "\n".join(f"- **{caller}**: {who}." for caller, who in CALLERS.items())
    more = "\n".join(
        f"- **{caller}**, on `{contract}`: {who}."
        for contract, named in MORE_CALLERS.items()
        for caller, who in named.items()
    )
    parts = [HEAD.format(count=count, callers=callers, more=more)]
    for contract in RULES:
        parts.append("\n".join(_contract(contract)))
        if contract == "Tournament":
            parts.append("\n".join(_states()))
    return "\n".join([*parts, KNOWING, NOBODY])


def _contract(contract: str) -> Iterator[str]:
    yield f"## {contract}\n"
    scenes = SCENES[FOLLOWS.get(contract, contract)]
    if len(scenes) > 1 and contract not in FOLLOWS:
        yield _wrapped(f"Scenes: {'; '.join(scenes)}." + (" Each paused and not." if _pausable(contract) else ""))
        yield ""
    if RULES[contract]:
        paused = " while paused |" if _pausable(contract) else ""
        yield f"| function | who | when |{paused} refused with | again |"
        yield f"|---|---|---|{'---|' if paused else ''}---|---|"
        for rule in RULES[contract]:
            yield _row(contract, rule)
        yield ""
    names = ", ".join(f"`{rule.function}`" for rule in VIEWS[contract] if not rule.checks)
    yield _wrapped(f"Views, for anyone and in every scene: {names}.")
    yield ""
    refusing = [rule for rule in VIEWS[contract] if rule.checks]
    if refusing:
        yield f"| view | answers when |{' while paused |' if _pausable(contract) else ''} refused with |"
        yield f"|---|---|{'---|' if _pausable(contract) else ''}---|"
        for rule in refusing:
            row = _row(contract, rule).split(" | ")
            yield " | ".join([row[0], *row[2:-1]]) + " |"
        yield ""


def _pausable(contract: str) -> bool:
    return FOLLOWS.get(contract, contract) in PAUSABLE


def _row(contract: str, rule: Rule) -> str:
    who = next((_names(contract, check) for check in rule.checks if check.callers is not None), "anyone")
    when = "; ".join(check.text for check in rule.checks if check.text) or "always"
    cells = [f"`{_name(rule)}`", who, when]
    if _pausable(contract):
        cells.append({None: "yes", False: "no", True: "only then"}[_while_paused(rule)])
    reasons = [check.reason for check in rule.checks]
    told = [f"{number}. {_reason(reason)}" for number, (reason, _) in enumerate(groupby(reasons), 1)]
    cells.append("<br>".join(told) if len(told) > 1 else told[0][3:] if told else "")
    cells.append("" if rule.again is None else _reason(rule.again))
    return f"| {' | '.join(cells)} |"


def _while_paused(rule: Rule) -> bool | None:
    return next((check.paused for check in rule.checks if check.paused is not None), None)


def _names(contract: str, check: Check) -> str:
    assert check.callers is not None
    everybody = (*CALLERS, *MORE_CALLERS.get(contract, ()))
    return ", ".join(caller for caller in everybody if caller in check.callers)


def _name(rule: Rule) -> str:
    name, _, argument = rule.function.partition("+")
    return f"{name} with {argument}" if argument else name


def _wrapped(text: str) -> str:
    indent = "  " if text.startswith("- ") else ""
    return fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _reason(reason: str) -> str:
    if reason == SILENT:
        return "*no reason*"
    return f"*{reason}*" if reason == NOTHING else f"`{reason}`"


def _states() -> Iterator[str]:
    """State by function, for the right caller while the tournament is not paused."""
    yield "### By the state of the round\n"
    yield "For the right caller, not paused. The round is the latest, on a ring of one place. `part` is told below.\n"
    yield f"| function | {' | '.join(STATES)} |"
    yield f"|---|{'---|' * len(STATES)}"
    notes = []
    for rule in RULES["Tournament"]:
        if not any(check.scenes is not None for check in rule.checks):
            continue
        row = []
        for state in STATES:
            came = {
                scene: _for_the_right_caller(rule, scene) for scene in SCENES["Tournament"] if state_of(scene) == state
            }
            if set(came.values()) == {None}:
                row.append(YES)
            elif None not in came.values():
                row.append(NO)
            else:
                row.append(PART)
                told = "; ".join(
                    f"{scene.partition(', ')[2]} {YES if reason is None else _reason(reason)}"
                    for scene, reason in came.items()
                )
                notes.append(f"- `{rule.function}`, {state}: {told}.")
        yield f"| `{rule.function}` | {' | '.join(row)} |"
    yield ""
    yield from (_wrapped(note) for note in notes)
    yield ""
    free = ", ".join(
        f"`{rule.function}`"
        for rule in RULES["Tournament"]
        if not any(check.scenes is not None for check in rule.checks)
    )
    yield _wrapped(f"In every state: {free}.")
    yield ""


def _for_the_right_caller(rule: Rule, scene: str) -> str | None:
    came = [expected(rule, caller, scene, paused=False) for caller in CALLERS]
    return None if None in came else next(reason for reason in _by_depth(rule) if reason in came)


def _by_depth(rule: Rule) -> Iterator[str]:
    """The reasons of a rule, the last check first: who gets furthest is the right caller."""
    for check in reversed(rule.checks):
        yield check.reason


if __name__ == "__main__":
    PATH.write_text(page())
    print(f"Wrote {PATH.name}: {sum(1 for setting in SETTINGS for _ in cells(setting)):,} cells.")
