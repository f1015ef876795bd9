# SPDX-License-Identifier: MIT
"""Small faults in Python: one change at a node of a function's syntax tree, or a constant of a module one larger."""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_COMPARISONS: Final = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: Final = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_CALLS: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Fault(NamedTuple):
    """One planted fault.

    Attributes:
        path: the file.
        owner: the function or method that it is in, by its qualified name; the name of a module's constant.
        line: where it is, from 1 on.
        statement: the line of source.
        change: what stands there and what is planted, for people.
        number: of those of which all of this but the line is the same.
        tree: the whole module with the fault in it.
    """

    path: Path
    owner: str
    line: int
    statement: str
    change: str
    number: int
    tree: ast.Module

    @property
    def name(self) -> str:
        """The same wherever in its file the function stands."""
        return " | ".join((str(self.path), self.owner, self.statement, self.change, str(self.number)))


def faults(path: Path) -> Iterator[Fault]:
    """All faults of a file, in the order of their places."""
    text = path.read_text(encoding="utf-8")
    lines, seen = text.splitlines(), Counter[tuple[str, str, str]]()
    original = ast.parse(text)
    places = list(_places(original))
    for index, (owner, node) in enumerate(places):
        for way in range(_ways(node)):
            tree = copy.deepcopy(original)
            _, planted = next(place for at, place in enumerate(_places(tree)) if at == index)
            before = ast.unparse(planted)
            changed = _plant(planted, way)
            if changed is not planted:
                tree = _Replace(planted, changed).visit(tree)
            statement = lines[node.lineno - 1].strip()
            change = f"{before} -> {ast.unparse(changed)}"
            seen[owner, statement, change] += 1
            yield Fault(path, owner, node.lineno, statement, change, seen[owner, statement, change], tree)


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every node of every function, with the function's name, and the constants of the module that are integers."""
    yield from _within(tree.body, "")


def _within(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.AST]]:
    for item in body:
        match item:
            case ast.ClassDef():
                yield from _within(item.body, f"{prefix}{item.name}.")
            case ast.FunctionDef():
                for part in item.body:
                    yield from ((prefix + item.name, node) for node in _walk(part))
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None and not prefix:
                if isinstance(value, ast.BinOp) or (isinstance(value, ast.Constant) and type(value.value) is int):
                    yield name, item


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and what is in it; a message, an annotation and whether `zip` is strict have no say."""
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child)


def _ways(node: ast.AST) -> int:
    """In how many ways a node can be wrong."""
    match node:
        case ast.AnnAssign():
            return int(node.col_offset == 0)
        case ast.Compare(ops=ops):
            return len(ops)
        case ast.BinOp(op=op, left=left):
            return int(type(op) in _ARITHMETIC and not (isinstance(left, ast.Constant) and isinstance(left.value, str)))
        case ast.AugAssign():
            return 2
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.IfExp():
            return 1
        case ast.Call(func=ast.Name(id=name)):
            return int(name in _CALLS)
        case ast.Constant(value=value):
            return int(type(value) in (int, bool))
        case ast.Expr(value=value):
            # Without `super()` in it a method is of another shape, and cannot take the place of the real one.
            return int(not isinstance(value, ast.Constant) and "super()" not in ast.unparse(value))
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Continue():
            return 1
    return 0


def _plant(node: ast.AST, way: int) -> ast.AST:
    """The node with its fault: changed in place, or another one for it."""
    match node:
        case ast.AnnAssign(value=ast.expr() as value):
            node.value = ast.BinOp(value, ast.Add(), ast.Constant(1))
        case ast.Compare():
            node.ops[way] = _COMPARISONS[type(node.ops[way])]()
        case ast.BinOp():
            node.op = _ARITHMETIC[type(node.op)]()
        case ast.AugAssign() if way == 0:
            node.op = _ARITHMETIC[type(node.op)]()
        case ast.BoolOp():
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        case ast.UnaryOp():
            return node.operand
        case ast.IfExp():
            node.body, node.orelse = node.orelse, node.body
        case ast.Call(func=ast.Name() as function):
            function.id = _CALLS[function.id]
        case ast.Constant():
            node.value = not node.value if isinstance(node.value, bool) else node.value + 1
        case _:
            return ast.Pass()
    return node


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.copy_location(self._new, node) if node is self._old else self.generic_visit(node)
