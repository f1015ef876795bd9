# SPDX-License-Identifier: MIT
"""`python -m tests.tools.static`: run the static analyses worth rerunning, and compare what they find with a baseline.

The compiler with warnings as errors, natrix on the deployable contracts (it cannot parse a module that uses another),
and vyper-guard on all but the mocks. docs/static-analysis.md says what each finding is worth. A finding is a tool, a
rule, a file and how often the rule fires there: line numbers move. Exit code 1: what is found is not what is in
`tests/tools/static.json`, or a tool did not run. `--renew` writes the file.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from tests.support.contracts import deployable_paths

ROOT: Final = Path(__file__).parents[2]
BASELINE: Final = Path(__file__).with_suffix(".json")
CONTRACTS: Final = [str(path.relative_to(ROOT)) for path in deployable_paths()]
UV: Final = str(ROOT / ".uv" / "bin" / "uv")
NATRIX: Final = "natrix==0.1.9"
VYPER_GUARD: Final = "vyper-guard==0.7.0"
_NATRIX_LINE: Final = re.compile(r"^(contracts/\S+?):\d+:\d+ \w+ (NTX\d+): ", re.MULTILINE)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


class Failed(Exception):
    """A tool that did not do its work."""


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """A command in the project's folder, with its compiler first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": path}, capture_output=True, text=True)


def _compiler() -> Counter[str]:
    """The compiler's warnings, as errors: none, or it fails."""
    search = ["-p", str(ROOT), "-p", str(Path(__import__("snekmate").__path__[0]).parent)]
    for contract in CONTRACTS:
        done = _run([sys.executable, "-m", "vyper", *search, "-W", "error", "-f", "abi", contract])
        if done.returncode:
            raise Failed(f"vyper on {contract}: {done.stderr.strip()}")
    return Counter()


def _natrix() -> Counter[str]:
    done = _run([UV, "tool", "run", "--from", NATRIX, "natrix", "lint", *CONTRACTS])
    # It goes on after a rule of its own that breaks.
    said = done.stdout + done.stderr
    if "Traceback" in said or "Error running rule" in said or done.returncode not in {0, 1}:
        raise Failed(f"natrix: {said.strip()}")
    found = _NATRIX_LINE.findall(_COLOUR.sub("", done.stdout))
    if bool(found) != bool(done.returncode):
        raise Failed("natrix: its output is not understood")
    return Counter(f"natrix {rule} {file}" for file, rule in found)


def _vyper_guard() -> Counter[str]:
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = _run(
            [
                *(UV, "tool", "run", "--from", VYPER_GUARD, "vyper-guard"),
                *("analyze", "contracts", "-f", "json", "-o", str(report)),
            ]
        )
        if not report.exists():
            raise Failed(f"vyper-guard: {done.stderr.strip()}")
        reports = json.loads(report.read_text())["reports"]
    found: Counter[str] = Counter()
    for entry in reports:
        file = Path(entry["file_path"])
        file = file.relative_to(ROOT) if file.is_absolute() else file
        if "mocks" not in file.parts:
            found.update(f"vyper-guard {finding['detector']} {file}" for finding in entry["findings"])
    return found


@click.command()
@click.option("--renew", is_flag=True, help="Write what is found to the baseline.")
def main(renew: bool) -> None:
    """Run the static analyses and compare what they find with the baseline."""
    found: Counter[str] = Counter()
    for name, analysis in (("vyper", _compiler), ("natrix", _natrix), ("vyper-guard", _vyper_guard)):
        try:
            findings = analysis()
        except Failed as failed:
            raise click.ClickException(str(failed)) from None
        click.echo(f"{name}: {findings.total()} findings")
        found += findings
    if renew:
        BASELINE.write_text(json.dumps(dict(sorted(found.items())), indent=2) + "\n")
        return
    known = Counter(json.loads(BASELINE.read_text()))
    for finding, count in sorted((found - known).items()):
        click.echo(f"new: {finding}, {count} more", err=True)
    for finding, count in sorted((known - found).items()):
        click.echo(f"gone: {finding}, {count} less", err=True)
    if found != known:
        raise click.ClickException("the findings have changed: triage them in docs/static-analysis.md, then --renew.")
    click.echo(f"{found.total()} findings, those of the baseline.")


if __name__ == "__main__":
    main()
