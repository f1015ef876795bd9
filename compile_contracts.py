# SPDX-License-Identifier: MIT
"""`python compile_contracts.py`: compile the suite's contracts into `nmr/chain/builds.json`, if its sources changed.

`nmr.chain.builds` reads that file, and runs this one where the file is older than the sources.
"""

import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from nmr.chain.sources import digest_of  # noqa: E402

BUILDS: Final = ROOT / "nmr/chain/builds.json"
CONTRACTS: Final = (
    "contracts/*.vy",
    "contracts/buyback/*.vy",
    "contracts/pools/*.vy",
    "contracts/mocks/Stablecoin.vy",
    "contracts/mocks/SettableFeed.vy",
)
"""Those of a suite, and the two that a devnet has beside them."""
COMPILER: Final = {"vyper": "0.4.3", "snekmate": "0.1.2"}
"""As `pyproject.toml` pins them: they decide about the bytecode."""
EVM_VERSION: Final = "prague"
"""As `ape-config.yaml` has it; the sources say how to optimise. A test compares the outcome with Ape's."""


class NotCompiled(RuntimeError):
    """Another compiler than the pinned one, or sources that change meanwhile."""


def renew() -> None:
    """Write the builds, unless those that stand there come from the same sources.

    Raises:
        NotCompiled: the environment lacks the pinned compiler, or a source was changed meanwhile.
        VyperException: a contract does not compile.
    """
    sources = digest_of(ROOT)
    if _built_from() == sources:
        return
    print("Compiling the contracts, which takes a minute.", file=sys.stderr, flush=True)
    content = {"sources": sources, "contracts": _compiled()}
    if digest_of(ROOT) != sources:
        raise NotCompiled("A contract was changed while they were compiled: compile them again.")
    draft = BUILDS.with_name(f".builds.json.{os.getpid()}")
    draft.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
    draft.replace(BUILDS)


def _built_from() -> str | None:
    """The digest of the sources of the builds that stand there; None if there are none, or damaged ones."""
    try:
        sources: str = json.loads(BUILDS.read_bytes())["sources"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return sources


def _compiled() -> dict[str, dict[str, Any]]:
    """The contracts by their names."""
    for package, pinned in COMPILER.items():
        if _installed(package) != pinned:
            raise NotCompiled(f"The contracts are compiled by {package} {pinned}: `make install` installs it.")
    from vyper.cli.vyper_compile import compile_files
    from vyper.compiler.settings import Settings

    formats = ("abi", "bytecode", "bytecode_runtime", "layout", "settings_dict")
    names = sorted(path.relative_to(ROOT).as_posix() for pattern in CONTRACTS for path in ROOT.glob(pattern))
    outputs = compile_files(names, formats, paths=[str(ROOT)], settings=Settings(evm_version=EVM_VERSION))
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
            "compiler": COMPILER | {"settings": output["settings_dict"]},
        }
    return contracts


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _flat(layout: dict[str, Any], place: str, size: str, prefix: str = "") -> Iterator[tuple[str, str, int, int]]:
    """Name, type, place and size of each variable; that of a module has the module's name before its own."""
    for name, entry in layout.items():
        if place in entry:
            kind = "address" if entry["type"].endswith(".vyi") else entry["type"]
            yield prefix + name, kind, entry[place], entry[size]
        else:
            yield from _flat(entry, place, size, f"{prefix}{name}.")


if __name__ == "__main__":
    try:
        renew()
    except NotCompiled as error:
        sys.exit(str(error))
