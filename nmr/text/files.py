# SPDX-License-Identifier: MIT
"""Atomic writes that survive a crash or a power failure."""

import os
import secrets
from pathlib import Path
from typing import Final

from nmr.errors import NmrError

_FORMATS: Final = (
    # UTF-32 begins as UTF-16 does, so it comes first.
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b", "compressed by gzip"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ\0", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"ARROW1", "an Arrow file"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF"),
    (b"age-encryption.org/v1", "encrypted by age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "encrypted by age"),
)
"""How files begin that are brought in place of text in UTF-8."""


class FileError(NmrError, OSError):
    """A file that cannot be read or written."""


def read_up_to(path: Path, limit: int) -> bytes:
    """The bytes of a file, and no more than `limit` + 1 of them: an endless one does not fill the memory.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(limit + 1)


def known_format(content: bytes) -> str | None:
    """A phrase that names the format of a file that is not UTF-8 text, such as "a ZIP archive"; None if unknown."""
    return next((name for beginning, name in _FORMATS if content.startswith(beginning)), None)


def write_whole(path: Path, content: bytes, *, lasting: bool = True) -> None:
    """Write a file in place of what it held before, in a folder that is there: see `make_folder`.

    If the process is killed, the old content remains, and a draft may remain beside it, `.<name>.<16 digits>`.

    Args:
        path: where.
        content: what it holds.
        lasting: whether it has to outlive a power failure, which takes milliseconds a file.

    Raises:
        OSError: it cannot be written; what it held before is still there.
    """
    draft = _draft_of(path)
    try:
        with draft.open("xb") as file:
            file.write(content)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    if lasting:
        _keep_names(path.parent)


def put_file(path: Path, content: bytes) -> None:
    """Write a file in place of what it held before, as `write_whole` does. Folders are created.

    Raises:
        FileError: it cannot be written; what it held before is still there.
    """
    try:
        make_folder(path.parent)
        write_whole(path, content)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}.") from error


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a new file. If the process is killed, there is no file, and a draft may remain as above.

    Args:
        path: where.
        content: what it holds.
        mode: who may read it, from the first moment on.

    Raises:
        FileExistsError: there is one, and it is not touched.
        OSError: it cannot be written.
    """
    if path.exists():
        raise FileExistsError(path)
    draft = _draft_of(path)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # Unlike rename, link never overwrites.
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _keep_names(path.parent)


def make_folder(folder: Path, *, lasting: bool = True) -> None:
    """Create a folder, and those above it that are missing.

    Args:
        folder: where.
        lasting: whether it has to outlive a power failure, as what is written there does.

    Raises:
        OSError: it cannot be created, or is something else.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    if lasting:
        for each in missing:
            _keep_names(each.parent)


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _keep_names(folder: Path) -> None:
    """Have the names in a folder outlive a power failure, as what is in the files does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
