# SPDX-License-Identifier: MIT
"""
`python -m tests.tools.mutation`: plants faults into the contracts, one at a time, and runs the unit tests against each.

A run goes on where the last one stopped. What the tests did not find is listed in docs/mutation.md, with a reason.
"""

import argparse
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.stateful.chain import compiled
from tests.tools.coverage.points import statements
from tests.tools.coverage.saved import Reach, saved
from tests.tools.coverage.sources import CONTRACTS, sources
from tests.tools.forks import Job, Session, Verdict, with_session
from tests.tools.mutation import page, results
from tests.tools.mutation.build import Invalid, build, contracts_with, install, original
from tests.tools.mutation.choice import Kills, files_for
from tests.tools.mutation.operators import Mutant, mutants
from tests.tools.mutation.results import KILLED, STUCK, SURVIVED, Result

SECONDS: Final = 1_800
"""What the tests of one mutant may take; more is a loop without an end."""
WALKED: Final = ("Treasury", "Numeraire", "TermsCheck", "Tournament", "PoolFactory", "Pool")
"""The contracts of a walk over pools."""


def main() -> int:
    """Run, print and write; 1 if a fault was not found and no reason is given for it."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.mutation", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120, help="stop after this time (default 120)")
    parser.add_argument("--sample", type=int, help="only so many mutants, the same in every run, and none of the cache")
    parser.add_argument("--source", nargs="*", default=sources(), help="only mutants of these files in contracts/")
    parser.add_argument("--write", action="store_true", help="renew docs/mutation.md")
    arguments = parser.parse_args()
    return with_session(["tests/unit"], lambda session: _run(session, arguments))


def _run(session: Session, arguments: argparse.Namespace) -> int:
    console = Console()
    every = {source: _of(source) for source in sources()}
    chosen = [mutant for source in arguments.source for mutant in every[source]]
    # In an order that has nothing to do with what they are: the part that a run comes to is a fair sample. Those that
    # survived before come first.
    suspects = set() if arguments.sample else results.suspects(chosen)
    chosen.sort(key=lambda mutant: hashlib.sha256(mutant.name.encode()).digest())
    by_hash = [mutant.name for mutant in chosen]
    chosen.sort(key=lambda mutant: mutant.name not in suspects)
    fingerprints = {test: results.cut(code) for test, code in session.fingerprints().items()}
    known = {} if arguments.sample else results.load(chosen, fingerprints)
    waiting = [mutant for mutant in chosen if mutant.name not in known]
    for name in {name for mutant in waiting for name in contracts_with(mutant.source)}:
        original(name)
    if any(mutant.source.startswith("pools/") for mutant in waiting):
        # The walks over pools have titanoboa compile these: once, and not in each child.
        for name in WALKED:
            compiled(name)
    reached = None if arguments.sample else saved()
    statements()
    results.tests_now()
    found = [known[mutant.name] for mutant in chosen if mutant.name in known]
    ends, tried = time.monotonic() + 60 * arguments.minutes, Counter[str]()
    kills = Kills()
    for result in found:
        _count(result, kills)
    with _progress(console) as progress:
        task = progress.add_task("", total=arguments.sample or len(waiting), found="")
        by_name = {mutant.name: mutant for mutant in waiting}
        codes = {result.code for result in known.values()}
        jobs = (Job(mutant.name, _tried(mutant, codes, reached, kills), SECONDS) for mutant in _until(waiting, ends))
        for name, answer in session.children(jobs):
            result = _result(
                by_name[name], answer or {"outcome": STUCK, "test": "", "tests": 0, "code": ""}, codes, fingerprints
            )
            tried[result.outcome] += 1
            found.append(result)
            _count(result, kills)
            if not arguments.sample:
                results.keep(result)
            counted = sum(tried[outcome] for outcome in results.COUNTED)
            if result.outcome in results.COUNTED and result.outcome != KILLED:
                told = f"{result.outcome}: {result.source}:{result.line} {result.operator}: {result.change}"
                progress.console.print(told, markup=False)
            progress.update(task, completed=counted if arguments.sample else sum(tried.values()))
            progress.update(task, found=f"{tried[KILLED]} of {counted} found")
            if arguments.sample and counted >= arguments.sample:
                break
    if arguments.sample and not _hold(session, found, console):
        return 1
    planted = Counter(mutant.source for mutant in chosen)
    text = page.page(found, {source: planted[source] for source in arguments.source}, by_hash)
    console.print(text, markup=False, soft_wrap=True)
    if arguments.write:
        page.PAGE.write_text(text)
        results.tidy(found, chain.from_iterable(every.values()))
    is_whole = arguments.source == sources() and len(found) == len(chosen)
    if is_whole and (needless := page.needless(found)):
        console.print("Explained, but found or not there any more:", *needless, sep="\n", markup=False)
        return 1
    return int(any(page.is_open(result) for result in found))


def _hold(session: Session, found: Iterable[Result], console: Console) -> bool:
    """Whether the files of tests that found faults pass without any: else they would find whatever is planted.

    Those of a whole run have passed in the recording of the coverage.
    """
    files = sorted({result.test.split("::")[0] for result in found if result.outcome == KILLED})
    jobs = (Job(file, lambda here, file=file: here.run([file]), SECONDS) for file in files)  # type: ignore[misc]
    held = True
    for file, verdict in session.children(jobs):
        if verdict is None or verdict.failed:
            console.print(f"{file} fails without a fault, too. Run make test first.")
            held = False
    return held


def _count(result: Result, kills: Kills) -> None:
    if result.outcome == KILLED:
        file = result.test.split("::")[0]
        kills.update([(result.function, file), (result.source, file)])


def _of(source: str) -> list[Mutant]:
    return mutants(source, (CONTRACTS / source).read_text())


def _until(waiting: Iterable[Mutant], ends: float) -> Iterator[Mutant]:
    for mutant in waiting:
        if time.monotonic() > ends:
            return
        yield mutant


def _tried(mutant: Mutant, codes: set[str], reached: dict[str, Reach] | None, kills: Kills):  # type: ignore[no-untyped-def]
    def work(session: Session) -> dict[str, Any]:
        try:
            changed = build(mutant)
        except Invalid as error:
            return {"outcome": results.INVALID, "test": str(error), "tests": 0, "code": ""}
        steps = b"".join(name.encode() + changed[name].steps for name in sorted(changed))
        code = results.cut(hashlib.sha256(steps).hexdigest())
        if not changed or code in codes:
            return {"outcome": results.SAME, "test": "", "tests": 0, "code": ""}
        install(changed)
        verdict: Verdict = session.run(files_for(mutant, session, reached, kills))
        outcome = KILLED if verdict.failed else SURVIVED
        return {"outcome": outcome, "test": verdict.failed or "", "tests": verdict.ran, "code": code}

    return work


def _result(mutant: Mutant, answer: dict[str, Any], codes: set[str], fingerprints: Mapping[str, str]) -> Result:
    # Two alike may have begun before either ended.
    if answer["code"] in codes and answer["code"]:
        answer = {"outcome": results.SAME, "test": "", "tests": 0, "code": ""}
    codes.add(answer["code"])
    found_by = fingerprints.get(answer["test"], "")
    return results.result_of(mutant, **answer, against=results.tests_now(), found_by=found_by)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("Mutants"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[found]}"),
        console=console,
    )


if __name__ == "__main__":
    sys.exit(main())
