# SPDX-License-Identifier: MIT
"""The suite's contracts as the pinned compiler built them: ABI, code, and what lies where. No compiler is needed.

`builds.json` is what `compile_contracts.py` makes of `contracts/`. A wheel carries it. In a checkout whose sources
changed, reading it has it made anew: nothing is compared with what older sources gave.
"""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from nmr.chain.sources import RECIPE, checkout, digest_of
from nmr.errors import NmrError

BUILDS: Final = Path(__file__).with_name("builds.json")


class BuildNotFound(NmrError, LookupError):
    """No contract of this name, or no builds at all."""


class NotCompiled(NmrError, RuntimeError):
    """Contracts of a checkout that are not compiled as they stand, and cannot be."""


class Immutable(NamedTuple):
    """A value that a constructor fixes in the code.

    Attributes:
        name: the variable's; that of a module has the module's name and a dot before it.
        type: Vyper's name of the type; `address` for an interface.
        offset: bytes between the end of `runtime_code` and the value.
        size: bytes of the value.
    """

    name: str
    type: str
    offset: int
    size: int


class Variable(NamedTuple):
    """A variable in storage: its name and type as those of an `Immutable`, its first slot, and how many it takes."""

    name: str
    type: str
    slot: int
    slots: int


@dataclass(frozen=True, slots=True)
class Build:
    """A contract as it was compiled.

    Attributes:
        name: the contract's.
        source: its source, as a path in the checkout.
        abi: its ABI, an entry each.
        creation_code: what deploys it, without the constructor's arguments.
        runtime_code: its code on a chain, but for the immutables, which follow it there.
        immutables: these, as they follow.
        storage: the variables in storage, by their slots.
        compiler: the versions of `vyper` and `snekmate`, and the compiler's `settings`.
    """

    name: str
    source: str
    abi: tuple[Mapping[str, Any], ...]
    creation_code: bytes
    runtime_code: bytes
    immutables: tuple[Immutable, ...]
    storage: tuple[Variable, ...]
    compiler: Mapping[str, Any]


def names() -> tuple[str, ...]:
    """The names of the contracts that were built.

    Raises:
        BuildNotFound: the package was not built.
        NotCompiled: a checkout's contracts changed, and cannot be compiled.
    """
    return tuple(_contracts())


@cache
def build(name: str) -> Build:
    """A contract by its name.

    Raises:
        BuildNotFound: there is no such contract, or the package was not built.
        NotCompiled: as for `names`.
    """
    entry = _contracts().get(name)
    if entry is None:
        raise BuildNotFound(f"The suite has no contract {name!r}, only {', '.join(names())}.")
    return Build(
        name=name,
        source=entry["source"],
        abi=tuple(entry["abi"]),
        creation_code=bytes.fromhex(entry["creation_code"].removeprefix("0x")),
        runtime_code=bytes.fromhex(entry["runtime_code"].removeprefix("0x")),
        immutables=tuple(Immutable(*each) for each in entry["immutables"]),
        storage=tuple(Variable(*each) for each in entry["storage"]),
        compiler=entry["compiler"],
    )


def abi(name: str) -> tuple[Mapping[str, Any], ...]:
    """A contract's ABI by the contract's name; errors as those of `build`."""
    return build(name).abi


def sources() -> str:
    """The digest of the sources that the contracts were built from; errors as those of `names`."""
    return str(_content()["sources"])


def _contracts() -> dict[str, dict[str, Any]]:
    contracts: dict[str, dict[str, Any]] = _content()["contracts"]
    return contracts


@cache
def _content() -> dict[str, Any]:
    root = checkout()
    if root is None:
        return _read()
    wanted = digest_of(root)
    try:
        content = _read()
    except BuildNotFound:
        content = {"sources": None}
    if content["sources"] != wanted:
        _compile(root)
        content = _read()
    if content["sources"] != wanted:
        raise NotCompiled("A contract was changed while they were compiled: start again.")
    return content


def _read() -> dict[str, Any]:
    try:
        content: dict[str, Any] = orjson.loads(BUILDS.read_bytes())
    except FileNotFoundError:
        raise BuildNotFound(f"{BUILDS} is missing: install the package again.") from None
    except ValueError:
        content = {}
    if not isinstance(content, dict) or not {"sources", "contracts"} <= content.keys():
        raise BuildNotFound(f"{BUILDS} is damaged: install the package again.")
    return content


def _compile(root: Path) -> None:
    """Have the builds written in a process of its own: the compiler changes the arithmetic of the one it runs in."""
    sentence = "The contracts are not compiled as they stand: compiling them takes a minute."
    print(sentence, file=sys.stderr, flush=True)
    command = (sys.executable, "-X", "utf8", str(root / RECIPE))
    if subprocess.run(command, cwd=root, capture_output=True, check=False).returncode:
        raise NotCompiled(
            f"The contracts in {root} are not compiled as they stand, and compiling them failed: "
            f"`python {RECIPE}` there says why."
        )
