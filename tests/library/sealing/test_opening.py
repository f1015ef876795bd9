# SPDX-License-Identifier: MIT
"""Which submissions count: every reason why one does not, replays, late files, and the list as it is published."""

import os
from dataclasses import replace

import numpy as np
import pyrage
import pytest
from scipy.stats import rankdata

from nmr.sealing.documents import DocumentInvalid, Evidence, ListedSubmission, OpeningList
from nmr.sealing.envelope import NOT_OPENED
from nmr.sealing.keys import PrivateKey
from nmr.sealing.opening import OpeningError, open_submissions, reopen
from nmr.sealing.publishing import publish_opening, publish_scores, published_opening
from nmr.sealing.store import ALTERED, LARGEST_FILE, MISSING, TOO_LARGE, UNREADABLE, Store, StoreError
from nmr.sealing.tables import Table, Universe
from tests.library.sealing.scene import KEY, TARGETS, UNIVERSE, Scene, table_of
from tests.support.bounded import run_bounded
from tests.support.guarded_store import URL, GuardedFileSystem, forbid, forbid_after, guard_nothing, stored


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path / "store")


def opened(scene):
    return open_submissions(scene.facts, UNIVERSE, KEY, scene.store)


def reasons(scene):
    return {entry.model: entry.reason for entry in opened(scene).entries}


def test_open__all_valid__ranks_by_id_and_model(scene):
    found = opened(scene)
    assert found.entries == tuple(ListedSubmission(model, scene.facts.commitments[model]) for model in range(4))
    assert found.ranks.index.tolist() == list(UNIVERSE.ids)
    assert found.ranks.columns.tolist() == [0, 1, 2, 3]
    for model in range(4):
        assert found.ranks[model].tolist() == (2 * (rankdata(table_of(model).values) - 1)).tolist()


def test_open__progress__is_told_from_nothing_to_all(scene):
    told = []
    open_submissions(scene.facts, UNIVERSE, KEY, scene.store, told.append)
    assert told == [0, 1, 2, 3, 4]


def test_open__no_commitments__is_an_empty_list(scene):
    scene.facts = replace(scene.facts, commitments={})
    found = opened(scene)
    assert (found.entries, found.ranks.shape) == ((), (20, 0))


def test_open__one_of_each_fault__names_the_reason_and_stops_nothing(scene):
    digests = scene.facts.commitments
    scene.remove(digests[0])
    scene.overwrite(digests[1], scene.sealed(1))
    scene.commit(2, bytes(LARGEST_FILE + 1))
    scene.commit(4, scene.sealed(0))
    scene.commit(5, scene.sealed(5, round=2))
    scene.commit(6, pyrage.encrypt(b"x", [pyrage.x25519.Identity.generate().to_public()]))
    scene.commit(7, scene.sealed(7, Table(UNIVERSE.ids[:-1], np.random.default_rng(7).random(19))))
    scene.commit(8, b"not even encrypted")
    assert reasons(scene) == {
        0: MISSING,
        1: ALTERED,
        2: TOO_LARGE,
        3: None,
        4: "It was sealed for model 0, not 4.",
        5: "It was sealed for round 2, not 3.",
        6: NOT_OPENED,
        7: "1 of the universe's 20 ids is missing, such as 'n19'.",
        8: NOT_OPENED,
    }
    assert opened(scene).ranks.columns.tolist() == [3]


# files that cannot be read


@pytest.fixture
def guarded():
    """A round in a store that may forbid reading."""
    guard_nothing()
    return Scene(URL)


def publish(scene):
    return publish_opening(scene.facts, UNIVERSE, KEY, Store(URL))


@pytest.mark.parametrize("models", [{0}, {1}, {3}, {0, 1, 2}, {1, 2, 3}])
def test_open__some_files_cannot_be_read_and_others_can__are_listed_and_stop_nothing(guarded, models):
    forbid({guarded.facts.commitments[model] for model in models})
    listing = publish(guarded)
    assert {entry.model: entry.reason for entry in listing.entries} == {
        model: UNREADABLE if model in models else None for model in range(4)
    }


def test_open__no_file_can_be_read__is_refused_with_a_file_and_why_and_nothing_is_published(guarded):
    before = stored()
    forbid(set(guarded.facts.commitments.values()))
    first = guarded.facts.commitments[0].hex()
    message = (
        rf"^The store guarded://store does not let 0x{first} be read \(Access Denied\), and no other file was read "
        r"before and after it: are its credentials right\?$"
    )
    with pytest.raises(StoreError, match=message):
        publish(guarded)
    assert stored() == before


def test_open__one_file_is_missing_and_the_others_cannot_be_read__is_refused(guarded):
    guarded.remove(guarded.facts.commitments[1])
    forbid(set(guarded.facts.commitments.values()) - {guarded.facts.commitments[1]})
    with pytest.raises(StoreError, match="no other file was read before and after it"):
        publish(guarded)


@pytest.mark.parametrize("reads", range(4))
def test_open__no_file_can_be_read_from_some_moment_on__is_refused_and_nothing_is_published(guarded, reads):
    before = stored()
    forbid_after(reads)
    with pytest.raises(StoreError, match="no other file was read before and after it"):
        publish(guarded)
    assert stored() == before


def test_open__file_that_can_be_read_when_tried_again__counts(guarded):
    stumbling = {guarded.facts.commitments[0].hex(), guarded.facts.commitments[2].hex()}

    def forbids(name):
        if name in stumbling:
            stumbling.remove(name)
            return True
        return False

    GuardedFileSystem.forbids = staticmethod(forbids)
    assert publish(guarded).valid == (0, 1, 2, 3)


def test_open__file_of_a_folder_cannot_be_read__is_listed(scene):
    path = scene.store.path_of(scene.facts.commitments[1])
    os.unlink(path)
    os.symlink(path, path)
    assert reasons(scene) == {0: None, 1: UNREADABLE, 2: None, 3: None}


def test_publish_opening__store_with_none_of_the_files__is_refused(scene, tmp_path):
    (tmp_path / "empty").mkdir()
    message = r"empty has none of the 4 files of round 3, so nothing is published: is it the right store\?$"
    with pytest.raises(StoreError, match=message):
        publish_opening(scene.facts, UNIVERSE, KEY, Store(str(tmp_path / "empty")))
    assert not list((tmp_path / "empty").iterdir())


def test_open__ciphertext_of_another_model_committed_to__counts_for_its_owner_only(scene):
    scene.facts = replace(scene.facts, commitments={0: scene.facts.commitments[0], 9: scene.facts.commitments[0]})
    assert reasons(scene) == {0: None, 9: "It was sealed for model 0, not 9."}


def test_open__another_key__is_refused(scene):
    with pytest.raises(OpeningError, match=r"^The key is not that of round 3: its submissions are sealed to 0x"):
        open_submissions(scene.facts, UNIVERSE, PrivateKey.generate(), scene.store)


def test_open__no_store__is_refused_and_nobody_called_missing(scene, tmp_path):
    with pytest.raises(StoreError, match=r"^There is no store "):
        open_submissions(scene.facts, UNIVERSE, KEY, Store(str(tmp_path / "elsewhere")))


def test_selective_reveal__file_delivered_after_the_list__stays_out(scene):
    """Who commits to two opposite files and shows the one that the outcome favours is late with either."""
    content = scene.sealed(0)
    scene.commit(0, content, deliver=False)
    listing = scene.publish()
    assert listing.entries[0].reason == MISSING
    scene.store.put(content)
    scored = publish_scores(scene.facts, lambda universe: TARGETS, KEY, scene.store)
    assert scored.scored.scores[0] == (0, 0)
    assert 0 not in scored.scored.weights
    assert scored.scored.scores[1] != (0, 0)


def test_publish_opening__list_and_universe__can_be_had_by_the_hash_on_the_chain(scene):
    listing = scene.publish()
    assert published_opening(scene.facts, scene.store) == (listing, UNIVERSE)
    assert listing.valid == (0, 1, 2, 3)
    assert (listing.universe, listing.round, listing.sealing_key) == (UNIVERSE.digest, 3, KEY.public)
    assert publish_opening(scene.facts, UNIVERSE, KEY, scene.store).digest == listing.digest


def test_published_opening__not_there__is_refused(scene):
    with pytest.raises(OpeningError, match=r"^Round 3 has no opening list yet: "):
        published_opening(scene.facts, scene.store)
    listing = scene.publish()
    scene.remove(listing.digest)
    with pytest.raises(OpeningError, match=r"^The opening list of round 3 or its universe cannot be had: "):
        published_opening(scene.facts, scene.store)


def test_reopen__a_file_that_counts_cannot_be_read__is_refused(guarded):
    listing = publish(guarded)
    forbid({guarded.facts.commitments[2]})
    message = f"^The submission of model 2 counts by the opening list, and: {UNREADABLE}$"
    with pytest.raises(OpeningError, match=message):
        reopen(guarded.facts, listing, UNIVERSE, KEY, Store(URL))


def test_reopen__a_file_that_counts_is_lost__is_refused(scene):
    listing = scene.publish()
    scene.remove(scene.facts.commitments[2])
    message = f"^The submission of model 2 counts by the opening list, and: {MISSING}$"
    with pytest.raises(OpeningError, match=message):
        reopen(scene.facts, listing, UNIVERSE, KEY, scene.store)


# documents


def test_opening_list__known__is_these_bytes():
    entries = ListedSubmission(0, b"\3" * 32), ListedSubmission(4, b"\4" * 32, MISSING)
    listing = OpeningList(1, "0xAB", 2, b"\1" * 32, b"\2" * 32, entries)
    assert listing.content == (
        b'{"chain":1,"format":"nmr-opening 1","round":2,"sealing_key":"0x' + b"01" * 32 + b'","submissions":'
        b'[{"file":"0x' + b"03" * 32 + b'","model":0,"valid":true},'
        b'{"file":"0x' + b"04" * 32 + b'","model":4,"reason":"The store does not have the file.","valid":false}],'
        b'"tournament":"0xab","universe":"0x' + b"02" * 32 + b'"}\n'
    )
    assert OpeningList.parse(listing.content) == replace(listing, tournament="0xab")


NO_LIST = r"^The file is no opening list in its canonical form\.$"
NO_EVIDENCE = r"^The file is no evidence in its canonical form\.$"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"chain":1}\n', b'{"chain":"1"}'],
)
def test_documents__no_such_document__is_refused(content):
    with pytest.raises(DocumentInvalid, match=NO_LIST):
        OpeningList.parse(content)
    with pytest.raises(DocumentInvalid, match=NO_EVIDENCE):
        Evidence.parse(content)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"}\n", b"}\n\n"),
        (b":", b": "),
        (b"opening 1", b"opening 2"),
        (b'"chain":31337', b'"chain":031337'),
        (b'"chain":31337', b'"chain":3.1e4'),
        (b'"chain":31337', b'"chain":"31337"'),
        (b'"chain":31337', b'"chain":31337' + b"0" * 30),
        (b'"valid":true', b'"valid":false'),
        (b'"valid":true', b'"reason":"It is.","valid":true'),
        (b'"valid":true', b'"reason":"\\q","valid":false'),
        (b'"valid":true', b'"reason":"\n","valid":false'),
        (b'"valid":true', b'"reason":7,"valid":false'),
        (b"true},", b"true}"),
        (b"true}]", b"true},]"),
        (b'"0x5fbd', b'"0x5FBD'),
        (b'"universe":"0x', b'"universe":"0'),
    ],
)
def test_opening_list__other_bytes_for_facts__are_refused(scene, old, new):
    content = scene.publish().content
    assert old in content
    with pytest.raises(DocumentInvalid, match=NO_LIST):
        OpeningList.parse(content.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"evidence 2", b"evidence 1"),
        (b'"meta_model_corr":', b'"meta_model_corr":0.5,"meta_model_corr":'),
        (b'"meta_model_corr":', b'"meta_model_corr":-0,"meta_model_corr":'),
        (b',"opening"', b'.0,"opening"'),
        (b'[0,"5000000000"]', b"[0,5000000000]"),
        (b'[0,"5000000000"]', b'[0,"5_000000000"]'),
        (b'[0,"5000000000"]', b'[0,"5e9"]'),
        (b'[0,"5000000000"]', b'[0,"5000000000"],[0,"5000000000"]'),
        (b'[0,"5000000000"],', b""),
        (b'"numpy":"', b'"numpy":["'),
        (b'"versions":{', b'"versions":{' + b'"a":"1",' * 20),
    ],
)
def test_evidence__other_bytes_for_facts__are_refused(scene, old, new):
    scene.publish()
    content = scene.propose().evidence.content
    assert old in content
    if new:
        with pytest.raises(DocumentInvalid, match=NO_EVIDENCE):
            Evidence.parse(content.replace(old, new, 1))
    else:
        assert 0 not in Evidence.parse(content.replace(old, new, 1)).weights


def test_documents__a_model_twice__is_refused():
    entry = ListedSubmission(0, b"\3" * 32)
    for entries in ((entry, entry), (ListedSubmission(1, b"\3" * 32), entry)):
        with pytest.raises(DocumentInvalid, match="canonical form"):
            OpeningList.parse(OpeningList(1, "0xab", 2, b"\1" * 32, b"\2" * 32, entries).content)


@pytest.mark.parametrize(
    "reason",
    ["\x1b[2J", "a\nb", "\u202eback", "é", "x" * 201, 7],
    ids=["escape", "line", "bidi", "accent", "long", "number"],
)
def test_opening_list__reason_that_is_no_short_line_of_ascii__is_refused(reason):
    content = OpeningList(1, "0xab", 2, b"\1" * 32, b"\2" * 32, (ListedSubmission(0, b"\3" * 32, reason),)).content
    with pytest.raises(DocumentInvalid, match=NO_LIST):
        OpeningList.parse(content)


def test_open__id_of_any_script_and_length__is_a_reason_that_a_list_can_have(scene):
    hostile = "\U0001f600" * 64
    universe = Universe.of([hostile, *UNIVERSE.ids[1:]])
    scene.commit(2, scene.sealed(2, Table(universe.ids, table_of(2).values)))
    listing = scene.publish()
    assert OpeningList.parse(listing.content) == listing
    assert listing.entries[2].reason.startswith(r"1 id is not in the round's universe, such as '\U0001f600\U0001f600")


# What no form lets pass, and the worst that each does.
COSTLY = """
def contents():
    for text in ('[{},]', '[[],]', '["x",]', '[1,]', '{"a":{},}'):
        yield text[0] + text[1:-1] * (LARGEST_DOCUMENT // len(text)) + text[-1]
    zero = '"0x' + "0" * 64 + '"'
    head = f'{{"chain":1,"format":"","round":1,"sealing_key":{zero},"submissions":['
    entry = f'{{"file":{zero},"model":1,"valid":true}}'
    entries = ",".join([entry] * (LARGEST_DOCUMENT // len(entry)))
    yield f'{head}{entries}],"tournament":"","universe":{zero}}}' + chr(10)
    weights = ",".join(['[1,"1"]'] * (LARGEST_EVIDENCE // 8))
    yield sys.argv[1].replace("[]", f"[{weights}]")

for content in contents():
    for parse in (OpeningList.parse, Evidence.parse):
        try:
            parse(content.encode())
        except DocumentInvalid as error:
            print(error)
"""


def test_documents__made_to_cost__are_refused_in_bounded_memory(scene):
    scene.publish()
    evidence = replace(scene.propose().evidence, weights={}).content.decode()
    setup = "import json; from nmr.sealing.documents import *; from nmr.sealing.store import *"
    said = run_bounded(setup, COSTLY, evidence, memory=400 * 2**20).splitlines()
    assert (
        said
        == ["The file is no opening list in its canonical form.", "The file is no evidence in its canonical form."] * 7
    )


def test_evidence__written_and_parsed__is_the_same(scene):
    scene.publish()
    evidence = scene.propose().evidence
    assert Evidence.parse(evidence.content) == evidence
    assert evidence.weights == {0: 5 * 10**9, 1: 3 * 10**9, 2: 10**9}
