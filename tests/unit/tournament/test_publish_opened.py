# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference.rounds import State
from nmr.text.amounts import NMR
from tests.support.refusals import reverts

HOUR = 3_600
OPENED_LIST = b"\x0a" * 32
OTHER_LIST = b"\x0b" * 32
NOT_DUE = "rounds: no opened list is due"


@pytest.fixture
def locked(tournament, team, walk, staker):
    """A locked round with a stake, and when it locked."""
    round_id = walk.opened()
    tournament.stake(0, 2 * NMR, sender=staker)
    walk.locked(round_id)
    return round_id


def test_publish_opened__on_a_locked_round__commits_to_the_list(tournament, walk, locked, operator):
    receipt = tournament.publish_opened(locked, OPENED_LIST, sender=operator)
    assert receipt.events == [tournament.SubmissionsOpened(round=locked, opened_list=OPENED_LIST)]
    assert tournament.round_info(locked).opened_list == OPENED_LIST
    assert walk.state(locked) == State.OPENED


def test_publish_opened__twice__reverts(tournament, locked, operator):
    tournament.publish_opened(locked, OPENED_LIST, sender=operator)
    for opened_list in (OPENED_LIST, OTHER_LIST):
        with reverts(NOT_DUE):
            tournament.publish_opened(locked, opened_list, sender=operator)
    assert tournament.round_info(locked).opened_list == OPENED_LIST


def test_publish_opened__opening_period__ends_to_the_second(tournament, walk, locked, operator, undone):
    ends_at = tournament.round_info(locked).terms.locks_at + 24 * HOUR
    with undone():
        walk.until(ends_at - 1)
        assert tournament.publish_opened(locked, OPENED_LIST, sender=operator).timestamp == ends_at - 1
        assert walk.state(locked) == State.OPENED
    walk.until(ends_at)
    with reverts(NOT_DUE):
        tournament.publish_opened(locked, OPENED_LIST, sender=operator)
    assert walk.state(locked) == State.EXPIRED


def test_publish_opened__paused__still_works(tournament, walk, locked, operator, guardian):
    tournament.pause(sender=guardian)
    tournament.publish_opened(locked, OPENED_LIST, sender=operator)
    assert walk.state(locked) == State.OPENED


@pytest.mark.parametrize(
    ("sender", "opened_list", "reason"),
    [
        *[
            (sender, OPENED_LIST, "roles: not the operator")
            for sender in ("deployer", "guardian", "proposer", "staker", "stranger")
        ],
        ("operator", bytes(32), "rounds: hash is empty"),
    ],
)
def test_publish_opened__wrong__reverts(tournament, walk, locked, who, sender, opened_list, reason):
    with reverts(reason):
        tournament.publish_opened(locked, opened_list, sender=who[sender])
    assert walk.state(locked) == State.LOCKED
