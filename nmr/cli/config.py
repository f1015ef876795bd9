# SPDX-License-Identifier: MIT
"""Where the suite is, for whoever does not want to type it at each command: `nmr.toml`, or `[tool.nmr]`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nmr.errors import NmrError
from nmr.text.files import read_up_to
from nmr.text.toml import LARGEST

FILE: Final = "nmr.toml"
PROJECT: Final = "pyproject.toml"
_KEYS: Final = ("node", "record", "store", "keys", "account")


class ConfigInvalid(NmrError, ValueError):
    """A file of defaults that cannot be read."""


@dataclass(frozen=True)
class Config:
    """Defaults of options; paths are relative to the file that says so.

    Attributes:
        folder: of the file; the current one if there is none.
        node: a URL.
        record: the path of a deployment record.
        store: a folder or a URL.
        keys: the folder of rounds' private keys.
        account: who signs.
    """

    folder: Path
    node: str | None = None
    record: Path | None = None
    store: str | None = None
    keys: Path | None = None
    account: str | None = None


def read_config(start: Path) -> Config:
    """The nearest defaults, from a folder upwards.

    Raises:
        ConfigInvalid: a file cannot be read, or says something that is no default.
    """
    for folder in (start, *start.parents):
        for name in (FILE, PROJECT):
            found = _read(folder / name)
            if found is not None:
                return _config(folder, folder / name, found)
    return Config(start)


def _read(path: Path) -> dict[str, Any] | None:
    """What a file says; None if it is not there, or says nothing about this."""
    if not path.is_file():
        return None
    try:
        raw = read_up_to(path, LARGEST)
        if len(raw) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        content = tomllib.loads(raw.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if path.name == PROJECT:
            return None
        raise ConfigInvalid(f"{path} cannot be read: {error}.") from None
    if path.name == FILE:
        return content
    found = content.get("tool", {}).get("nmr")
    return found if isinstance(found, dict) else None


def _config(folder: Path, path: Path, found: dict[str, Any]) -> Config:
    for key, value in found.items():
        if key not in _KEYS:
            raise ConfigInvalid(f"{path}: {key} is no default; there are {', '.join(_KEYS)}.")
        if not isinstance(value, str) or not value:
            raise ConfigInvalid(f"{path}: {key} is a text in quotes.")
    paths = {key: folder / found[key] for key in ("record", "keys") if key in found}
    store = found.get("store")
    if store is not None and "://" not in store:
        store = str(folder / store)
    return Config(folder, node=found.get("node"), account=found.get("account"), store=store, **paths)
