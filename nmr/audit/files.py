# SPDX-License-Identifier: MIT
"""The audit's files: written whole or not at all."""

from pathlib import Path

from nmr.errors import NmrError
from nmr.text import files


class FileError(NmrError, OSError):
    """A file of the audit that cannot be read or written."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in place of what it held before, or leave that as it is. Folders are created.

    Raises:
        FileError: it cannot be written.
    """
    try:
        files.make_folder(path.parent)
        files.write_whole(path, content)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}.") from error
