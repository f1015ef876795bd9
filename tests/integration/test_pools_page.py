# SPDX-License-Identifier: MIT
"""What docs/pools.md says to type on a devnet, typed there, by `nmr` in this process, and its Python run."""

import os
import re
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from nmr.cli.main import cli
from nmr.deploy.anvil import Anvil, find_anvil
from tests.support.anvil_suite import deploy_on_anvil

PROJECT = Path(__file__).parents[2]
TYPED = re.compile(r"```console\n(.*?)```", re.DOTALL)
PRINTED = re.compile(r"```\n(.*?)```", re.DOTALL)
RUN = re.compile(r"```python\n(.*?)```", re.DOTALL)
BEGINNING = ["source .venv/bin/activate", 'N="--network ethereum:local:foundry"']


@pytest.fixture
def type_line(tmp_path, monkeypatch):
    """Types a line on a fresh devnet, its store beside its record, and gives what was printed."""
    with Anvil(find_anvil(PROJECT)) as anvil:
        deploy_on_anvil(anvil.node, tmp_path / "record.json")
        (tmp_path / "store").mkdir()
        named = {"NODE": anvil.url, "RECORD": tmp_path / "record.json", "STORE": tmp_path / "store"}
        for name, value in {**named, "KEYS": tmp_path / "keys"}.items():
            monkeypatch.setenv(f"NMR_{name}", str(value))
        monkeypatch.chdir(PROJECT)

        def type_it(line: str) -> str:
            words = shlex.split(line.removeprefix("ape run ").removesuffix(" $N"))
            assert line == f"ape run {shlex.join(words)} $N"
            result = CliRunner().invoke(cli, words)
            # The first half of a resolve ends with something to wait for.
            expected = 4 if re.search(r"Round \d is proposed\.", result.output) else 0
            assert result.exit_code == expected, f"{line}: {result.output}"
            return result.stdout

        yield type_it


def test_pools_page__pool_on_a_devnet__prints_what_it_says(type_line):
    page = (PROJECT / "docs/pools.md").read_text(encoding="utf-8")
    section = page[page.index("## A pool on a devnet") :].split("\n## ", 1)[0]
    lines = [line.removeprefix("$ ") for line in "".join(TYPED.findall(section)).splitlines()]
    assert lines[:2] == BEGINNING
    printed = {line: type_line(line) for line in lines[2:]}
    shown = [text for line, text in printed.items() if "pool show" in line or "pool checkpoint" in line]
    shown += [_run(code) for code in RUN.findall(section)]
    expected = PRINTED.findall(RUN.sub("", TYPED.sub("", section)))
    assert len(shown) == 3 and [_told(text) for text in shown] == [_told(text) for text in expected]
    assert printed["ape run audit $N"].lstrip().startswith("Everything agrees up to block ")
    assert "pools, 1 in all: orders and claims" in printed["ape run tvl $N"]


def _run(code: str) -> str:
    """What code of the page prints on the devnet that the environment names."""
    for written, name in (("deployments/ethereum/local.json", "RECORD"), ("http://127.0.0.1:8545", "NODE")):
        assert written in code
        code = code.replace(written, os.environ[f"NMR_{name}"])
    output = StringIO()
    with redirect_stdout(output):
        exec(compile(code, "docs/pools.md", "exec"), {})  # noqa: S102 - the page's own code
    return output.getvalue()


def _told(text: str) -> list[str]:
    """The words of a text but for addresses and transactions, which differ from devnet to devnet."""
    return [word for word in text.split() if not word.startswith("0x")]
