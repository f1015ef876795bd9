# SPDX-License-Identifier: MIT
"""Labels of models: read once, kept in a file that is never believed blindly, and looked up."""

import os
from pathlib import Path

import pytest

from nmr.client.labels import FOLDER_VARIABLE, FORMAT, cache_folder, read_labels
from nmr.client.stakes import CannotDo, StakesOnChain
from nmr.protocol.lifetimes import LogIncomplete
from nmr.text.selection import SelectionError
from tests.library.client.label_chain import OWNER, STRANGER, TOURNAMENT, LabelChain


@pytest.fixture
def chain() -> LabelChain:
    chain = LabelChain()
    chain.register("ridge", "lasso", "ridge two")
    return chain


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """Where labels are kept."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def labels_of(chain: LabelChain) -> list[str]:
    return read_labels(chain.session(), TOURNAMENT)


def kept(folder: Path) -> Path:
    """The one file of labels."""
    [path] = folder.iterdir()
    return path


# reading and keeping


def test_labels__read_again__asks_for_new_blocks_alone(chain):
    assert labels_of(chain) == ["ridge", "lasso", "ridge two"]
    chain.register("elastic")
    assert labels_of(chain) == ["ridge", "lasso", "ridge two", "elastic"]
    assert chain.asked == [(1, 3), (4, 4)]


def test_labels__umask_that_lets_a_group_write__are_kept_for_the_user_alone(chain, folder):
    before = os.umask(0o002)
    try:
        labels_of(chain)
    finally:
        os.umask(before)
    assert kept(folder).stat().st_mode & 0o777 == 0o600
    labels_of(chain)
    assert len(chain.asked) == 1


def test_labels__nothing_new__are_not_asked_for(chain):
    labels_of(chain)
    assert labels_of(chain) == ["ridge", "lasso", "ridge two"]
    assert chain.asked == [(1, 3)]


def test_labels__no_model_yet__are_none():
    assert labels_of(LabelChain()) == []


def test_labels__bytes_that_are_no_text__are_kept_readable(chain):
    chain.register(32 * b"\xff", "é" * 16)
    first = labels_of(chain)
    assert first[3:] == [32 * "\\xff", 16 * "é"]
    assert labels_of(chain) == first
    assert len(chain.asked) == 1


def test_labels__reorganised_chain__are_read_again(chain):
    labels_of(chain)
    chain.reorganise(2, "other", "another")
    assert labels_of(chain) == ["ridge", "other", "another"]
    assert chain.asked[-1] == (1, 3)


def test_labels__shorter_chain__are_read_again(chain):
    labels_of(chain)
    chain.reorganise(2)
    assert labels_of(chain) == ["ridge"]


def test_labels__another_chain_with_the_same_addresses__have_a_file_of_their_own(chain, folder):
    labels_of(chain)
    other = LabelChain(chain_id=4_243)
    other.register("stranger")
    assert labels_of(other) == ["stranger"]
    assert len(list(folder.iterdir())) == 2


def test_labels__local_chain__are_not_kept(folder):
    local = LabelChain(chain_id=31_337)
    local.register("ridge")
    assert labels_of(local) == ["ridge"]
    assert not folder.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{format}\n3",
        b"nmr labels 0\n3\n{hash}\n61\n62\n63",
        b"{format}\nthree\n{hash}\n61\n62\n63",
        b"{format}\n0\n{hash}",
        b"{format}\n1000\n{hash}\n61",
        b"{format}\n3\n0x00\n61\n62\n63",
        b"{format}\n3\n{hash}\n61\n62\nzz",
        b"{format}\n3\n{hash}\n61\n62\nff",
        b"{format}\n3\n{hash}\n61\n62",
        b"{format}\n3\n{hash}\n61\n62\n63\n64",
        b"{format}\n3\n{hash}\n61\n62\n" + 300 * b"63",
        b"{format}\n2\n{hash2}\n61",
        b"{format}\n" + 5_000 * b"9" + b"\n{hash}\n61",
    ],
)
def test_labels__broken_file__is_written_anew(chain, folder, content):
    labels_of(chain)
    path = kept(folder)
    for name, block in ((b"{hash}", "0x3"), (b"{hash2}", "0x2")):
        content = content.replace(b"{format}", FORMAT.encode())
        content = content.replace(name, chain.ask("eth_getBlockByNumber", block, False)["hash"].encode())
    path.write_bytes(content)
    assert labels_of(chain) == ["ridge", "lasso", "ridge two"]
    assert [bytes.fromhex(line) for line in path.read_text().split("\n")[3:]] == [b"ridge", b"lasso", b"ridge two"]


def test_labels__others_may_write_the_file__does_not_count(chain, folder):
    labels_of(chain)
    path = kept(folder)
    path.write_text(path.read_text().replace(b"ridge two".hex(), b"ridge too".hex()))
    assert labels_of(chain)[2] == "ridge too"
    path.chmod(0o666)
    assert labels_of(chain)[2] == "ridge two"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_labels__no_file_in_its_place__works_without(chain, folder, make):
    labels_of(chain)
    path = kept(folder)
    path.unlink()
    make(path)
    assert labels_of(chain) == ["ridge", "lasso", "ridge two"]


def test_labels__folder_cannot_be_made__works_without(chain, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file"))
    assert labels_of(chain) == ["ridge", "lasso", "ridge two"]


@pytest.mark.parametrize("model", [0, 1, 2])
def test_labels__log_lacks_a_model__is_refused(chain, folder, model):
    chain.forgets = {model}
    with pytest.raises(LogIncomplete, match=r"^The node's log does not have all 3 models: ask a node that keeps all"):
        labels_of(chain)
    assert not folder.exists()


def test_cache_folder__nothing_named__is_the_users_own(tmp_path, monkeypatch):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "nmr"


# looking up


def stakes_of(chain: LabelChain) -> StakesOnChain:
    return StakesOnChain(chain.session(), TOURNAMENT)


def test_ids__labels_and_ids__in_order(chain):
    assert stakes_of(chain).ids(["lasso", 7, "ridge"]) == [1, 7, 0]
    assert stakes_of(chain).by_id({"lasso": "a", 0: "b"}) == {1: "a", 0: "b"}


def test_ids__ids_alone__need_no_log(chain):
    assert stakes_of(chain).ids([2, 0]) == [2, 0]
    assert chain.asked == []


def test_ids__stranger_has_the_label_too__the_owners_own_is_meant(chain):
    chain.register("ridge", owner=STRANGER)
    assert stakes_of(chain).ids(["ridge"], OWNER) == [0]
    assert stakes_of(chain).ids(["ridge"], STRANGER) == [3]


def test_ids__submitter__has_what_it_submits_for_unless_it_owns_one(chain):
    chain.register("robot", submitter=STRANGER)
    assert stakes_of(chain).ids(["robot"], STRANGER, submits=True) == [3]
    chain.register("robot", owner=STRANGER)
    assert stakes_of(chain).ids(["robot"], STRANGER, submits=True) == [4]
    with pytest.raises(CannotDo, match=f"^No model of {STRANGER} has the label 'ridge'\\.$"):
        stakes_of(chain).ids(["ridge"], STRANGER, submits=True)


def test_ids__several_have_the_label__is_refused_with_their_ids(chain):
    chain.register("ridge", owner=STRANGER, submitter=OWNER)
    with pytest.raises(CannotDo, match=r"^Models 0, 3 have the label 'ridge': name one by its id\.$"):
        stakes_of(chain).ids(["ridge"])
    chain.register("lasso")
    with pytest.raises(CannotDo, match=r"^Models 1, 4 have the label 'lasso': name one by its id\.$"):
        stakes_of(chain).ids(["lasso"], OWNER)


@pytest.mark.parametrize("label", ["Ridge", "ridge ", "none", "0"])
def test_ids__no_such_label__is_refused(chain, label):
    with pytest.raises(CannotDo, match=f"^No model has the label '{label}'\\.$"):
        stakes_of(chain).ids([label])


def test_ids__label_and_id_of_one_model__is_refused(chain):
    with pytest.raises(SelectionError, match=r"^Model 0 is named twice\.$"):
        stakes_of(chain).ids([0, "ridge"])
