"""docs/coverage.md, from a recording."""

from collections.abc import Iterable, Mapping
from textwrap import fill
from typing import Final, NamedTuple

from tests.coverage.points import STATEMENT, Point, branches, statements, written
from tests.coverage.saved import Reach
from tests.coverage.sources import CONTRACTS, ROOT, sources

PAGE: Final = ROOT / "docs" / "coverage.md"
WIDTH: Final = 120

REASONS: Final[dict[tuple[str, str, str], str]] = {
    (
        "modules/models.vy",
        'guard._require(model < MAX_MODELS, "models: no id is left")',
        "check refuses",
    ): "needs 67,108,864 registrations",
    (
        "modules/stablecoins.vy",
        'assert after >= before and after - before == amount, "stablecoin: takes a fee"',
        "operand goes on",
    ): "needs a token that takes from its receiver",
    (
        "UniswapV2TwapFeed.vy",
        'assert first > 0 and second > 0, "twap: pool is empty"',
        "operand goes on",
    ): "a pair has reserves of both tokens or of none",
}
"""Why something is not reached: by file, line of source and kind."""


class Unreached(NamedTuple):
    """A point that no test reaches, its line of source, and why that is so; empty if nobody says."""

    point: Point
    text: str
    reason: str


def unreached(points: Iterable[Point]) -> list[Unreached]:
    """The points with their lines and reasons, in the order of the sources."""
    found = []
    for point in sorted(points):
        text = (CONTRACTS / point.source).read_text().splitlines()[point.line - 1].strip()
        found.append(Unreached(point, text, REASONS.get((point.source, text, point.kind), "")))
    return found


def page(reached: Mapping[str, Reach], missing: Iterable[Unreached]) -> str:
    """The whole page."""
    missing = list(missing)
    rows = [_row(source, (source,), missing) for source in sources() if _all(source)]
    rows.append(_row("**all**", tuple(sources()), missing))
    tests = sum(reach.tests for reach in reached.values())
    silent = len(written()) - len(statements())
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
            f"not counted. Of {len(written()):,} statements {silent} leave no step in the bytecode, mostly variables "
            "that begin as zero; they are left out.",
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
            code = part.text.replace("|", "\\|")
            place = f"`{part.point.source}` {part.point.line}"
            lines.append(f"| {place} | `{code}` | {part.point.kind} | {part.reason or '**not explained**'} |")
    else:
        lines.append("Nothing is left.")
    return "\n".join(lines) + "\n"


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
