# SPDX-License-Identifier: MIT
"""Small faults to plant in a contract: each is one change of the source at a node of Vyper's syntax tree.

What makes no difference to the bytecode is no mutant, and what does not compile neither; the driver finds out.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from vyper import ast as vy_ast

from tests.tools.coverage.points import is_text
from tests.tools.coverage.sources import CONTRACTS

_COMPARISONS: Final = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "in": "not in",
    "not in": "in",
}
_ARITHMETIC: Final = {
    "+": "-",
    "-": "+",
    "*": "//",
    "//": "*",
    "%": "//",
    "**": "*",
    "&": "|",
    "|": "&",
    "^": "&",
    "<<": ">>",
    ">>": "<<",
}
_CALLS: Final = {
    "unsafe_add": "unsafe_sub",
    "unsafe_sub": "unsafe_add",
    "unsafe_mul": "unsafe_add",
    "unsafe_div": "unsafe_mul",
    "min": "max",
    "max": "min",
}
_COMMUTATIVE: Final = ("min", "max", "unsafe_add", "unsafe_mul")
_LOGIC: Final = {"and": "or", "or": "and"}
_CHECKS: Final = ("guard._require",)
_REMOVED: Final = (
    vy_ast.Assign,
    vy_ast.AugAssign,
    vy_ast.Expr,
    vy_ast.Log,
    vy_ast.If,
    vy_ast.For,
    vy_ast.Continue,
    vy_ast.Break,
)


class Mutant(NamedTuple):
    """One planted fault.

    Attributes:
        source: the file, by its path in `contracts/`.
        function: the function it is in; empty for a constant.
        operator: the kind of fault.
        line: where it is, from 1 on.
        start, end: what is replaced, by offsets in the file.
        replacement: what stands there instead.
        statement: the line of source.
        change: what is replaced and by what, for people.
        number: of those of which all of this is the same in one function.
        within: the hash of the function, or of the constant.
    """

    source: str
    function: str
    operator: str
    line: int
    start: int
    end: int
    replacement: str
    statement: str
    change: str
    number: int
    within: str

    @property
    def name(self) -> str:
        """The same wherever in its file the function stands."""
        return " | ".join((self.source, self.function, self.operator, self.statement, self.change, str(self.number)))

    def applied(self, text: str) -> str:
        """The source with the fault in it."""
        return text[: self.start] + self.replacement + text[self.end :]


def mutants(source: str, text: str) -> list[Mutant]:
    """All faults of a file, in the order of their places."""
    module, place = vy_ast.parse_to_ast(text), _Places(text)
    found = {
        (start, end, operator, replacement, node.lineno, item)
        for item, node in _mutable(module)
        for operator, start, end, replacement in _changes(item, node, place)
        if text[start:end] != replacement
    }
    numbers, made = Counter[str](), []
    for start, end, operator, replacement, line, item in sorted(found, key=lambda fault: fault[:4]):
        mutant = Mutant(
            source=source,
            function=item.name if isinstance(item, vy_ast.FunctionDef) else "",
            operator=operator,
            line=line,
            start=start,
            end=end,
            replacement=replacement,
            statement=_one_line(text.splitlines()[line - 1]),
            change=f"{_one_line(text[start:end])} -> {_one_line(replacement)}",
            number=0,
            within=hashlib.sha256(place.of(item).encode()).hexdigest(),
        )
        made.append(mutant._replace(number=numbers[mutant.name]))
        numbers[mutant.name] += 1
    return made


Change = tuple[str, int, int, str]
"""Operator, start, end and replacement."""


class _Places:
    """Offsets of nodes in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def span(self, node: vy_ast.VyperNode) -> tuple[int, int]:
        """Where a node begins and ends."""
        start = self._lines[node.lineno - 1] + node.col_offset
        # The compiler's end of a name is off where it read another keyword than the one that stands there, as in a log.
        if isinstance(node, vy_ast.Name):
            return start, start + len(node.id)
        return start, self._lines[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: vy_ast.VyperNode) -> str:
        """A node's source."""
        start, end = self.span(node)
        return self.text[start:end]

    def between(self, left: vy_ast.VyperNode, right: vy_ast.VyperNode, operator: str) -> tuple[int, int] | None:
        """Where an operator stands between two nodes; parentheses and comments may stand there, too."""
        start, end = self.span(left)[1], self.span(right)[0]
        at = self.text.find(operator, start, end)
        return (at, at + len(operator)) if at >= 0 else None


def _mutable(module: vy_ast.Module) -> Iterator[tuple[vy_ast.VyperNode, vy_ast.VyperNode]]:
    """The nodes of function bodies and of constants' values, each with its function or constant."""
    for item in module.body:
        if isinstance(item, vy_ast.FunctionDef):
            for part in (*item.body, *item.args.defaults):
                yield from ((item, node) for node in (part, *part.get_descendants()))
        elif isinstance(item, vy_ast.VariableDecl) and item.value is not None:
            yield from ((item, node) for node in (item.value, *item.value.get_descendants()))


def _changes(item: vy_ast.VyperNode, node: vy_ast.VyperNode, place: _Places) -> Iterator[Change]:
    if isinstance(node, vy_ast.Int):
        for value in (node.value + 1, node.value - 1):
            if value >= 0:
                yield "constant", *place.span(node), str(value)
    if not isinstance(item, vy_ast.FunctionDef):
        return
    match node:
        case vy_ast.Compare():
            yield from _operator("comparison", node.left, node.right, _symbol(node.op), place, _COMPARISONS)
        case vy_ast.BinOp():
            yield from _operator("arithmetic", node.left, node.right, _symbol(node.op), place, _ARITHMETIC)
        case vy_ast.BoolOp():
            for left, right in pairwise(node.values):
                yield from _operator("logic", left, right, _symbol(node.op), place, _LOGIC)
        case vy_ast.UnaryOp():
            yield "logic", *place.span(node), f"({place.of(node.operand)})"
        case vy_ast.Call():
            yield from _call(node, place)
        case vy_ast.Log():
            yield from _log(node.value, place)
        case vy_ast.Assert():
            yield "check removed", *place.span(node), "pass"
        case vy_ast.AnnAssign() if node.value is not None and not _is_empty(place.of(node.value)):
            yield "assignment", *place.span(node.value), f"empty({place.of(node.annotation)})"
        case vy_ast.AugAssign():
            symbol = _symbol(node.op)
            at = place.between(node.target, node.value, f"{symbol}=")
            if at is not None and symbol in _ARITHMETIC:
                yield "assignment", *at, f"{_ARITHMETIC[symbol]}="
    if isinstance(node, _REMOVED) and not is_text(node):
        call = node.value if isinstance(node, vy_ast.Expr) else None
        checks = isinstance(call, vy_ast.Call) and place.of(call.func) in _CHECKS
        yield "check removed" if checks else "statement removed", *place.span(node), "pass"


def _operator(
    name: str,
    left: vy_ast.VyperNode,
    right: vy_ast.VyperNode,
    symbol: str,
    place: _Places,
    replacements: dict[str, str],
) -> Iterator[Change]:
    at = place.between(left, right, symbol)
    if at is not None and symbol in replacements:
        yield name, *at, replacements[symbol]


def _call(node: vy_ast.Call, place: _Places) -> Iterator[Change]:
    name = place.of(node.func)
    if name in _CALLS:
        yield "arithmetic", *place.span(node.func), _CALLS[name]
    if name in _COMMUTATIVE:
        return
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    for one, other in pairwise(arguments):
        # A reason is never what its condition is.
        if isinstance(one, vy_ast.Str) or isinstance(other, vy_ast.Str):
            continue
        (start, middle), (after, end) = place.span(one), place.span(other)
        swapped = place.text[after:end] + place.text[middle:after] + place.text[start:middle]
        yield "arguments swapped", start, end, swapped


def _log(event: vy_ast.Call, place: _Places) -> Iterator[Change]:
    """Each argument one larger, turned round or empty, as its type allows."""
    prefix, dot, name = place.of(event.func).rpartition(".")
    for argument in event.keywords:
        told, kind = place.of(argument.value), _arguments().get((name, argument.arg))
        if kind is None or _is_empty(told):
            continue
        if kind.startswith(("uint", "int")):
            changed = f"({told}) + 1"
        elif kind == "bool":
            changed = f"not ({told})"
        else:
            is_own = kind[0].isupper() and not kind.startswith(("Bytes", "String", "DynArray"))
            changed = f"empty({prefix + dot if is_own else ''}{kind})"
        yield "logged", *place.span(argument.value), changed


@cache
def _arguments() -> dict[tuple[str, str], str]:
    """The types of what the contracts' own events tell, by the names of event and argument."""
    found = {}
    for path in sorted(CONTRACTS.rglob("*.vy*")):
        text = path.read_text()
        place = _Places(text)
        for item in vy_ast.parse_to_ast(text, is_interface=path.suffix == ".vyi").body:
            if isinstance(item, vy_ast.EventDef):
                for argument in item.body:
                    if isinstance(argument, vy_ast.AnnAssign):
                        kind = argument.annotation
                        if isinstance(kind, vy_ast.Call):
                            (kind,) = kind.args
                        found[item.name, argument.target.id] = place.of(kind)
    return found


def _symbol(operator: vy_ast.VyperNode) -> str:
    symbols = {
        "Add": "+", "Sub": "-", "Mult": "*", "FloorDiv": "//", "Mod": "%", "Pow": "**", "BitAnd": "&", "BitOr": "|",
        "BitXor": "^", "LShift": "<<", "RShift": ">>", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==",
        "NotEq": "!=", "In": "in", "NotIn": "not in", "And": "and", "Or": "or",
    }  # fmt: skip
    return symbols[type(operator).__name__]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _is_empty(value: str) -> bool:
    return value in ("0", "False", "[]", 'b""') or value.startswith("empty(")
