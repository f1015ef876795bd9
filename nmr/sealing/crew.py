# SPDX-License-Identifier: MIT
"""Who computes the blocks of a large piece of work: this process, several on this machine, or a Dask cluster.

Blocks and their order are those of the work, whoever computes them, so the results are the same to the bit. Workers get
numbers and nothing else: no key, no sealed file, no name of a store. Blocks are made when somebody is free for them, so
that no more than a few of them are in memory.
"""

import ipaddress
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlsplit

from nmr.errors import NmrError

LARGE: Final = 2 * 10**8
"""Numbers from which on processes are started, which takes seconds: 40,000 models of 5,000 ids."""
AHEAD: Final = 2
"""Blocks that are under way for each worker: one that it computes, and one that is on its way to it."""
PATIENCE: Final = 10.0
"""Seconds that a scheduler may take to answer."""

R = TypeVar("R")


class CrewError(NmrError, RuntimeError):
    """Work that whoever was to do it did not do."""


class AddressRefused(NmrError, ValueError):
    """An address of a scheduler that is none, or that anybody on the way could read."""


class Crew(Protocol):
    """Computes blocks."""

    def map(self, function: Callable[..., R], blocks: Iterable[tuple[Any, ...]], size: int) -> Iterator[R]:
        """What a function gives for each block, in their order.

        Args:
            function: of a module; it gets the block's entries as arguments.
            blocks: what there is to do; what making one of them raises is raised here.
            size: how many numbers are in all of them.

        Raises:
            CrewError: somebody did not do it.
        """


class Alone:
    """This process."""

    def map(self, function: Callable[..., R], blocks: Iterable[tuple[Any, ...]], size: int) -> Iterator[R]:
        """As `Crew.map`."""
        for block in blocks:
            yield function(*block)


class Processes:
    """Processes of this machine, as many as it has processors; this process alone for what is not `large`."""

    def __init__(self, count: int | None = None, *, large: int = LARGE) -> None:
        """
        Args:
            count: how many; as many as there are processors if left out.
            large: numbers from which on they are started.
        """
        self._count = count or os.cpu_count() or 1
        self._large = large

    def map(self, function: Callable[..., R], blocks: Iterable[tuple[Any, ...]], size: int) -> Iterator[R]:
        """As `Crew.map`."""
        if size < self._large or self._count == 1:
            yield from Alone().map(function, blocks, size)
            return
        # Not forked: polars and the threads of a service do not survive that.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self._count, mp_context=context) as executor:
            yield from _in_order(executor, function, blocks, AHEAD * self._count, _processes_failed)


class Dask:
    """The workers of a Dask cluster, by the package `distributed`.

    What secures the connection is in Dask's own settings, `distributed.comm.tls`.
    """

    def __init__(self, address: str) -> None:
        """
        Args:
            address: of its scheduler: `tls://…`, or on this machine `tcp://127.0.0.1:8786`.

        Raises:
            AddressRefused: it is none, or neither.
            CrewError: `distributed` is not installed.
        """
        require_safe(address)
        try:
            import distributed
        except ImportError as error:
            raise CrewError("Dask needs the package distributed: pip install 'nmr-suite[dask]'.") from error
        self._address = address
        # It has no types.
        self._distributed: Any = distributed

    def map(self, function: Callable[..., R], blocks: Iterable[tuple[Any, ...]], size: int) -> Iterator[R]:
        """As `Crew.map`."""
        # What an error of the cluster is, its classes do not tell: some are OSErrors, some RuntimeErrors.
        failures = (OSError, RuntimeError, ValueError, self._distributed.KilledWorker)

        @contextmanager
        def failed() -> Iterator[None]:
            try:
                yield
            except failures as error:
                raise CrewError(f"The Dask cluster at {self._address} did not do its work: {_said(error)}.") from error

        try:
            client = self._distributed.Client(self._address, timeout=PATIENCE, set_as_default=False)
        except failures as error:
            raise CrewError(f"The Dask scheduler at {self._address} does not answer: {_said(error)}.") from error
        with client:
            workers = sum(client.nthreads().values())
            if not workers:
                raise CrewError(f"The Dask scheduler at {self._address} has no workers.")
            executor = client.get_executor(pure=False, retries=2)
            yield from _in_order(executor, function, blocks, AHEAD * workers, failed)


def crew_of(address: str | None) -> Crew:
    """The cluster whose scheduler is at an address; processes of this machine without one. Raises as `Dask` does."""
    return Processes() if address is None else Dask(address)


def require_safe(address: str) -> None:
    """Refuse an address at which others could read or change what goes there.

    Raises:
        AddressRefused: it is neither `tls://…`, nor `tcp://…` on this machine.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or port is None or parts.scheme not in ("tls", "tcp"):
        raise AddressRefused(f"{address!r} is no address of a scheduler: write tls://host:port.")
    if parts.scheme == "tcp" and not _is_here(host):
        raise AddressRefused(f"{address} is not encrypted: use tls://, or tcp:// on this machine alone.")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _processes_failed() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise CrewError("A process that computes ended: is there too little memory?") from error


def _in_order(
    executor: Executor,
    function: Callable[..., R],
    blocks: Iterable[tuple[Any, ...]],
    most: int,
    failed: Callable[[], AbstractContextManager[None]],
) -> Iterator[R]:
    """What a function gives for each block, at most so many of them under way; what fails goes through `failed`."""
    under_way: deque[Future[R]] = deque()

    def first_done() -> R:
        with failed():
            return under_way.popleft().result()

    for block in blocks:
        with failed():
            under_way.append(executor.submit(function, *block))
        if len(under_way) == most:
            yield first_done()
    while under_way:
        yield first_done()


def _said(error: BaseException) -> str:
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")
