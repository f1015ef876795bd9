"""Files that are written whole or not at all."""

import os
import secrets
from pathlib import Path

from nmr.errors import NmrError


class FileError(NmrError, OSError):
    """A file of the audit that cannot be read or written."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in place of what it held before, or leave that as it is. Folders are created.

    Raises:
        FileError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}.") from error
