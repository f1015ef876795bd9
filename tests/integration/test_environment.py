# SPDX-License-Identifier: MIT
"""Commands where the home cannot be written and the locale knows nothing but ASCII."""

import os
import subprocess
import sys

import pytest

from tests.integration.conftest import APE, PROJECT

POOR = {"HOME": "/dev/null", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
COMPILE = """
import subprocess
from ape import project
from nmr.ape.project import compiled
compiled(project)
from vvm import get_installed_vyper_versions
assert get_installed_vyper_versions() == []
# Its comments are not all of ASCII.
subprocess.run(["vyper", "-p", ".", "-f", "ast", "contracts/modules/payout.vy"], check=True, capture_output=True)
"""


def run_poorly(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)),
        cwd=PROJECT,
        env={**os.environ, **POOR},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
    )


def test_compile__in_a_poor_environment__works():
    done = run_poorly(sys.executable, "-c", COMPILE)
    assert done.returncode == 0, done.stderr


def test_keys__in_a_poor_environment__are_made(tmp_path):
    done = run_poorly(*APE, "keys", "auditor", tmp_path / "clé.key", "--output", tmp_path / "clé.pub")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clé.pub").read_text("utf-8") == done.stdout


@pytest.mark.parametrize(("text", "problem"), [("id,prediction\né,0.5\n", "All predictions are the same, 0.5.")])
def test_submit__in_a_poor_environment__says_what_is_wrong(tmp_path, text, problem):
    (tmp_path / "p.csv").write_text(text, "utf-8")
    done = run_poorly(*APE, "submit", f"0={tmp_path / 'p.csv'}", "--account", "TEST::4")
    assert (done.returncode, done.stderr) == (2, f"Error: {tmp_path / 'p.csv'}: {problem}\n")
