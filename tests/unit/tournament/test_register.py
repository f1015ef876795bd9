# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts


def test_register__first_model__belongs_to_the_caller(tournament, staker, submitter):
    assert tournament.register.call("first", submitter, sender=staker) == 0
    receipt = tournament.register("first", submitter, sender=staker)
    assert receipt.events == [tournament.ModelRegistered(model=0, owner=staker, submitter=submitter, label="first")]
    assert tournament.model_count() == 1
    assert tournament.owner_of(0) == staker
    assert tournament.submitter_of(0) == submitter
    assert tournament.offered_to(0) == ZERO_ADDRESS


def test_register__first_model__starts_with_nothing(tournament, lens, staker, submitter):
    tournament.register("first", submitter, sender=staker)
    assert lens.idle_of(tournament, 0) == 0
    assert lens.policy_of(tournament, 0) == (0, False)
    assert lens.stakes_of(tournament, 0) == []


def test_register__without_submitter__owner_submits(tournament, staker):
    receipt = tournament.register("alone", ZERO_ADDRESS, sender=staker)
    assert receipt.events == [tournament.ModelRegistered(model=0, owner=staker, submitter=staker, label="alone")]
    assert tournament.submitter_of(0) == staker


def test_register__same_label_again__is_another_model(tournament, staker, stranger, submitter):
    for model, caller in enumerate([staker, staker, stranger]):
        assert tournament.register.call("same", submitter, sender=caller) == model
        receipt = tournament.register("same", submitter, sender=caller)
        assert receipt.events == [
            tournament.ModelRegistered(model=model, owner=caller, submitter=submitter, label="same")
        ]
    assert tournament.model_count() == 3
    assert [tournament.owner_of(model) for model in range(3)] == [staker, staker, stranger]


@pytest.mark.parametrize("label", ["", "x" * 32])
def test_register__shortest_and_longest_label__is_logged(tournament, staker, submitter, label):
    receipt = tournament.register(label, submitter, sender=staker)
    assert receipt.events == [tournament.ModelRegistered(model=0, owner=staker, submitter=submitter, label=label)]


def test_register__label_too_long__reverts(tournament, staker, submitter):
    with reverts(""):
        tournament.register("x" * 33, submitter, sender=staker)
    assert tournament.model_count() == 0


def test_register__from_a_contract__belongs_to_it(tournament, as_owner, timelock):
    receipt = as_owner(tournament, "register", "contract", ZERO_ADDRESS)
    assert receipt.events[0] == tournament.ModelRegistered(
        model=0, owner=timelock, submitter=timelock, label="contract"
    )
    assert tournament.owner_of(0) == timelock


def test_register__round_open_or_locked__gives_the_next_id(tournament, walk, stranger):
    round_id = walk.opened()
    tournament.register("open", ZERO_ADDRESS, sender=stranger)
    walk.locked(round_id)
    tournament.register("locked", ZERO_ADDRESS, sender=stranger)
    assert tournament.model_count() == 2
    assert tournament.owner_of(1) == stranger


def test_register__paused__reverts(tournament, guardian, staker, submitter):
    tournament.pause(sender=guardian)
    with reverts("roles: paused"):
        tournament.register("first", submitter, sender=staker)
    assert tournament.model_count() == 0


def test_register__pause_over__goes_on(tournament, guardian, as_owner, staker, submitter):
    tournament.pause(sender=guardian)
    as_owner(tournament, "unpause")
    tournament.register("first", submitter, sender=staker)
    assert tournament.owner_of(0) == staker
