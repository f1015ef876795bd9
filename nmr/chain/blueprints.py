# SPDX-License-Identifier: MIT
"""Blueprints: the creation code of a contract, kept on a chain to be copied from there (ERC-5202)."""

from typing import Final

_MARK: Final = b"\xfe\x71\x00"
"""Begins a blueprint of version 0 without data: nobody can call it."""
_RETURN: Final = bytes.fromhex("3d81600a3d39f3")
"""Behind PUSH2 and a length, returns so many of the bytes that follow."""


def blueprint_of(creation_code: bytes) -> bytes:
    """The code of the blueprint from which a contract is copied.

    Args:
        creation_code: what deploys the contract, without the constructor's arguments.
    """
    return _MARK + creation_code


def blueprint_creation(creation_code: bytes) -> bytes:
    """What a transaction has to hold to create that blueprint."""
    code = blueprint_of(creation_code)
    return b"\x61" + len(code).to_bytes(2, "big") + _RETURN + code
