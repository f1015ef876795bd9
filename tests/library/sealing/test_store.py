# SPDX-License-Identifier: MIT
"""Files by the hash of their content: what a store gives back, and what it cannot pass off."""

import os

import pytest
from eth_utils.crypto import keccak

from nmr.sealing.store import ALTERED, MISSING, TOO_LARGE, NotDelivered, Store, StoreError


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "store"))


def refused(reason):
    return pytest.raises(NotDelivered, match=f"{reason}$")


def test_store__put__is_named_by_keccak_and_comes_back(store, tmp_path):
    digest = store.put(b"abc")
    assert digest == keccak(b"abc")
    assert store.get(digest) == b"abc"
    assert (tmp_path / "store" / digest.hex()[:2] / digest.hex()).read_bytes() == b"abc"
    assert store.put(b"abc") == digest


def test_store__at_a_url__works_the_same():
    store = Store("memory://sealed")
    assert store.get(store.put(b"abc")) == b"abc"
    store.put_named("keys/3", b"key")
    assert store.get_named("keys/3") == b"key"


def test_store__missing__says_so(store):
    with refused(MISSING) as caught:
        store.get(keccak(b"abc"))
    assert caught.value.reason == MISSING


def test_store__altered__is_refused_and_put_right_by_who_has_the_file(store):
    digest = store.put(b"abc")
    with open(store.path_of(digest), "wb") as file:
        file.write(b"abd")
    with refused(ALTERED):
        store.get(digest)
    store.put(b"abc")
    assert store.get(digest) == b"abc"


def test_store__too_large__is_refused_without_being_read_whole(store):
    digest = store.put(bytes(1_000))
    with refused(TOO_LARGE):
        store.get(digest, limit=999)
    assert len(store.get(digest, limit=1_000)) == 1_000
    endless = keccak(b"endless")
    os.makedirs(os.path.dirname(store.path_of(endless)))
    os.symlink("/dev/zero", store.path_of(endless))
    with refused(MISSING):
        store.get(endless)


def test_store__folder_or_pipe_in_its_place__is_missing(store):
    digest = keccak(b"abc")
    os.makedirs(store.path_of(digest))
    with refused(MISSING):
        store.get(digest)
    other = keccak(b"other")
    os.makedirs(os.path.dirname(store.path_of(other)), exist_ok=True)
    os.mkfifo(store.path_of(other))
    with refused(MISSING):
        store.get(other)


def test_store__cannot_be_written__is_an_error_and_leaves_nothing_half(tmp_path):
    (tmp_path / "file").touch()
    store = Store(str(tmp_path / "file"))
    with pytest.raises(StoreError, match="cannot be written"):
        store.put(b"abc")


def test_store__put__leaves_no_parts(store, tmp_path):
    for number in range(20):
        store.put(bytes([number]))
    assert not list((tmp_path / "store").rglob(".*"))


def test_require__no_store_at_all__is_refused(store):
    with pytest.raises(StoreError, match=r"^There is no store "):
        store.require()
    store.put(b"abc")
    store.require()


@pytest.mark.parametrize("url", ["nosuch://place", "s3://bucket"])
def test_store__url_that_fsspec_cannot_reach__is_refused(url):
    with pytest.raises(StoreError, match=rf"^The store {url} cannot be reached: "):
        Store(url)


@pytest.mark.parametrize("name", ["../keys", "/keys", "Keys", "", "keys//3"])
def test_put_named__no_plain_name__is_refused(store, name):
    with pytest.raises(StoreError, match="is no name for a file in a store"):
        store.put_named(name, b"abc")


def test_named__in_place_of_what_was_there__and_none_if_absent_or_too_large(store):
    assert store.get_named("keys/3") is None
    store.put_named("keys/3", b"one")
    store.put_named("keys/3", b"two")
    assert store.get_named("keys/3") == b"two"
    assert store.get_named("keys/3", limit=2) is None
