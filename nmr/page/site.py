# SPDX-License-Identifier: MIT
"""The built page as a folder for any static host: its files, which node it may ask, and a snapshot.

`built` is made by npm from `page/`, and is data of this package.
"""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import orjson

from nmr.errors import NmrError
from nmr.text.files import FileError, make_folder, write_whole

BUILT: Final = Path(__file__).with_name("built")
CONFIG: Final = "config.json"
SNAPSHOT: Final = "snapshot"
_MARK: Final = "nmr-page"
"""A file that says that a folder was written by this, and may be written again."""
_CONNECT: Final = "connect-src 'self'"
_ANY: Final = "http: https:"
_URL: Final = re.compile(r"https?://[A-Za-z0-9._~:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?", re.ASCII)


class PageMissing(NmrError, RuntimeError):
    """A package that was built without the page."""


class FolderTaken(NmrError, ValueError):
    """A folder that holds something else than a page."""


class NodeUrlInvalid(NmrError, ValueError):
    """A node's URL that cannot stand in a page's policy."""


def write_site(
    folder: Path,
    files: Iterable[tuple[str, bytes]],
    *,
    record: dict[str, Any],
    node: str | None = None,
    any_node: bool = False,
    built: Path = BUILT,
) -> int:
    """Write the page and what it shows, and give the bytes of the snapshot.

    Args:
        folder: where; an earlier page there is replaced, and nothing else is.
        files: of the snapshot, by name; none for a page that only reads a node.
        record: of the suite, the only one that the page acts on.
        node: whom the page asks, besides its own files.
        any_node: whether people may type another node.
        built: the built page.

    Raises:
        PageMissing: the package has no page.
        NodeUrlInvalid: a policy cannot name this node.
        FolderTaken: the folder holds something else.
        FileError: it cannot be written.
    """
    if not (built / "index.html").is_file():
        raise PageMissing("This package was built without the page: make page-build in a checkout builds it.")
    if node is not None and _URL.fullmatch(node) is None:
        raise NodeUrlInvalid("The page's policy cannot name this node: write its URL without user, query or spaces.")
    try:
        _clear(folder)
        shutil.copytree(built, folder, dirs_exist_ok=True)
        page = (folder / "index.html").read_text(encoding="utf-8")
        write_whole(folder / "index.html", _allowed(page, node, any_node).encode(), lasting=False)
        size = 0
        for name, content in files:
            path = folder / SNAPSHOT / name
            make_folder(path.parent, lasting=False)
            write_whole(path, content, lasting=False)
            size += len(content)
        config = {"snapshot": SNAPSHOT if size else None, "node": node, "any_node": any_node, "record": record}
        write_whole(folder / CONFIG, orjson.dumps(config), lasting=False)
    except OSError as error:
        raise FileError(f"The page cannot be written to {folder}: {error.strerror}.") from error
    return size


def _clear(folder: Path) -> None:
    """Make an empty folder of it, if it is none of somebody else's."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).is_file():
        raise FolderTaken(f"{folder} holds something else than a page: name another folder.")
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    write_whole(folder / _MARK, b"Written by nmr page; the next run replaces this folder.\n", lasting=False)


def _allowed(page: str, node: str | None, any_node: bool) -> str:
    """The page, whose policy lets it ask a node."""
    if page.count(_CONNECT) != 1:
        raise PageMissing("The built page has no policy that can name a node: build it again.")
    allowed = [_CONNECT, *([node] if node else []), *([_ANY] if any_node else [])]
    return page.replace(_CONNECT, " ".join(allowed))
