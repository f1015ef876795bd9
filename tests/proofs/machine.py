# SPDX-License-Identifier: MIT
"""The EVM on terms: every path that a call of compiled code can take, with what is true on it and what it does.

What stays a number: the place in the code, the places in memory, and the slots of storage. Code that needs one of
these from a symbol is refused (`Beyond`), as is any instruction not listed here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vyper.evm.opcodes import get_opcodes

from tests.proofs.terms import ONE, OPERATIONS, ZERO, Term, Truth, apply, constant, hashed, symbol, truth

NAMES: Final[dict[int, str]] = {opcode[0]: name for name, opcode in get_opcodes().items() if opcode[0] is not None}
"""The instructions by their byte."""
LONGEST_PATH: Final = 200_000
"""Instructions on one path; none of ours comes near."""

Byte = tuple[Term, int]
"""A byte of memory: a word, and which of its bytes, the highest first."""
Memory = dict[int, Byte]
Answer = Callable[[list[Term]], list[Term]]


class Beyond(Exception):
    """Code that does what this machine cannot."""


@dataclass
class Path:
    """One way through a call: what is true on it, storage after it, the calls it makes (address, selector, arguments),
    but for views, and the words it returns, or none if it reverts."""

    truths: list[Truth] = field(default_factory=list)
    storage: dict[int, Term] = field(default_factory=dict)
    calls: list[list[Term]] = field(default_factory=list)
    returned: list[Term] | None = None


@dataclass
class _State:
    path: Path
    place: int = 0
    stack: list[Term] = field(default_factory=list)
    memory: Memory = field(default_factory=dict)
    transient: dict[int, Term] = field(default_factory=dict)
    answer: list[Term] = field(default_factory=list)
    known: dict[int, bool] = field(default_factory=dict)

    def fork(self) -> "_State":
        path = Path(list(self.path.truths), dict(self.path.storage), list(self.path.calls))
        return _State(
            path,
            self.place,
            list(self.stack),
            dict(self.memory),
            dict(self.transient),
            list(self.answer),
            dict(self.known),
        )

    def number(self) -> int:
        """The number on top of the stack, which may be no symbol."""
        number = self.stack.pop().number
        if number is None:
            raise Beyond(f"a place that depends on a symbol, at {self.place}")
        return number


def _byte(memory: Mapping[int, Byte], place: int) -> Byte:
    return memory.get(place, (ZERO, 31))


def _word(memory: Mapping[int, Byte], place: int, size: int = 32) -> Term:
    """The bytes from `place` on as a word, those after `size` zero."""
    parts = [_byte(memory, place + i) if i < size else (ZERO, 31) for i in range(32)]
    if all(part == (parts[0][0], i) for i, part in enumerate(parts)):
        return parts[0][0]
    word = ZERO
    for i, (term, which) in enumerate(parts):
        word = apply("OR", word, apply("SHL", constant(8 * (31 - i)), apply("BYTE", constant(which), term)))
    return word


def words(memory: Mapping[int, Byte], place: int, size: int) -> list[Term]:
    """`size` bytes from `place` on, as words; the last one is filled with zeros."""
    return [_word(memory, place + i, size - i) for i in range(0, size, 32)]


def put(memory: Memory, place: int, word: Term) -> None:
    """Write a word."""
    for i in range(32):
        memory[place + i] = (word, i)


@dataclass
class Machine:
    """Code and what surrounds a call: `context` has instructions like TIMESTAMP, `storage` the words known before it
    (others are 0), and `answer` says what the contracts that are called return. Every call succeeds: one that does not
    would undo the whole transaction. `immutables` are the words behind the code."""

    code: bytes
    context: dict[str, Term] = field(default_factory=dict)
    storage: dict[int, Term] = field(default_factory=dict)
    answer: Answer = lambda _: []
    immutables: Sequence[Term] = ()

    def run(self, selector: bytes, arguments: list[Term]) -> Iterator[Path]:
        """Every path of a call; the words after the selector are the arguments as the ABI lays them out."""
        calldata: Memory = {i: (constant(byte), 31) for i, byte in enumerate(selector)}
        for i, word in enumerate(arguments):
            put(calldata, 4 + 32 * i, word)
        size = 4 + 32 * len(arguments)
        waiting = [_State(Path(storage=dict(self.storage)))]
        while waiting:
            state = waiting.pop()
            for _ in range(LONGEST_PATH):
                forks = self._step(state, calldata, size)
                if forks is not None:
                    waiting += forks
                    break
            else:
                raise Beyond("a path without end")
            if not forks:
                yield state.path

    def _step(self, state: _State, calldata: Memory, size: int) -> list[_State] | None:
        """One instruction: None to go on, no states at the end of the path, two where it forks."""
        stack, memory, path = state.stack, state.memory, state.path
        op = NAMES.get(self.code[state.place], "?")
        state.place += 1
        if op.startswith("PUSH"):
            width = int(op[4:])
            stack.append(constant(int.from_bytes(self.code[state.place : state.place + width], "big")))
            state.place += width
        elif op.startswith("DUP"):
            stack.append(stack[-int(op[3:])])
        elif op.startswith("SWAP"):
            other = -int(op[4:]) - 1
            stack[-1], stack[other] = stack[other], stack[-1]
        elif op in OPERATIONS:
            arity = 1 if op in {"ISZERO", "NOT"} else 2
            stack.append(apply(op, *[stack.pop() for _ in range(arity)]))
        elif op == "POP":
            stack.pop()
        elif op == "JUMPDEST":
            pass
        elif op == "JUMP":
            state.place = state.number()
        elif op == "JUMPI":
            return self._branch(state, state.number(), truth(stack.pop()))
        elif op == "MLOAD":
            stack.append(_word(memory, state.number()))
        elif op == "MSTORE":
            place = state.number()
            put(memory, place, stack.pop())
        elif op == "MCOPY":
            target, source, count = state.number(), state.number(), state.number()
            copied = [_byte(memory, source + i) for i in range(count)]
            memory.update({target + i: byte for i, byte in enumerate(copied)})
        elif op == "CALLDATALOAD":
            stack.append(_word(calldata, state.number()))
        elif op == "CALLDATACOPY":
            target, source, count = state.number(), state.number(), state.number()
            memory.update({target + i: _byte(calldata, source + i) for i in range(count)})
        elif op == "CALLDATASIZE":
            stack.append(constant(size))
        elif op == "CODECOPY":
            target, source, count = state.number(), state.number(), state.number()
            memory.update({target + i: self._code_byte(source + i) for i in range(count)})
        elif op == "SHA3":
            place, count = state.number(), state.number()
            stack.append(hashed(count, words(memory, place, count)))
        elif op == "SLOAD":
            stack.append(path.storage.get(state.number(), ZERO))
        elif op == "SSTORE":
            slot = state.number()
            path.storage[slot] = stack.pop()
        elif op == "TLOAD":
            stack.append(state.transient.get(state.number(), ZERO))
        elif op == "TSTORE":
            slot = state.number()
            state.transient[slot] = stack.pop()
        elif op.startswith("LOG"):
            del stack[-2 - int(op[3:]) :]
        elif op in {"CALL", "STATICCALL"}:
            stack.pop()
            called = stack.pop()
            if op == "CALL" and state.number():
                raise Beyond("a call with value")
            place, count, target, room = [state.number() for _ in range(4)]
            call = [called, *words(memory, place, 4), *words(memory, place + 4, count - 4)]
            if op == "CALL":
                path.calls.append(call)
            state.answer = self.answer(call)
            for i, word in enumerate(state.answer[: room // 32]):
                put(memory, target + 32 * i, word)
            stack.append(ONE)
        elif op == "EXTCODESIZE":
            stack[-1] = ONE
        elif op == "RETURNDATASIZE":
            stack.append(constant(32 * len(state.answer)))
        elif op == "GAS":
            stack.append(symbol("gas"))
        elif op == "CALLVALUE":
            stack.append(ZERO)
        elif op in self.context:
            stack.append(self.context[op])
        elif op in {"RETURN", "STOP"}:
            path.returned = [] if op == "STOP" else words(memory, state.number(), state.number())
            return []
        elif op in {"REVERT", "INVALID"}:
            return []
        else:
            raise Beyond(f"{op} at {state.place - 1}")
        return None

    def _code_byte(self, place: int) -> Byte:
        behind = place - len(self.code)
        if 0 <= behind < 32 * len(self.immutables):
            return self.immutables[behind // 32], behind % 32
        return constant(self.code[place] if behind < 0 else 0), 31

    def _branch(self, state: _State, target: int, asked: Truth) -> list[_State] | None:
        number = asked.term.number
        known = state.known.get(id(asked.term)) if number is None else number != 0
        if known is not None:
            if known == asked.holds:
                state.place = target
            return None
        forks = [state.fork(), state.fork()]
        for fork, taken in zip(forks, (True, False), strict=True):
            fact = Truth(asked.term, asked.holds == taken)
            fork.path.truths.append(fact)
            fork.known[id(fact.term)] = fact.holds
            if taken:
                fork.place = target
        return forks
