# SPDX-License-Identifier: MIT
"""What there is to be reached: the functions of the suite, the reasons of its refusals, and the steps of a round.

A reason is known if the sources of the contracts and of what they import name it, and if the compiled contract has it
still: what no function leads to is not in there.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

import snekmate
from vyper.compiler.output import build_abi_output

from nmr.protocol.reference import State
from tests.stateful.chain import compiled
from tests.stateful.tally import STEPS

CONTRACTS: Final = ("Numeraire", "Treasury", "Tournament", "TermsCheck", "Timelock", "Buyback", "Pool", "PoolFactory")
"""Those with calls that change something, and what they ask; the lens is compared with the reference."""
MOCKS: Final = ("Stablecoin", "OddStablecoin", "SettableFeed", "CallingFiller", "Reentrant")
"""What the machines deploy beside them."""

_SOURCES: Final = (Path(__file__).parents[2] / "contracts", *map(Path, snekmate.__path__))
_REASON: Final = re.compile(r'"([a-z0-9_]+: [^"\n]+)"')
_WORD: Final = 32


def compile_all() -> None:
    """Compile what the machines deploy, so that processes that are forked from this one need not."""
    for name in (*CONTRACTS, "Lens", *MOCKS):
        assert compiled(name).compiler_data.bytecode


def round_steps() -> set[tuple[State, State]]:
    """From which state to which a round can go."""
    return {(before, after) for before, states in STEPS.items() for after in states}


@cache
def functions() -> frozenset[tuple[str, str]]:
    """Every function that changes something, with its contract."""
    return frozenset(
        (name, abi["name"])
        for name in CONTRACTS
        for abi in build_abi_output(compiled(name).compiler_data)
        if abi["type"] == "function" and abi["stateMutability"] in ("nonpayable", "payable")
    )


@cache
def reasons() -> frozenset[str]:
    """Every reason for which a deployed contract may refuse a call."""
    named = {
        reason
        for folder in _SOURCES
        for path in folder.rglob("*.vy")
        if "mocks" not in path.parts
        for reason in _REASON.findall(path.read_text())
    }
    codes = [compiled(name).compiler_data.bytecode_runtime for name in CONTRACTS]
    # A string stands in the code word by word.
    return frozenset(reason for reason in named if any(reason.encode()[:_WORD] in code for code in codes))
