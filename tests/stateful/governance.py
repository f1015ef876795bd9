# SPDX-License-Identifier: MIT
"""The timelock on both sides: what is scheduled, waits, and is executed or cancelled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from boa.contracts.vyper.vyper_contract import VyperContract
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from nmr.errors import require
from tests.stateful.chain import Outcome
from tests.stateful.lockstep import Lockstep
from tests.stateful.tally import CALLS

NO_PREDECESSOR: Final = bytes(32)
CANCELLED: Final = 0
DONE: Final = 1
"""In place of the time from which an operation can be executed."""
OWN: Final = ("timelock_controller:", "access_control:")
"""How the timelock's own reasons begin."""


@dataclass(frozen=True)
class Operation:
    """A call that the timelock is to make.

    Attributes:
        contract, function, arguments: the call; no function for empty calldata.
        reference: what stands for it on the reference; refuses what the contract would.
        salt: tells equal calls apart.
        predecessor: the operation that has to be done before, or `NO_PREDECESSOR`.
    """

    contract: VyperContract
    function: str
    arguments: tuple[Any, ...]
    reference: Callable[[], Any]
    salt: bytes
    predecessor: bytes = NO_PREDECESSOR

    @property
    def call(self) -> tuple[str, int, bytes]:
        """Target, value and calldata."""
        data = bytes(getattr(self.contract, self.function).prepare_calldata(*self.arguments)) if self.function else b""
        return str(self.contract.address), 0, data

    @property
    def id(self) -> bytes:
        """The id that the timelock gives it."""
        kinds = ["address", "uint256", "bytes", "bytes32", "bytes32"]
        return keccak(encode(kinds, [*self.call, self.predecessor, self.salt]))


class Governance:
    """A timelock in lockstep with its reference: every call goes to both."""

    def __init__(
        self,
        lockstep: Lockstep,
        timelock: VyperContract,
        delay: int,
        proposers: Sequence[str],
        executors: Sequence[str],
    ) -> None:
        self._lockstep = lockstep
        self.timelock = timelock
        self.delay = delay
        self._proposers, self._executors = frozenset(proposers), frozenset(executors)
        self._ready_at: dict[bytes, int] = {}
        self._salts = count()
        self.pending: list[Operation] = []

    def operation(
        self,
        contract: VyperContract,
        function: str,
        arguments: tuple[Any, ...],
        reference: Callable[[], Any],
        predecessor: bytes = NO_PREDECESSOR,
    ) -> Operation:
        """An operation of its own."""
        salt = next(self._salts).to_bytes(32, "big")
        return Operation(contract, function, arguments, reference, salt, predecessor)

    def ready_at(self, operation: Operation) -> int:
        """From when on it can be executed, as scheduled."""
        return self._ready_at[operation.id]

    def schedule(self, operation: Operation, sender: str, delay: int | None = None) -> Outcome:
        """Schedule a call, with this delay or the shortest."""
        delay = self.delay if delay is None else delay
        now, key = self._lockstep.chain.now, operation.id

        def reference() -> None:
            require(sender in self._proposers, "access_control: account is missing role")
            unknown = self._ready_at.get(key, CANCELLED) == CANCELLED
            require(unknown, "timelock_controller: operation already scheduled")
            require(delay >= self.delay, "timelock_controller: insufficient delay")
            self._ready_at[key] = now + delay
            self.pending.append(operation)

        arguments = (*operation.call, operation.predecessor, operation.salt, delay)
        return self._lockstep.both(self.timelock, "schedule", *arguments, sender=sender, reference=reference)

    def execute(self, operation: Operation, sender: str) -> Outcome:
        """Make a scheduled call; the reason is the call's own if that is what fails."""
        before = dict(self._ready_at), list(self.pending)
        outcome = self._lockstep.both(
            self.timelock,
            "execute",
            *(*operation.call, operation.predecessor, operation.salt),
            sender=sender,
            reference=lambda: self.execute_on_reference(operation, sender),
        )
        name, reason = operation.contract.contract_name, outcome.reason or ""
        if reason:
            self._ready_at, self.pending = before
        if not reason.startswith(OWN):
            # A call of the timelock's counts as a call, too.
            CALLS[name, operation.function, reason] += 1
        return outcome

    def execute_on_reference(self, operation: Operation, sender: str) -> None:
        """What an execution comes to.

        Raises:
            Refused: not allowed, not ready, or the call is refused.
        """
        require(sender in self._executors, "access_control: account is missing role")
        self._require_ready(operation)
        before = operation.predecessor
        done = before == NO_PREDECESSOR or self._ready_at.get(before) == DONE
        require(done, "timelock_controller: missing dependency")
        operation.reference()
        # It may have come back here and been made by then: then all of it is undone.
        self._require_ready(operation)
        self._ready_at[operation.id] = DONE
        self.pending.remove(operation)

    def cancel(self, operation: Operation, sender: str) -> Outcome:
        """Stop a call that waits."""
        key = operation.id

        def reference() -> None:
            require(sender in self._proposers, "access_control: account is missing role")
            waits = self._ready_at.get(key, CANCELLED) > DONE
            require(waits, "timelock_controller: operation cannot be cancelled")
            self._ready_at[key] = CANCELLED
            self.pending.remove(operation)

        return self._lockstep.both(self.timelock, "cancel", key, sender=sender, reference=reference)

    def check(self) -> None:
        """The timelock knows what was scheduled, and cancelled, as the reference does."""
        for key, ready_at in self._ready_at.items():
            assert self._lockstep.chain.view(self.timelock, "get_timestamp", key) == ready_at
        assert self._lockstep.chain.view(self.timelock, "get_minimum_delay") == self.delay

    def _require_ready(self, operation: Operation) -> None:
        ready_at = self._ready_at.get(operation.id, CANCELLED)
        require(DONE < ready_at <= self._lockstep.chain.now, "timelock_controller: operation is not ready")
