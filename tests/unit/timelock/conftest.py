# SPDX-License-Identifier: MIT
"""Operations of the timelock: one call or many, on contracts that it owns."""

from dataclasses import dataclass

import pytest

NOTHING = bytes(32)


@dataclass(frozen=True)
class Operation:
    """The arguments of a single operation, in the order of `execute`."""

    target: str
    payload: bytes
    amount: int = 0
    predecessor: bytes = NOTHING
    salt: bytes = NOTHING

    @property
    def arguments(self) -> tuple:
        return self.target, self.amount, self.payload, self.predecessor, self.salt


@dataclass(frozen=True)
class Batch:
    """The arguments of a batch, in the order of `execute_batch`."""

    targets: tuple[str, ...]
    payloads: tuple[bytes, ...]
    amounts: tuple[int, ...]
    predecessor: bytes = NOTHING
    salt: bytes = NOTHING

    @property
    def arguments(self) -> tuple:
        return list(self.targets), list(self.amounts), list(self.payloads), self.predecessor, self.salt


@pytest.fixture
def owned_treasury(treasury, timelock, owner, chain, proposer, executor):
    """The treasury, owned by the timelock."""
    treasury.transfer_ownership(timelock, sender=owner)
    accept = Operation(treasury.address, bytes(treasury.accept_ownership.encode_input()))
    delay = timelock.get_minimum_delay()
    timelock.schedule(*accept.arguments, delay, sender=proposer)
    chain.mine(deltatime=delay)
    timelock.execute(*accept.arguments, sender=executor)
    return treasury


@pytest.fixture
def make_call():
    """Makes an operation of a call, such as `make_call(treasury, "spend", receiver, 1)`."""

    def make_call(contract, method: str, *arguments, **rest) -> Operation:
        return Operation(contract.address, bytes(getattr(contract, method).encode_input(*arguments)), **rest)

    return make_call


@pytest.fixture
def make_batch():
    """Makes a batch of operations."""

    def make_batch(*operations: Operation, **rest) -> Batch:
        return Batch(
            tuple(operation.target for operation in operations),
            tuple(operation.payload for operation in operations),
            tuple(operation.amount for operation in operations),
            **rest,
        )

    return make_batch


@pytest.fixture
def pass_through(timelock, proposer, executor, chain):
    """Schedules an operation, waits and executes it; gives the receipt of the execution."""

    def pass_through(operation: Operation):
        delay = timelock.get_minimum_delay()
        timelock.schedule(*operation.arguments, delay, sender=proposer)
        chain.mine(deltatime=delay)
        return timelock.execute(*operation.arguments, sender=executor)

    return pass_through
