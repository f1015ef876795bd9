# SPDX-License-Identifier: MIT
"""An auditor's check of a round: nothing wrong is silent, and every kind of lie is named with its model."""

from dataclasses import replace

import numpy as np
import pytest

from nmr.protocol.score_words import BLANK
from nmr.sealing.documents import ListedSubmission
from nmr.sealing.keys import PrivateKey
from nmr.sealing.opening import OpeningError
from nmr.sealing.scores import build_evidence
from nmr.sealing.store import MISSING, UNREADABLE, Store, StoreError
from nmr.sealing.tables import Table, Targets, Universe
from nmr.sealing.verify import NotVerifiable, verify_round
from nmr.text.amounts import SCORE_PLACES, format_fixed
from tests.library.sealing.scene import KEY, STAKES, TARGETS, TOURNAMENT, UNIVERSE, Scene
from tests.support.guarded_store import URL, forbid, forbid_after, guard_nothing

META = "The meta model of the evidence is another one."


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path / "store")


@pytest.fixture
def proposed(scene):
    """The round with honest scores, and what they are."""
    scene.publish()
    return scene, scene.propose()


def verified(scene, **options):
    return verify_round(scene.facts, scene.store, KEY, **options)


def problems(verification):
    """Model -> what is wrong with it."""
    return {check.model: check.problems for check in verification.models if check.problems}


def lie(scene, scored, *, scores=None, weights=None):
    """Let the operator propose other scores or state other weights, with all files to match."""
    told = replace(scored.scored, scores=scores or scored.scored.scores, weights=weights or scored.scored.weights)
    scene.store.put(told.content)
    evidence = build_evidence(scene.facts, scored.listing, TARGETS, told)
    scene.state(told.scores, evidence)


def changed(scores, model, primary=0, contribution=0):
    old = scores[model]
    return scores | {model: (old[0] + primary, old[1] + contribution)}


# honest rounds


def test_verify__honest_round__agrees_on_every_model(proposed):
    scene, scored = proposed
    verification = verified(scene)
    assert verification.agrees
    assert (verification.findings, verification.notes, verification.root) == ((), (), scene.facts.root)
    assert [(check.model, check.stake) for check in verification.models] == [
        *((model, STAKES.get(model, 0)) for model in (0, 1, 2, 3, 5, 6))
    ]
    expected = scored.scored.scores | dict.fromkeys((5, 6), BLANK)
    assert {check.model: check.computed for check in verification.models} == expected
    stated = {check.model: check.stated for check in verification.models}
    assert stated == {model: expected[model] for model in range(4)} | {5: None, 6: None}


def test_verify__settled__compares_with_the_words_of_the_log(proposed):
    scene, scored = proposed
    words = scored.scored.scores | dict.fromkeys((4, 5, 6, 7), BLANK)
    scene.facts = replace(scene.facts, settled=words)
    assert verified(scene).agrees
    scene.facts = replace(scene.facts, settled=changed(words, 1, primary=1))
    assert list(problems(verified(scene))) == [1]


def test_verify__only_opened__checks_the_opening(scene):
    scene.publish()
    verification = verified(scene)
    assert verification.agrees
    assert verification.notes == ("No scores stand proposed, so only the opening was checked.",)
    assert all(check.computed is None for check in verification.models)


def test_verify__faulty_submissions__agree_when_they_are_listed_as_such(scene):
    scene.commit(1, b"broken")
    scene.remove(scene.facts.commitments[2])
    scene.publish()
    scene.propose()
    verification = verified(scene)
    assert verification.agrees and verification.notes == ()
    assert [check.computed == BLANK for check in verification.models] == [False, True, True, False, True, True]


def test_verify__late_file__is_noted_and_scores_nothing(scene):
    content = scene.sealed(0)
    scene.commit(0, content, deliver=False)
    scene.publish()
    scene.propose()
    scene.store.put(content)
    verification = verified(scene)
    assert verification.agrees
    assert verification.notes == (
        "Model 0: the opening list calls its submission not valid (The store does not have the file), and its file is "
        "in the store now, so it came late or was left out.",
    )
    assert (verification.models[0].reason, verification.models[0].computed) == (MISSING, BLANK)


def test_verify__with_targets_of_ones_own__agrees_or_names_the_others(proposed):
    scene, _ = proposed
    assert verified(scene, targets=TARGETS).agrees
    other = Targets.of(Table(UNIVERSE.ids, np.roll(TARGETS.series.to_numpy(), 1)), UNIVERSE)
    verification = verified(scene, targets=other)
    assert verification.problems[0] == f"The evidence has other targets than yours: 0x{TARGETS.digest.hex()}."
    assert not verification.agrees


# lies about scores


def test_verify__one_changed_score__is_named_with_both_figures(proposed):
    scene, scored = proposed
    lie(scene, scored, scores=changed(scored.scored.scores, 2, primary=1))
    verification = verified(scene)
    found = problems(verification)
    assert list(found) == [2]
    assert found[2][0].startswith("its primary score is ") and " on the chain, and has to be " in found[2][0]
    assert [problem.split(":")[0] for problem in verification.problems] == ["The root on the chain is wrong"]
    assert verification.root != scene.facts.root


def test_verify__contribution_changed__is_named(proposed):
    scene, scored = proposed
    lie(scene, scored, scores=changed(scored.scored.scores, 0, contribution=-5))
    assert problems(verified(scene))[0][0].startswith("its contribution score is ")


def test_verify__score_for_a_model_that_did_not_submit__is_named(proposed):
    scene, scored = proposed
    lie(scene, scored, scores=scored.scored.scores | {5: (10**6, 0)})
    assert problems(verified(scene)) == {5: ("its primary score is 0.01 on the chain, and has to be 0",)}


def test_verify__scores_file_that_does_not_give_the_root__is_named(proposed):
    scene, scored = proposed
    told = replace(scored.scored, scores=changed(scored.scored.scores, 1, primary=7))
    scene.store.put(told.content)
    evidence = build_evidence(scene.facts, scored.listing, TARGETS, told)
    scene.state(scored.scored.scores, evidence)
    verification = verified(scene)
    assert len(verification.problems) == 1
    assert verification.problems[0].startswith("The published scores file does not give the root on the chain: ")


def test_verify__wrong_weight__is_named(proposed):
    scene, scored = proposed
    lie(scene, scored, weights={**scored.scored.weights, 1: 4 * 10**9})
    assert problems(verified(scene)) == {1: ("its weight in the meta model is stated as 4 NMR, and it is 3 NMR",)}


def test_verify__weight_left_out__is_named(proposed):
    scene, scored = proposed
    lie(scene, scored, weights={0: STAKES[0], 1: STAKES[1]})
    assert problems(verified(scene)) == {2: ("its weight in the meta model is stated as 0 NMR, and it is 1 NMR",)}


def test_verify__another_meta_model__is_named(proposed):
    scene, scored = proposed
    scene.state(scored.scored.scores, replace(scored.evidence, meta_model=bytes(32)))
    assert verified(scene).problems == (META,)


@pytest.mark.parametrize(("stated", "said"), [(-7, "-0.00000007"), (None, "none")])
def test_verify__another_corr_of_the_meta_model__is_named(proposed, stated, said):
    scene, scored = proposed
    scene.state(scored.scored.scores, replace(scored.evidence, meta_model_corr=stated))
    right = format_fixed(scored.scored.meta_model_corr, SCORE_PLACES)
    assert verified(scene).problems == (f"The meta model's CORR is stated as {said}, and it is {right}.",)


# lies about the opening


def relisted(scene, entries):
    """Let the operator publish another list than the one that was found, and score by it."""
    listing = scene.publish()
    scene.announce(replace(listing, entries=tuple(entries(list(listing.entries)))))
    scene.propose()
    return verified(scene)


def test_verify__submission_left_out__is_named(scene):
    found = problems(relisted(scene, lambda entries: entries[:1] + entries[2:]))
    assert found[1][0] == "the opening list leaves it out, and it committed to a file before the lock"


def test_verify__valid_submission_called_invalid__is_named(scene):
    entries = [ListedSubmission(1, b"")]

    def call_invalid(listed):
        entries[0] = replace(listed[1], reason="All predictions are the same, 0.5.")
        return [listed[0], entries[0], *listed[2:]]

    found = problems(relisted(scene, call_invalid))
    assert found[1][0] == (
        "the opening list calls its submission not valid (All predictions are the same, 0.5), and it is valid"
    )


def test_verify__invalid_submission_called_valid__is_named(scene):
    scene.commit(2, scene.sealed(1))
    listing = scene.publish()
    first, second, third, fourth = listing.entries
    scene.announce(replace(listing, entries=(first, second, ListedSubmission(2, third.file), fourth)))
    found = problems(verified(scene))
    assert found == {
        2: ("the opening list calls its submission valid, and it is not valid (It was sealed for model 1, not 2)",)
    }


def test_verify__another_file_in_the_list__is_named(scene):
    other = scene.store.put(scene.sealed(3, Table(UNIVERSE.ids, np.linspace(0, 1, 20))))
    found = problems(relisted(scene, lambda entries: [*entries[:3], ListedSubmission(3, other)]))
    own = scene.facts.commitments[3]
    assert found[3][0] == (
        f"the opening list has another file of it, 0x{other.hex()}, and it committed to 0x{own.hex()}"
    )


def test_verify__model_that_never_committed__is_named(scene):
    file = scene.store.put(scene.sealed(5))
    listing = scene.publish()
    scene.announce(replace(listing, entries=(*listing.entries, ListedSubmission(5, file))))
    assert problems(verified(scene)) == {5: ("the opening list names it, and it committed to no file before the lock",)}


@pytest.mark.parametrize("swap", [True, False])
def test_verify__file_swapped_or_lost_since__is_named_and_the_rest_compared_as_far_as_it_goes(proposed, swap):
    scene, scored = proposed
    digest = scene.facts.commitments[1]
    if swap:
        scene.overwrite(digest, scene.sealed(1))
    else:
        scene.remove(digest)
    verification = verified(scene)
    now = "The store has another file in its place" if swap else "The store does not have the file"
    assert problems(verification) == {1: (f"the opening list calls its submission valid, and now: {now}",)}
    computed = {check.model: check.computed for check in verification.models}
    assert computed[1] is None
    assert computed[0] == (scored.scored.scores[0][0], None)
    assert verification.root is None
    assert verification.notes == (
        "Without all submissions there is no meta model, so contributions were not computed.",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"round": 2}, "The opening list is for round 2, not 3."),
        ({"chain_id": 1}, "The opening list is for chain 1, not 31337."),
        ({"tournament": "0x12"}, f"The opening list is for tournament 0x12, not {TOURNAMENT.lower()}."),
        ({"sealing_key": b"\1" * 32}, f"The opening list is for sealing key 0x{'01' * 32}, not 0x{KEY.public.hex()}."),
    ],
    ids=["round", "chain", "tournament", "key"],
)  # fmt: skip
def test_verify__list_of_something_else__is_named(scene, change, message):
    scene.announce(replace(scene.publish(), **change))
    assert verified(scene).problems == (message,)


def test_verify__evidence_of_another_round__is_named(proposed):
    scene, scored = proposed
    scene.state(scored.scored.scores, replace(scored.evidence, round=2))
    assert verified(scene).problems == ("The evidence is for round 2, not 3.",)


def test_verify__another_universe__makes_honest_submissions_differ(scene):
    other = Universe.of(["x", *UNIVERSE.ids])
    listing = scene.publish()
    scene.store.put(other.content)
    scene.announce(replace(listing, universe=other.digest))
    found = problems(verified(scene))
    assert set(found) == {0, 1, 2, 3}
    assert all("1 of the universe's 21 ids is missing, such as 'x'" in problem for [problem] in found.values())


# files that cannot be read


@pytest.fixture
def guarded():
    """A round in a store that may forbid reading."""
    guard_nothing()
    return Scene(URL)


def verified_anew(scene, **options):
    """What an auditor finds who comes now."""
    return verify_round(scene.facts, Store(URL), KEY, **options)


def test_verify__file_that_cannot_be_read_any_more__is_named_and_the_rest_compared(guarded):
    guarded.publish()
    guarded.propose()
    forbid({guarded.facts.commitments[1]})
    verification = verified_anew(guarded)
    now = UNREADABLE.removesuffix(".")
    assert problems(verification) == {1: (f"the opening list calls its submission valid, and now: {now}",)}
    assert verification.notes == (
        "Without all submissions there is no meta model, so contributions were not computed.",
    )


def test_verify__file_that_could_not_be_read_then__agrees_while_it_cannot_and_is_noted_when_it_can(guarded):
    forbid({guarded.facts.commitments[1]})
    guarded.publish()
    guarded.propose()
    verification = verified_anew(guarded)
    assert verification.agrees and verification.notes == ()
    forbid(set())
    verification = verified_anew(guarded)
    assert verification.agrees
    assert verification.notes == (
        "Model 1: the opening list calls its submission not valid (The store does not let the file be read), and its "
        "file is in the store now, so it came late or was left out.",
    )


def test_verify__no_submission_can_be_read_and_the_list_can__names_each(guarded):
    guarded.publish()
    forbid(set(guarded.facts.commitments.values()))
    assert set(problems(verified_anew(guarded))) == {0, 1, 2, 3}


@pytest.mark.parametrize("what", ["universe", "evidence", "targets", "scores file"])
def test_verify__published_file_that_cannot_be_read_while_others_can__is_named(guarded, what):
    guarded.publish()
    scored = guarded.propose()
    hashes = {"universe": scored.evidence.universe, "evidence": scored.evidence.digest}
    hashes |= {"targets": scored.evidence.targets, "scores file": scored.evidence.scores}
    forbid({hashes[what]})
    verification = verified_anew(guarded)
    assert not verification.agrees
    assert verification.problems[0].startswith(f"The {what} ") and UNREADABLE in verification.problems[0]


@pytest.mark.parametrize("reads", range(7))
def test_verify__nothing_can_be_read_from_some_moment_on__is_no_finding_but_refused(guarded, reads):
    guarded.publish()
    guarded.propose()
    forbid_after(reads)
    with pytest.raises(StoreError, match=r"\(Access Denied\), and no other file was read before and after it"):
        verified_anew(guarded)


# what cannot be had


@pytest.mark.parametrize("what", ["opening list", "universe", "evidence", "targets", "scores file"])
def test_verify__published_file_lost__is_named(proposed, what):
    scene, scored = proposed
    evidence = scored.evidence
    scene.remove(
        {
            "opening list": evidence.opening,
            "universe": evidence.universe,
            "evidence": evidence.digest,
            "targets": evidence.targets,
            "scores file": evidence.scores,
        }[what]
    )
    verification = verified(scene)
    assert not verification.agrees
    assert verification.problems[0].startswith(f"The {what} ")
    assert MISSING in verification.problems[0]


def test_verify__nothing_published__is_refused(scene):
    with pytest.raises(NotVerifiable, match=r"^Round 3 has no opening list on the chain yet\.$"):
        verified(scene)


def test_verify__another_key__is_refused(proposed):
    scene, _ = proposed
    with pytest.raises(OpeningError, match=r"^The key is not that of round 3: "):
        verify_round(scene.facts, scene.store, PrivateKey.generate())
