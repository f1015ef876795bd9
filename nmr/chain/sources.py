# SPDX-License-Identifier: MIT
"""The sources of the contracts, which only a checkout has: a digest of them tells whether a build is of them.

Only the standard library is needed, so that the package's build can ask too.
"""

from hashlib import sha256
from pathlib import Path
from typing import Final

RECIPE: Final = "compile_contracts.py"
"""Compiles the sources; it pins the compiler and its settings."""
_ENDINGS: Final = (".vy", ".vyi")


def checkout() -> Path | None:
    """The folder of the checkout that this package is imported from; None where it was installed from a wheel."""
    root = Path(__file__).parents[2]
    return root if (root / RECIPE).is_file() and (root / "contracts").is_dir() else None


def digest_of(root: Path) -> str:
    """What a checkout's contracts are compiled from and by: SHA-256 over every source and the recipe, as hex."""
    content = sha256()
    found = (path for path in (root / "contracts").rglob("*") if path.suffix in _ENDINGS and path.is_file())
    for path in [root / RECIPE, *sorted(found)]:
        content.update(f"{path.relative_to(root).as_posix()} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return content.hexdigest()
