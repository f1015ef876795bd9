# SPDX-License-Identifier: MIT
"""Files of a round that come from elsewhere: from a folder, from anywhere that fsspec reaches, or from a command."""

import subprocess
import tempfile
from collections.abc import Sequence
from typing import IO, Final

import fsspec  # type: ignore[import-untyped]

from nmr.errors import NmrError
from nmr.sealing.store import reach_errors, said_by
from nmr.text.foreign import without_secrets

LARGEST: Final = 2**30
"""Bytes of a file of a package."""
PATIENCE: Final = 600.0
"""Seconds that a command may take."""


class SourceError(NmrError, OSError, ValueError):
    """A file that cannot be had, in one sentence."""


class NotThere(SourceError):
    """A file that is not there yet, or a command that does not give one."""


def is_there(url: str) -> bool:
    """Whether a file is there.

    Raises:
        SourceError: nobody knows.
    """
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        # What was not there a moment ago may be now.
        filesystem.invalidate_cache()
        return bool(filesystem.isfile(path))
    except reach_errors(ValueError, ImportError, NotImplementedError) as error:
        raise SourceError(f"{without_secrets(url)} cannot be looked for: {said_by(error)}") from None


def fetch(url: str, limit: int = LARGEST) -> bytes:
    """A file.

    Raises:
        NotThere: there is none.
        SourceError: it cannot be read, or is too large.
    """
    shown = without_secrets(url)
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        filesystem.invalidate_cache()
        with filesystem.open(path, "rb") as file:
            content = bytes(file.read(limit + 1))
    except FileNotFoundError:
        raise NotThere(f"There is no {shown}.") from None
    except reach_errors(ValueError, ImportError, NotImplementedError) as error:
        raise SourceError(f"{shown} cannot be read: {said_by(error)}") from None
    return _within(content, limit, shown)


def run_command(command: Sequence[str], limit: int = LARGEST, patience: float = PATIENCE) -> bytes:
    """What a command writes to its standard output.

    Raises:
        NotThere: it ends with another exit code than 0.
        SourceError: it cannot be run, does not end, or writes too much.
    """
    with tempfile.TemporaryFile() as output:
        _run(command, patience, output)
        output.seek(0)
        return _within(output.read(limit + 1), limit, f"The output of {command[0]}")


def tell_command(command: Sequence[str], content: bytes, patience: float = PATIENCE) -> None:
    """Run a command with something on its standard input. Raises as `run_command` does."""
    with tempfile.TemporaryFile() as given:
        given.write(content)
        given.seek(0)
        _run(command, patience, None, given)


def _run(command: Sequence[str], patience: float, output: IO[bytes] | None, given: IO[bytes] | None = None) -> None:
    nothing = subprocess.DEVNULL
    try:
        ended = subprocess.run(
            command, stdin=given or nothing, stdout=output or nothing, stderr=nothing, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"{command[0]} has not ended after {patience:g} seconds.") from None
    except OSError as error:
        raise SourceError(f"{command[0]} cannot be run: {error.strerror}.") from None
    except ValueError as error:
        raise SourceError(f"{command[0]} cannot be run: {error}.") from None
    if ended.returncode:
        raise NotThere(f"{command[0]} ends with exit code {ended.returncode}.")


def _within(content: bytes, limit: int, name: str) -> bytes:
    if len(content) > limit:
        raise SourceError(f"{name} is larger than {limit:,} bytes.")
    return content
