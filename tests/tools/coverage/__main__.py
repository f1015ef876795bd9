# SPDX-License-Identifier: MIT
"""`python -m tests.tools.coverage`: which statements and branches of the contracts the unit tests reach."""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.progress import track

from tests.tools.coverage.page import PAGE, needless, page, unreached
from tests.tools.coverage.points import Point, branches, covered, statements
from tests.tools.coverage.recorder import recording
from tests.tools.coverage.saved import Reach, save
from tests.tools.forks import Job, Session, Verdict, with_session

SECONDS: Final = 1_200
"""What a file of tests may take at the most."""


def main() -> int:
    """Record, print and write; 1 if a test fails, or what is not reached is not what the page explains."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.coverage", description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/coverage.md")
    arguments = parser.parse_args()
    return with_session(["tests/unit"], lambda session: _report(session, arguments.write))


def _report(session: Session, write: bool) -> int:
    console = Console()
    # Before the children begin, so that they share them.
    points = statements() | branches()
    reached: dict[str, Reach] = {}
    children = session.children(Job(file, _recorded(file), SECONDS) for file in session.files)
    for file, answer in track(children, "Files of tests", len(session.files), console=console):
        if answer is None or answer[0].failed:
            what = answer[0].failed if answer else f"took longer than {SECONDS} seconds"
            console.print(f"{file} failed: {what}. Run make test first.")
            return 1
        verdict, found, seconds = answer
        reached[file] = Reach(frozenset(found & points), verdict.ran, seconds)
    save(reached)
    missing = unreached(points.difference(*(reach.points for reach in reached.values())))
    text = page(reached, missing)
    console.print(text, markup=False, soft_wrap=True)
    if write:
        PAGE.write_text(text)
    if in_vain := needless(missing):
        console.print("Explained, but reached:", *in_vain, sep="\n", markup=False)
    return int(bool(in_vain) or any(not part.reason for part in missing))


def _recorded(file: str) -> Callable[[Session], tuple[Verdict, set[Point], float]]:
    def work(session: Session) -> tuple[Verdict, set[Point], float]:
        began = time.process_time()
        with recording() as recorder:
            verdict = session.run([file])
        return verdict, covered(recorder), time.process_time() - began

    return work


if __name__ == "__main__":
    sys.exit(main())
