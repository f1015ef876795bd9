# SPDX-License-Identifier: MIT
"""Each file of code names its licence, and the page on licences knows each direct dependency."""

import json
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = {".css", ".html", ".js", ".mjs", ".py", ".sh", ".sol", ".ts", ".vy", ".vyi", ".yaml", ".yml"}
CONTRACTS = {".vy", ".vyi"}
LICENCES = {"MIT", "AGPL-3.0-only"}


def tracked():
    git = [shutil.which("git"), "ls-files", "-z"]
    names = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in names.split("\0")[:-1] if (path := ROOT / name).is_file()]


def is_code(path):
    return path.suffix in CODE or path.name == "Makefile" or path.read_bytes().startswith(b"#!")


def licence_of(path):
    """What the SPDX line among a file's first three says."""
    with path.open() as file:
        head = "".join(line for line, _ in zip(file, range(3), strict=False))
    found = re.search(r"^(?:#|//|<!--|/\*|\{#) SPDX-License-Identifier: (\S+)", head, re.MULTILINE)
    return found[1] if found else None


def listed():
    """The licence of each dependency that the page has."""
    page = (ROOT / "docs/licences.md").read_text().partition("A wheel's own dependencies:")[2]
    rows = dict(re.findall(r"^\| ([\w@/-]+) \| (.+) \|$", page, re.MULTILINE))
    return {name: licence for name, licence in rows.items() if name != "package"}


def names(requirements):
    return {re.match(r"[\w-]+", each)[0] for each in requirements}


def test_files__of_code__name_their_licence():
    files = [path for path in tracked() if is_code(path)]
    expected = {path: "AGPL-3.0-only" if path.suffix in CONTRACTS else "MIT" for path in files}

    assert len(files) > 400
    assert {path for path in files if licence_of(path) != expected[path]} == set()


@pytest.mark.parametrize(
    "text", ["", "# SPDX-License-Identifier:\n", "\n\n\n# SPDX-License-Identifier: MIT\n", "MIT\n"]
)
def test_licence_of__no_line_at_the_head__is_none(tmp_path, text):
    (tmp_path / "code.py").write_text(text)

    assert licence_of(tmp_path / "code.py") is None


def test_texts__licences_of_the_project__are_those_of_the_folder():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert {path.stem for path in (ROOT / "LICENSES").iterdir()} == LICENCES
    assert set(project["license"].split(" AND ")) == LICENCES
    assert (ROOT / "LICENSES/AGPL-3.0-only.txt").read_text().split()[:4] == ["GNU", "AFFERO", "GENERAL", "PUBLIC"]


def test_page__direct_dependencies__has_those_and_no_others():
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wake = tomllib.loads((ROOT / "tests/standards/wake/pyproject.toml").read_text())
    wanted = names([*content["project"]["dependencies"], *content["build-system"]["requires"]])
    for group in [*content["dependency-groups"].values(), wake["project"]["dependencies"]]:
        wanted |= names(group)
    for folder in ("", "tests/standards/", "page/"):
        package = json.loads((ROOT / f"{folder}package.json").read_text())
        wanted |= package["dependencies"].keys() | package.get("devDependencies", {}).keys()

    assert sorted(listed()) == sorted(wanted)


def test_page__licence_in_the_metadata_of_a_package__is_that():
    said = {}
    for name in listed():
        try:
            said[name] = metadata(name).get("License-Expression")
        except (PackageNotFoundError, ValueError):
            continue
    known = {name: licence for name, licence in said.items() if licence}

    assert len(known) > 10
    assert {name: listed()[name] for name in known} == known
