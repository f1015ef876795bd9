# SPDX-License-Identifier: MIT
"""A package's manifest, read again: what others made is taken only in its one form."""

import pytest

from nmr.sealing.package import (
    Package,
    PackageFile,
    PackageInvalid,
    fetch_package,
    package_of,
    package_of_contents,
    parse_package,
    put_package,
)
from nmr.sealing.store import NotDelivered, Store
from nmr.text.files import FileError

CONTENTS = {"universe.csv": b"id\na\n", "terms.md": b"", 'odd "name".txt': b"x"}


def test_parse_package__manifest__gives_the_package_back():
    package = package_of_contents(CONTENTS)

    assert parse_package(package.manifest) == package
    assert [each.name for each in package.files] == sorted(CONTENTS)


def test_package_of_contents__same_files_in_a_folder__is_the_same(tmp_path):
    for name, content in CONTENTS.items():
        (tmp_path / name).write_bytes(content)

    assert package_of(list(tmp_path.iterdir())).digest == package_of_contents(CONTENTS).digest


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: b"",
        lambda manifest: manifest[:-1],
        lambda manifest: manifest.replace(b"nmr-package 1", b"nmr-package 2"),
        lambda manifest: manifest.replace(b'"size":5', b'"size":05'),
        lambda manifest: manifest.replace(b"terms.md", b"universe.csv"),
        lambda manifest: manifest.replace(b"terms.md", b"../terms.md"),
        lambda manifest: manifest.replace(b"terms.md", b".."),
        lambda manifest: manifest.replace(b"terms.md", b""),
        lambda manifest: manifest.replace(b"terms.md", b"\\u0000"),
        lambda manifest: manifest.replace(b"terms.md", b"zzz.md"),
        lambda manifest: b"[" * 100_000,
        lambda manifest: b"\xff" + manifest,
    ],
)
def test_parse_package__another_form_or_a_name_that_leaves_its_folder__is_refused(change):
    manifest = package_of_contents(CONTENTS).manifest

    with pytest.raises(PackageInvalid, match=r"^The manifest is none of a package\.$"):
        parse_package(change(manifest))


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "store"))


@pytest.fixture
def paths(tmp_path):
    folder = tmp_path / "given"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    return sorted(folder.iterdir())


def test_fetch_package__was_put__writes_each_file_once(store, paths, tmp_path):
    package = package_of(paths)
    put_package(package, paths, store)
    folder = tmp_path / "round" / "0"

    assert fetch_package(package.digest, store, folder) == package
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENTS

    (folder / "terms.md").write_text("another")
    before = (folder / "universe.csv").stat().st_ino
    fetch_package(package.digest, store, folder)
    assert (folder / "terms.md").read_bytes() == CONTENTS["terms.md"]
    assert (folder / "universe.csv").stat().st_ino == before


def test_fetch_package__store_lacks_a_file__is_refused(store, tmp_path):
    digest = store.put(package_of_contents(CONTENTS).manifest)

    with pytest.raises(NotDelivered, match="The store does not have the file"):
        fetch_package(digest, store, tmp_path / "round")


def test_fetch_package__file_is_shorter_than_the_manifest_says__is_refused(store, tmp_path):
    digest = store.put(b"abc")
    manifest = store.put(Package((PackageFile("a", 4, digest),)).manifest)

    with pytest.raises(PackageInvalid, match=r"^a has 3 bytes, and the manifest says 4\.$"):
        fetch_package(manifest, store, tmp_path / "round")


def test_fetch_package__folder_is_a_file__is_refused(store, paths, tmp_path):
    package = package_of(paths)
    put_package(package, paths, store)
    (tmp_path / "round").write_text("")

    with pytest.raises(FileError, match="cannot be written"):
        fetch_package(package.digest, store, tmp_path / "round")


def test_put_package__file_changed_meanwhile__is_refused(store, paths):
    package = package_of(paths)
    paths[0].write_text("another")

    with pytest.raises(PackageInvalid, match=r"has changed since it was read first\.$"):
        put_package(package, paths, store)


def test_put_package__file_is_gone__is_refused(store, paths):
    package = package_of(paths)
    paths[0].unlink()

    with pytest.raises(PackageInvalid, match="cannot be read"):
        put_package(package, paths, store)
