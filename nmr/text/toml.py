# SPDX-License-Identifier: MIT
"""TOML files: what is wrong with one is one sentence that names the file and the entry."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from nmr.text.files import read_up_to

LARGEST: Final = 2**20

T = TypeVar("T")


class EntryInvalid(Exception):
    """What is wrong with an entry; the sentence lacks its file and its full stop."""


def read_toml(path: Path, parse: Callable[[Mapping[str, Any]], T], error: type[Exception]) -> T:
    """What `parse` makes of a file's entries. A float stays the text that it is, since it would not be exact.

    Args:
        path: the file.
        parse: takes its entries; may raise `EntryInvalid`.
        error: raised, with one sentence, for whatever is wrong with the file or its entries.
    """
    try:
        raw = read_up_to(path, LARGEST)
    except OSError as cause:
        raise error(f"{path} cannot be read: {cause.strerror}.") from cause
    if len(raw) > LARGEST:
        raise error(f"{path} is larger than {LARGEST >> 20} MiB.")
    try:
        content = tomllib.loads(raw.decode("utf-8-sig"), parse_float=str)
    except UnicodeDecodeError as cause:
        raise error(f"{path} is not text in UTF-8.") from cause
    except (ValueError, RecursionError) as cause:
        raise error(f"{path} is not TOML: {cause}.") from cause
    try:
        return parse(content)
    except EntryInvalid as cause:
        raise error(f"{path}: {cause}.") from cause
