# SPDX-License-Identifier: MIT
"""Where the sources of the contracts are."""

from pathlib import Path
from typing import Final

CONTRACTS: Final = Path(__file__).parents[2] / "contracts"
_FOLDERS: Final = (CONTRACTS, CONTRACTS / "buyback", CONTRACTS / "pools")


def deployable_paths() -> list[Path]:
    """The contracts that are deployed, by name."""
    return sorted((path for folder in _FOLDERS for path in folder.glob("*.vy")), key=lambda path: path.stem)


def module_paths() -> list[Path]:
    """Their modules, by path."""
    return sorted(path for folder in _FOLDERS for path in (folder / "modules").glob("*.vy"))


def source_path(name: str) -> Path:
    """The source of a contract, of the suite or of the tests, by the contract's name."""
    [path] = [path for folder in (*_FOLDERS, CONTRACTS / "mocks") for path in folder.glob(f"{name}.vy")]
    return path


def name_in_contracts(path: Path) -> str:
    """The path of a source in `contracts/`, with its ending."""
    return path.relative_to(CONTRACTS).as_posix()
