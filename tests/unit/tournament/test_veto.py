# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference.rounds import State
from nmr.text.amounts import NMR
from tests.support.refusals import reverts

ROOT, OTHER_ROOT = b"\x0c" * 32, b"\x0d" * 32
EVIDENCE = b"\x0e" * 32
OPENED_LIST = b"\x22" * 32
ANOTHER = "rounds: another root stands"
NOT_PROPOSED = "rounds: no root in its window"


@pytest.fixture
def proposed(tournament, team, walk, staker, operator):
    """A round with a stake, and `ROOT` in its window."""
    round_id = walk.opened()
    tournament.stake(0, 2 * NMR, sender=staker)
    walk.listed(round_id)
    walk.until(tournament.round_info(round_id).terms.resolves_at)
    tournament.propose(round_id, ROOT, 3, EVIDENCE, sender=operator)
    return round_id


def test_veto__in_the_window__drops_the_root_and_nothing_else(tournament, walk, proposed, guardian):
    before = walk.info(proposed)
    receipt = tournament.veto(proposed, ROOT, sender=guardian)
    assert receipt.events == [tournament.Vetoed(round=proposed, root=ROOT, account=guardian)]
    assert walk.info(proposed) == before.without_root()
    assert before.opened_list == OPENED_LIST
    assert walk.state(proposed) == State.OPENED


def test_veto__by_the_operator__drops_its_own_root(tournament, walk, proposed, operator):
    receipt = tournament.veto(proposed, ROOT, sender=operator)
    assert receipt.events == [tournament.Vetoed(round=proposed, root=ROOT, account=operator)]
    assert walk.state(proposed) == State.OPENED


def test_veto__operator_replaced__is_the_new_ones(tournament, proposed, as_owner, operator, receiver):
    as_owner(tournament, "set_operator", receiver)
    with reverts("roles: not the guardian"):
        tournament.veto(proposed, ROOT, sender=operator)
    tournament.veto(proposed, ROOT, sender=receiver)
    assert tournament.round_info(proposed).root == bytes(32)


def test_veto__root_that_was_replaced__reverts(tournament, proposed, operator, guardian):
    tournament.veto(proposed, ROOT, sender=guardian)
    tournament.propose(proposed, OTHER_ROOT, 3, EVIDENCE, sender=operator)
    with reverts(ANOTHER):
        tournament.veto(proposed, ROOT, sender=guardian)
    assert tournament.round_info(proposed).root == OTHER_ROOT


def test_veto__twice__reverts(tournament, proposed, guardian):
    tournament.veto(proposed, ROOT, sender=guardian)
    for root in (ROOT, bytes(32)):
        with reverts(NOT_PROPOSED):
            tournament.veto(proposed, root, sender=guardian)


def test_veto__window__ends_to_the_second(tournament, walk, proposed, guardian, undone):
    final_at = tournament.round_info(proposed).final_at
    with undone():
        walk.until(final_at - 1)
        assert tournament.veto(proposed, ROOT, sender=guardian).timestamp == final_at - 1
        assert walk.state(proposed) == State.OPENED
    walk.until(final_at)
    with reverts(NOT_PROPOSED):
        tournament.veto(proposed, ROOT, sender=guardian)
    assert walk.state(proposed) == State.FINAL


def test_veto__paused__still_works(tournament, walk, proposed, guardian):
    tournament.pause(sender=guardian)
    tournament.veto(proposed, ROOT, sender=guardian)
    assert walk.state(proposed) == State.OPENED


@pytest.mark.parametrize(
    ("sender", "root", "reason"),
    [
        *[(sender, ROOT, "roles: not the guardian") for sender in ("deployer", "proposer", "staker", "stranger")],
        ("guardian", OTHER_ROOT, ANOTHER),
        ("guardian", bytes(32), ANOTHER),
    ],
)
def test_veto__wrong__reverts(tournament, proposed, who, sender, root, reason):
    with reverts(reason):
        tournament.veto(proposed, root, sender=who[sender])
    assert tournament.round_info(proposed).root == ROOT
