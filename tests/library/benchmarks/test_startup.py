# SPDX-License-Identifier: MIT
"""The benchmark of start-ups, and what keeps `nmr` fast: no command that only reads imports what takes long."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.startup import Taken, measure, render

SLOW = ("ape", "eth_abi", "eth_account", "eth_utils", "fsspec", "matplotlib", "numpy", "pandas", "polars", "pydantic")
"""Packages that take a tenth of a second to import, or several."""
PRINT_IMPORTED = """
import sys
from nmr.cli.main import COMMANDS, cli
cli.main({arguments!r}, prog_name="nmr", standalone_mode=False)
print([name for name in {slow!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    "command",
    [
        ("tvl",),
        ("stake", "show"),
        ("history",),
        ("round", "status"),
        ("round", "list"),
        ("leaderboard",),
        ("rounds",),
    ],
    ids=" ".join,
)
def test_command__that_reads__imports_nothing_slow(command):
    code = PRINT_IMPORTED.format(arguments=[*command, "--help"], slow=SLOW)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].startswith(f"Usage: nmr {' '.join(command)}")
    assert done.stdout.splitlines()[-1] == "[]"


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
