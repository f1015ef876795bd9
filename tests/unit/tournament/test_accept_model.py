# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference import ALL_IDLE
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.support.refusals import reverts
from tests.support.suite import FIRST_ROUND


def test_accept_model__offered__moves_and_resets_the_submitter(tournament, team, staker, submitter, receiver):
    tournament.offer_model(0, receiver, sender=staker)
    receipt = tournament.accept_model(0, sender=receiver)
    assert receipt.events == [tournament.OwnershipMoved(model=0, previous=staker, owner=receiver)]
    assert tournament.owner_of(0) == receiver
    assert tournament.submitter_of(0) == receiver
    assert tournament.offered_to(0) == ZERO_ADDRESS
    assert tournament.owner_of(1) == staker
    assert tournament.submitter_of(1) == submitter


def test_accept_model__with_all_its_stake__new_owner_has_it(tournament, lens, numeraire, team, walk, staker, receiver):
    round_id = walk.opened()
    tournament.stake(0, 5 * NMR, sender=staker)
    tournament.offer_model(0, receiver, sender=staker)
    tournament.accept_model(0, sender=receiver)
    assert lens.idle_of(tournament, 0) == 100 * NMR
    assert lens.position(tournament, round_id, 0) == 5 * NMR
    assert lens.policy_of(tournament, 0) == (10 * NMR, False)
    for method, *arguments in (
        ("withdraw", 0, NMR, staker),
        ("leave", 0, FIRST_ROUND, ALL_IDLE),
        ("stake", 0, NMR),
        ("set_policy", 0, 0, False),
        ("move_idle", 0, 1, NMR),
        ("move_idle", 1, 0, NMR),
        ("set_submitter", 0, staker),
        ("offer_model", 0, staker),
    ):
        with reverts("models: not the owner"):
            getattr(tournament, method)(*arguments, sender=staker)
    tournament.leave(0, FIRST_ROUND, ALL_IDLE, sender=receiver)
    tournament.withdraw(0, 105 * NMR, receiver, sender=receiver)
    assert numeraire.balanceOf(receiver) == 105 * NMR


def test_accept_model__submitter_of_before__submits_no_more(tournament, team, walk, staker, submitter, receiver):
    walk.opened()
    tournament.offer_model(0, receiver, sender=staker)
    tournament.accept_model(0, sender=receiver)
    for former in (staker, submitter):
        with reverts("submissions: not the submitter"):
            tournament.submit([0], [b"\x44" * 32], sender=former)


def test_accept_model__own_offer__resets_the_submitter_only(tournament, team, staker):
    tournament.offer_model(0, staker, sender=staker)
    receipt = tournament.accept_model(0, sender=staker)
    assert receipt.events == [tournament.OwnershipMoved(model=0, previous=staker, owner=staker)]
    assert tournament.owner_of(0) == staker
    assert tournament.submitter_of(0) == staker


def test_accept_model__offered_in_a_round_and_paused__still_works(tournament, team, walk, guardian, staker, receiver):
    walk.locked(walk.opened())
    tournament.pause(sender=guardian)
    tournament.offer_model(0, receiver, sender=staker)
    tournament.accept_model(0, sender=receiver)
    assert tournament.owner_of(0) == receiver


def test_accept_model__by_a_contract__belongs_to_it(tournament, team, as_owner, timelock, staker):
    tournament.offer_model(0, timelock, sender=staker)
    receipt = as_owner(tournament, "accept_model", 0)
    assert receipt.events[0] == tournament.OwnershipMoved(model=0, previous=staker, owner=timelock)
    assert tournament.owner_of(0) == timelock


def test_accept_model__twice__reverts(tournament, team, staker, receiver):
    tournament.offer_model(0, receiver, sender=staker)
    tournament.accept_model(0, sender=receiver)
    with reverts("models: not offered to you"):
        tournament.accept_model(0, sender=receiver)


def test_accept_model__sold_on_and_never_offered_back__reverts(tournament, team, staker, receiver, stranger):
    tournament.offer_model(0, receiver, sender=staker)
    tournament.accept_model(0, sender=receiver)
    tournament.offer_model(0, stranger, sender=receiver)
    tournament.accept_model(0, sender=stranger)
    for former in (staker, receiver):
        with reverts("models: not offered to you"):
            tournament.accept_model(0, sender=former)
    assert tournament.owner_of(0) == stranger


@pytest.mark.parametrize(
    ("sender", "model"),
    [
        *[(sender, 0) for sender in ("staker", "submitter", "operator", "guardian", "stranger")],
        ("receiver", 1),
        ("receiver", 5),
    ],
)
def test_accept_model__not_offered_to_the_caller__reverts(tournament, team, staker, receiver, who, sender, model):
    tournament.offer_model(0, receiver, sender=staker)
    with reverts("models: not offered to you"):
        tournament.accept_model(model, sender=who[sender])
    assert tournament.owner_of(0) == staker
