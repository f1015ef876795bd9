# SPDX-License-Identifier: MIT
"""docs/mutation.md, from the results."""

from collections.abc import Iterable, Mapping
from itertools import takewhile
from math import sqrt
from statistics import NormalDist
from textwrap import fill
from typing import Final

from tests.tools.coverage.page import WIDTH
from tests.tools.coverage.sources import ROOT, deployable
from tests.tools.mutation import results
from tests.tools.mutation.build import modules_of
from tests.tools.mutation.results import KILLED, Result

PAGE: Final = ROOT / "docs" / "mutation.md"


def is_open(result: Result) -> bool:
    """Whether a fault was not found, and nobody says why."""
    return result.outcome in results.COUNTED and result.outcome != KILLED and not results.reason(result)


def needless(found: Iterable[Result]) -> list[str]:
    """What is explained in vain: it was found, or is not among the faults any more."""
    left = {(result.source, result.statement, result.change) for result in found if result.outcome == results.SURVIVED}
    return [" ".join(key) for key in results.reasons() if key not in left]


def page(found: Iterable[Result], planted: Mapping[str, int], by_hash: Iterable[str]) -> str:
    """The whole page.

    Args:
        found: the results there are.
        planted: how many faults there are to try, by source.
        by_hash: the names of all of them, in the order of their hashes.
    """
    found = sorted(found, key=lambda result: (result.source, result.line, result.name))
    counted = [result for result in found if result.outcome in results.COUNTED]
    survivors = [result for result in counted if result.outcome != KILLED]
    explained = [result for result in survivors if results.reason(result)]
    tests = {result.test.split("::")[0] for result in counted if result.outcome == KILLED}
    lines = [
        "# Mutation",
        "",
        fill(
            "Small faults are planted into the contracts, one at a time, and the unit tests are run against each. A "
            "fault that no test notices is a question that nobody asked. `make mutants` runs them and renews this "
            "page; it stops after two hours, or `MINUTES=`, and goes on where it was stopped. A fault that was found "
            "is not tried again while its function and the test that found it stay as they are: the test's file, its "
            "parameters and its fixtures. One that was not found is tried again when any test changes, unless it is "
            "explained below. `tests/tools/mutation/tried.csv` has the test that found each.",
            WIDTH,
        ),
        "",
        fill(
            "The faults: a comparison moved by one or turned round; an operator, or a call like `min` or `unsafe_add`, "
            "changed for its opposite; `and` for `or`, `not` dropped; a first value replaced by an empty one; two "
            "neighbouring arguments swapped; a check, or any other statement, removed; a constant one larger or one "
            "smaller; an argument of a log one larger, turned round or empty. What does not compile, or compiles to "
            "the bytecode of the contract or of an earlier fault, is not counted.",
            WIDTH,
        ),
        "",
        fill(
            f"{len(found):,} of {sum(planted.values()):,} faults were tried; {len(counted):,} have bytecode of their "
            f"own. {len(counted) - len(survivors):,} were found, by tests of {len(tests)} files; of the "
            f"{len(survivors)} others, {len(explained)} are explained below."
            + (_estimate(found, by_hash) if len(found) < sum(planted.values()) else ""),
            WIDTH,
        ),
        "",
        "| contract | with its modules | found | score |",
        "|---|---:|---:|---:|",
    ]
    for name in deployable():
        parts = {f"{name}.vy"} | modules_of(f"{name}.vy")
        lines.append(_row(f"`{name}`", [result for result in counted if result.source in parts]))
    lines += ["", "| source | planted | tried | of their own | found | score |", "|---|---:|---:|---:|---:|---:|"]
    for source, total in planted.items():
        tried = sum(result.source == source for result in found)
        row = _row(f"`{source}` | {total:,} | {tried:,}", [part for part in counted if part.source == source])
        lines.append(row)
    lines += ["", "| fault | faults | found | score |", "|---|---:|---:|---:|"]
    for operator in sorted({result.operator for result in counted}):
        lines.append(_row(operator, [result for result in counted if result.operator == operator]))
    lines += ["", "## Not found", ""]
    if survivors:
        lines += ["| where | statement | fault | why it is left |", "|---|---|---|---|"]
        for result in survivors:
            where, why = f"`{result.source}` {result.line}", results.reason(result) or "**not explained**"
            lines.append(f"| {where} | {_code(result.statement)} | {_code(result.change)} | {why} |")
    else:
        lines.append("None.")
    return "\n".join(lines) + "\n"


def _estimate(found: Iterable[Result], by_hash: Iterable[str]) -> str:
    """Wilson's interval of 95%, of the faults up to the first that was not tried: of some sources more may be."""
    results_of = {result.name: result for result in found}
    first = list(takewhile(results_of.__contains__, by_hash))
    outcomes = [outcome for name in first if (outcome := results_of[name].outcome) in results.COUNTED]
    if not outcomes:
        return ""
    of = len(outcomes)
    score, z = outcomes.count(KILLED) / of, NormalDist().inv_cdf(0.975)
    middle = score + z**2 / (2 * of)
    reach = z * sqrt(score * (1 - score) / of + z**2 / (4 * of**2))
    low, high = ((middle + sign * reach) / (1 + z**2 / of) for sign in (-1, 1))
    return (
        f" The first {len(first):,} in the order of a hash of their names are a fair sample of all: of {of:,} with "
        f"bytecode of their own {outcomes.count(KILLED):,} were found, so of all between {low:.1%} and {high:.1%} are "
        "(95% confidence)."
    )


def _row(title: str, part: list[Result]) -> str:
    found = sum(result.outcome == KILLED for result in part)
    return f"| {title} | {len(part):,} | {found:,} | {f'{100 * found / len(part):.1f}%' if part else ''} |"


def _code(text: str) -> str:
    shown = text if len(text) <= 90 else f"{text[:87]}..."
    return f"`{shown}`".replace("|", "\\|")
