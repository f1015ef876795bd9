# SPDX-License-Identifier: MIT
"""The wheel, built and installed in an empty environment: whole there, and without Ape or a compiler."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from nmr.chain.builds import BUILDS

ROOT = Path(__file__).parents[2]
UV = ROOT / ".uv/bin/uv"
PYTHONS = ("3.11", "3.12", "3.13")
LARGEST = 650
"""Megabytes that the environment may take; docs/install.md has what it does."""
CHECKOUT_ONLY = (
    "ape",
    "ape_foundry",
    "ape_vyper",
    "boa",
    "demo",
    "eth",
    "eth_tester",
    "nmr.ape",
    "scripts",
    "snekmate",
    "vyper",
)

IMPORT_ALL = """
import importlib, importlib.util, json, pkgutil, nmr
names = [module.name for module in pkgutil.walk_packages(nmr.__path__, "nmr.")]
for name in names:
    importlib.import_module(name)
print(json.dumps({"path": nmr.__path__[0], "names": names}))
"""


# Only a checkout has the package that the first asks for; the second would have the checkout imported.
CHECKOUTS = {"ETH_HASH_BACKEND", "PYTHONPATH"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in CHECKOUTS}


def run(*command: object, cwd: Path) -> str:
    words = list(map(str, command))
    return subprocess.run(words, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout


def interpreter_of(version: str) -> str | None:
    """Where this Python is, on the path or with pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [str(folder) for folder in pyenv.glob(f"versions/{version}.*/bin")]
    return shutil.which(f"python{version}", path=os.pathsep.join([*folders, os.environ["PATH"]]))


@dataclass
class Environment:
    """An environment that has the wheel and its dependencies, and a folder that is not the checkout."""

    folder: Path

    def python(self, code: str, *arguments: object) -> str:
        """What code prints there."""
        return run(self.folder / "bin/python", "-I", "-c", code, *arguments, cwd=self.folder)

    @property
    def megabytes(self) -> float:
        """Size of all its files."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink())
        return sum(path.stat().st_size for path in files) / 10**6


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from the source distribution, as `uv build` does it."""
    folder = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--quiet", "--out-dir", folder, cwd=ROOT)
    return next(folder.glob("nmr_suite-*.whl"))


@pytest.fixture(scope="module", params=PYTHONS)
def environment(request, wheel, tmp_path_factory) -> Iterator[Environment]:
    """With what the lock has for this Python; nothing is resolved, so that a lack shows."""
    folder = tmp_path_factory.mktemp(f"python{request.param}")
    interpreter = interpreter_of(request.param)
    if interpreter is None:
        pytest.skip(f"this machine has no Python {request.param}")
    locked = folder / "locked.txt"
    options = ("--quiet", "--frozen", "--no-default-groups", "--no-emit-project", "--output-file", locked)
    run(UV, "export", *options, cwd=ROOT)
    run(UV, "venv", "--quiet", "--no-project", "--python", interpreter, folder / "venv", cwd=folder)
    python = folder / "venv/bin/python"
    run(UV, "pip", "install", "--quiet", "--no-deps", "--python", python, "--requirements", locked, cwd=folder)
    run(UV, "pip", "install", "--quiet", "--no-deps", "--python", python, wheel, cwd=folder)
    return Environment(folder / "venv")


def test_wheel__built__has_the_library_and_nothing_else(wheel):
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        builds = archive.read("nmr/chain/builds.json")
    library = {path.relative_to(ROOT).as_posix() for path in (ROOT / "nmr").rglob("*") if path.is_file()}
    library = {name for name in library if "__pycache__" not in name and not name.startswith("nmr/ape/")}

    # `make page-build` builds the page, which the package carries to those who have no npm.
    assert "nmr/page/built/index.html" in names
    assert {name for name in names if not name.startswith("nmr_suite-")} == library
    assert json.loads(builds) == json.loads(BUILDS.read_bytes())


def test_environment__any_python__imports_every_module_of_the_wheel(environment):
    found = json.loads(environment.python(IMPORT_ALL))

    assert Path(found["path"]).is_relative_to(environment.folder)
    assert {"nmr.chain.builds", "nmr.audit.run", "nmr.sealing.scoring", "nmr.tvl.figures"} <= set(found["names"])


def test_environment__any_python__has_neither_ape_nor_a_compiler(environment):
    code = f"import importlib.util as u, nmr; print([n for n in {CHECKOUT_ONLY} if u.find_spec(n)])"

    assert environment.python(code) == "[]\n"


def test_environment__any_python__has_what_its_packages_ask_for(environment):
    run(UV, "pip", "check", "--python", environment.folder / "bin/python", cwd=environment.folder)


def test_environment__any_python__is_as_large_as_documented(environment):
    print(f"{environment.megabytes:.0f} MB")

    assert environment.megabytes < LARGEST


READ_DEVNET = """
import json, sys, nmr
suite = nmr.connect(sys.argv[1], node=sys.argv[2])
history = suite.history("ridge")
print(json.dumps({
    "tvl": nmr.format_nmr(suite.figures().tvl),
    "stake": str(history["stake"].sum()),
    "states": list(history["state"]),
    "leaderboard": len(suite.leaderboard()),
    "audit": suite.audit().agrees,
    "ape": "ape" in sys.modules,
}))
"""


@pytest.fixture
def played(live_devnet):
    """A devnet with a model that has a stake in its open round."""
    for line in (
        "stake register ridge --account TEST::4",
        "round open --account TEST::1",
        "stake now 0=12.5 --account TEST::4",
    ):
        assert live_devnet.run(*line.split()).returncode == 0
    return live_devnet


def test_environment__any_python__reads_a_devnet(environment, played):
    found = json.loads(environment.python(READ_DEVNET, played.record, played.url))

    expected = {"tvl": "12.5", "stake": "12.5", "states": ["open"], "leaderboard": 0, "audit": True, "ape": False}
    assert found == expected


def test_environment__any_python__has_the_command(environment, played):
    command, where = environment.folder / "bin/nmr", ("--node", played.url, "--record", played.record)

    holding = json.loads(run(command, "stake", "show", "ridge", "--json", *where, cwd=environment.folder))
    assert holding["models"][0]["staked"] == "12.5"
    assert json.loads(run(command, "history", "ridge", "--json", *where, cwd=environment.folder))[0]["model"] == 0
    assert " 12.5 " in run(command, "tvl", *where, cwd=environment.folder)
    audit = run(command, "audit", *where, cwd=environment.folder)
    assert audit.startswith("Everything agrees up to block ")
    assert "vyper 0.4.3, snekmate 0.1.2; in the installed package\n" in audit
