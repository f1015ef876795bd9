# SPDX-License-Identifier: MIT
"""Init code of a cheat's own, around the genuine creation code of a contract."""

from typing import Final

WORD: Final = 32
_DUP1, _CODECOPY, _SSTORE, _POP, _GAS = b"\x80", b"\x39", b"\x55", b"\x50", b"\x5a"
_RETURN, _CREATE, _DELEGATECALL, _ADD = b"\xf3", b"\xf0", b"\xf4", b"\x01"
_RETURNDATASIZE, _RETURNDATACOPY, _PUSH0 = b"\x3d", b"\x3e", b"\x5f"
_LONGEST_DEPLOYED: Final = 24_576
"""Bytes of code that a contract can have (EIP-170)."""


def delegating(creation: bytes, *, behind: bytes = b"", stored: dict[int, int] | None = None) -> bytes:
    """Init code that has creation code run in its own place, and deploys what that returned with something behind it.

    The creation code, with its arguments, becomes the code of a helper, to which the init code delegates: so the
    constructor reads its arguments as ever, and writes to the storage of the new contract.

    Args:
        creation: the genuine creation code, with any arguments.
        behind: what follows the code that the constructor returned.
        stored: words that are written to the storage besides, by their slots.
    """
    assert len(creation) <= _LONGEST_DEPLOYED, "no contract can hold this"
    helper = _returning(creation)
    words = b"".join(_word(word) + _word(slot) + _SSTORE for slot, word in (stored or {}).items())

    def program(helper_at: int) -> bytes:
        return b"".join(
            [
                _number(len(helper)) + _number(helper_at) + _PUSH0 + _CODECOPY,
                4 * _PUSH0 + _number(len(helper)) + 2 * _PUSH0 + _CREATE + _GAS + _DELEGATECALL + _POP,
                _RETURNDATASIZE + 2 * _PUSH0 + _RETURNDATACOPY,
                words,
                _number(len(behind)) + _number(helper_at + len(helper)) + _RETURNDATASIZE + _CODECOPY,
                _number(len(behind)) + _RETURNDATASIZE + _ADD + _PUSH0 + _RETURN,
            ]
        )

    return program(len(program(0))) + helper + behind


def _returning(code: bytes) -> bytes:
    """Init code that deploys just this code."""
    program = b"".join([_number(len(code)) + _DUP1 + _number(0) + _PUSH0 + _CODECOPY + _PUSH0 + _RETURN])
    return program.replace(_number(0), _number(len(program)), 1) + code


def _number(value: int) -> bytes:
    """PUSH2, so that a program's length does not depend on its numbers."""
    return b"\x61" + value.to_bytes(2, "big")


def _word(value: int) -> bytes:
    return b"\x7f" + value.to_bytes(WORD, "big")
