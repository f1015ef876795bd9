# SPDX-License-Identifier: MIT
"""A test's fingerprint changes with what the test asks, and with nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DRIVER = (
    "import json; from tests.tools.forks import with_session; "
    "with_session(['.'], lambda session: print('::', json.dumps(session.fingerprints())) or 1)"
)
FILES = {
    "conftest.py": (
        "import pytest\n\n@pytest.fixture\ndef base():\n    return 1\n\n"
        "@pytest.fixture\ndef used(base):\n    return base\n\n@pytest.fixture\ndef unused():\n    return 3\n"
    ),
    "table.py": "class Case:\n    pass\n\nCASES = [(1, 'one', Case), (2, 'two', Case())]\n",
    "test_a.py": (
        "import pytest\nfrom table import CASES\n\n@pytest.mark.parametrize('case', CASES, ids=['one', 'two'])\n"
        "def test_a(case, used):\n    assert used\n"
    ),
    "test_b.py": "def test_b():\n    pass\n",
}
ONE, TWO, OTHER = "test_a.py::test_a[one]", "test_a.py::test_a[two]", "test_b.py::test_b"


def fingerprints(folder: Path, files: dict[str, str]) -> dict[str, str]:
    for name, text in files.items():
        (folder / name).write_text(text)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p no:ape_test -p no:boa"}
    command = [sys.executable, "-B", "-c", DRIVER]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    [line] = [line for line in run.stdout.splitlines() if line.startswith("::")]
    found: dict[str, str] = json.loads(line.removeprefix("::"))
    return found


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return fingerprints(tmp_path_factory.mktemp("before"), FILES)


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("conftest.py", "return 3", "return 4", set()),
        ("conftest.py", "return 1", "return 2", {ONE, TWO}),
        ("table.py", "'one'", "'other'", {ONE}),
        ("test_a.py", "assert used", "pass", {ONE, TWO}),
        ("test_b.py", "pass", "assert True", {OTHER}),
    ],
)
def test_fingerprints__a_change__is_seen_by_the_tests_that_it_touches(
    before: dict[str, str], tmp_path: Path, file: str, old: str, new: str, changed: set[str]
) -> None:
    after = fingerprints(tmp_path, FILES | {file: FILES[file].replace(old, new)})
    assert before.keys() == after.keys() == {ONE, TWO, OTHER}
    assert {test for test in before if before[test] != after[test]} == changed
