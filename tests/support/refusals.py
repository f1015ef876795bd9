# SPDX-License-Identifier: MIT
"""What a test expects to be refused, by a contract on Ape's chain or by the reference."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from nmr.errors import Refused

_NO_REASON: Final = "Transaction failed."
"""Ape's words for a contract that gives no reason."""


@contextmanager
def reverts(reason: str) -> Iterator[None]:
    """Expect a refusal for exactly this reason; an empty one of arguments that are beyond their types."""
    ape = sys.modules.get("ape.exceptions")
    reverted = (ape.ContractLogicError,) if ape else ()
    try:
        yield
    except Refused as error:
        told = error.reason
    except reverted as error:
        told = "" if error.revert_message == _NO_REASON else error.revert_message
    else:
        raise AssertionError(f"nothing was refused: {reason!r} was expected")
    assert told == reason
