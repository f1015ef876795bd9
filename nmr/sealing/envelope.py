# SPDX-License-Identifier: MIT
"""The canonical form of a submission, and its encryption to a round's sealing key.

    nmr-submission 1
    chain 31337
    tournament 0x5fbdb2315678afecb367f032d93f642f64180aa3
    round 3
    model 7
    salt c4e1…                                  (32 random bytes)
    ids 5000
    n0003aa52cab36c2                            (the ids, sorted, one a line)
    …
    <the predictions in the order of the ids, 8 bytes each: IEEE 754, little-endian>

The same predictions with the same salt give the same bytes, whatever the order and the format of the file that they
came from. The head says what they were made for, so a file cannot be passed off as another model's or another round's;
the salt lets nobody tell that two files hold the same predictions, or guess them.

The bytes are encrypted with age to one X25519 recipient. age authenticates all of them: a file in which a single byte
was changed does not open.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyrage  # type: ignore[import-untyped]

from nmr.errors import NmrError
from nmr.sealing.keys import PrivateKey, recipient_of
from nmr.sealing.predictions import canonical_predictions, ids_refused, values_refused
from nmr.sealing.tables import MOST_IDS, Table, Universe

SALT_BYTES: Final = 32
FORMAT: Final = "nmr-submission 1"
FLOAT: Final = np.dtype("<f8")

_AGE: Final = b"age-encryption.org/v1\n"
_ARMOUR: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_LARGEST_HEAD: Final = 4_096
"""Bytes of age's head; with one recipient it takes about 250."""
_HEAD: Final = re.compile(
    rb"nmr-submission 1\n"
    rb"chain (0|[1-9][0-9]{0,19})\n"
    rb"tournament 0x([0-9a-f]{40})\n"
    rb"round (0|[1-9][0-9]{0,9})\n"
    rb"model (0|[1-9][0-9]{0,9})\n"
    rb"salt ([0-9a-f]{64})\n"
    rb"ids (0|[1-9][0-9]{0,9})\n"
)

NOT_OPENED: Final = "It does not open with the round's key."
ARMOURED: Final = "It is text: age's armoured form, and has to be the binary one."
MALFORMED: Final = "It is no sealed submission."
UNSORTED: Final = "Its ids are not sorted."


class SealBroken(NmrError, ValueError):
    """A sealed file that is refused, in one sentence."""


@dataclass(frozen=True)
class Purpose:
    """What a submission is for.

    Attributes:
        tournament: its address; in lower case in the file.
    """

    chain_id: int
    tournament: str
    round: int
    model: int


def write_plain(table: Table, purpose: Purpose, salt: bytes, universe: Universe | None = None) -> bytes:
    """The canonical form of a submission.

    Raises:
        PredictionsInvalid, TableInvalid: it is no valid one; says why.
    """
    if len(salt) != SALT_BYTES:
        raise SealBroken(f"A salt has {SALT_BYTES} bytes, not {len(salt)}.")
    ids, values = canonical_predictions(table, universe)
    head = (
        f"{FORMAT}\nchain {purpose.chain_id}\ntournament {purpose.tournament.lower()}\nround {purpose.round}\n"
        f"model {purpose.model}\nsalt {salt.hex()}\nids {len(ids)}\n"
    )
    lines = _lines(ids) if universe is None else universe.id_lines
    return head.encode("ascii") + lines + values.astype(FLOAT).tobytes()


def seal(table: Table, purpose: Purpose, sealing_key: bytes, *, salt: bytes, universe: Universe | None = None) -> bytes:
    """Seal a submission to a round's key.

    Args:
        table: its predictions, in any order.
        purpose: what they are for.
        sealing_key: the round's, as the chain states it.
        salt: 32 random bytes, never used twice.
        universe: the round's ids; without them ids are not compared.

    Returns:
        the file whose hash the model commits to.

    Raises:
        PredictionsInvalid, TableInvalid: it is no valid submission; says why.
        KeyInvalid: the round's key is none.
    """
    return bytes(pyrage.encrypt(write_plain(table, purpose, salt, universe), [recipient_of(sealing_key)]))


def open_sealed(content: bytes, key: PrivateKey, purpose: Purpose, universe: Universe) -> np.ndarray:
    """Open a sealed submission and check it.

    Args:
        content: the file.
        key: the round's.
        purpose: what it has to be for.
        universe: the round's ids.

    Returns:
        float64 array of shape (ids,): the predictions in the order of the universe.

    Raises:
        SealBroken: it does not open, was made for something else, or is no valid submission; says why.
    """
    values = unseal(content, key, purpose, universe)
    reason = values_refused(values, universe.ids)
    if reason is not None:
        raise SealBroken(reason)
    return values


def unseal(content: bytes, key: PrivateKey, purpose: Purpose, universe: Universe) -> np.ndarray:
    """Open a sealed submission as `open_sealed` does, and leave its predictions unchecked.

    Raises:
        SealBroken: it does not open, was made for something else, or has other ids; says why.
    """
    if content.startswith(_ARMOUR):
        raise SealBroken(ARMOURED)
    # Thousands of recipients in age's head would cost a multiplication each.
    if not content.startswith(_AGE) or b"\n---" not in content[:_LARGEST_HEAD]:
        raise SealBroken(NOT_OPENED)
    try:
        plain = key.decrypt(content)
    except pyrage.DecryptError:
        raise SealBroken(NOT_OPENED) from None
    return read_plain(plain, purpose, universe)


def read_plain(plain: bytes, purpose: Purpose, universe: Universe) -> np.ndarray:
    """The predictions in the canonical form of a submission, in the order of the universe, unchecked.

    Raises:
        SealBroken: it was made for something else, or has other ids; says why.
    """
    head = _HEAD.match(plain)
    if head is None:
        raise SealBroken(MALFORMED)
    chain_id, tournament, round_id, model, _, count = head.groups()
    _check_purpose(purpose, Purpose(int(chain_id), f"0x{tournament.decode()}", int(round_id), int(model)))
    rows = int(count)
    end = len(plain) - FLOAT.itemsize * rows
    if rows > MOST_IDS or end < head.end():
        raise SealBroken(MALFORMED)
    if plain[head.end() : end] != universe.id_lines:
        raise SealBroken(_wrong_ids(plain[head.end() : end], rows, universe))
    values = np.frombuffer(plain, dtype=FLOAT, offset=end)
    return values.astype(np.float64, copy=False)


def _check_purpose(wanted: Purpose, found: Purpose) -> None:
    for what, expected, stated in (
        ("chain", wanted.chain_id, found.chain_id),
        ("tournament", wanted.tournament.lower(), found.tournament),
        ("round", wanted.round, found.round),
        ("model", wanted.model, found.model),
    ):
        if expected != stated:
            raise SealBroken(f"It was sealed for {what} {stated}, not {expected}.")


def _wrong_ids(block: bytes, rows: int, universe: Universe) -> str:
    """Why a block of ids is not the universe's."""
    if block.count(b"\n") != rows or not block.endswith(b"\n"):
        return MALFORMED
    try:
        ids = block.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        return MALFORMED
    return ids_refused(ids, universe) or UNSORTED


def _lines(ids: Sequence[str]) -> bytes:
    return "\n".join((*ids, "")).encode()
