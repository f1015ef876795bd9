# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from tests.support.example_suite import GUARDIAN, OPERATOR, RIVAL, STAKER, STRANGER, ExampleSuite


@pytest.fixture
def suite() -> ExampleSuite:
    return ExampleSuite(models=1)


def test_register__first_models__ids_in_order_and_the_owner_submits(suite: ExampleSuite) -> None:
    assert suite.call("register", "alpha", ZERO_ADDRESS, sender=RIVAL) == 1
    assert suite.call("register", "beta", STRANGER, sender=RIVAL) == 2
    tournament = suite.tournament
    assert tournament.model_count == 3
    assert [tournament.owner_of(model) for model in (1, 2)] == [RIVAL, RIVAL]
    assert [tournament.submitter_of(model) for model in (1, 2)] == [RIVAL, STRANGER]
    assert suite.last("ModelRegistered") == {"model": 2, "owner": RIVAL, "submitter": STRANGER, "label": "beta"}


def test_views__unknown_model__empty(suite: ExampleSuite) -> None:
    tournament = suite.tournament
    assert tournament.owner_of(1) == tournament.submitter_of(1) == tournament.offered_to(1) == ZERO_ADDRESS
    assert tournament.policy_of(1) == (0, False)
    assert tournament.idle_of(1) == tournament.position(1, 1) == 0
    assert tournament.stakes_of(400, suite.now) == []


def test_register__paused__refused(suite: ExampleSuite) -> None:
    suite.call("pause", sender=GUARDIAN)
    with suite.refuses("pausable: contract is paused"):
        suite.call("register", "alpha", ZERO_ADDRESS)


def test_register__label_beyond_32_bytes__refused(suite: ExampleSuite) -> None:
    suite.call("register", 16 * "é", ZERO_ADDRESS)
    with suite.refuses(""):
        suite.call("register", 16 * "é" + "e", ZERO_ADDRESS)


def test_register__no_ids_left__refused(suite: ExampleSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmr.protocol.reference.tournament.MAX_MODELS", 2)
    suite.call("register", "last", ZERO_ADDRESS)
    with suite.refuses("models: no id is left"):
        suite.call("register", "too many", ZERO_ADDRESS)


def test_set_submitter__owner__named_and_back_to_the_owner(suite: ExampleSuite) -> None:
    suite.call("set_submitter", 0, STRANGER)
    assert suite.tournament.submitter_of(0) == STRANGER
    assert suite.last("SubmitterSet") == {"model": 0, "submitter": STRANGER}
    suite.call("set_submitter", 0, ZERO_ADDRESS)
    assert suite.tournament.submitter_of(0) == STAKER
    assert suite.last("SubmitterSet") == {"model": 0, "submitter": STAKER}


def test_set_submitter__anyone_else__refused(suite: ExampleSuite) -> None:
    suite.call("set_submitter", 0, STRANGER)
    for sender in (STRANGER, RIVAL, OPERATOR, ZERO_ADDRESS):
        with suite.refuses("models: not the owner"):
            suite.call("set_submitter", 0, RIVAL, sender=sender)
    with suite.refuses("models: not the owner"):
        suite.call("set_submitter", 1, RIVAL)


def test_offer_model__owner__changes_nothing_until_accepted(suite: ExampleSuite) -> None:
    suite.call("set_submitter", 0, STRANGER)
    suite.call("offer_model", 0, RIVAL)
    tournament = suite.tournament
    assert (tournament.owner_of(0), tournament.submitter_of(0), tournament.offered_to(0)) == (STAKER, STRANGER, RIVAL)
    assert suite.last("OwnershipOffered") == {"model": 0, "owner": STAKER, "to": RIVAL}
    suite.call("accept_model", 0, sender=RIVAL)
    assert (tournament.owner_of(0), tournament.submitter_of(0)) == (RIVAL, RIVAL)
    assert tournament.offered_to(0) == ZERO_ADDRESS
    assert suite.last("OwnershipMoved") == {"model": 0, "previous": STAKER, "owner": RIVAL}


def test_offer_model__anyone_else__refused(suite: ExampleSuite) -> None:
    with suite.refuses("models: not the owner"):
        suite.call("offer_model", 0, RIVAL, sender=RIVAL)
    with suite.refuses("models: not the owner"):
        suite.call("offer_model", 1, RIVAL)


def test_accept_model__not_offered_or_taken_back__refused(suite: ExampleSuite) -> None:
    with suite.refuses("models: not offered to you"):
        suite.call("accept_model", 0, sender=RIVAL)
    suite.call("offer_model", 0, RIVAL)
    with suite.refuses("models: not offered to you"):
        suite.call("accept_model", 0, sender=STRANGER)
    suite.call("offer_model", 0, ZERO_ADDRESS)
    with suite.refuses("models: not offered to you"):
        suite.call("accept_model", 0, sender=RIVAL)
    with suite.refuses("models: not offered to you"):
        suite.call("accept_model", 1, sender=STAKER)


def test_accept_model__twice__refused(suite: ExampleSuite) -> None:
    suite.call("offer_model", 0, RIVAL)
    suite.call("accept_model", 0, sender=RIVAL)
    with suite.refuses("models: not offered to you"):
        suite.call("accept_model", 0, sender=RIVAL)


def test_ownership__paused__moves_all_the_same(suite: ExampleSuite) -> None:
    suite.call("pause", sender=GUARDIAN)
    suite.call("set_submitter", 0, STRANGER)
    suite.call("offer_model", 0, RIVAL)
    suite.call("accept_model", 0, sender=RIVAL)
    assert suite.tournament.owner_of(0) == RIVAL
