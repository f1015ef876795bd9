# SPDX-License-Identifier: MIT
"""Files by the hash of their content, in a folder or anywhere that fsspec reaches by a URL.

The name of a file is the keccak-256 of its bytes, below a folder of the first two digits. So a store cannot pass
something else off: what is read is hashed, and what does not fit its name was altered. It can lose files or keep them
back, and nothing more. Files that have to be found without their hash, such as a round's key for its auditors, have a
name below `named/`; who reads one has to know it by something else.
"""

import os
import re
from pathlib import Path
from typing import Any, Final

import fsspec  # type: ignore[import-untyped]
from eth_hash.auto import keccak

from nmr.errors import NmrError
from nmr.text.files import make_folder, write_whole

STORE_VARIABLE: Final = "NMR_STORE"
LARGEST_FILE: Final = 2 * 2**20
"""Bytes of a sealed submission: 5,000 ids and predictions take 85,000."""
LARGEST_DOCUMENT: Final = 64 * 2**20
"""Bytes of what the operator publishes."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.\-]*(/[a-z0-9][a-z0-9.\-]*)*", re.ASCII)
_ABSENT: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class StoreError(NmrError, OSError, ValueError):
    """A store that cannot be reached, read or written."""


class NotDelivered(NmrError, LookupError):
    """A file that a store does not have, or not as its name says.

    Attributes:
        reason: why, in one sentence.
    """

    def __init__(self, digest: bytes, reason: str) -> None:
        super().__init__(f"0x{digest.hex()}: {reason}")
        self.reason = reason


MISSING: Final = "The store does not have the file."
ALTERED: Final = "The store has another file in its place."
TOO_LARGE: Final = "The file is too large."


class Store:
    """A content-addressed store."""

    def __init__(self, url: str, *, lasting: bool = True) -> None:
        """
        Args:
            url: a folder, or a URL that fsspec knows, such as `s3://bucket/folder`.
            lasting: whether what is put into a folder has to outlive a power failure.

        Raises:
            StoreError: fsspec does not know such a URL, or lacks what it needs for it.
        """
        self.url = url
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError, OSError) as error:
            raise StoreError(f"The store {url} cannot be reached: {error}") from None
        self._lasting = lasting
        self._is_local = "file" in _protocols(self._fs)

    def put(self, content: bytes) -> bytes:
        """Store a file, and give its hash.

        Raises:
            StoreError: it cannot be written.
        """
        digest = bytes(keccak(content))
        path = self._path(digest)
        # Who put something else there cannot keep the file out.
        if not self._holds(path, content):
            self._write(path, content)
        return digest

    def get(self, digest: bytes, limit: int = LARGEST_FILE) -> bytes:
        """The file of a hash.

        Args:
            digest: keccak-256 of its bytes.
            limit: bytes that are read at most.

        Raises:
            NotDelivered: it is missing, altered or larger than that.
            StoreError: the store cannot be reached.
        """
        content = self._read(self._path(digest), limit)
        if content is None:
            raise NotDelivered(digest, MISSING)
        if len(content) > limit:
            raise NotDelivered(digest, TOO_LARGE)
        if keccak(content) != digest:
            raise NotDelivered(digest, ALTERED)
        return content

    def put_named(self, name: str, content: bytes) -> None:
        """Store a file under a name, in place of what is there.

        Raises:
            StoreError: it cannot be written.
        """
        self._write(self._named(name), content)

    def get_named(self, name: str, limit: int = LARGEST_FILE) -> bytes | None:
        """The file of a name, None if there is none or it is larger than `limit`; anybody may have written it.

        Raises:
            StoreError: the store cannot be reached.
        """
        content = self._read(self._named(name), limit)
        return None if content is None or len(content) > limit else content

    def require(self) -> None:
        """Refuse a store that is not there at all: what it lacks would seem to be missing for good.

        Raises:
            StoreError: it cannot be reached.
        """
        try:
            there = self._fs.exists(self._root)
        except OSError as error:
            raise StoreError(f"The store {self.url} cannot be reached: {error}") from None
        if not there:
            raise StoreError(f"There is no store {self.url}.")

    def path_of(self, digest: bytes) -> str:
        """Where the file of a hash is, in the store's own terms."""
        return self._path(digest)

    def _path(self, digest: bytes) -> str:
        name = digest.hex()
        return f"{self._root}/{name[:2]}/{name}"

    def _named(self, name: str) -> str:
        if _NAME.fullmatch(name) is None:
            raise StoreError(f"{name!r} is no name for a file in a store.")
        return f"{self._root}/named/{name}"

    def _holds(self, path: str, content: bytes) -> bool:
        return self._fs.exists(path) and self._read(path, len(content)) == content

    def _read(self, path: str, limit: int) -> bytes | None:
        """Up to `limit` + 1 bytes of a file, so that a hostile one cannot fill the memory; None if there is none."""
        if self._is_local and not (os.path.isfile(path) and os.access(path, os.R_OK)):
            # A pipe would never end, and one file that nobody may read must not stop a round.
            return None
        try:
            with self._fs.open(path, "rb") as file:
                return bytes(file.read(limit + 1))
        except _ABSENT:
            return None
        except OSError as error:
            raise StoreError(f"The store {self.url} cannot be read: {error}") from None

    def _write(self, path: str, content: bytes) -> None:
        try:
            if self._is_local:
                # An object store shows a file when it is whole; a folder does by a rename.
                make_folder(Path(path).parent, lasting=self._lasting)
                write_whole(Path(path), content, lasting=self._lasting)
            else:
                self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
                self._fs.pipe_file(path, content)
        except OSError as error:
            raise StoreError(f"The store {self.url} cannot be written: {error}") from None


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
