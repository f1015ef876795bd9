# SPDX-License-Identifier: MIT
"""Which submissions count: every reason why one does not, replays, late files, and the list as it is published."""

from dataclasses import replace

import numpy as np
import pyrage
import pytest

from nmr.sealing.documents import DocumentInvalid, Entry, Evidence, OpeningList, canonical_json
from nmr.sealing.envelope import NOT_OPENED
from nmr.sealing.keys import PrivateKey
from nmr.sealing.opening import OpeningError, open_submissions, reopen
from nmr.sealing.publishing import publish_opening, publish_scores, published_opening
from nmr.sealing.store import ALTERED, LARGEST_FILE, MISSING, TOO_LARGE, Store, StoreError
from nmr.sealing.tables import Table
from tests.library.sealing.scene import KEY, TARGETS, UNIVERSE, Scene, table_of


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path / "store")


def opened(scene):
    return open_submissions(scene.facts, UNIVERSE, KEY, scene.store)


def reasons(scene):
    return {entry.model: entry.reason for entry in opened(scene).entries}


def test_open__all_valid__predictions_by_id_and_model(scene):
    found = opened(scene)
    assert found.entries == tuple(Entry(model, scene.facts.commitments[model]) for model in range(4))
    assert found.predictions.index.tolist() == list(UNIVERSE.ids)
    assert found.predictions.columns.tolist() == [0, 1, 2, 3]
    for model in range(4):
        assert found.predictions[model].tolist() == table_of(model).values.tolist()


def test_open__progress__is_told_from_nothing_to_all(scene):
    told = []
    open_submissions(scene.facts, UNIVERSE, KEY, scene.store, told.append)
    assert told == [0, 1, 2, 3, 4]


def test_open__no_commitments__is_an_empty_list(scene):
    scene.facts = replace(scene.facts, commitments={})
    found = opened(scene)
    assert (found.entries, found.predictions.shape) == ((), (20, 0))


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
    assert opened(scene).predictions.columns.tolist() == [3]


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


def test_reopen__a_file_that_counts_is_lost__is_refused(scene):
    listing = scene.publish()
    scene.remove(scene.facts.commitments[2])
    message = f"^The submission of model 2 counts by the opening list, and: {MISSING}$"
    with pytest.raises(OpeningError, match=message):
        reopen(scene.facts, listing, UNIVERSE, KEY, scene.store)


# documents


def test_opening_list__known__is_these_bytes():
    listing = OpeningList(1, "0xAB", 2, b"\1" * 32, b"\2" * 32, (Entry(0, b"\3" * 32), Entry(4, b"\4" * 32, MISSING)))
    assert listing.content == (
        b'{"chain":1,"format":"nmr-opening 1","round":2,"sealing_key":"0x' + b"01" * 32 + b'","submissions":'
        b'[{"file":"0x' + b"03" * 32 + b'","model":0,"valid":true},'
        b'{"file":"0x' + b"04" * 32 + b'","model":4,"reason":"The store does not have the file.","valid":false}],'
        b'"tournament":"0xab","universe":"0x' + b"02" * 32 + b'"}\n'
    )
    assert OpeningList.parse(listing.content) == replace(listing, tournament="0xab")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"chain":"1"}',
        canonical_json({"format": "nmr-opening 1", "chain": 1}),
    ],
)
def test_documents__no_such_document__is_refused(content):
    with pytest.raises(DocumentInvalid, match=r"^The file is no opening list\.$"):
        OpeningList.parse(content)
    with pytest.raises(DocumentInvalid, match=r"^The file is no evidence\.$"):
        Evidence.parse(content)


def test_documents__other_bytes_for_the_same_facts__are_refused(scene):
    content = scene.publish().content
    for other in (content + b"\n", content.replace(b":", b": ", 1), content.replace(b"opening 1", b"opening 2")):
        with pytest.raises(DocumentInvalid, match=r"^The file is no opening list in its canonical form\.$"):
            OpeningList.parse(other)


def test_documents__a_model_twice__is_refused():
    entry = Entry(0, b"\3" * 32)
    for entries in ((entry, entry), (Entry(1, b"\3" * 32), entry)):
        with pytest.raises(DocumentInvalid, match="canonical form"):
            OpeningList.parse(OpeningList(1, "0xab", 2, b"\1" * 32, b"\2" * 32, entries).content)


def test_evidence__written_and_parsed__is_the_same(scene):
    scene.publish()
    evidence = scene.propose().evidence
    assert Evidence.parse(evidence.content) == evidence
    assert evidence.weights == {0: 5 * 10**9, 1: 3 * 10**9, 2: 10**9}
    with pytest.raises(DocumentInvalid, match="canonical form"):
        Evidence.parse(evidence.content.replace(b"evidence 1", b"evidence 2"))
