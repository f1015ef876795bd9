# SPDX-License-Identifier: MIT
"""What the timelock does for the owner: calls that are scheduled together, and executed together after its delay."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from ape.api import AccountAPI
from ape.contracts import ContractInstance

from nmr.ape.session import Session

NOTHING: Final = bytes(32)


@dataclass(frozen=True)
class OwnerCall:
    """A call that only the owner may make."""

    contract: ContractInstance
    method: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Where an operation is.

    Attributes:
        executed: whether it was executed, just now.
        ready_at: when it can be executed, in unix seconds; 0 once it was.
    """

    executed: bool
    ready_at: int


def carry_out(session: Session, calls: Sequence[OwnerCall], sender: AccountAPI) -> Progress:
    """Schedule calls, or execute them if they were scheduled and their time has come; both without a delay.

    Called again with the same calls it goes on where it was. Whoever wants that calls again.

    Raises:
        Reverts: the sender is no proposer or executor, or a contract refuses a call.
    """
    timelock = session.suite.timelock
    targets = [str(call.contract.address) for call in calls]
    payloads = [bytes(getattr(call.contract, call.method).encode_input(*call.arguments)) for call in calls]
    operation = (targets, [0] * len(targets), payloads, NOTHING)

    def read(getter: str, *arguments: Any) -> Any:
        return session.read_many(timelock, [(getter, *arguments)])[0]

    # The same calls may have been made before: each time with the next salt.
    for number in count():
        salt = number.to_bytes(32, "big")
        identifier = read("hash_operation_batch", *operation, salt)
        if not read("is_operation_done", identifier):
            break
    if not read("is_operation", identifier):
        delay = read("get_minimum_delay")
        session.send(timelock, "schedule_batch", *operation, salt, delay, sender=sender)
    if not read("is_operation_ready", identifier):
        return Progress(False, int(read("get_timestamp", identifier)))
    session.send(timelock, "execute_batch", *operation, salt, sender=sender)
    return Progress(True, 0)
