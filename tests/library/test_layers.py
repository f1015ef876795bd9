# SPDX-License-Identifier: MIT
"""Imports of the library run one way: each folder imports only from those that stand before it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nmr

ROOT = Path(nmr.__file__).parent
ORDER = [
    *("errors", "text", "protocol", "chain", "rounds", "buyback", "tvl"),
    *("sealing", "deploy", "audit", "page", "client", "history", "operate", "cli", "ape"),
]
# The API of the package itself: it imports from any folder that needs neither Ape nor a terminal.
LAYERS = {layer: number for number, layer in enumerate(ORDER)} | {"__init__": ORDER.index("cli")}
OUTSIDE = ["demo", "fund", "scripts", "benchmarks"]
"""Packages on top of the library, each of which imports only the library and those before it."""
FORBIDDEN = {"ape", "tests", *OUTSIDE}
"""Packages that nothing in the library imports, but for Ape, which `nmr/ape` does; its plugins begin with its name."""


def imports(path: Path) -> Iterator[list[str]]:
    """The dotted names that a file imports, also within its functions; of `from nmr import x`, with the x."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield from ([*node.module.split("."), alias.name] for alias in node.names)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports__of_each_file__go_to_earlier_folders(path: Path) -> None:
    layer = path.relative_to(ROOT).with_suffix("").parts[0]
    for names in imports(path):
        package, name = [*names, ""][:2]
        if package == "nmr" and name not in ("", layer):
            assert LAYERS[name] < LAYERS[layer], f"nmr.{layer} imports nmr.{name}"
        assert package.partition("_")[0] not in FORBIDDEN - ({"ape"} if layer == "ape" else set()), package


@pytest.mark.parametrize("number", range(len(OUTSIDE)), ids=OUTSIDE)
def test_imports__of_what_uses_the_library__go_to_earlier_folders(number: int) -> None:
    files = sorted((ROOT.parent / OUTSIDE[number]).rglob("*.py"))
    assert files
    for path in files:
        packages = {names[0] for names in imports(path)}
        assert packages.isdisjoint({"tests", *OUTSIDE[number + 1 :]}), path


def test_imports__page_of_development__has_the_folders_in_their_order() -> None:
    page = (ROOT.parent / "docs/development.md").read_text(encoding="utf-8")
    table = page.split("\n## Layers", 1)[1].split("\n## ", 1)[0]
    told = re.findall(r"^\| `(?:nmr/)?(\w+)(?:\.py)?` \|", table, re.MULTILINE)
    assert told == [*ORDER, *OUTSIDE]
