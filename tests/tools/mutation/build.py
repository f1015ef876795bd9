# SPDX-License-Identifier: MIT
"""Compiles a mutant, and puts it in the place of the real contract in ape's project."""

import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ape import project
from vyper.compiler.phases import CompilerData
from vyper.exceptions import VyperException, VyperInternalException
from vyper.ir.compile_ir import assembly_to_evm

from tests.support.contracts import module_paths, name_in_contracts
from tests.tools.coverage.sources import CONTRACTS, compile_contract, deployable
from tests.tools.mutation.operators import Mutant
from tests.tools.mutation.settled import leaving_settled_trees

_IMPORT = re.compile(r"^from \.+(?:\w+\.)*(?:modules)? import (\w+)(?: as \w+)?$", re.MULTILINE)


class Invalid(ValueError):
    """The compiler refuses the mutant."""


@cache
def modules_of(source: str) -> frozenset[str]:
    """The modules of this project that a file imports, and those that they import."""
    names = set(_IMPORT.findall((CONTRACTS / source).read_text()))
    direct = {name_in_contracts(path) for path in module_paths() if path.stem in names}
    return frozenset(direct).union(*(modules_of(module) for module in direct))


def contracts_with(source: str) -> list[str]:
    """The contracts that a file is part of, those of tests too, by their paths in `contracts/` without the ending."""
    mocks = sorted(f"mocks/{path.stem}" for path in (CONTRACTS / "mocks").glob("*.vy"))
    return [name for name in (*deployable(), *mocks) if source == f"{name}.vy" or source in modules_of(f"{name}.vy")]


class Creation(NamedTuple):
    """What creates a contract, whole, and without the signature of its sources that the compiler appends."""

    code: bytes
    steps: bytes


@cache
def original(name: str) -> Creation:
    """What creates the real contract."""
    return _creation(compile_contract(name))


def build(mutant: Mutant) -> dict[str, Creation]:
    """What creates each contract that the mutant's file is part of, where it differs from the real one.

    Raises:
        Invalid: it does not compile.
    """
    with tempfile.TemporaryDirectory() as folder:
        contracts = Path(shutil.copytree(CONTRACTS, Path(folder) / "contracts"))
        path = contracts / mutant.source
        path.write_text(mutant.applied(path.read_text()))
        try:
            with leaving_settled_trees():
                made = {name: _creation(compile_contract(name, contracts)) for name in contracts_with(mutant.source)}
        # The last two where it folds constants: a power or a divisor of nothing.
        except (VyperException, VyperInternalException, ZeroDivisionError, ValueError) as error:
            raise Invalid(type(error).__name__) from error
    return {name: creation for name, creation in made.items() if creation.steps != original(name).steps}


def install(made: dict[str, Creation]) -> None:
    """Let ape deploy these in this process, as if they were compiled from the sources."""
    types = project.manifest.contract_types
    assert types is not None, "the contracts are compiled beforehand"
    for path, creation in made.items():
        name = Path(path).name
        types[name].deployment_bytecode.bytecode = f"0x{creation.code.hex()}"
        deployed = getattr(project, name).contract_type.deployment_bytecode.bytecode
        assert deployed == f"0x{creation.code.hex()}", "ape deploys something else"


def _creation(data: CompilerData) -> Creation:
    steps, _ = assembly_to_evm(data.assembly)
    return Creation(bytes(data.bytecode), steps)
