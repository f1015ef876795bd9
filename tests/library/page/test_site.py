# SPDX-License-Identifier: MIT
"""The folder of a page: what it asks for, and what it never replaces."""

import json

import pytest

from nmr.page.site import FolderTaken, NodeUrlInvalid, PageMissing, write_site

PAGE = "<meta content=\"default-src 'none'; connect-src 'self'; base-uri 'none'\">"
RECORD = {"chain_id": 1}


@pytest.fixture
def built(tmp_path):
    folder = tmp_path / "built"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    return folder


def policy_of(folder):
    text = (folder / "index.html").read_text()
    return text[text.index("connect-src") : text.index("; base-uri")]


def test_site__with_a_snapshot__has_its_files_and_asks_nobody(tmp_path, built):
    size = write_site(tmp_path / "site", [("a/b.gz", b"xyz")], record=RECORD, built=built)

    assert size == 3
    assert (tmp_path / "site/snapshot/a/b.gz").read_bytes() == b"xyz"
    assert policy_of(tmp_path / "site") == "connect-src 'self'"
    config = json.loads((tmp_path / "site/config.json").read_bytes())
    assert config == {"snapshot": "snapshot", "node": None, "any_node": False, "record": RECORD}


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        ({"node": "http://127.0.0.1:8545"}, "connect-src 'self' http://127.0.0.1:8545"),
        ({"node": "https://node.example/rpc"}, "connect-src 'self' https://node.example/rpc"),
        ({"any_node": True}, "connect-src 'self' http: https:"),
    ],
)
def test_site__with_a_node__names_it_in_the_policy(tmp_path, built, options, policy):
    write_site(tmp_path / "site", [], record=RECORD, built=built, **options)

    assert policy_of(tmp_path / "site") == policy


@pytest.mark.parametrize(
    "node",
    [
        "http://user:key@node.example",
        "https://node.example/?key=1",
        "https://a b",
        "https://x; script-src *",
        "ftp://x",
    ],
)
def test_site__with_a_node_that_no_policy_names__is_refused(tmp_path, built, node):
    reason = r"^The page's policy cannot name this node: write its URL without user, query or spaces\.$"
    with pytest.raises(NodeUrlInvalid, match=reason):
        write_site(tmp_path / "site", [], record=RECORD, node=node, built=built)
    assert not (tmp_path / "site").exists()


def test_site__written_again__replaces_the_page_before(tmp_path, built):
    write_site(tmp_path / "site", [("old.gz", b"x")], record=RECORD, built=built)
    write_site(tmp_path / "site", [("new.gz", b"x")], record=RECORD, built=built)

    assert [path.name for path in (tmp_path / "site/snapshot").iterdir()] == ["new.gz"]


def test_site__in_a_folder_of_something_else__is_refused(tmp_path, built):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/thesis.txt").write_text("mine")

    with pytest.raises(FolderTaken, match=r"holds something else than a page: name another folder\.$"):
        write_site(tmp_path / "site", [], record=RECORD, built=built)
    assert (tmp_path / "site/thesis.txt").read_text() == "mine"


def test_site__of_a_package_without_the_page__is_refused(tmp_path):
    with pytest.raises(PageMissing, match=r"^This package was built without the page: make page-build"):
        write_site(tmp_path / "site", [], record=RECORD, built=tmp_path / "none")
