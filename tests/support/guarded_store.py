# SPDX-License-Identifier: MIT
"""A store in memory that does not let some files be read, as an object store that answers 403."""

from collections.abc import Callable
from typing import ClassVar

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

URL = "guarded://store"


class GuardedFileSystem(MemoryFileSystem):
    """`guarded://`; `forbids` says of each path that is read whether it may not be."""

    protocol = "guarded"
    store: ClassVar[dict] = {}
    pseudo_dirs: ClassVar[list] = [""]
    forbids: ClassVar[Callable[[str], bool]] = staticmethod(lambda path: False)

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("guarded://", "memory://"))

    def _open(self, path, mode="rb", **options):
        if mode == "rb" and type(self).forbids(path.rpartition("/")[2]):
            raise PermissionError("Access Denied")
        return super()._open(path, mode, **options)


def guard_nothing() -> None:
    """An empty store that lets everything be read."""
    fsspec.register_implementation("guarded", GuardedFileSystem, clobber=True)
    GuardedFileSystem.store.clear()
    forbid(set())


def forbid(digests: set[bytes]) -> None:
    """From now on these files cannot be read."""
    names = {digest.hex() for digest in digests}
    GuardedFileSystem.forbids = staticmethod(names.__contains__)


def forbid_after(reads: int) -> None:
    """From now on so many files can be read, and then none, as with credentials that expire."""
    count = 0

    def forbids(name: str) -> bool:
        nonlocal count
        count += 1
        return count > reads

    GuardedFileSystem.forbids = staticmethod(forbids)


def stored() -> set[str]:
    """The names of the files that are there."""
    return {path.rpartition("/")[2] for path in GuardedFileSystem.store}
