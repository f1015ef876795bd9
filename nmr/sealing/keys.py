# SPDX-License-Identifier: MIT
"""The key pair of a round: submissions are encrypted to its public half, which stands in the round's terms.

A pair is one of age's, X25519. The chain states the public key as 32 bytes, age writes the same as `age1…`. A private
key stands in a file of mode 0600 in a folder of mode 0700, in the format of `age-keygen`, so that age's own tools open
what was sealed to it. It is never shown: nothing here prints it, and a file of one is never written over.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyrage  # type: ignore[import-untyped]

from nmr.errors import NmrError
from nmr.sealing import bech32
from nmr.text.files import make_folder, write_new

FOLDER_VARIABLE: Final = "NMR_KEYS"
PREFIX: Final = "age"
PUBLIC_BYTES: Final = 32
LARGEST_KEY_FILE: Final = 65_536

_FIELD: Final = 2**255 - 19
# Points of small order: anybody knows the secret that is agreed with one. In u-coordinates, RFC 7748.
_SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        _FIELD - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)

_SECRET: Final = re.compile(r"^AGE-SECRET-KEY-1[A-Z0-9]+$", re.ASCII | re.MULTILINE)


class KeyInvalid(NmrError, ValueError):
    """A text that is no such key, or a file that holds none."""


class KeyFileError(NmrError, OSError, ValueError):
    """A key file that is missing, stands already, or cannot be read or written."""


class HandoverInvalid(NmrError, ValueError):
    """A key that was handed over to somebody else, or is not the round's."""


class PrivateKey:
    """The private half of a key pair. Nothing shows it but `secret_text`."""

    def __init__(self, identity: pyrage.x25519.Identity) -> None:
        self._identity = identity
        self.recipient = str(identity.to_public())
        """The public half as age writes it, `age1…`."""
        self.public = public_bytes(self.recipient)
        """The public half as the chain states it, 32 bytes."""

    @classmethod
    def generate(cls) -> "PrivateKey":
        """A new pair."""
        return cls(pyrage.x25519.Identity.generate())

    @classmethod
    def parse(cls, text: str) -> "PrivateKey":
        """The pair in the text of a key file.

        Raises:
            KeyInvalid: there is no private key of age's in it, or more than one.
        """
        found = _SECRET.findall(text)
        if len(found) != 1:
            raise KeyInvalid(f"It holds {len(found)} private keys of age's, and has to hold one.")
        try:
            return cls(pyrage.x25519.Identity.from_str(found[0]))
        except pyrage.IdentityError:
            # What age says could repeat a part of the key.
            raise KeyInvalid("It holds a private key that is damaged.") from None

    @property
    def secret_text(self) -> str:
        """The private half, for a file or to be encrypted, and for nothing else."""
        return str(self._identity)

    def decrypt(self, content: bytes) -> bytes:
        """What was encrypted to this pair.

        Raises:
            pyrage.DecryptError: to another pair, changed since, or no file of age's.
        """
        return bytes(pyrage.decrypt(content, [self._identity]))

    def __repr__(self) -> str:
        return f"PrivateKey({self.recipient})"


def public_bytes(recipient: str) -> bytes:
    """The 32 bytes of a public key such as `age1…`.

    Raises:
        KeyInvalid: it is none of age's X25519.
    """
    try:
        prefix, content = bech32.decode(recipient)
    except bech32.Bech32Error as error:
        raise KeyInvalid(f"{recipient[:80]!r} is no public key of age's. {error}") from None
    if prefix != PREFIX or len(content) != PUBLIC_BYTES:
        raise KeyInvalid(f"{recipient[:80]!r} is no public key of age's.")
    return content


def recipient_text(public: bytes) -> str:
    """A public key as age writes it, from the 32 bytes on the chain.

    Raises:
        KeyInvalid: not 32 bytes.
    """
    if len(public) != PUBLIC_BYTES:
        raise KeyInvalid(f"A sealing key has {PUBLIC_BYTES} bytes, not {len(public)}.")
    return bech32.encode(PREFIX, public)


def recipient_of(public: bytes) -> pyrage.x25519.Recipient:
    """What pyrage encrypts to, from the 32 bytes on the chain.

    Raises:
        KeyInvalid: not 32 bytes, or a key that keeps nothing secret.
    """
    text = recipient_text(public)
    coordinate = int.from_bytes(public, "little") % 2**255 % _FIELD
    if coordinate in _SMALL_ORDER:
        raise KeyInvalid(f"0x{public.hex()} is no sealing key: what is sealed to it is secret from nobody.")
    return pyrage.x25519.Recipient.from_str(text)


def read_key(path: Path) -> PrivateKey:
    """The pair in a key file.

    Raises:
        KeyFileError: it cannot be read.
        KeyInvalid: it holds no private key.
    """
    try:
        if path.stat().st_size > LARGEST_KEY_FILE:
            raise KeyInvalid(f"{path} is too large for a key file.")
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise KeyFileError(f"There is no key file {path}.") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise KeyInvalid(f"{path} is no key file: it is not text in UTF-8.") from None
    try:
        return PrivateKey.parse(text)
    except KeyInvalid as error:
        raise KeyInvalid(f"{path} is no key file. {error}") from None


def write_key(path: Path, key: PrivateKey, note: str) -> None:
    """Write a key file of mode 0600.

    Args:
        path: where, in a folder that is there; nothing may be in its place.
        key: the pair.
        note: a line on what it is for.

    Raises:
        KeyFileError: there is a file already, or none can be written.
    """
    text = f"# {note}\n# public key: {key.recipient}\n{key.secret_text}\n"
    try:
        write_new(path, text.encode(), 0o600)
    except FileExistsError:
        raise KeyFileError(f"There is a key file {path} already, and none is written over.") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}.") from None


class KeyFolder:
    """The private keys of a tournament's rounds, a file each."""

    def __init__(self, root: Path, chain_id: int, tournament: str) -> None:
        """
        Args:
            root: the folder of all keys, of mode 0700 from the first key on.
            chain_id, tournament: whose rounds.
        """
        self._root = root
        self._folder = root / str(chain_id) / tournament.lower()
        self._of = f"{tournament} on chain {chain_id}"

    def path(self, round_id: int) -> Path:
        """Where a round's private key is."""
        return self._folder / f"round-{round_id}.key"

    def make(self, round_id: int) -> PrivateKey:
        """Make a round's pair and keep it.

        Raises:
            KeyFileError: it has one already, or it cannot be written.
        """
        key = PrivateKey.generate()
        for folder in (self._root, self._folder.parent, self._folder):
            try:
                make_folder(folder)
                folder.chmod(0o700)
            except OSError as error:
                raise KeyFileError(f"The folder {folder} cannot be made: {error.strerror}.") from None
        write_key(self.path(round_id), key, f"round {round_id} of {self._of}")
        return key

    def read(self, round_id: int) -> PrivateKey:
        """A round's pair.

        Raises:
            KeyFileError, KeyInvalid: there is none, or it cannot be read.
        """
        return read_key(self.path(round_id))

    def has(self, round_id: int) -> bool:
        """Whether a round has a pair."""
        return self.path(round_id).exists()


def key_root(default: Path) -> Path:
    """The folder of all keys: what the environment's `NMR_KEYS` says, or the default."""
    return Path(os.environ.get(FOLDER_VARIABLE) or default)


def hand_over(key: PrivateKey, recipients: Sequence[str]) -> bytes:
    """A round's private key, encrypted to those who may check its scores.

    Args:
        key: the round's.
        recipients: public keys such as `age1…`, at least one.

    Raises:
        KeyInvalid: none is given, or one is no public key.
    """
    if not recipients:
        raise KeyInvalid("Nobody is named to hand the key to.")
    return bytes(pyrage.encrypt(key.secret_text.encode(), [recipient_of(public_bytes(to)) for to in recipients]))


def take_over(content: bytes, auditor: PrivateKey, sealing_key: bytes) -> PrivateKey:
    """A round's private key, as it was handed over to an auditor.

    Args:
        content: what `hand_over` made.
        auditor: their own pair.
        sealing_key: the round's public key as the chain states it.

    Raises:
        HandoverInvalid: it was not handed over to them, or it is not the key of the round.
    """
    try:
        key = PrivateKey.parse(auditor.decrypt(content).decode("ascii"))
    except (pyrage.DecryptError, UnicodeDecodeError, KeyInvalid):
        raise HandoverInvalid(f"The round's key was not handed over to {auditor.recipient}.") from None
    if key.public != sealing_key:
        raise HandoverInvalid("The key that was handed over is not the round's: its public half is not on the chain.")
    return key
