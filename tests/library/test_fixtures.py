# SPDX-License-Identifier: MIT
"""Fixtures of the unit tests: ape knows them by name alone, so a name stands for one scope in all files.

Where it stood for two, what a test left on the embedded chain met the tests of other files.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
FILES = (TESTS / "conftest.py", *(TESTS / "support").glob("*.py"), *(TESTS / "unit").rglob("*.py"))


def fixtures(path: Path) -> Iterator[tuple[str, str]]:
    """Name and scope of each fixture of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for decorator in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if ast.unparse(decorator).startswith("pytest.fixture"):
                named = decorator.keywords if isinstance(decorator, ast.Call) else ()
                scopes = [ast.literal_eval(each.value) for each in named if each.arg == "scope"]
                yield node.name, next(iter(scopes), "function")


def test_fixtures__of_one_name__have_one_scope() -> None:
    scopes = defaultdict(set)
    for path in FILES:
        for name, scope in fixtures(path):
            scopes[name].add(scope)
    assert {"suite", "pool", "feed"} <= scopes.keys()
    assert {name: found for name, found in scopes.items() if len(found) > 1} == {}
