# SPDX-License-Identifier: MIT
"""Files that are written whole or not at all."""

import bz2
import gzip
import io
import lzma
import os
import stat
import zipfile

import pytest

from nmr.sealing.keys import KeyFolder
from nmr.sealing.store import Store
from nmr.text.files import FileError, known_format, make_folder, put_file, read_up_to, write_new, write_whole


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


@pytest.fixture
def synced(monkeypatch):
    """What is made to outlive a power failure, by its name."""
    names = []
    fsync = os.fsync

    def told(descriptor):
        names.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", told)
    return names


def test_write_whole__there_was_another__is_in_its_place(path):
    path.write_bytes(b"before")
    write_whole(path, b"after")
    assert path.read_bytes() == b"after"
    assert list(path.parent.iterdir()) == [path]


def test_write_whole__cannot_be_renamed__leaves_what_was_there(path, monkeypatch):
    path.write_bytes(b"before")
    monkeypatch.setattr(os, "replace", _fail)
    with pytest.raises(OSError, match="no"):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(path.parent.iterdir()) == [path]


def test_write_new__nothing_there__has_the_mode_and_leaves_no_draft(path):
    write_new(path, b"content", 0o600)
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_write_new__there_is_one__is_not_touched(path, monkeypatch, when):
    def put():
        path.write_bytes(b"of another")

    if when == "before":
        put()
    else:
        link = os.link

        def late(*arguments):
            put()
            link(*arguments)

        monkeypatch.setattr(os, "link", late)
    with pytest.raises(FileExistsError):
        write_new(path, b"content", 0o600)
    assert path.read_bytes() == b"of another"
    assert list(path.parent.iterdir()) == [path]


def test_write__either_way__content_and_name_outlive_a_power_failure(tmp_path, synced):
    write_whole(tmp_path / "a", b"content")
    write_new(tmp_path / "b", b"content", 0o600)
    assert [name.rpartition(".")[0] or name for name in synced] == [".a", tmp_path.name, ".b", tmp_path.name]


def test_write_whole__need_not_last__is_whole_all_the_same(path, synced):
    write_whole(path, b"content", lasting=False)
    assert path.read_bytes() == b"content"
    assert synced == []


def test_make_folder__two_are_missing__names_of_both_outlive_a_power_failure(tmp_path, synced):
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert sorted(synced) == sorted([tmp_path.name, "a"])


def test_make_folder__is_there__syncs_nothing(tmp_path, synced):
    make_folder(tmp_path)
    assert synced == []


def test_make_folder__need_not_last__is_made_all_the_same(tmp_path, synced):
    make_folder(tmp_path / "a", lasting=False)
    assert (tmp_path / "a").is_dir()
    assert synced == []


def test_make_folder__a_file_is_there__is_refused(path):
    path.write_bytes(b"of another")
    with pytest.raises(FileExistsError):
        make_folder(path)
    assert path.read_bytes() == b"of another"


def test_read_up_to__longer_than_that__is_one_byte_more(path):
    path.write_bytes(b"12345")
    assert read_up_to(path, 3) == b"1234"
    assert read_up_to(path, 5) == b"12345"


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("p.csv", "id")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("id\n".encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + "id\n".encode("utf-16-be"), "UTF-16"),
        ("id\n".encode("utf-32"), "UTF-32"),
        (archive(), "a ZIP archive"),
        (gzip.compress(b"id"), "compressed by gzip"),
        (bz2.compress(b"id"), "compressed by bzip2"),
        (lzma.compress(b"id"), "compressed by xz"),
        (b"age-encryption.org/v1\n", "encrypted by age"),
        ("\ufeffid\n".encode(), None),
        (b"id\n", None),
        (b"", None),
    ],
    # Not their bytes: some have the time in them, and workers have to agree on the names of tests.
    ids=["utf-16", "utf-16-be", "utf-32", "zip", "gzip", "bzip2", "xz", "age", "bom", "text", "empty"],
)
def test_known_format__beginning_of_a_file__is_named(content, name):
    assert known_format(content) == name


def test_put_file__a_file_is_in_its_folders_place__is_refused_in_one_sentence(path):
    path.write_bytes(b"of another")
    with pytest.raises(FileError, match=rf"^{path}/report\.json cannot be written: File exists\.$"):
        put_file(path / "report.json", b"content")
    assert path.read_bytes() == b"of another"


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: Store(str(folder)).put(b"content"),
        lambda folder: KeyFolder(folder, "1", "0xAB").make(0),
        lambda folder: put_file(folder / "audit" / "report.json", b"content"),
    ],
    ids=["store", "keys", "file"],
)
def test_folder__made_for_a_file__its_name_outlives_a_power_failure_too(tmp_path, synced, write):
    write(tmp_path / "new")
    made = [folder for folder in tmp_path.rglob("*") if folder.is_dir()]
    assert len(made) > 1
    assert {folder.parent.name for folder in made} <= set(synced)


def _fail(*arguments):
    raise OSError("no")
