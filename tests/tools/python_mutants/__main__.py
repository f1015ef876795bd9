# SPDX-License-Identifier: MIT
"""`python -m tests.tools.python_mutants`: plants faults into `nmr/protocol`, and runs its tests against each.

The tests are collected once. A child per fault gives the function in question the code with the fault; a constant is
changed wherever it was imported, but what was computed from it stays. What the tests do not find is explained in
survivors.toml, or fails the run.
"""

import argparse
import ast
import hashlib
import resource
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

from rich.console import Console
from rich.progress import track

from tests.tools.forks import Job, Session, with_session
from tests.tools.python_mutants.faults import Fault, faults

PROTOCOL: Final = Path("nmr/protocol")
ELSEWHERE: Final = PROTOCOL / "reference" / "buyback.py"
"""Its tests are those of tests/stateful, beside the contract."""
TESTS: Final = "tests/library/protocol"
SOURCES: Final = [path for path in sorted(PROTOCOL.rglob("*.py")) if path != ELSEWHERE]
SECONDS: Final = 120
"""What the tests of one fault may take; more is a loop without an end."""
MEMORY: Final = 2 * 2**30
"""Bytes that they may take beside what is there; more is a list without an end."""
_REASONS: Final = Path(__file__).with_name("survivors.toml")


def main() -> int:
    """Run and print; 1 if a fault was not found and no reason is given for it, or a reason for one that was."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.python_mutants", description=__doc__)
    parser.add_argument("--source", nargs="*", type=Path, default=SOURCES, help="these files")
    parser.add_argument("--sample", type=int, help="only so many faults, the same in every run")
    arguments = parser.parse_args()
    # Tests of the library need neither Ape nor titanoboa.
    collected = ["-p", "no:ape_test", "-p", "no:boa", TESTS]
    return with_session(collected, lambda session: _run(session, arguments.source, arguments.sample))


def _run(session: Session, sources: list[Path], sample: int | None) -> int:
    console = Console()
    planted = [fault for source in sources for fault in faults(source)]
    if sample:
        planted = sorted(planted, key=lambda fault: hashlib.sha256(fault.name.encode()).digest())[:sample]
    [(_, broken)] = session.children([Job("none", _tried(None), SECONDS)])
    if broken != "":
        console.print(f"{broken} fails without a fault, too.")
        return 1
    by_name = {fault.name: fault for fault in planted}
    survivors = []
    jobs = (Job(fault.name, _tried(fault), SECONDS) for fault in planted)
    for name, found in track(session.children(jobs), "Faults", len(planted), console=console):
        # None: a loop without an end, which nobody takes for a pass.
        if found == "":
            survivors.append(by_name[name])
            console.print(f"left: {name}", markup=False, highlight=False)
    tried = Counter(fault.path for fault in planted)
    left = Counter(fault.path for fault in survivors)
    for path, count in tried.items():
        console.print(f"{path}: {count - left[path]} of {count} found", highlight=False)
    console.print(f"all: {len(planted) - len(survivors)} of {len(planted)} found", highlight=False)
    reasons = _reasons()
    open_ones = [fault for fault in survivors if _key(fault) not in reasons]
    for fault in sorted(open_ones, key=lambda fault: (fault.path, fault.line)):
        console.print(f"{fault.path}:{fault.line} {fault.owner}: {fault.change}", markup=False, highlight=False)
    found_keys = {_key(fault) for fault in planted} - {_key(fault) for fault in survivors}
    needless = [key for key in reasons if key in found_keys]
    for key in needless:
        console.print("Explained, but found:", *key, markup=False, highlight=False)
    return int(bool(open_ones or needless))


def _key(fault: Fault) -> tuple[str, str, str]:
    return str(fault.path), fault.statement, fault.change


def _reasons() -> dict[tuple[str, str, str], str]:
    entries = tomllib.loads(_REASONS.read_text()).get("survivor", [])
    return {
        (entry["path"], entry["statement"], change): entry["why"] for entry in entries for change in entry["changes"]
    }


def _tried(fault: Fault | None) -> Callable[[Session], str]:
    """The test that found it, empty if none did; without a fault, the test that fails nevertheless."""

    def work(session: Session) -> str:
        if fault is not None:
            _install(fault)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, 2 * (pages * resource.getpagesize() + MEMORY,))
        stem = fault.path.stem if fault is not None else ""
        # Those named for the file first, the machines that play whole histories last.
        order = sorted(session.files, key=lambda file: (f"test_{stem}.py" not in file, "walk" in file, file))
        return session.run(order).failed or ""

    return work


def _install(fault: Fault) -> None:
    module = sys.modules[".".join(fault.path.with_suffix("").parts).removesuffix(".__init__")]
    value = vars(module).get(fault.owner)
    if isinstance(value, int):
        for other in list(sys.modules.values()):
            found = getattr(other, "__dict__", {}).get(fault.owner)
            if isinstance(found, int) and found == value:
                setattr(other, fault.owner, value + 1)
        return
    compiled = compile(ast.fix_missing_locations(fault.tree), str(fault.path), "exec")
    code = next(code for code in _codes(compiled) if code.co_qualname == fault.owner)
    function = _function(module, fault.owner)
    assert function.__code__.co_freevars == code.co_freevars
    function.__code__ = code


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _function(module: Any, name: str) -> FunctionType:
    """The function itself, beneath its decorators."""
    owner, found = module, None
    for part in name.split("."):
        found = vars(owner)[part]
        owner = found
    if isinstance(found, property):
        found = found.fget
    while not isinstance(found, FunctionType) or hasattr(found, "__wrapped__"):
        found = found.__wrapped__ if hasattr(found, "__wrapped__") else found.__func__  # type: ignore[union-attr]
    return found


if __name__ == "__main__":
    sys.exit(main())
