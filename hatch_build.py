# SPDX-License-Identifier: MIT
"""Compiles the suite's contracts into the wheel: `nmr/chain/builds.json`, which `nmr.chain.builds` reads."""

import json
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILDS: Final = Path("nmr/chain/builds.json")
CONTRACTS: Final = (
    "contracts/*.vy",
    "contracts/buyback/*.vy",
    "contracts/pools/*.vy",
    "contracts/mocks/Stablecoin.vy",
    "contracts/mocks/SettableFeed.vy",
)
"""Those of a suite, and the two that a devnet has beside them."""
EVM_VERSION: Final = "prague"
"""As `ape-config.yaml` has it; the sources say how to optimise. A test compares the outcome with Ape's."""


class ContractsHook(BuildHookInterface[Any]):
    """Compiles before a wheel is built, an editable one too, unless what stands there comes from the same sources."""

    def initialize(self, _version: str, _build_data: dict[str, Any]) -> None:
        """Write the builds."""
        root = Path(self.root)
        sources = _digest(root)
        if not (root / BUILDS).is_file() or json.loads((root / BUILDS).read_bytes())["sources"] != sources:
            content = {"sources": sources, "contracts": _compiled(root)}
            (root / BUILDS).write_text(json.dumps(content, separators=(",", ":")))


def _digest(root: Path) -> str:
    """What the builds come from, in short: sources, compiler, snekmate and this file."""
    parts = [version("vyper"), version("snekmate")]
    for path in [Path(__file__), *sorted((root / "contracts").rglob("*.vy*"))]:
        parts += [path.name, path.read_text()]
    return sha256("\0".join(parts).encode()).hexdigest()


def _compiled(root: Path) -> dict[str, dict[str, Any]]:
    """The contracts by their names."""
    from vyper.cli.vyper_compile import compile_files
    from vyper.compiler.settings import Settings

    formats = ("abi", "bytecode", "bytecode_runtime", "layout", "settings_dict")
    names = sorted(path.relative_to(root).as_posix() for pattern in CONTRACTS for path in root.glob(pattern))
    outputs = compile_files(names, formats, paths=[str(root)], settings=Settings(evm_version=EVM_VERSION))
    compiler = {"vyper": version("vyper"), "snekmate": version("snekmate")}
    contracts = {}
    for path, output in outputs.items():
        layout = output["layout"]
        contracts[Path(path).stem] = {
            "source": Path(path).as_posix(),
            "abi": output["abi"],
            "creation_code": output["bytecode"],
            "runtime_code": output["bytecode_runtime"],
            "immutables": sorted(_flat(layout.get("code_layout", {}), "offset", "length"), key=lambda each: each[2]),
            "storage": sorted(_flat(layout.get("storage_layout", {}), "slot", "n_slots"), key=lambda each: each[2]),
            "compiler": compiler | {"settings": output["settings_dict"]},
        }
    return contracts


def _flat(layout: dict[str, Any], place: str, size: str, prefix: str = "") -> Iterator[tuple[str, str, int, int]]:
    """Name, type, place and size of each variable; that of a module has the module's name before its own."""
    for name, entry in layout.items():
        if place in entry:
            kind = "address" if entry["type"].endswith(".vyi") else entry["type"]
            yield prefix + name, kind, entry[place], entry[size]
        else:
            yield from _flat(entry, place, size, f"{prefix}{name}.")
