# SPDX-License-Identifier: MIT
"""Scores of a round from its opening: numerai-tools' figures, zeros for what does not count, and their evidence."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from eth_utils.crypto import keccak
from numerai_tools.scoring import correlation_contribution, gaussian, numerai_corr, stake_weight, tie_kept_rank

from nmr.rounds.scores_file import parse_scores
from nmr.sealing.keys import HandoverInvalid, KeyInvalid, PrivateKey
from nmr.sealing.opening import OpeningError, open_submissions
from nmr.sealing.publishing import publish_key, published_key, published_scores
from nmr.sealing.scores import score_submissions
from nmr.sealing.scoring import to_fixed
from tests.library.sealing.scene import KEY, STAKES, TARGETS, UNIVERSE, Scene, table_of


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path / "store")


@pytest.fixture
def scored(scene):
    scene.publish()
    return scene.propose()


def test_scores__round__are_numerai_tools_over_the_stake_weighted_meta_model(scored):
    predictions = pd.DataFrame({model: table_of(model).values for model in range(4)}, index=list(UNIVERSE.ids))
    weights = pd.Series({model: STAKES[model] / 10**9 for model in range(3)})
    meta = stake_weight(gaussian(tie_kept_rank(predictions[[0, 1, 2]])), weights).round(12)
    corr = numerai_corr(predictions, TARGETS.series)
    mmc = correlation_contribution(predictions, meta, TARGETS.series)
    assert scored.scored.scores == {model: (to_fixed(corr[model]), to_fixed(mmc[model])) for model in range(4)}
    of_meta = to_fixed(numerai_corr(meta.to_frame("meta"), TARGETS.series)["meta"])
    assert scored.evidence.meta_model_corr == scored.scored.meta_model_corr == of_meta != 0
    pd.testing.assert_series_equal(scored.scored.meta_model, meta, check_names=False, rtol=0, atol=2e-12)


def test_scores__stake_without_a_valid_submission__backs_nothing(scene):
    scene.commit(1, b"broken")
    scene.publish()
    scored = scene.propose()
    assert scored.evidence.weights == {0: STAKES[0], 2: STAKES[2]}
    assert scored.scored.scores[1] == (0, 0)


def test_scores__no_valid_submission__are_all_zero_without_a_meta_model(scene):
    for model in range(4):
        scene.commit(model, b"broken")
    scene.publish()
    scored = scene.propose()
    assert scored.scored.scores == dict.fromkeys(range(4), (0, 0))
    assert (scored.scored.meta_model, scored.evidence.meta_model, scored.evidence.weights) == (None, None, {})
    assert scored.scored.meta_model_corr is scored.evidence.meta_model_corr is None


def test_scores__nobody_has_a_stake__contribute_nothing(scene):
    opened = open_submissions(scene.facts, UNIVERSE, KEY, scene.store)
    scored = score_submissions(opened.ranks, TARGETS, replace(scene.facts, stakes={}))
    assert all(corr != 0 and mmc == 0 for corr, mmc in scored.scores.values())


def test_scores__file__is_what_resolve_takes_and_the_store_has(scene, scored):
    file = published_scores(scene.facts, scene.store)
    assert file.scores == scored.scored.scores == scored.file.scores
    assert file.digest == scored.evidence.scores == keccak(scored.scored.content)
    assert parse_scores(scored.scored.content).digest == file.digest


def test_evidence__names_everything_by_its_hash(scene, scored):
    evidence = scored.evidence
    assert (evidence.opening, evidence.universe) == (scene.facts.opened_list, UNIVERSE.digest)
    assert evidence.targets == TARGETS.digest
    assert scene.store.get(evidence.targets) == TARGETS.content
    assert scene.store.get(scene.facts.evidence) == evidence.content
    assert evidence.versions["numerai-tools"] == "0.7.2"
    rows = "".join(f"{name},{value:.12f}\n" for name, value in scored.scored.meta_model.items())
    assert evidence.meta_model == keccak(rows.encode())


def test_published_scores__none_or_lost__is_refused(scene):
    scene.publish()
    said = "No scores are proposed for round 3: name its outcome with --targets, or its scores with --scores."
    with pytest.raises(OpeningError, match=f"^{re.escape(said)}$"):
        published_scores(scene.facts, scene.store)
    scored = scene.propose()
    scene.remove(scored.evidence.scores)
    with pytest.raises(OpeningError, match=r"^The scores of round 3 cannot be had: "):
        published_scores(scene.facts, scene.store)


# the key's way to auditors


def test_published_key__handed_over__is_the_rounds(scene):
    auditor = PrivateKey.generate()
    publish_key(scene.facts, KEY, [auditor.recipient], scene.store)
    assert published_key(scene.facts, auditor, scene.store).public == KEY.public
    assert published_key(scene.facts, KEY, scene.store) is KEY
    with pytest.raises(HandoverInvalid, match=r"^The round's key was not handed over to age1"):
        published_key(scene.facts, PrivateKey.generate(), scene.store)


def test_published_key__not_handed_over__is_refused(scene):
    with pytest.raises(OpeningError, match=r"^The key of round 3 was not handed over: there is none in "):
        published_key(scene.facts, PrivateKey.generate(), scene.store)


def test_publish_key__to_hundreds_of_auditors__is_taken_and_to_thousands_refused(scene):
    auditor = PrivateKey.generate()
    publish_key(scene.facts, KEY, [auditor.recipient] * 500, scene.store)
    assert published_key(scene.facts, auditor, scene.store).public == KEY.public
    with pytest.raises(KeyInvalid, match=r"^1,000 keys are named, too many for one file\.$"):
        publish_key(scene.facts, KEY, [auditor.recipient] * 1_000, scene.store)


def test_published_key__larger_than_any_that_is_handed_over__is_none(scene):
    name = f"keys/{KEY.public.hex()}.age"
    publish_key(scene.facts, KEY, [KEY.recipient], scene.store)
    assert scene.store.get_named(name) is not None
    scene.store.put_named(name, bytes(2**16 + 1))
    with pytest.raises(OpeningError, match=r"^The key of round 3 was not handed over: there is none in "):
        published_key(scene.facts, PrivateKey.generate(), scene.store)


def test_publish_key__of_another_round__is_refused(scene):
    with pytest.raises(OpeningError, match=r"^The key is not that of round 3: its public half is not on the chain\.$"):
        publish_key(scene.facts, PrivateKey.generate(), [KEY.recipient], scene.store)
