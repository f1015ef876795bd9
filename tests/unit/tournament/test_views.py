# SPDX-License-Identifier: MIT

import pytest

from nmr.protocol.lanes import pack
from nmr.protocol.reference.rounds import State
from nmr.protocol.reference.views import IDLE_ROW, PlaceStatus
from nmr.protocol.score_words import MAX_GROUP
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.support.walk import PACKAGE

MAX_GROUPS = MAX_GROUP + 1
MAX_MODELS = 4 * MAX_GROUPS
LARGEST = 2**256 - 1
ONE = NMR // GWEI


# models, policies and idle


def test_model_views__model_that_nobody_registered__are_empty(tournament, lens, team):
    for model in (len(team), LARGEST):
        assert tournament.owner_of(model) == ZERO_ADDRESS
        assert tournament.submitter_of(model) == ZERO_ADDRESS
        assert tournament.offered_to(model) == ZERO_ADDRESS
    for model in (len(team), MAX_MODELS - 1):
        assert lens.policy_of(tournament, model) == (0, False)
        assert lens.idle_of(tournament, model) == 0
        assert lens.stakes_of(tournament, model) == []
        assert lens.position(tournament, 7, model) == 0


@pytest.mark.contract
def test_model_views__model_that_cannot_exist__revert(tournament, lens):
    for view in (lens.policy_of, lens.idle_of):
        for model in (MAX_MODELS, LARGEST):
            with reverts("ledger: no such groups"):
                view(tournament, model)
    for call in (
        lambda: lens.stakes_of(tournament, MAX_MODELS),
        lambda: lens.position(tournament, 7, MAX_MODELS),
        lambda: tournament.place_of(LARGEST, 0),
    ):
        with reverts("ledger: no such group"):
            call()


def test_idle_total__whatever_moves__is_the_sum_and_backed(
    tournament, lens, numeraire, many, team, walk, staker, receiver
):
    def check(round_id: int, total: int, staked: int) -> None:
        assert tournament.idle_total() == sum(lens.idle_of(tournament, model) for model in team) == total
        assert (
            tournament.staked(round_id) == sum(lens.position(tournament, round_id, model) for model in team) == staked
        )
        assert numeraire.balanceOf(tournament) == total + staked

    round_id = walk.opened()
    check(round_id, 500 * NMR, 0)
    tournament.enter([0, 1], sender=staker)
    check(round_id, 450 * NMR, 50 * NMR)
    tournament.stake(0, GWEI, sender=staker)
    check(round_id, 450 * NMR, 50 * NMR + GWEI)
    many(staker, ("leave", 0, round_id, LARGEST), ("withdraw", 1, LARGEST, receiver), ("move_idle", 2, 3, LARGEST))
    check(round_id, 370 * NMR + GWEI, 40 * NMR)
    walk.voided(round_id)
    tournament.settle_expired(round_id, [0], sender=staker)
    # Models 1, 2 and 3 keep their target of 10 for the round after.
    assert tournament.idle_total() == sum(lens.idle_of(tournament, model) for model in team) == 370 * NMR + GWEI
    assert [tournament.staked(each) for each in (round_id, round_id + 2)] == [10 * NMR, 30 * NMR]
    assert numeraire.balanceOf(tournament) == 410 * NMR + GWEI


def test_idle_words__four_amounts__are_the_lanes_without_a_tag(tournament, many, team, staker, receiver):
    many(staker, *[("withdraw", model, model * NMR + GWEI, receiver) for model in (1, 2, 3)])
    tournament.withdraw(0, LARGEST, receiver, sender=staker)
    group = pack([0, 99 * ONE - 1, 98 * ONE - 1, 97 * ONE - 1])
    assert tournament.words(IDLE_ROW, 0, 3) == [group, pack([100 * ONE, 0, 0, 0]), 0]
    assert tournament.words(IDLE_ROW, 0, 1) == [group]
    assert tournament.words(IDLE_ROW, 1, 1) == [pack([100 * ONE, 0, 0, 0])]


def test_idle_words__all_withdrawn__is_zero(tournament, team, staker, receiver):
    tournament.withdraw(4, LARGEST, receiver, sender=staker)
    assert tournament.words(IDLE_ROW, 1, 1) == [0]


@pytest.mark.contract
def test_idle_words__range__is_limited(tournament, team):
    assert tournament.words(IDLE_ROW, 0, 0) == []
    assert tournament.words(IDLE_ROW, MAX_GROUPS - 1, 1) == [0]
    assert len(tournament.words(IDLE_ROW, 0, 1_024)) == 1_024
    for first, count in ((0, 1_025), (0, LARGEST), (LARGEST, LARGEST)):
        with reverts("ledger: no such groups"):
            tournament.words(IDLE_ROW, first, count)
    for first, count in ((MAX_GROUPS, 1), (MAX_GROUPS - 1, 2), (LARGEST, 1)):
        with reverts("ledger: no such groups"):
            tournament.words(IDLE_ROW, first, count)


# positions


def test_position__two_rounds_of_one_place__knows_them_apart(tournament, lens, team, walk, staker):
    first = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    proposal = walk.final(first, {0: (0, 0)})
    walk.voided(walk.opened())
    second = walk.opened()
    assert second == first + 2
    others = (0, second + 2, first + 65_536, LARGEST)
    assert [lens.position(tournament, round_id, 0) for round_id in (first, second, *others)] == [NMR, 0, 0, 0, 0, 0]
    tournament.settle(first, 0, proposal.chunks[0], [], sender=staker)
    assert [lens.position(tournament, round_id, 0) for round_id in (first, second, *others)] == [0, NMR, 0, 0, 0, 0]
    assert [tournament.staked(round_id) for round_id in (first, second)] == [0, NMR]


def test_position__place_left__is_zero(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    tournament.leave(0, round_id, LARGEST, sender=staker)
    assert lens.position(tournament, round_id, 0) == 0
    assert lens.position(tournament, 0, 0) == 0


def test_position_words__two_groups__are_lanes_and_tag_of_the_place(tournament, many, team, walk, staker):
    round_id = walk.opened()
    many(staker, ("stake", 0, NMR), ("stake", 3, 3 * NMR + GWEI), ("stake", 4, 4 * NMR))
    words = [pack([ONE, 0, 0, 3 * ONE + 1], round_id), pack([4 * ONE, 0, 0, 0], round_id), 0]
    place = round_id % tournament.RING()
    assert tournament.words(place, 0, 3) == words
    assert tournament.words(place, 1, 1) == words[1:2]
    assert tournament.words(1 - place, 0, 3) == [0, 0, 0]


def test_position_words__settled_and_restaked__carry_the_next_tag(tournament, team, walk, staker):
    first = walk.opened()
    tournament.stake(4, NMR, sender=staker)
    proposal = walk.final(first, {4: (0, 0)})
    walk.voided(walk.opened())
    second = walk.opened()
    place = first % tournament.RING()
    assert tournament.words(place, 1, 1) == [pack([ONE, 0, 0, 0], first)]
    tournament.settle(first, 0, proposal.chunks[0], [], sender=staker)
    assert tournament.words(place, 1, 1) == [pack([ONE, 0, 0, 0], second)]


@pytest.mark.contract
def test_position_words__all_lanes_left__are_left_alone_when_others_settle(tournament, many, team, walk, staker):
    first = walk.opened()
    many(staker, ("stake", 0, NMR), ("stake", 4, NMR), ("leave", 4, first, LARGEST))
    proposal = walk.final(first, {0: (0, 0), 4: (0, 0)})
    walk.voided(walk.opened())
    second = walk.opened()
    place = first % tournament.RING()
    empty = pack([0, 0, 0, 0], first)
    assert tournament.words(place, 1, 1) == [empty]
    tournament.settle(first, 0, proposal.chunks[0], [], sender=staker)
    assert tournament.words(place, 0, 2) == [pack([ONE, 0, 0, 0], second), empty]


@pytest.mark.contract
def test_position_words__range__is_limited(tournament, team):
    assert tournament.words(0, 0, 0) == []
    assert tournament.words(1, MAX_GROUPS - 1, 1) == [0]
    assert len(tournament.words(1, 0, 1_024)) == 1_024
    for first, count in ((0, 1_025), (0, LARGEST), (LARGEST, LARGEST)):
        with reverts("ledger: no such groups"):
            tournament.words(0, first, count)
    for first, count in ((MAX_GROUPS, 1), (MAX_GROUPS - 1, 2), (LARGEST, 1)):
        with reverts("ledger: no such groups"):
            tournament.words(0, first, count)


# stakes_of


def test_stakes_of__in_every_state_of_a_round__tells_when_it_comes_free(tournament, lens, chain, states):
    seen = set()
    for state, round_id in states():
        seen.add(state)
        if state == State.UNKNOWN:
            first = round_id
            assert lens.stakes_of(tournament, 4) == []
            continue
        info = tournament.round_info(round_id)
        now = chain.blocks.head.timestamp
        planned, latest = info.terms.resolves_at + info.terms.window, info.terms.expires_at
        times = {
            State.OPEN: (now, now),
            State.ENDED: (planned, latest),
            State.LOCKED: (planned, latest),
            State.OPENED: (planned, latest),
            State.PROPOSED: (info.final_at, latest),
            State.FINAL: (info.final_at, latest),
            State.VOID: (now, now),
            State.EXPIRED: (now, now),
        }
        expected = [(round_id, NMR, False, *times[state])] if state in times else []
        # What the first round's settlement kept waits for the round after, and is in the last one.
        if state in (State.CLOSED, State.VOID):
            expected.append((first + 2, NMR, True, now, now))
        elif state == State.EXPIRED:
            assert round_id == first + 2
            expected = [(first + 1, NMR, False, now, now), (round_id, 2 * NMR, False, now, now)]
        assert lens.stakes_of(tournament, 4) == expected, state
    assert seen == set(State)


def test_stakes_of__all_goes_to_plan__comes_free_then(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    walk.at(tournament.round_info(round_id).terms.locks_at)
    free_from = lens.stakes_of(tournament, 0)[0].free_from
    walk.proposed(round_id, {0: (0, 0)})
    assert tournament.round_info(round_id).final_at == free_from
    assert lens.stakes_of(tournament, 0)[0].free_from == free_from


def test_stakes_of__latest_time_reached__comes_free_then(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    walk.listed(round_id)
    free_by = lens.stakes_of(tournament, 0)[0].free_by
    walk.until(free_by - 1)
    with reverts("settlement: not void or expired"):
        tournament.settle_expired(round_id, [0], sender=staker)
    assert tournament.settle_expired(round_id, [0], sender=staker).timestamp == free_by
    # What is kept waits, and can be left at once.
    assert lens.stakes_of(tournament, 0) == [(round_id + 2, NMR, True, free_by, free_by)]


def test_stakes_of__nothing_proposed_when_it_could_be__counts_from_now(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    walk.listed(round_id)
    terms = tournament.round_info(round_id).terms
    for late in (0, 3_600):
        walk.at(terms.resolves_at + late)
        assert lens.stakes_of(tournament, 0) == [
            (round_id, NMR, False, terms.resolves_at + late + terms.window, terms.expires_at)
        ]


def test_stakes_of__root_vetoed__counts_from_now_again(tournament, lens, chain, team, walk, guardian, staker):
    round_id = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    proposal = walk.proposed(round_id, {0: (0, 0)})
    tournament.veto(round_id, proposal.root, sender=guardian)
    terms = tournament.round_info(round_id).terms
    assert lens.stakes_of(tournament, 0) == [
        (round_id, NMR, False, chain.blocks.head.timestamp + terms.window, terms.expires_at)
    ]


def test_stakes_of__too_late_to_propose__comes_free_at_the_latest_time(tournament, lens, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    walk.listed(round_id)
    expires_at = tournament.round_info(round_id).terms.expires_at
    walk.at(expires_at - 1)
    assert walk.state(round_id) == State.OPENED
    assert lens.stakes_of(tournament, 0) == [(round_id, NMR, False, expires_at, expires_at)]


def test_stakes_of__never_resolved_or_never_settled__is_free_when_expired(tournament, lens, chain, team, walk, staker):
    first = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    walk.final(first, {0: (0, 0)})
    walk.at(tournament.round_info(first).terms.expires_at)
    assert walk.state(first) == State.EXPIRED
    now = chain.blocks.head.timestamp
    assert lens.stakes_of(tournament, 0) == [(first, NMR, False, now, now)]
    second = walk.opened()
    tournament.stake(0, 2 * NMR, sender=staker)
    walk.listed(second)
    walk.at(tournament.round_info(second).terms.expires_at)
    now = chain.blocks.head.timestamp
    assert sorted(lens.stakes_of(tournament, 0), key=lambda stake: stake.round) == [
        (first, NMR, False, now, now),
        (second, 2 * NMR, False, now, now),
    ]


def test_stakes_of__full_ring__lists_the_places_in_order(tournament, lens, team, walk, staker):
    first = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    walk.locked(first)
    second = walk.opened()
    tournament.stake(0, 2 * NMR, sender=staker)
    tournament.stake(1, 5 * NMR, sender=staker)
    ring = tournament.RING()
    assert [(stake.round % ring, stake.round, stake.amount) for stake in lens.stakes_of(tournament, 0)] == [
        (0, second, 2 * NMR),
        (1, first, NMR),
    ]
    assert [(stake.round, stake.amount) for stake in lens.stakes_of(tournament, 1)] == [(second, 5 * NMR)]
    assert lens.stakes_of(tournament, 2) == []


def test_stakes_of__restaked__belongs_to_the_next_round_of_the_place(tournament, lens, team, walk, staker):
    first = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    proposal = walk.final(first, {0: (0, 0)})
    walk.voided(walk.opened())
    second = walk.opened()
    tournament.settle(first, 0, proposal.chunks[0], [], sender=staker)
    walk.at(tournament.round_info(second).terms.locks_at)
    terms = tournament.round_info(second).terms
    assert lens.stakes_of(tournament, 0) == [(second, NMR, False, terms.resolves_at + terms.window, terms.expires_at)]


# place_of and places


def test_place_of__in_every_state_of_a_round__tells_round_amount_and_whether_open(tournament, states):
    for state, round_id in states():
        place = round_id % tournament.RING()
        found = tuple(tournament.place_of(4, place))
        if state in (State.UNKNOWN, State.CLOSED):
            # Nothing yet; and then what the settlement kept, for a round that is not opened.
            assert found == ((0, 0, False) if state == State.UNKNOWN else (round_id + 2, NMR, False))
        else:
            assert found == (round_id, NMR if state != State.EXPIRED else 2 * NMR, state == State.OPEN), state
        assert tuple(tournament.place_of(0, place)) == (0, 0, False)
        assert tuple(tournament.place_of(4, place + 2)) == found


def test_places__round_by_round__tells_what_opens_next_and_why_not(tournament, lens, team, walk, staker, stranger):
    def told() -> list[tuple[int, str]]:
        return [(place.next, PlaceStatus(int(place.status)).name) for place in lens.places(tournament)]

    assert told() == [(7, "DUE"), (8, "LATER")]
    first = walk.opened()
    tournament.stake(0, NMR, sender=staker)
    assert told() == [(8, "DUE"), (9, "UNRESOLVED")]
    walk.voided(first)
    assert told() == [(8, "DUE"), (9, "LATER")]
    walk.voided(walk.opened())
    walk.voided(walk.opened())
    assert told() == [(10, "DUE"), (11, "UNSETTLED")]
    tournament.settle_expired(first, [0], sender=stranger)
    assert told() == [(10, "DUE"), (11, "LATER")]


def test_places__no_id_left__has_ended(deploy_owned, lens, operator, guardian, terms):
    tournament = deploy_owned(ring=1, first_round=65_535)
    tournament.open_round(65_535, tuple(terms()), PACKAGE, sender=operator)
    tournament.void(65_535, sender=guardian)
    assert [(place.next, int(place.status)) for place in lens.places(tournament)] == [(65_536, PlaceStatus.ENDED)]
