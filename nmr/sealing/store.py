# SPDX-License-Identifier: MIT
"""Files by the hash of their content, in a folder or anywhere that fsspec reaches by a URL.

The name of a file is the keccak-256 of its bytes, below a folder of the first two digits. So a store cannot pass
something else off: what is read is hashed, and what does not fit its name was altered. It can lose files or keep them
back, and nothing more. Files that have to be found without their hash, such as a round's key for its auditors, have a
name below `named/`; who reads one has to know it by something else.

A file that a store does not let be read looks the same whether somebody locked that one file or the credentials have
expired. So it counts as unreadable only if another file of the store was read before it and after it; otherwise the
store is what failed.
"""

import os
import re
import stat
import sys
from pathlib import Path
from typing import Any, Final

import fsspec  # type: ignore[import-untyped]
from eth_hash.auto import keccak

from nmr.errors import NmrError
from nmr.text.files import make_folder, write_whole
from nmr.text.foreign import without_secrets

STORE_VARIABLE: Final = "NMR_STORE"
LARGEST_FILE: Final = 2 * 2**20
"""Bytes of a sealed submission: 5,000 ids and predictions take 85,000."""
LARGEST_DOCUMENT: Final = 16 * 2**20
"""Bytes of an opening list: of 30,000 models if each has the longest reason, of 150,000 if all count."""
LARGEST_EVIDENCE: Final = 4 * 2**20
"""Bytes of evidence: of 100,000 models and more."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.\-]*(/[a-z0-9][a-z0-9.\-]*)*", re.ASCII)
_ABSENT: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
_GONE: Final = (404, 410)
"""What a server answers where there is no file."""
_FOREIGN_ERRORS: Final = (
    ("aiohttp", "ClientError"),
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("azure.core.exceptions", "AzureError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("gcsfs.retry", "HttpError"),
    ("paramiko.ssh_exception", "SSHException"),
    ("requests.exceptions", "RequestException"),
)
"""Errors of what fsspec reaches stores by that are no `OSError`: they exist once their module is imported."""


class StoreError(NmrError, OSError, ValueError):
    """A store that cannot be reached, read or written."""


class Unreadable(StoreError):
    """A file that a store does not let be read, where no other file of it was read before and after."""


class NotDelivered(NmrError, LookupError):
    """A file that a store does not have, or not as its name says.

    Attributes:
        reason: why, in one sentence.
    """

    def __init__(self, digest: bytes, reason: str) -> None:
        super().__init__(f"0x{digest.hex()}: {reason}")
        self.reason = reason


class _Refused(Exception):
    """A file that a store has, or may have, and does not let be read; the message says why."""


MISSING: Final = "The store does not have the file."
UNREADABLE: Final = "The store does not let the file be read."
ALTERED: Final = "The store has another file in its place."
TOO_LARGE: Final = "The file is too large."


def store_of(folder: Path, chain: str) -> str:
    """Where sealed files are unless the user names a store: what `NMR_STORE` says, or a folder of the chain's own.

    Args:
        folder: the folder below which `store` is.
        chain: the chain's name, see `Session.chain`: a devnet that is started anew finds no files of the one before.
    """
    return os.environ.get(STORE_VARIABLE) or str(folder / "store" / chain)


class Store:
    """A content-addressed store."""

    def __init__(self, url: str, *, lasting: bool = True, existing: bool = False) -> None:
        """
        Args:
            url: a folder, or a URL that fsspec knows, such as `s3://bucket/folder`.
            lasting: whether what is put into a folder has to outlive a power failure.
            existing: whether a folder that is not there is refused, and never made: it may be one that is not mounted.
                It is then refused by each `put` and `get`.

        Raises:
            StoreError: fsspec does not know such a URL, or lacks what it needs for it.
        """
        self.url = without_secrets(url)
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
        except reach_errors(ValueError, ImportError) as error:
            raise self._failed("reached", error) from None
        self._lasting = lasting
        self._existing = existing
        self._is_local = "file" in _protocols(self._fs)
        if self._is_local and Path(self._root).is_file():
            raise StoreError(f"The store {self.url} is a file: a store is a folder, or a URL.")
        self._witness: str | None = None
        """A file that was read."""

    def put(self, content: bytes) -> bytes:
        """Store a file, and give its hash.

        Raises:
            StoreError: it cannot be written.
        """
        digest = bytes(keccak(content))
        path = self._path(digest)
        # Replaces a planted file.
        if not self._holds(path, content):
            self._write(path, content)
        return digest

    def get(self, digest: bytes, limit: int = LARGEST_FILE) -> bytes:
        """The file of a hash.

        Args:
            digest: keccak-256 of its bytes.
            limit: bytes that are read at most.

        Raises:
            NotDelivered: it is missing, altered, larger than that, or cannot be read although others can.
            Unreadable: it cannot be read, and no other file was read before and after.
        """
        path = self._path(digest)
        try:
            content = self._read(path, limit)
        except _Refused as error:
            if self._reads_another(path):
                raise NotDelivered(digest, UNREADABLE) from None
            raise Unreadable(
                f"The store {self.url} does not let 0x{digest.hex()} be read ({error}), and no other file was read "
                "before and after it: are its credentials right?"
            ) from None
        if content is None:
            raise NotDelivered(digest, MISSING)
        self._witness = path
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
        try:
            content = self._read(self._named(name), limit)
        except _Refused as error:
            raise self._failed("read", f"{name}: {error}") from None
        return None if content is None or len(content) > limit else content

    def require(self) -> None:
        """Refuse a folder that is not there at all: what it lacks would seem to be missing for good.

        Raises:
            StoreError: it is not there.
        """
        if self._is_local and not os.path.isdir(self._root):
            raise StoreError(f"There is no store {self.url}.")

    def path_of(self, digest: bytes) -> str:
        """Where the file of a hash is, in the store's own terms."""
        return self._path(digest)

    def _require_existing(self) -> None:
        """Refuse a folder that is not there, if it has to be: it may have gone after it was looked at."""
        if self._existing:
            self.require()

    def _path(self, digest: bytes) -> str:
        name = digest.hex()
        return f"{self._root}/{name[:2]}/{name}"

    def _named(self, name: str) -> str:
        if _NAME.fullmatch(name) is None:
            raise StoreError(f"{name!r} is no name for a file in a store.")
        return f"{self._root}/named/{name}"

    def _holds(self, path: str, content: bytes) -> bool:
        try:
            return self._read(path, len(content)) == content
        except _Refused:
            return False

    def _reads_another(self, path: str) -> bool:
        """Whether another file was read before this one, and can be read now."""
        if self._witness in (None, path):
            return False
        try:
            return self._read(self._witness, 0) is not None
        except _Refused:
            return False

    def _read(self, path: str, limit: int) -> bytes | None:
        """Up to `limit` + 1 bytes of a file, so that a hostile one cannot fill the memory; None if there is none.

        Raises:
            _Refused: it cannot be read.
        """
        try:
            # A pipe would never end.
            if self._is_local and not stat.S_ISREG(os.stat(path).st_mode):
                return None
            with self._fs.open(path, "rb") as file:
                return bytes(file.read(limit + 1))
        except _ABSENT as error:
            cause = _http_error(error)
            if cause is not None:
                raise _Refused(said_by(cause)) from None
            self._require_existing()
            return None
        except reach_errors() as error:
            raise _Refused(said_by(error)) from None

    def _write(self, path: str, content: bytes) -> None:
        self._require_existing()
        try:
            if self._is_local:
                # An object store shows a file when it is whole; a folder does by a rename.
                make_folder(Path(path).parent, lasting=self._lasting)
                write_whole(Path(path), content, lasting=self._lasting)
            else:
                self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
                self._fs.pipe_file(path, content)
        except reach_errors(NotImplementedError) as error:
            raise self._failed("written", error) from None

    def _failed(self, done: str, why: object) -> StoreError:
        said = said_by(why) if isinstance(why, BaseException) else str(why)
        return StoreError(f"The store {self.url} cannot be {done}: {said}")


def said_by(error: BaseException) -> str:
    return without_secrets(str(error)) or type(error).__name__


def reach_errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What reaching something by fsspec may raise, and more."""
    return (*more, OSError, *(error for module, name in _FOREIGN_ERRORS for error in _imported(module, name)))


def _http_error(absent: OSError) -> BaseException | None:
    """Why a file is not there, if it was asked for over HTTP and the server did not say that there is none.

    fsspec says that there is none whatever a server answers, and if it does not answer.
    """
    cause = absent.__cause__
    by_http = isinstance(cause, (TimeoutError, *_imported("aiohttp", "ClientError")))
    return cause if by_http and getattr(cause, "status", None) not in _GONE else None


def _imported(module: str, name: str) -> list[type[Exception]]:
    """A class of a module, if that was imported."""
    return [getattr(sys.modules[module], name)] if module in sys.modules else []


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
