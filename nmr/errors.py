# SPDX-License-Identifier: MIT
"""Errors of the library: all derive from `NmrError` and from the builtin that fits."""


class NmrError(Exception):
    """Base of every error that this library raises on purpose."""


class NmrWarning(UserWarning):
    """What somebody should know about a call that went through."""


class AmountError(NmrError, ValueError):
    """An amount of NMR that the token or the ledger cannot count."""


class AmountTypeError(NmrError, TypeError):
    """An amount of NMR of a type that is never money, such as a float."""


class ArgumentError(NmrError, TypeError):
    """An argument of a type that it cannot be."""


class WordError(NmrError, ValueError):
    """A value that does not fit its bits, or bits that no such word can have."""


class ScoreError(WordError):
    """A score, group or chunk that a score word cannot hold."""


class ChunkError(NmrError, ValueError):
    """A chunk, or a number of chunks, that the tree cannot hold."""


class Refused(NmrError, RuntimeError):
    """A call that the protocol refuses; the state is as it was before.

    Attributes:
        reason: the contract's own; empty for arguments beyond their types, which it refuses without one.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NeverOpened(NmrError, LookupError):
    """A round that was never opened, of which nothing is known."""


def require(condition: bool, reason: str) -> None:
    """Refuse the call for this reason unless the condition holds.

    Raises:
        Refused: the condition does not hold.
    """
    if not condition:
        raise Refused(reason)


class Mismatch(NmrError, ValueError):
    """A log that disagrees with the protocol's arithmetic, or with itself."""

    def __init__(self, block: int, transaction: str, what: str, expected: object, found: object) -> None:
        super().__init__(f"block {block}, transaction {transaction}: {what}: expected {expected}, found {found}")
        self.block = block
        self.transaction = transaction
        self.what = what
        self.expected = expected
        self.found = found

    def __reduce__(self) -> tuple[type["Mismatch"], tuple[int, str, str, object, object]]:
        """Let it cross a process boundary: `Exception` alone would call `__init__` with the message."""
        return type(self), (self.block, self.transaction, self.what, self.expected, self.found)
