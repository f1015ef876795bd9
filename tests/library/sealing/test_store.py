# SPDX-License-Identifier: MIT
"""Files by the hash of their content: what a store gives back, and what it cannot pass off."""

import gzip
import os
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from eth_utils.crypto import keccak

from nmr.sealing.store import ALTERED, MISSING, TOO_LARGE, UNREADABLE, NotDelivered, Store, StoreError, Unreadable
from tests.support.guarded_store import URL, GuardedFileSystem, forbid, guard_nothing


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
    store = Store(str(tmp_path / "store"))
    (tmp_path / "store").touch()
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


def test_existing__folder_goes_away__is_refused_and_not_made_anew(store, tmp_path):
    digest = store.put(b"abc")
    careful = Store(str(tmp_path / "store"), existing=True)
    assert careful.get(careful.put(b"other")) == b"other"
    (tmp_path / "store").rename(tmp_path / "away")
    for act in (
        lambda: careful.put(b"new"),
        lambda: careful.put_named("keys/3", b"key"),
        lambda: careful.get(digest),
        lambda: careful.get_named("keys/3"),
    ):
        with pytest.raises(StoreError, match=r"^There is no store "):
            act()
    assert not (tmp_path / "store").exists()


# files that cannot be read


def test_store__file_that_cannot_be_read__counts_as_such_only_between_others(store):
    guard_nothing()
    store = Store(URL)
    locked, other = store.put(b"abc"), store.put(b"other")
    forbid({locked})
    with pytest.raises(Unreadable, match=rf"^The store {URL} does not let 0x{locked.hex()} be read \(Access Denied\)"):
        store.get(locked)
    store.get(other)
    with refused(UNREADABLE):
        store.get(locked)
    forbid({locked, other})
    with pytest.raises(Unreadable):
        store.get(locked)


def test_store__named_file_that_cannot_be_read__is_an_error():
    guard_nothing()
    store = Store(URL)
    store.put_named("keys/3", b"key")
    GuardedFileSystem.forbids = staticmethod(lambda name: True)
    with pytest.raises(StoreError, match=r"cannot be read: keys/3: Access Denied$"):
        store.get_named("keys/3")


COMPRESSED = gzip.compress(bytes(200 * 2**20), 1)


class Answers(BaseHTTPRequestHandler):
    """Answers by the first two digits of the name that is asked for."""

    def do_GET(self):
        status = {"aa": 404, "bb": 403, "cc": 500}.get(self.path.split("/")[-2])
        if status:
            self.send_error(status)
            return
        content = COMPRESSED if "/dd/" in self.path else b"abc"
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        if content is COMPRESSED:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if self.command == "GET":
            with suppress(OSError):
                self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    """A server on loopback that answers so."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_store__over_http__tells_a_file_that_is_missing_from_one_that_cannot_be_read(server):
    url = f"http://127.0.0.1:{server.server_port}/secret"
    store = Store(url)
    missing, forbidden, failing, large = (bytes([first]) * 32 for first in (0xAA, 0xBB, 0xCC, 0xDD))
    with refused(MISSING):
        store.get(missing)
    with pytest.raises(Unreadable, match=r"403, message='Forbidden'") as caught:
        store.get(forbidden)
    assert "secret" not in str(caught.value)
    assert store.get(keccak(b"abc")) == b"abc"
    for digest in (forbidden, failing):
        with refused(UNREADABLE):
            store.get(digest)
    with refused(TOO_LARGE):
        store.get(large)
    server.shutdown()
    server.server_close()
    with pytest.raises(Unreadable):
        store.get(forbidden)
    with pytest.raises(StoreError, match="cannot be written"):
        store.put(b"abc")


def test_store__url_with_a_password__is_shown_without_it():
    assert Store("memory://user:password@sealed").url == "memory://…@sealed"


@pytest.mark.parametrize("url", ["nosuch://place", "gs://bucket"])
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
