# SPDX-License-Identifier: MIT
"""A round's package: the files that everybody needs, such as universe, features and terms in words, by hash.

The manifest names each file with its size and hash, in the canonical form of documents. The round is opened with the
manifest's hash, which the log keeps: so nobody gets other data than the rest without being able to show it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from eth_hash.auto import keccak

from nmr.errors import NmrError
from nmr.sealing.documents import canonical_json
from nmr.text.files import put_file

if TYPE_CHECKING:
    from nmr.sealing.store import Store

PACKAGE_FORMAT: Final = "nmr-package 1"

LARGEST_MANIFEST: Final = 2**20
_FORM: Final = re.compile(
    r'\{"files":\[(?:\{"hash":"0x[0-9a-f]{64}","name":"(?:[^"\\]|\\.)*+","size":(?:0|[1-9][0-9]{0,18}+)\},?)*+\],'
    rf'"format":"{PACKAGE_FORMAT}"\}}\n',
    re.ASCII,
)
"""What a manifest looks like: one of another form is not parsed."""
_PART: Final = 2**20
"""Bytes that are read at once."""


class PackageInvalid(NmrError, OSError, ValueError):
    """Files that make no package: one cannot be read, or two have one name."""


@dataclass(frozen=True)
class PackageFile:
    """A file of a package: its name without folders, its size in bytes, and the keccak hash of its content."""

    name: str
    size: int
    digest: bytes


@dataclass(frozen=True)
class Package:
    """The files of a package, by name."""

    files: tuple[PackageFile, ...]

    @property
    def manifest(self) -> bytes:
        """Its canonical file."""
        files = [{"name": each.name, "size": each.size, "hash": f"0x{each.digest.hex()}"} for each in self.files]
        return canonical_json({"format": PACKAGE_FORMAT, "files": files})

    @property
    def digest(self) -> bytes:
        """What `open_round` takes."""
        return bytes(keccak(self.manifest))


def parse_package(content: bytes) -> Package:
    """The package of a canonical manifest.

    Raises:
        PackageInvalid: it is none.
    """
    try:
        if _FORM.fullmatch(content.decode("ascii")) is None:
            raise ValueError("another form")
        listed = json.loads(content)["files"]
        files = (PackageFile(each["name"], each["size"], bytes.fromhex(each["hash"][2:])) for each in listed)
        package = Package(tuple(files))
    except (ValueError, RecursionError):
        raise PackageInvalid("The manifest is none of a package.") from None
    names = [each.name for each in package.files]
    if package.manifest != content or names != sorted(set(names)) or not all(map(_is_name, names)):
        raise PackageInvalid("The manifest is none of a package.")
    return package


def _is_name(name: str) -> bool:
    """Whether a file can have this name in a folder of somebody else's."""
    return name not in ("", ".", "..") and not set(name) & set("/\\\0")


def package_of_contents(contents: Mapping[str, bytes]) -> Package:
    """The package of files by their names."""
    files = (PackageFile(name, len(content), bytes(keccak(content))) for name, content in sorted(contents.items()))
    return Package(tuple(files))


def read_package(digest: bytes, store: "Store") -> Package:
    """The package of a hash, whose manifest is in a store.

    Raises:
        NotDelivered, StoreError: the store does not give it.
        PackageInvalid: it is none.
    """
    return parse_package(store.get(digest, LARGEST_MANIFEST))


def put_package(package: Package, paths: Sequence[Path], store: "Store") -> None:
    """Put the files of a package into a store, and then its manifest.

    Raises:
        PackageInvalid: a file is no longer the one that the package has.
        StoreError: the store cannot be written.
    """
    expected = {each.name: each.digest for each in package.files}
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise PackageInvalid(f"{path} cannot be read: {error.strerror}.") from error
        if keccak(content) != expected[path.name]:
            raise PackageInvalid(f"{path} has changed since it was read first.")
        store.put(content)
    store.put(package.manifest)


def fetch_package(digest: bytes, store: "Store", folder: Path) -> Package:
    """Write the files of a package into a folder, but for those that are there already.

    Raises:
        NotDelivered, StoreError: the store does not give one.
        PackageInvalid: it is no package, or a file has another size than it says.
        FileError: a file cannot be written.
    """
    package = read_package(digest, store)
    for each in package.files:
        path = folder / each.name
        if path.is_file() and path.stat().st_size == each.size and _read(path) == each:
            continue
        content = store.get(each.digest, each.size)
        if len(content) != each.size:
            raise PackageInvalid(f"{each.name} has {len(content):,} bytes, and the manifest says {each.size:,}.")
        put_file(path, content)
    return package


def package_of(paths: Sequence[Path]) -> Package:
    """The package of some files; their order does not matter.

    Raises:
        PackageInvalid: a file cannot be read, or two have one name.
    """
    files: dict[str, PackageFile] = {}
    for path in paths:
        if path.name in files:
            raise PackageInvalid(f"Two files of the package are called {path.name}: rename one.")
        files[path.name] = _read(path)
    return Package(tuple(files[name] for name in sorted(files)))


def _read(path: Path) -> PackageFile:
    digest, size = keccak.new(b""), 0
    try:
        with path.open("rb") as file:
            while part := file.read(_PART):
                digest.update(part)
                size += len(part)
    except OSError as error:
        raise PackageInvalid(f"{path} cannot be read: {error.strerror}.") from error
    return PackageFile(path.name, size, bytes(digest.digest()))
