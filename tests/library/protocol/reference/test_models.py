# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from tests.library.protocol.reference.scene import GUARDIAN, OPERATOR, RIVAL, STAKER, STRANGER, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene(models=1)


def test_register__first_models__ids_in_order_and_the_owner_submits(scene: Scene) -> None:
    assert scene.call("register", "alpha", ZERO_ADDRESS, sender=RIVAL) == 1
    assert scene.call("register", "beta", STRANGER, sender=RIVAL) == 2
    tournament = scene.tournament
    assert tournament.model_count == 3
    assert [tournament.owner_of(model) for model in (1, 2)] == [RIVAL, RIVAL]
    assert [tournament.submitter_of(model) for model in (1, 2)] == [RIVAL, STRANGER]
    assert scene.last("ModelRegistered") == {"model": 2, "owner": RIVAL, "submitter": STRANGER, "label": "beta"}


def test_views__unknown_model__empty(scene: Scene) -> None:
    tournament = scene.tournament
    assert tournament.owner_of(1) == tournament.submitter_of(1) == tournament.offered_to(1) == ZERO_ADDRESS
    assert tournament.policy_of(1) == (0, False)
    assert tournament.idle_of(1) == tournament.position(1, 1) == 0
    assert tournament.stakes_of(400, scene.now) == []


def test_register__paused__refused(scene: Scene) -> None:
    scene.call("pause", sender=GUARDIAN)
    with scene.refuses("pausable: contract is paused"):
        scene.call("register", "alpha", ZERO_ADDRESS)


def test_register__label_beyond_32_bytes__refused(scene: Scene) -> None:
    scene.call("register", 16 * "é", ZERO_ADDRESS)
    with scene.refuses(""):
        scene.call("register", 16 * "é" + "e", ZERO_ADDRESS)


def test_register__no_ids_left__refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmr.protocol.reference.tournament.MAX_MODELS", 2)
    scene.call("register", "last", ZERO_ADDRESS)
    with scene.refuses("models: no id is left"):
        scene.call("register", "too many", ZERO_ADDRESS)


def test_set_submitter__owner__named_and_back_to_the_owner(scene: Scene) -> None:
    scene.call("set_submitter", 0, STRANGER)
    assert scene.tournament.submitter_of(0) == STRANGER
    assert scene.last("SubmitterSet") == {"model": 0, "submitter": STRANGER}
    scene.call("set_submitter", 0, ZERO_ADDRESS)
    assert scene.tournament.submitter_of(0) == STAKER
    assert scene.last("SubmitterSet") == {"model": 0, "submitter": STAKER}


def test_set_submitter__anyone_else__refused(scene: Scene) -> None:
    scene.call("set_submitter", 0, STRANGER)
    for sender in (STRANGER, RIVAL, OPERATOR, ZERO_ADDRESS):
        with scene.refuses("models: not the owner"):
            scene.call("set_submitter", 0, RIVAL, sender=sender)
    with scene.refuses("models: not the owner"):
        scene.call("set_submitter", 1, RIVAL)


def test_offer_model__owner__changes_nothing_until_accepted(scene: Scene) -> None:
    scene.call("set_submitter", 0, STRANGER)
    scene.call("offer_model", 0, RIVAL)
    tournament = scene.tournament
    assert (tournament.owner_of(0), tournament.submitter_of(0), tournament.offered_to(0)) == (STAKER, STRANGER, RIVAL)
    assert scene.last("OwnershipOffered") == {"model": 0, "owner": STAKER, "to": RIVAL}
    scene.call("accept_model", 0, sender=RIVAL)
    assert (tournament.owner_of(0), tournament.submitter_of(0)) == (RIVAL, RIVAL)
    assert tournament.offered_to(0) == ZERO_ADDRESS
    assert scene.last("OwnershipMoved") == {"model": 0, "previous": STAKER, "owner": RIVAL}


def test_offer_model__anyone_else__refused(scene: Scene) -> None:
    with scene.refuses("models: not the owner"):
        scene.call("offer_model", 0, RIVAL, sender=RIVAL)
    with scene.refuses("models: not the owner"):
        scene.call("offer_model", 1, RIVAL)


def test_accept_model__not_offered_or_taken_back__refused(scene: Scene) -> None:
    with scene.refuses("models: not offered to you"):
        scene.call("accept_model", 0, sender=RIVAL)
    scene.call("offer_model", 0, RIVAL)
    with scene.refuses("models: not offered to you"):
        scene.call("accept_model", 0, sender=STRANGER)
    scene.call("offer_model", 0, ZERO_ADDRESS)
    with scene.refuses("models: not offered to you"):
        scene.call("accept_model", 0, sender=RIVAL)
    with scene.refuses("models: not offered to you"):
        scene.call("accept_model", 1, sender=STAKER)


def test_accept_model__twice__refused(scene: Scene) -> None:
    scene.call("offer_model", 0, RIVAL)
    scene.call("accept_model", 0, sender=RIVAL)
    with scene.refuses("models: not offered to you"):
        scene.call("accept_model", 0, sender=RIVAL)


def test_ownership__paused__moves_all_the_same(scene: Scene) -> None:
    scene.call("pause", sender=GUARDIAN)
    scene.call("set_submitter", 0, STRANGER)
    scene.call("offer_model", 0, RIVAL)
    scene.call("accept_model", 0, sender=RIVAL)
    assert scene.tournament.owner_of(0) == RIVAL
