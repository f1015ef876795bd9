# SPDX-License-Identifier: MIT
"""The wheel depends on whatever the library imports outside of `nmr/ape`."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from compile_contracts import COMPILER

ROOT = Path(__file__).parents[2]


def imported():
    """The packages that modules of the wheel import, anywhere in them."""
    found = set()
    for path in (ROOT / "nmr").rglob("*.py"):
        if path.is_relative_to(ROOT / "nmr/ape"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"nmr"}


def test_dependencies__of_the_wheel__have_what_the_library_imports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {re.match(r"[\w-]+", each)[0] for each in listed}
    distributions = packages_distributions()
    needed = {distributions[package][0].lower().replace("_", "-") for package in imported()}

    assert needed > {"numpy", "orjson"}
    assert needed - names == set()


def test_compiler__of_the_builds__is_the_one_that_build_and_checkout_pin():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins = {f"{package}=={version}" for package, version in COMPILER.items()}

    assert pins <= set(pyproject["build-system"]["requires"])
    assert pins <= set(pyproject["dependency-groups"]["checkout"])
