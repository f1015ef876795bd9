# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference import ALL_IDLE
from nmr.protocol.reference.rounds import State
from nmr.text.amounts import NMR, parse_nmr
from tests.support.refusals import reverts

HOUR = 3_600
PENDING = {State.OPEN, State.ENDED, State.LOCKED, State.OPENED, State.PROPOSED}
TOO_LATE = "rounds: too late to void"


def test_void__state_by_state__only_before_a_root_is_final(tournament, states, walk, guardian, undone):
    voided = set()
    for state, round_id in states():
        if state in PENDING:
            with undone():
                receipt = tournament.void(round_id, sender=guardian)
                assert receipt.events == [tournament.Voided(round=round_id)]
                assert walk.state(round_id) == State.VOID
                voided.add(state)
        else:
            with reverts(TOO_LATE):
                tournament.void(round_id, sender=guardian)
    assert voided == PENDING


def test_void__root_in_its_window__drops_it_and_keeps_the_rest(tournament, treasury, team, walk, staker, guardian):
    round_id = walk.opened()
    tournament.stake(0, 6 * NMR, sender=staker)
    walk.proposed(round_id, {0: (1_000_000, 0)})
    before = walk.info(round_id)
    assert before.chunks == 1
    tournament.void(round_id, sender=guardian)
    assert walk.info(round_id) == before.without_root()._replace(void=True)
    # The reservation waits for the stakes to go home.
    assert tuple(treasury.reservation(tournament, round_id)) == (parse_nmr("0.3"), 0, 0)
    assert tournament.staked(round_id) == 6 * NMR


@pytest.mark.parametrize("ended", [False, True])
def test_void__nothing_at_stake__closes_the_round(tournament, walk, guardian, ended):
    round_id = walk.opened()
    if ended:
        walk.at(tournament.round_info(round_id).terms.locks_at)
    receipt = tournament.void(round_id, sender=guardian)
    assert receipt.events == [tournament.Voided(round=round_id), tournament.RoundClosed(round=round_id, released=0)]
    assert walk.state(round_id) == State.CLOSED
    with reverts(TOO_LATE):
        tournament.void(round_id, sender=guardian)


def test_void__all_left_before__closes_the_round(tournament, team, walk, staker, guardian):
    round_id = walk.opened()
    tournament.stake(0, 6 * NMR, sender=staker)
    tournament.leave(0, round_id, ALL_IDLE, sender=staker)
    receipt = tournament.void(round_id, sender=guardian)
    assert receipt.events == [tournament.Voided(round=round_id), tournament.RoundClosed(round=round_id, released=0)]


@pytest.mark.parametrize("actor", ["deployer", "operator", "proposer", "staker", "stranger"], indirect=True)
def test_void__not_the_guardian__reverts(tournament, walk, actor):
    round_id = walk.opened()
    with reverts("roles: not the guardian"):
        tournament.void(round_id, sender=actor)


def test_void__by_the_owner__reverts(tournament, walk, as_owner):
    round_id = walk.opened()
    with reverts("roles: not the guardian"):
        as_owner(tournament, "void", round_id)


def test_void__window_of_a_root__ends_to_the_second(tournament, team, walk, staker, guardian, undone):
    round_id = walk.opened()
    tournament.stake(0, 6 * NMR, sender=staker)
    walk.proposed(round_id, {0: (1_000_000, 0)})
    final_at = tournament.round_info(round_id).final_at
    with undone():
        walk.until(final_at - 1)
        tournament.void(round_id, sender=guardian)
        assert walk.state(round_id) == State.VOID
    walk.until(final_at)
    with reverts(TOO_LATE):
        tournament.void(round_id, sender=guardian)
    assert walk.state(round_id) == State.FINAL


def test_void__never_locked__is_possible_until_it_expires(tournament, team, walk, staker, guardian, undone):
    round_id = walk.opened()
    tournament.stake(0, 6 * NMR, sender=staker)
    expires_at = tournament.round_info(round_id).terms.locks_at + 24 * HOUR
    with undone():
        walk.until(expires_at - 1)
        tournament.void(round_id, sender=guardian)
        assert walk.state(round_id) == State.VOID
    walk.until(expires_at)
    with reverts(TOO_LATE):
        tournament.void(round_id, sender=guardian)
    assert walk.state(round_id) == State.EXPIRED


def test_void__open_round__takes_no_more_stakes(tournament, team, walk, staker, guardian):
    round_id = walk.opened()
    tournament.void(round_id, sender=guardian)
    with reverts("rounds: no round is open"):
        tournament.stake(0, NMR, sender=staker)


def test_void__paused__still_works(tournament, walk, guardian):
    round_id = walk.opened()
    tournament.pause(sender=guardian)
    tournament.void(round_id, sender=guardian)
    assert tournament.round_info(round_id).void
