# SPDX-License-Identifier: MIT
"""The benchmark of start-ups, and what keeps `nmr` fast: no command that only reads imports what takes long."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.startup import READS, Taken, measure, render
from nmr.client.session import Session
from nmr.deploy.record import write_record
from nmr.history.export import export
from tests.library.audit.pool_history import played
from tests.support.evm_server import served

SLOW = ("ape", "eth_abi", "eth_account", "eth_utils", "fsspec", "matplotlib", "numpy", "pandas", "polars", "pydantic")
"""Packages that take a tenth of a second to import, or several."""
NEEDED = {"status 0": ["fsspec"], "history 0 --from past": ["polars"]}
"""What reads the store, and what reads Parquet."""
PRINT_IMPORTED = """
import sys
from nmr.cli.main import cli
try:
    cli.main({arguments!r}, prog_name="nmr")
except SystemExit as ended:
    assert not ended.code, ended.code
print([name for name in {slow!r} if name in sys.modules])
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """By which commands find a suite with two rounds, and the folder with its export; both are there until the end."""
    suite, folder = played()[0].suite, tmp_path_factory.mktemp("startup")
    write_record(suite.record, folder / "record.json")
    session = Session(suite.record, suite.node)
    export(session, session.tournament(), folder / "past")
    with served(suite.node) as url:
        yield {**os.environ, "NMR_NODE": url, "NMR_RECORD": str(folder / "record.json"), "NMR_STORE": str(folder)}


@pytest.mark.parametrize(
    "command", [*(line for line in READS if line != "round status 0"), "round status 2", "round list"]
)
def test_command__that_reads__imports_nothing_slow(environment, command):
    code = PRINT_IMPORTED.format(arguments=command.split(), slow=SLOW)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=Path(environment["NMR_RECORD"]).parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(NEEDED.get(command, []))


def test_api__connected__imports_nothing_slow():
    code = f"import sys, nmr; nmr.connect, nmr.Suite; print([name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_measure__commands__are_run_in_turn_and_once_more():
    folder = Path(__file__).parent
    busy = ([sys.executable, "-c", "sum(range(3_000_000))"], folder)
    [idle, working] = measure({"idle": (["true"], folder), "busy": busy}, 2, {})
    assert (idle.command, working.command) == ("idle", "busy")
    assert 0 < idle.seconds < working.seconds
    assert idle.processor < working.processor


def test_measure__command_fails__is_an_error():
    with pytest.raises(subprocess.CalledProcessError):
        measure({"fails": (["false"], Path(__file__).parent)}, 1, {})


def test_render__commands__has_a_row_each_and_the_slowest_of_nmr():
    page = render(
        [Taken("`nmr tvl`", 0.5, 0.375), Taken("`nmr stake show 0`", 0.25, 0.45), Taken("`ape run`", 3, 2.5)], 7
    )
    assert "| `nmr tvl` | 0.50 | 0.38 |\n" in page
    assert "| `ape run` | 3.00 | 2.50 |\n" in page
    assert "of 7 runs each" in page
    assert "The slowest command of `nmr` takes 0.45 seconds of processors" in page
