# SPDX-License-Identifier: MIT
"""The contracts as the compiler sees them: their bytecode, and which part of the source each step of it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import snekmate
from vyper import ast as vy_ast
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import Settings
from vyper.ir.compile_ir import assembly_to_evm

from tests.support.contracts import CONTRACTS, deployable_paths, module_paths, name_in_contracts

ROOT: Final = CONTRACTS.parent
EVM_VERSION: Final = "prague"
"""As in `ape-config.yaml`."""
GUARD: Final = "modules/guard.vy"
"""Where most refusals happen; who called it is what matters."""

_HARNESSES: Final = ("mocks/Lots",)
"""What calls modules in tests as no contract does."""
_JUMP: Final = 0x56
_JUMPI: Final = 0x57
_PUSH1: Final = 0x60
_PUSH32: Final = 0x7F


def deployable() -> list[str]:
    """The contracts that are deployed, by their paths in `contracts/` without the ending."""
    return [name_in_contracts(path).removesuffix(".vy") for path in deployable_paths()]


def sources() -> list[str]:
    """The contracts and their modules, by their paths in `contracts/`."""
    return [name_in_contracts(path) for path in (*deployable_paths(), *module_paths())]


def compile_contract(name: str, contracts: Path = CONTRACTS) -> CompilerData:
    """A contract from the sources in a folder.

    Raises:
        VyperException: the compiler refuses it.
    """
    packages = Path(next(iter(snekmate.__path__))).parent
    bundle = FilesystemInputBundle([contracts.parent, packages])
    return CompilerData(
        bundle.load_file(f"{contracts.name}/{name}.vy"), bundle, settings=Settings(evm_version=EVM_VERSION)
    )


@dataclass(frozen=True, eq=False)
class Code:
    """Bytecode of a contract, either what creates it or what it runs.

    Attributes:
        prefix: what every instance begins with; immutables and arguments follow.
        nodes: by step, the node of the syntax tree that it comes from.
        jumps: the steps that go one of two ways.
    """

    name: str
    prefix: bytes = field(repr=False)
    nodes: dict[int, vy_ast.VyperNode] = field(repr=False)
    jumps: frozenset[int] = field(repr=False)

    def is_jump(self, step: int) -> bool:
        """Whether the step calls a function or returns from one."""
        return self.prefix[step] == _JUMP

    @cached_property
    def guard_steps(self) -> frozenset[int]:
        """The steps of the module that refuses for others."""
        return frozenset(step for step, node in self.nodes.items() if source_of(node) == GUARD)


def source_of(node: vy_ast.VyperNode) -> str | None:
    """The path of a node's file in `contracts/`; None for that of a library."""
    path = Path(str(node.module_node.resolved_path))
    return str(path.relative_to(CONTRACTS)) if path.is_relative_to(CONTRACTS) else None


@cache
def codes() -> list[Code]:
    """The bytecode of every contract, its constructor's and its own."""
    return [code for name in (*deployable(), *_HARNESSES) for code in _codes(name)]


def _codes(name: str) -> Iterator[Code]:
    data = compile_contract(name)
    # A constructor's arguments follow the compiler's signature, which has no steps.
    for prefix, assembly in ((data.bytecode, data.assembly), (data.bytecode_runtime, data.assembly_runtime)):
        code, maps = assembly_to_evm(assembly)
        # What creates a contract carries the contract's own code along, and does not run it.
        end = code.find(data.bytecode_runtime) if assembly is data.assembly else len(code)
        nodes = {step: node for step, node in maps["pc_raw_ast_map"].items() if step < end}
        yield Code(name, prefix, nodes, frozenset(step for step in _jumps(code) if step < end))


def _jumps(code: bytes) -> Iterator[int]:
    step = 0
    while step < len(code):
        if code[step] == _JUMPI:
            yield step
        step += code[step] - _PUSH1 + 2 if _PUSH1 <= code[step] <= _PUSH32 else 1
