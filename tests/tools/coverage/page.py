# SPDX-License-Identifier: MIT
"""docs/coverage.md, from a recording."""

from collections.abc import Iterable, Mapping
from textwrap import fill
from typing import Final, NamedTuple

from tests.tools.coverage.points import STATEMENT, Point, branches, forks_untold, silent, statements, written
from tests.tools.coverage.saved import Reach
from tests.tools.coverage.sources import CONTRACTS, ROOT, sources

PAGE: Final = ROOT / "docs" / "coverage.md"
WIDTH: Final = 120

REASONS: Final[dict[tuple[str, str, str], str]] = {
    (
        "modules/models.vy",
        'guard._require(model < MAX_MODELS, "models: no id is left")',
        "check refuses",
    ): "needs 67,108,864 registrations",
    (
        "buyback/modules/stablecoins.vy",
        'assert after >= before and after - before == amount, "stablecoin: takes a fee"',
        "operand goes on",
    ): "needs a token that takes from its receiver",
    (
        "pools/Pool.vy",
        "assert extcall IERC20(token).approve(tournament, max_value(uint256))",
        "assert jumps",
    ): "needs a token that answers no",
}
"""Why something is not reached: by file, line of source and kind."""


class Unreached(NamedTuple):
    """A point that no test reaches, its line of source, and why that is so; empty if nobody says."""

    point: Point
    text: str
    reason: str


def unreached(points: Iterable[Point]) -> list[Unreached]:
    """The points with their lines and reasons, in the order of the sources."""
    lines = [(point, _line(point)) for point in sorted(points)]
    return [Unreached(point, text, REASONS.get((point.source, text, point.kind), "")) for point, text in lines]


def needless(missing: Iterable[Unreached]) -> list[str]:
    """What is explained in vain: it is reached."""
    left = {(part.point.source, part.text, part.point.kind) for part in missing}
    return [" ".join(key) for key in REASONS if key not in left]


def page(reached: Mapping[str, Reach], missing: Iterable[Unreached]) -> str:
    """The whole page."""
    missing = list(missing)
    rows = [_row(source, (source,), missing) for source in sources() if _all(source)]
    rows.append(_row("**all**", tuple(sources()), missing))
    tests = sum(reach.tests for reach in reached.values())
    zeros = len(written()) - len(statements()) - len(silent())
    lines = [
        "# Coverage",
        "",
        fill(
            "Which statements and branches of the contracts the unit tests run. `make coverage` measures it and renews "
            "this page.",
            WIDTH,
        ),
        "",
        fill(
            f"{tests:,} tests in {len(reached)} files, on ape's embedded chain. Every step that py-evm runs, of "
            "constructors too, is mapped to the source by the compiler's own map. A branch has two ways: an `if`, each "
            "operand of `and` and `or` that may decide, an `assert`, and a call of `guard._require`, which has to hold "
            "and to refuse. Checks that the compiler adds, such as those for overflow and for the bounds of loops, are "
            f"not counted. Of {len(written()):,} statements {zeros} are variables that begin as zero and need no step; "
            f"of {len(silent())} others the compiler's map knows none, and of {len(forks_untold())} branch: they are "
            "listed below, and not counted. `buyback/modules/lots.vy` is reached through a contract of the tests, too.",
            WIDTH,
        ),
        "",
        "| source | statements | reached | branches, both ways | reached |",
        "|---|---:|---:|---:|---:|",
        *rows,
        "",
    ]
    if missing:
        lines += ["## Not reached", "", "| where | line | what | why |", "|---|---|---|---|"]
        for part in missing:
            lines.append(f"| {_place(part.point)} | {part.point.kind} | {part.reason or '**not explained**'} |")
    else:
        lines.append("Nothing is left.")
    lines += ["", "## Without a step in the map", "", "| where | line | what |", "|---|---|---|"]
    lines += [f"| {_place(point)} | statement |" for point in silent()]
    lines += [f"| {_place(point)} | branch |" for point in forks_untold()]
    return "\n".join(lines) + "\n"


def _line(point: Point) -> str:
    return (CONTRACTS / point.source).read_text().splitlines()[point.line - 1].strip()


def _place(point: Point) -> str:
    code = _line(point).replace("|", "\\|")
    return f"`{point.source}` {point.line} | `{code}`"


def _all(source: str) -> list[Point]:
    return [point for point in statements() | branches() if point.source == source]


def _row(title: str, chosen: tuple[str, ...], missing: Iterable[Unreached]) -> str:
    cells = []
    for points, is_statement in ((statements(), True), (branches(), False)):
        total = sum(point.source in chosen for point in points)
        left = sum(part.point.source in chosen and (part.point.kind == STATEMENT) is is_statement for part in missing)
        share = f"{100 * (total - left) / total:.1f}%" if total else ""
        cells += [f"{total:,}", share]
    return f"| {title if '*' in title else f'`{title}`'} | {' | '.join(cells)} |"
