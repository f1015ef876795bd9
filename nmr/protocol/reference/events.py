# SPDX-License-Identifier: MIT
"""Events in the shape of the contracts', and the log that the reference writes them to."""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded log entry: `args` by the names in the interface; structs as mappings or in order."""

    name: str
    args: Mapping[str, Any]
    block: int
    timestamp: int
    log_index: int
    transaction: str
    address: str


class Log:
    """What all contracts of one suite emitted, in order; every outermost call is a transaction and a block."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._transactions = 0
        self._now: int | None = None

    @contextmanager
    def transaction(self, now: int) -> Iterator[None]:
        """Gather what a call emits; a call from within another joins it, a refused one leaves nothing."""
        if self._now is not None:
            yield
            return
        self._now = now
        length = len(self.events)
        done = False
        try:
            yield
            done = True
        finally:
            self._now = None
            if done:
                self._transactions += 1
            else:
                del self.events[length:]

    def emit(self, address: str, name: str, **args: Any) -> None:
        """Append an event of the running transaction."""
        assert self._now is not None, "events belong to a transaction"
        number = self._transactions
        self.events.append(Event(name, args, number, self._now, len(self.events), f"{number:#066x}", address))

    def of(self, address: str) -> list[Event]:
        """The events of one contract."""
        return [event for event in self.events if event.address == address]


class _Logged(Protocol):
    log: Log


def transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Make a method of an object with a `log`, called with `now`, a transaction of that log."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with cast(_Logged, args[0]).log.transaction(cast(int, kwargs["now"])):
            return function(*args, **kwargs)

    return call
