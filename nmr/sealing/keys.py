# SPDX-License-Identifier: MIT
"""The key pair of a round: submissions are encrypted to its public half, which stands in the round's terms.

A pair is one of age's, X25519. The chain states the public key as 32 bytes, age writes the same as `age1…`. A private
key stands in a file of mode 0600 in a folder of mode 0700, in the format of `age-keygen`, so that age's own tools open
what was sealed to it. It is never shown: nothing here prints it, and a file of one is never written over.
"""

import codecs
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyrage  # type: ignore[import-untyped]
from bech32 import CHARSET, bech32_decode, bech32_encode, convertbits

from nmr.errors import NmrError
from nmr.text.amounts import shorten
from nmr.text.files import known_format, make_folder, read_up_to, write_new

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

_BECH32: Final = re.compile(f"[!-~]+1[{CHARSET}]{{6,}}", re.ASCII | re.IGNORECASE)
"""A text of this form, its checksum within. The package `bech32` has no limit of 90 characters; age has none either."""
_PRIVATE: Final = "AGE-SECRET-KEY-1"


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
        """The pair in the text of a key file; blank lines and comments are skipped.

        Raises:
            KeyInvalid: there is no private key of age's in it, more than one, or something else.
        """
        lines = [line for _, line in _lines(text)]
        if any(line.startswith(f"{PREFIX}1") for line in lines):
            raise KeyInvalid("It holds a public key, and has to hold the private one.")
        if len(lines) != 1 or not lines[0].startswith(_PRIVATE):
            count = sum(line.startswith(_PRIVATE) for line in lines)
            more = "" if count == len(lines) else " and something else"
            raise KeyInvalid(f"It holds {count} private keys of age's{more}, and has to hold one.")
        try:
            return cls(pyrage.x25519.Identity.from_str(lines[0]))
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
    prefix, words = bech32_decode(recipient)
    content = convertbits(words or (), 5, 8, pad=False)
    if prefix == PREFIX and content is not None and len(content) == PUBLIC_BYTES:
        return bytes(content)
    if recipient not in (recipient.lower(), recipient.upper()):
        why = " It mixes upper and lower case."
    elif _BECH32.fullmatch(recipient) is None:
        why = " It is not Bech32."
    elif prefix is None:
        why = " Its checksum is wrong."
    else:
        why = " Its padding is not zero." if content is None else ""
    raise KeyInvalid(f"{shorten(recipient)} is no public key of age's.{why}")


def recipient_text(public: bytes) -> str:
    """A public key as age writes it, from the 32 bytes on the chain.

    Raises:
        KeyInvalid: not 32 bytes.
    """
    if len(public) != PUBLIC_BYTES:
        raise KeyInvalid(f"A sealing key has {PUBLIC_BYTES} bytes, not {len(public)}.")
    return bech32_encode(PREFIX, convertbits(public, 8, 5) or ())


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
        KeyInvalid: it holds no private key, or several.
    """
    text = _read_text(path)
    try:
        return PrivateKey.parse(text)
    except KeyInvalid as error:
        raise KeyInvalid(f"{path} is no key file. {error}") from None


def is_exposed(path: Path) -> bool:
    """Whether others than its owner may read a key file."""
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def read_recipients(path: Path) -> list[str]:
    """The public keys in a file, one a line; blank lines and comments are skipped, as age does.

    Raises:
        KeyFileError: it cannot be read.
        KeyInvalid: a line is no public key, or there is none.
    """
    recipients = []
    for number, line in _lines(_read_text(path)):
        if _PRIVATE in line.upper():
            raise KeyInvalid(f"{path} holds a private key: name the public one, and show this file to nobody.")
        try:
            public_bytes(line)
        except KeyInvalid as error:
            raise KeyInvalid(f"{path}, line {number}: {error}") from None
        recipients.append(line)
    if not recipients:
        raise KeyInvalid(f"{path} has no public key of age's (age1…) in it.")
    return recipients


def write_recipient(path: Path, key: PrivateKey) -> None:
    """Write a file with the public half of a pair; one that says that already stays as it is.

    Raises:
        KeyFileError: there is another file already, or none can be written.
    """
    content = f"{key.recipient}\n".encode()
    try:
        write_new(path, content, 0o644)
    except FileExistsError:
        if path.is_file() and read_up_to(path, len(content)) == content:
            return
        raise KeyFileError(f"There is a file {path} already, and it is not written over.") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}.") from None


def _read_text(path: Path) -> str:
    """The text of a file of keys."""
    try:
        content = read_up_to(path, LARGEST_KEY_FILE)
    except FileNotFoundError:
        raise KeyFileError(f"There is no key file {path}.") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > LARGEST_KEY_FILE:
        raise KeyInvalid(f"{path} is too large for a key file.")
    what = known_format(content)
    if what is not None:
        raise KeyInvalid(f"{path} is {what}, and a key file is text in UTF-8.")
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        raise KeyInvalid(f"{path} is no key file: it is not text in UTF-8.") from None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """What a file of keys says: its lines and their numbers from 1, without blank ones and comments."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


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

    def __init__(self, root: Path, chain: str, tournament: str) -> None:
        """
        Args:
            root: the folder of all keys, of mode 0700 from the first key on.
            chain: names the chain, as `Session.chain` does.
            tournament: whose rounds.
        """
        self._root = root
        self._folder = root / chain / tournament.lower()
        self._of = f"{tournament} on chain {chain}"

    def path(self, round_id: int) -> Path:
        """Where a round's private key is."""
        return self._folder / f"round-{round_id}.key"

    def make(self, round_id: int) -> PrivateKey:
        """Make a round's pair and keep it.

        Raises:
            KeyFileError: it has one already, or it cannot be written.
        """
        key = PrivateKey.generate()
        self._write(self.path(round_id), key, round_id)
        return key

    def path_of(self, round_id: int, public: bytes) -> Path:
        """Where a round's private key is whose public half is known, among several that were made for the round."""
        return self._folder / f"round-{round_id}-{public.hex()}.key"

    def locate(self, round_id: int, public: bytes) -> Path:
        """Where a round's private key is that has a public half: by its name, else the round's only one."""
        named = self.path_of(round_id, public)
        return named if named.exists() else self.path(round_id)

    def find(self, round_id: int, public: bytes) -> PrivateKey | None:
        """A round's pair that has a public half; None if it is not here.

        Raises:
            KeyFileError, KeyInvalid: a file cannot be read.
        """
        path = self.locate(round_id, public)
        key = read_key(path) if path.exists() else None
        return key if key is not None and key.public == public else None

    def made(self, round_id: int) -> list[PrivateKey]:
        """The pairs that were made for a round, by their names.

        Raises:
            KeyFileError, KeyInvalid: a file cannot be read.
        """
        paths = [self.path(round_id), *sorted(self._folder.glob(f"round-{round_id}-*.key"))]
        return [read_key(path) for path in paths if path.exists()]

    def keep(self, round_id: int, key: PrivateKey) -> None:
        """Keep a round's pair under its public half; one that is here already stays as it is.

        Raises:
            KeyFileError: it cannot be written.
        """
        if self.find(round_id, key.public) is None:
            self._write(self.path_of(round_id, key.public), key, round_id)

    def _write(self, path: Path, key: PrivateKey, round_id: int) -> None:
        for folder in (self._root, self._folder.parent, self._folder):
            try:
                make_folder(folder)
                folder.chmod(0o700)
            except OSError as error:
                raise KeyFileError(f"The folder {folder} cannot be made: {error.strerror}.") from None
        write_key(path, key, f"round {round_id} of {self._of}")

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
