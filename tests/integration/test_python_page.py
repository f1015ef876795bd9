# SPDX-License-Identifier: MIT
"""What docs/python.md says to run in a notebook and to type in a terminal, done on a devnet."""

import re
import shlex
import subprocess
import sys
from contextlib import chdir, redirect_stdout
from io import StringIO

import pytest

from nmr.sealing.store import STORE_VARIABLE
from tests.integration.conftest import PROJECT
from tests.support.console import NMR

PAGE = (PROJECT / "docs/python.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(python|console|)\n(.*?)```", re.DOTALL)
LONGEST = 200


@pytest.fixture
def type_line(live_devnet, tmp_path):
    """Types a line in a terminal, its files in a folder of the test."""

    def type_it(line: str) -> None:
        name, *words = shlex.split(line.removeprefix("$ "))
        assert name == "nmr"
        words = [re.sub(r"^(auditor\.\w+)$", rf"{tmp_path}/\1", word) for word in words]
        environment = live_devnet.environment | {
            "NMR_NODE": live_devnet.url,
            "NMR_RECORD": str(live_devnet.record),
        }
        done = subprocess.run([*NMR, *words], cwd=PROJECT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}: {done.stderr}"

    return type_it


def test_python_page__in_order__runs_and_prints_what_it_says(live_devnet, type_line, tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, live_devnet.environment[STORE_VARIABLE])
    here = {
        "deployments/ethereum/local.json": str(live_devnet.record),
        "http://127.0.0.1:8545": live_devnet.url,
        "auditor.key": str(tmp_path / "auditor.key"),
    }
    names: dict[str, object] = {}
    printed, shown = [], []
    for kind, text in BLOCK.findall(PAGE):
        if kind == "console":
            for line in text.splitlines():
                type_line(line)
        elif kind == "python":
            for written, there in here.items():
                text = text.replace(written, there)
            output = StringIO()
            with chdir(PROJECT), redirect_stdout(output):
                exec(compile(text, "docs/python.md", "exec"), names)  # noqa: S102 - the page's own code
            if output.getvalue():
                printed.append(output.getvalue().split())
        else:
            shown.append(text.split())
    assert printed == shown


def test_python_page__length__is_read_at_one_sitting():
    assert len(PAGE.splitlines()) <= LONGEST
    assert {kind for kind, _ in BLOCK.findall(PAGE)} == {"python", "console", ""}


def test_python_page__names_of_the_package__are_there():
    """Every `suite.…` and `me.…` of the page, also in its table."""
    import nmr

    for name, owner in (("suite", nmr.Suite), ("me", nmr.Account)):
        for found in set(re.findall(rf"\b{name}\.([a-z_]+)", PAGE)):
            assert hasattr(owner, found) or found in ("address",), f"{name}.{found}"
    assert sys.modules["nmr"].__all__
