# SPDX-License-Identifier: MIT
"""Checkpoints of an audit in a file: where a later one goes on instead of starting over.

The file is JSON, and never code: a header that binds it to a chain, a deployment and a version of this format, and
snapshots of the books, the latest and one that is some blocks older, each with the hash of its block. It is the
auditor's own: whoever can write to it can make a later audit miss what came before.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Protocol

from eth_hash.auto import keccak

from nmr.audit.books import AuditBooks
from nmr.audit.chain import ChainReads
from nmr.audit.state import StateInvalid, dump_state, load_state
from nmr.chain.headers import Header
from nmr.chain.node import NodeError
from nmr.deploy.record import Record
from nmr.errors import NmrError
from nmr.text.files import FileError, put_file

FORMAT: Final = "nmr audit checkpoint"
VERSION: Final = 5
DEEP: Final = 64
"""Blocks that the older snapshot is below the latest at least: on Ethereum no finalised block is reorganised."""


class CheckpointInvalid(NmrError, ValueError):
    """A file that is no checkpoint of this audit."""


class Checkpoints(Protocol):
    """Where an audit goes on from, and saves how far it came."""

    def resume(
        self, books: AuditBooks, chain: ChainReads, target: Header, first: int, said: Callable[[str], None]
    ) -> int:
        """Fill empty books as far as can be, and return the first block that they lack."""

    def save(self, books: AuditBooks, header: Header) -> None:
        """Save the books after a block."""


class NoCheckpoints:
    """An audit that always starts over."""

    def resume(
        self, books: AuditBooks, chain: ChainReads, target: Header, first: int, said: Callable[[str], None]
    ) -> int:
        """Leave the books empty."""
        return first

    def save(self, books: AuditBooks, header: Header) -> None:
        """Save nothing."""


class FileCheckpoints:
    """Checkpoints of the audit of one deployment, in a file."""

    def __init__(self, path: Path, record: Record) -> None:
        self._path = path
        self._bound = {
            "format": FORMAT,
            "version": VERSION,
            "chain_id": record.chain_id,
            "deployment": _digest(asdict(record)),
        }
        self._snapshots: list[dict[str, Any]] = []

    def resume(
        self, books: AuditBooks, chain: ChainReads, target: Header, first: int, said: Callable[[str], None]
    ) -> int:
        """Fill empty books from the latest snapshot that is still on the chain, and not beyond the target.

        Raises:
            FileError: the file cannot be read.
            CheckpointInvalid: it is no checkpoint, or one of another chain, deployment or version.
        """
        self._snapshots = self._read()
        beyond = [each for each in self._snapshots if each["block"] > target.number]
        usable = [each for each in self._snapshots if each["block"] <= target.number]
        if beyond and not usable:
            said(f"The checkpoint is of block {beyond[-1]['block']}, beyond the one to audit: the audit starts over.")
        for number, snapshot in enumerate(usable):
            if _hash_of(chain, snapshot["block"]) == snapshot["hash"]:
                try:
                    load_state(books, snapshot["state"])
                except StateInvalid as error:
                    raise CheckpointInvalid(
                        f"{self._path} is no checkpoint: {error}. Remove it to start over."
                    ) from error
                said(f"The audit goes on after block {snapshot['block']}.")
                return int(snapshot["block"]) + 1
            rest = "goes back further" if number + 1 < len(usable) else "starts over"
            said(f"Block {snapshot['block']} of the checkpoint is not on the chain any more: the audit {rest}.")
        return first

    def save(self, books: AuditBooks, header: Header) -> None:
        """Save the books after a block, in place of what the file held before or not at all.

        Raises:
            FileError: the file cannot be written.
        """
        latest = {"block": header.number, "hash": header.hash, "state": dump_state(books)}
        older = [each for each in self._snapshots if each["block"] <= header.number - DEEP]
        self._snapshots = [latest, *older[:1]]
        content = {**self._bound, "digest": _digest(self._snapshots), "snapshots": self._snapshots}
        # Other than orjson, it writes integers of any size.
        text = json.dumps(content, separators=(",", ":"))
        put_file(self._path, text.encode())

    def _read(self) -> list[dict[str, Any]]:
        try:
            content = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise FileError(f"The checkpoint {self._path} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            raise CheckpointInvalid(
                f"{self._path} is no checkpoint: it is no JSON. Remove it to start over."
            ) from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise CheckpointInvalid(f"{self._path} is no checkpoint of an audit.")
        for name, value in self._bound.items():
            if content.get(name) != value:
                other = "an older or newer release" if name == "version" else f"another {name.replace('_', ' ')}"
                raise CheckpointInvalid(f"{self._path} is a checkpoint of {other}. Remove it, or name another.")
        snapshots = content.get("snapshots")
        if content.get("digest") != _digest(snapshots) or not isinstance(snapshots, list):
            raise CheckpointInvalid(f"{self._path} was changed since it was written. Remove it to start over.")
        return snapshots


def _hash_of(chain: ChainReads, block: int) -> str | None:
    """The hash of a block, if the chain has it."""
    try:
        [header] = chain.headers([block])
    except NodeError:
        return None
    return header.hash


def _digest(value: Any) -> str:
    return keccak(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hex()
