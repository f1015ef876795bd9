# SPDX-License-Identifier: MIT
"""The labels of a tournament's models, read from the log once and kept in a file.

The file is a shortcut and nothing else: it counts only for the block whose hash it has, and if only this user can write
it. Whatever is wrong with it, the labels are read again from the first block.
"""

import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nmr.chain.contracts import Contract
from nmr.chain.logs import decode_logs, read_logs, topic_of
from nmr.chain.node import NodeError
from nmr.client.session import Session
from nmr.protocol.lifetimes import LogIncomplete
from nmr.text.files import make_folder, write_whole
from nmr.text.selection import MAX_LABEL

FOLDER_VARIABLE: Final = "NMR_CACHE"
"""The environment variable that names another folder for what can be read again."""
FORMAT: Final = "nmr labels 1"
LARGEST_FILE: Final = 2**26
"""Bytes of a file of labels: of a million models with the longest."""
LONGEST: Final = 8 * MAX_LABEL
"""Digits of a label in a file: bytes that are no text read as four characters each."""


@dataclass(frozen=True)
class Kept:
    """Labels by model, as of a block."""

    block: int
    block_hash: str
    labels: tuple[str, ...]


def read_labels(session: Session, tournament: Contract, folder: Path | None = None) -> list[str]:
    """The label of each model of a tournament, by id.

    Args:
        session: of the suite.
        tournament: one of its tournaments.
        folder: where labels are kept; `cache_folder()` if left out. Those of a local chain are not kept: it is new at
            each start, and small.

    Raises:
        LogIncomplete: the node's log lacks models.
    """
    last, first = session.latest, session.record.first_block
    # Before the log: if a reorganisation comes between, the file does not count.
    block_hash = session.block_hash(last)
    count = int(session.read(tournament, "model_count", block=last))
    path = None if session.local else (folder or cache_folder()) / _name(session, tournament)
    kept = None if path is None else _kept(path, session, first, last, count)
    labels = list(kept.labels) if kept else []
    added = _registered(session, tournament, kept.block + 1 if kept else first, last, len(labels))
    if kept and (added is None or len(labels) + len(added) != count):
        labels, added = [], _registered(session, tournament, first, last, 0)
    if added is None or len(labels) + len(added) != count:
        raise LogIncomplete(f"The node's log does not have all {count} models: ask a node that keeps all logs.")
    labels += added
    if path is not None and (added or kept is None):
        # Without a cache the next command reads the log again.
        with suppress(OSError):
            make_folder(path.parent, lasting=False)
            write_whole(path, _text(Kept(last, block_hash, tuple(labels))), lasting=False)
            path.chmod(0o600)
    return labels


def cache_folder() -> Path:
    """The folder of what can be read again: `NMR_CACHE`, or the user's folder for such files."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    home = Path.home()
    usual = home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or usual) / "nmr"


def _name(session: Session, tournament: Contract) -> str:
    genesis = session.block_hash(0).removeprefix("0x")[:16]
    return f"labels-{session.chain_id}-{genesis}-{tournament.address.lower()}"


def _registered(session: Session, tournament: Contract, first: int, last: int, count: int) -> list[str] | None:
    """The labels of models that were registered in these blocks; None if their ids do not follow those before."""
    event = tournament.event("ModelRegistered")
    logs = read_logs(session.rpc, [tournament.address], first, last, [topic_of(event)])
    events = list(decode_logs(logs, {tournament.address: [event]}))
    ids = [each.args["model"] for each in events]
    return [each.args["label"] for each in events] if ids == list(range(count, count + len(ids))) else None


def _kept(path: Path, session: Session, first: int, last: int, count: int) -> Kept | None:
    """What a file has, if it is of a block that this chain has."""
    kept = _read(path)
    if kept is None or not first <= kept.block <= last or len(kept.labels) > count:
        return None
    try:
        return kept if session.block_hash(kept.block) == kept.block_hash else None
    except NodeError:
        return None


def _read(path: Path) -> Kept | None:
    """What a file of this user has; None if it makes no sense."""
    try:
        # A pipe would never end, and what others may write is not ours.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o022:
                return None
            content = file.read(LARGEST_FILE + 1)
        return _parsed(content.decode("ascii")) if len(content) <= LARGEST_FILE else None
    except (OSError, ValueError):
        return None


def _parsed(text: str) -> Kept:
    """What a file says: its format, a block and its hash, and each label in hexadecimal, a line each.

    Raises:
        ValueError: it makes no sense.
    """
    name, block, block_hash, *labels = text.split("\n")
    if name != FORMAT or any(len(label) > LONGEST for label in labels):
        raise ValueError(name)
    return Kept(int(block), block_hash, tuple(bytes.fromhex(label).decode() for label in labels))


def _text(kept: Kept) -> bytes:
    labels = (label.encode().hex() for label in kept.labels)
    return "\n".join([FORMAT, str(kept.block), kept.block_hash, *labels]).encode()
