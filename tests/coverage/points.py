"""What can be covered in the contracts, and what a recording covers.

A statement is covered when a step of it ran. A branch has two ways: an `if` and a conditional expression, each
operand of `and` and `or` that may decide, an `assert`, and a call of the module that refuses for others. What the
compiler adds of its own, such as checks for overflow, does not count.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from vyper import ast as vy_ast

from tests.coverage.recorder import Recorder
from tests.coverage.sources import CONTRACTS, Code, codes, source_of, sources

STATEMENT: Final = "statement"
_STATEMENTS: Final = (
    vy_ast.AnnAssign, vy_ast.Assign, vy_ast.AugAssign, vy_ast.Expr, vy_ast.Log, vy_ast.Return, vy_ast.Raise,
    vy_ast.Assert, vy_ast.If, vy_ast.For, vy_ast.Break, vy_ast.Continue,
)  # fmt: skip
_FORKS: Final = {
    vy_ast.If: "if",
    vy_ast.IfExp: "if",
    vy_ast.BoolOp: "operand",
    vy_ast.Assert: "assert",
}
_CHECK: Final = "guard._require("


class Point(NamedTuple):
    """Something to cover, by its place in `contracts/`.

    Attributes:
        number: of the branches at one place, from 0 on.
        kind: `STATEMENT`, or one way of a branch.
    """

    source: str
    line: int
    column: int
    number: int
    kind: str


@cache
def statements() -> frozenset[Point]:
    """All statements of functions that are in the bytecode of a contract."""
    return written() & frozenset(
        point for code in codes() for node in code.nodes.values() for point in _statements_around(node)
    )


@cache
def written() -> frozenset[Point]:
    """All statements of functions. Some leave nothing in the bytecode: a variable that begins as zero, mostly."""
    return frozenset(
        _at(node, source)
        for source in sources()
        for function in vy_ast.parse_to_ast((CONTRACTS / source).read_text()).get_children(vy_ast.FunctionDef)
        for node in function.get_descendants(_STATEMENTS)
        if not _is_text(node) and not _is_loop_variable(node)
    )


@cache
def branches() -> frozenset[Point]:
    """Both ways of every branch that is in the bytecode of a contract."""
    forks = {fork for code in codes() for fork in _forks(code).values()}
    checks = {check for code in codes() for check in _checks(code).values()}
    return frozenset(
        [fork._replace(kind=f"{fork.kind} {way}") for fork in forks for way in ("jumps", "goes on")]
        + [check._replace(kind=f"{check.kind} {way}") for check in checks for way in ("holds", "refuses")]
    )


def covered(recorder: Recorder) -> set[Point]:
    """The points that a recording covers."""
    return {point for code in recorder.moves for point in _covered(code, recorder)}


def _covered(code: Code, recorder: Recorder) -> Iterator[Point]:
    moves = recorder.moves[code]
    ran = {step for move in moves for step in move}
    for step in ran & code.nodes.keys():
        yield from _statements_around(code.nodes[step])
    forks, checks = _forks(code), _checks(code)
    for step, after in moves:
        if step in forks:
            yield forks[step]._replace(kind=f"{forks[step].kind} {'goes on' if after == step + 1 else 'jumps'}")
    for step, check in checks.items():
        # A call returns to the step behind it.
        if step + 1 in ran:
            yield check._replace(kind=f"{check.kind} holds")
        if step in recorder.refusals[code]:
            yield check._replace(kind=f"{check.kind} refuses")


@cache
def _forks(code: Code) -> dict[int, Point]:
    """By step, the branch that is decided there."""
    forks: dict[int, Point] = {}
    seen: dict[Point, int] = defaultdict(int)
    for step in sorted(code.jumps & code.nodes.keys()):
        node = code.nodes[step]
        source, kind = source_of(node), _FORKS.get(type(node))
        if source is not None and kind is not None:
            point = _at(node, source)._replace(kind=kind)
            forks[step] = point._replace(number=seen[point])
            seen[point] += 1
    return forks


@cache
def _checks(code: Code) -> dict[int, Point]:
    """By the step that calls the module that refuses, the call."""
    found = {}
    for step, node in code.nodes.items():
        if isinstance(node, vy_ast.Expr) and node.node_source_code.startswith(_CHECK) and code.is_jump(step):
            source = source_of(node)
            assert source is not None
            found[step] = _at(node, source)._replace(kind="check")
    return found


def _at(node: vy_ast.VyperNode, source: str) -> Point:
    return Point(source, node.lineno, node.col_offset, 0, STATEMENT)


def _statements_around(node: vy_ast.VyperNode) -> Iterator[Point]:
    source = source_of(node)
    if source is not None:
        yield from (_at(part, source) for part in (node, *_ancestors(node)) if isinstance(part, _STATEMENTS))


def _ancestors(node: vy_ast.VyperNode) -> Iterator[vy_ast.VyperNode]:
    while (node := node.get_ancestor()) is not None:
        yield node


def _is_text(node: vy_ast.VyperNode) -> bool:
    return isinstance(node, vy_ast.Expr) and isinstance(node.value, vy_ast.Str)


def _is_loop_variable(node: vy_ast.VyperNode) -> bool:
    parent = node.get_ancestor()
    return isinstance(parent, vy_ast.For) and node is parent.target
