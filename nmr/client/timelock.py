# SPDX-License-Identifier: MIT
"""What the timelock does for the owner: calls that are scheduled together, and executed together after its delay."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from nmr.chain.contracts import Contract
from nmr.client.session import Session, Signer

NOTHING: Final = bytes(32)


@dataclass(frozen=True)
class OwnerCall:
    """A call that only the owner may make."""

    contract: Contract
    method: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class OperationProgress:
    """Where an operation is.

    Attributes:
        executed: whether it was executed, just now.
        ready_at: when it can be executed, in unix seconds; 0 once it was.
    """

    executed: bool
    ready_at: int


def carry_out(session: Session, calls: Sequence[OwnerCall], sender: Signer) -> OperationProgress:
    """Schedule calls, or execute them if they were scheduled and their time has come; both without a delay.

    Called again with the same calls it goes on where it was. Whoever wants that calls again.

    Raises:
        Reverts: the sender is no proposer or executor, or a contract refuses a call.
    """
    timelock = session.only("Timelock")
    targets = [call.contract.address for call in calls]
    payloads = [call.contract.encode(call.method, *call.arguments) for call in calls]
    operation = (targets, [0] * len(targets), payloads, NOTHING)

    def read(getter: str, *arguments: Any) -> Any:
        return session.read(timelock, getter, *arguments)

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
        return OperationProgress(False, int(read("get_timestamp", identifier)))
    session.send(timelock, "execute_batch", *operation, salt, sender=sender)
    return OperationProgress(True, 0)
