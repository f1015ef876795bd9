# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.lanes import pack
from nmr.protocol.score_words import MAX_GROUP
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.support.suite import RING

MIN_STAKE = NMR // 100
LARGEST = (2**59 - 1) * GWEI


def positions(tournament, lens, round_id, team) -> list[int]:
    """What each model of the team has at stake in the round."""
    return [lens.position(tournament, round_id, model) for model in team]


def idle(tournament, lens, team) -> list[int]:
    """What is idle in each model of the team."""
    return [lens.idle_of(tournament, model) for model in team]


@pytest.mark.parametrize("actor", ["staker", "stranger"], indirect=True)
def test_enter__by_anyone__raises_positions_to_their_targets(tournament, lens, numeraire, team, walk, actor):
    round_id = walk.opened()
    receipt = tournament.enter([0, 1], sender=actor)
    assert receipt.events == [tournament.Entered(round=round_id, groups=[0, 1], amount=50 * NMR)]
    assert positions(tournament, lens, round_id, team) == 5 * [10 * NMR]
    assert idle(tournament, lens, team) == 5 * [90 * NMR]
    assert tournament.staked(round_id) == 50 * NMR
    assert tournament.idle_total() == 450 * NMR
    assert numeraire.balanceOf(tournament) == 500 * NMR


def test_enter__one_group__leaves_the_other(tournament, team, walk, stranger):
    round_id = walk.opened()
    tournament.enter([1], sender=stranger)
    assert tournament.words(round_id % RING, 0, 2) == [0, pack([10 * NMR // GWEI, 0, 0, 0], round_id)]


def test_enter__four_different_lanes__each_goes_its_own_way(tournament, lens, many, team, walk, staker, stranger):
    round_id = walk.opened()
    many(
        staker,
        ("stake", 0, 4 * NMR),  # is topped up
        ("stake", 1, 25 * NMR),  # is above its target
        ("set_policy", 2, 150 * NMR, True),  # has less idle than it wants
        ("set_policy", 3, 0, False),  # wants nothing
    )
    receipt = tournament.enter([0], sender=stranger)
    assert receipt.events == [tournament.Entered(round=round_id, groups=[0], amount=106 * NMR)]
    assert positions(tournament, lens, round_id, team) == [10 * NMR, 25 * NMR, 100 * NMR, 0, 0]
    assert idle(tournament, lens, team) == [94 * NMR, 100 * NMR, 0, 100 * NMR, 100 * NMR]
    assert tournament.staked(round_id) == 135 * NMR
    assert tournament.idle_total() == 394 * NMR


def test_enter__would_end_below_min_stake__leaves_the_lane(tournament, lens, many, team, walk, staker, stranger):
    round_id = walk.opened()
    many(
        staker,
        ("set_policy", 0, MIN_STAKE - GWEI, False),
        ("set_policy", 1, MIN_STAKE, False),
        ("withdraw", 2, 100 * NMR - MIN_STAKE + GWEI, staker),
        ("withdraw", 3, 100 * NMR - MIN_STAKE, staker),
    )
    receipt = tournament.enter([0], sender=stranger)
    assert receipt.events == [tournament.Entered(round=round_id, groups=[0], amount=2 * MIN_STAKE)]
    assert positions(tournament, lens, round_id, team) == [0, MIN_STAKE, 0, MIN_STAKE, 0]
    assert idle(tournament, lens, team)[:4] == [100 * NMR, 100 * NMR - MIN_STAKE, MIN_STAKE - GWEI, 0]


def test_enter__little_idle_on_top_of_a_position__is_added(tournament, lens, many, team, walk, staker, stranger):
    round_id = walk.opened()
    many(staker, ("stake", 0, MIN_STAKE), ("withdraw", 0, 100 * NMR - GWEI, staker))
    tournament.enter([0], sender=stranger)
    assert lens.position(tournament, round_id, 0) == MIN_STAKE + GWEI
    assert lens.idle_of(tournament, 0) == 0


def test_enter__twice__moves_nothing_more(tournament, team, walk, stranger):
    round_id = walk.opened()
    tournament.enter([0, 1], sender=stranger)
    receipt = tournament.enter([0, 1], sender=stranger)
    assert receipt.events == [tournament.Entered(round=round_id, groups=[0, 1], amount=0)]
    assert tournament.staked(round_id) == 50 * NMR


def test_enter__same_group_twice__counts_once(tournament, lens, team, walk, staker, stranger):
    tournament.set_policy(1, 70 * NMR, False, sender=staker)
    round_id = walk.opened()
    receipt = tournament.enter([0, 0, 1, 0], sender=stranger)
    assert receipt.events == [tournament.Entered(round=round_id, groups=[0, 0, 1, 0], amount=110 * NMR)]
    assert positions(tournament, lens, round_id, team) == [10 * NMR, 70 * NMR, 10 * NMR, 10 * NMR, 10 * NMR]
    assert tournament.staked(round_id) == 110 * NMR
    assert tournament.idle_total() == 390 * NMR


def test_enter__target_lowered_after__takes_nothing_back(tournament, lens, team, walk, staker, stranger):
    round_id = walk.opened()
    tournament.enter([0], sender=stranger)
    tournament.set_policy(0, NMR, False, sender=staker)
    receipt = tournament.enter([0], sender=stranger)
    assert receipt.events == [tournament.Entered(round=round_id, groups=[0], amount=0)]
    assert lens.position(tournament, round_id, 0) == 10 * NMR


def test_enter__largest_target__enters_all_that_is_idle(tournament, lens, numeraire, team, walk, staker, stranger):
    amount = numeraire.balanceOf(staker)
    tournament.deposit(3, amount, staker, sender=staker)
    tournament.set_policy(3, LARGEST, True, sender=staker)
    round_id = walk.opened()
    tournament.enter([0], sender=stranger)
    assert positions(tournament, lens, round_id, team) == [10 * NMR, 10 * NMR, 10 * NMR, 100 * NMR + amount, 0]
    assert lens.idle_of(tournament, 3) == 0


def test_enter__no_group_or_empty_ones__moves_nothing(tournament, team, walk, stranger):
    round_id = walk.opened()
    for groups in ([], [2, MAX_GROUP]):
        receipt = tournament.enter(groups, sender=stranger)
        assert receipt.events == [tournament.Entered(round=round_id, groups=groups, amount=0)]
    assert tournament.staked(round_id) == 0
    assert tournament.words(round_id % RING, 2, 1) == [0]


def test_enter__most_groups_in_one_call__enters_and_no_more(tournament, team, walk, stranger):
    round_id = walk.opened()
    with reverts(""):
        tournament.enter(list(range(257)), sender=stranger)
    tournament.enter(list(range(256)), sender=stranger)
    assert tournament.staked(round_id) == 50 * NMR


def test_enter__place_was_left_in_a_void_round__belongs_to_the_new_one(tournament, team, walk, stranger):
    before = walk.opened()
    tournament.enter([0], sender=stranger)
    walk.voided(before)
    tournament.settle_expired(before, [0], sender=stranger)
    walk.voided(walk.opened())
    round_id = walk.opened()
    tournament.enter([0], sender=stranger)
    assert tournament.words(round_id % RING, 0, 1) == [pack(4 * [10 * NMR // GWEI], round_id)]
    assert tournament.staked(before) == 0


def test_enter__stake_was_burned__is_topped_up(tournament, lens, team, walk, submitter, stranger):
    before = walk.opened()
    tournament.enter([0], sender=stranger)
    tournament.submit([0], [b"\x44" * 32], sender=submitter)
    proposal = walk.final(before, {0: (-(10**7), 0)})  # half of -0.1 is what the clip allows: -5%
    walk.voided(walk.opened())
    round_id = walk.opened()
    tournament.settle(before, 0, proposal.chunks[0], [], sender=stranger)
    assert positions(tournament, lens, round_id, team) == [95 * NMR // 10, 10 * NMR, 10 * NMR, 10 * NMR, 0]
    receipt = tournament.enter([0], sender=stranger)
    assert receipt.events == [tournament.Entered(round=round_id, groups=[0], amount=NMR // 2)]
    assert positions(tournament, lens, round_id, team) == [10 * NMR, 10 * NMR, 10 * NMR, 10 * NMR, 0]
    assert lens.idle_of(tournament, 0) == 895 * NMR // 10


def test_enter__from_a_contract__enters(tournament, team, walk, as_owner):
    round_id = walk.opened()
    as_owner(tournament, "enter", [0])
    assert tournament.staked(round_id) == 40 * NMR


def test_enter__last_second__enters_and_no_later(tournament, chain, team, walk, stranger):
    round_id = walk.opened()
    locks_at = tournament.round_info(round_id).terms.locks_at
    chain.pending_timestamp = locks_at - 1
    receipt = tournament.enter([0], sender=stranger)
    assert receipt.timestamp == locks_at - 1
    with reverts("rounds: no round is open"):
        tournament.enter([1], sender=stranger)
    assert tournament.staked(round_id) == 40 * NMR


def test_enter__one_group_waits_to_be_settled__reverts_for_all(tournament, lens, team, unsettled, stranger):
    with reverts("ledger: settle first"):
        tournament.enter([1, 0], sender=stranger)
    assert tournament.staked(unsettled) == 0
    tournament.enter([1], sender=stranger)
    assert positions(tournament, lens, unsettled, team) == [0, 0, 0, 0, 10 * NMR]
    assert tournament.staked(unsettled - 2) == 10 * NMR


def test_enter__no_such_group__reverts(tournament, team, walk, stranger):
    walk.opened()
    for group in (MAX_GROUP + 1, 2**256 - 1):
        with reverts("ledger: no such group"):
            tournament.enter([0, group], sender=stranger)


def test_enter__kept_too_late_for_the_open_round__reverts_for_the_group(tournament, lens, team, walk, staker, stranger):
    """A group that was sent on within the notice waits for the round after."""
    first = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    final = walk.final(first, {0: (0, 0)})
    walk.voided(walk.opened())
    between = walk.opened()
    walk.until(walk.info(between).terms.locks_at - 1_800)
    tournament.settle(first, 0, final.chunks[0], [], sender=stranger)
    with reverts("ledger: waits for a later round"):
        tournament.enter([1, 0], sender=stranger)
    with reverts("ledger: waits for a later round"):
        tournament.stake(0, NMR, sender=staker)
    tournament.enter([1], sender=stranger)
    assert lens.position(tournament, between, 4) == 10 * NMR
