# SPDX-License-Identifier: MIT
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

from tests.tools.coverage.recorder import Recorder
from tests.tools.coverage.sources import CONTRACTS, Code, codes, source_of, sources

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
_LEAVES: Final = (vy_ast.Break, vy_ast.Continue)
_CHECK: Final = "guard._require("
_PUSH2: Final = 0x61


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
    """All statements of functions."""
    return frozenset(
        _at(node, source) for source, node in _nodes(_STATEMENTS) if not is_text(node) and not _is_loop_variable(node)
    )


@cache
def silent() -> tuple[Point, ...]:
    """Statements of which the compiler's map knows no step, but for variables that begin as zero and need none."""
    zeros = {_at(node, source) for source, node in _nodes((vy_ast.AnnAssign,)) if _begins_as_zero(node)}
    return tuple(sorted(written() - statements() - zeros))


@cache
def forks_untold() -> tuple[Point, ...]:
    """Forks of which the compiler's map knows no step."""
    told = {(point.source, point.line, point.column) for point in branches()}
    forks = (_at(node, source) for source, node in _nodes(tuple(_FORKS)))
    return tuple(sorted(fork for fork in forks if fork[:3] not in told))


def _nodes(kinds: tuple[type[vy_ast.VyperNode], ...]) -> Iterator[tuple[str, vy_ast.VyperNode]]:
    """The nodes of some kinds in functions, each with its source."""
    for source in sources():
        for function in vy_ast.parse_to_ast((CONTRACTS / source).read_text()).get_children(vy_ast.FunctionDef):
            yield from ((source, node) for node in function.get_descendants(kinds))


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
    leaving = _leaving(code)
    for step in (ran & code.nodes.keys()).difference(jump - 3 for jump in leaving):
        yield from _statements_around(code.nodes[step])
    forks, checks = _forks(code), _checks(code)
    for step, after in moves:
        if step in forks:
            yield forks[step]._replace(kind=f"{forks[step].kind} {'goes on' if after == step + 1 else 'jumps'}")
        if step in leaving and after != step + 1:
            yield from _statements_around(leaving[step])
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
    for step in sorted(code.jumps):
        node = _fork_at(code, step)
        if node is not None and (source := source_of(node)) is not None:
            point = _at(node, source)._replace(kind=_FORKS[type(node)])
            forks[step] = point._replace(number=seen[point])
            seen[point] += 1
    return forks


def _fork_at(code: Code, step: int) -> vy_ast.VyperNode | None:
    """The node that a step decides, if it is the contract's own and not of the compiler's making."""
    if step in _leaving(code):
        return _leaving(code)[step].get_ancestor(vy_ast.If)
    node = code.nodes.get(step)
    if isinstance(node, vy_ast.Call) and node.args and isinstance(node.args[0], vy_ast.IfExp):
        return node.args[0]
    return node if type(node) in _FORKS else None


@cache
def _leaving(code: Code) -> dict[int, vy_ast.VyperNode]:
    """By step, the `break` or `continue` that a jump is, if its condition holds.

    The map has the jump's target, which is pushed before it, for the statement, and nothing for the jump.
    """
    return {
        step: node
        for step in code.jumps
        if code.prefix[step - 3] == _PUSH2 and isinstance(node := code.nodes.get(step - 3), _LEAVES)
    }


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


def _begins_as_zero(node: vy_ast.VyperNode) -> bool:
    return (
        node.value is None
        or node.value.node_source_code in ("0", "False", "[]", 'b""')
        or (node.value.node_source_code.startswith("empty("))
    )


def is_text(node: vy_ast.VyperNode) -> bool:
    """Whether a statement is only a text, such as a docstring."""
    return isinstance(node, vy_ast.Expr) and isinstance(node.value, vy_ast.Str)


def _is_loop_variable(node: vy_ast.VyperNode) -> bool:
    parent = node.get_ancestor()
    return isinstance(parent, vy_ast.For) and node is parent.target
