"""Compiles a mutant, and puts it in the place of the real contract in ape's project."""

import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

from ape import project
from vyper.exceptions import VyperException, VyperInternalException

from tests.coverage.sources import CONTRACTS, compile_contract, deployable
from tests.mutation.operators import Mutant

_IMPORT = re.compile(r"^from \.+(?:modules)? import (\w+)$", re.MULTILINE)


class Invalid(ValueError):
    """The compiler refuses the mutant."""


@cache
def modules_of(source: str) -> frozenset[str]:
    """The modules of this project that a file imports, and those that they import."""
    names = _IMPORT.findall((CONTRACTS / source).read_text())
    direct = {f"modules/{name}.vy" for name in names if (CONTRACTS / "modules" / f"{name}.vy").exists()}
    return frozenset(direct).union(*(modules_of(module) for module in direct))


def contracts_with(source: str) -> list[str]:
    """The contracts that a file is part of."""
    return [name for name in deployable() if source == f"{name}.vy" or source in modules_of(f"{name}.vy")]


@cache
def original(name: str) -> bytes:
    """What creates the real contract."""
    return bytes(compile_contract(name).bytecode)


def build(mutant: Mutant) -> dict[str, bytes]:
    """What creates each contract that the mutant's file is part of, where it differs from the real one.

    Raises:
        Invalid: it does not compile.
    """
    with tempfile.TemporaryDirectory() as folder:
        contracts = Path(shutil.copytree(CONTRACTS, Path(folder) / "contracts"))
        path = contracts / mutant.source
        path.write_text(mutant.applied(path.read_text()))
        try:
            codes = {name: bytes(compile_contract(name, contracts).bytecode) for name in contracts_with(mutant.source)}
        except (VyperException, VyperInternalException) as error:
            raise Invalid(type(error).__name__) from error
    return {name: code for name, code in codes.items() if code != original(name)}


def install(codes: dict[str, bytes]) -> None:
    """Let ape deploy these in this process, as if they were compiled from the sources."""
    types = project.manifest.contract_types
    assert types is not None, "the contracts are compiled beforehand"
    for name, code in codes.items():
        types[name].deployment_bytecode.bytecode = f"0x{code.hex()}"
        deployed = getattr(project, name).contract_type.deployment_bytecode.bytecode
        assert deployed == f"0x{code.hex()}", "ape deploys something else"
