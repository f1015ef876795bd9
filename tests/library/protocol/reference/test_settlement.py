# SPDX-License-Identifier: MIT
import copy
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.lanes import pack
from nmr.protocol.reference import State
from nmr.protocol.score_words import MAX_SCORE, encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO, SCORE
from tests.support.example_suite import (
    EVIDENCE,
    GUARDIAN,
    HOUR,
    OPERATOR,
    STAKER,
    STRANGER,
    TOURNAMENT,
    ExampleSuite,
    owed,
    worth,
)

UP, DOWN = (SCORE // 100, 0), (-SCORE // 100, 0)
"""Scores that gain and burn 2% under the usual terms."""


@pytest.fixture
def suite() -> ExampleSuite:
    return ExampleSuite(models=8)


def at_stake(suite: ExampleSuite, *models: int, submit: bool = True) -> int:
    """Open a round with 100 NMR of each of these models in it."""
    round_id = suite.open()
    for model in models:
        suite.call("stake", model, 100 * NMR)
    if submit:
        suite.submit(*models)
    return round_id


def open_next(suite: ExampleSuite, round_id: int) -> int:
    """Open rounds until the place of this one has its next."""
    while suite.tournament.next_round <= round_id + suite.tournament.books.rounds.ring:
        if suite.state(suite.tournament.next_round - 1) == State.OPEN:
            suite.wait(24)
        suite.open()
    return round_id + suite.tournament.books.rounds.ring


# what a stake becomes


def test_settle__next_round_open__paid_burned_and_restaked_by_policy(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0, 1, 2, 3, 4)
    for model, target, compound in ((0, 1, True), (1, 100, False), (2, 100, False), (3, 60, False)):
        suite.call("set_policy", model, target * NMR, compound)
    chunks = suite.finalise(round_id, {0: UP, 1: UP, 2: DOWN, 3: UP, 4: UP})
    following = open_next(suite, round_id)
    supply = suite.world.numeraire.total_supply
    suite.settle(round_id, chunks)

    tournament = suite.tournament
    assert [tournament.position(following, model) // NMR for model in range(5)] == [102, 100, 98, 60, 0]
    assert [tournament.idle_of(model) // NMR for model in range(5)] == [0, 2, 0, 42, 102]
    assert [tournament.position(round_id, model) for model in range(5)] == [0] * 5
    assert tournament.position_words(round_id % 2, 0, 2) == [
        pack([102 * 10**9, 100 * 10**9, 98 * 10**9, 60 * 10**9], following),
        0,
    ]
    assert suite.last("Settled") == {
        "round": round_id,
        "index": 0,
        "words": chunks[0],
        "restaked": True,
        "staked": 500 * NMR,
        "rewards": 8 * NMR,
        "burns": 2 * NMR,
        "idled": 146 * NMR,
    }
    assert suite.world.numeraire.total_supply == supply - 2 * NMR
    assert suite.world.numeraire.balance_of(TOURNAMENT) == owed(tournament)
    assert (tournament.staked(round_id), tournament.staked(following)) == (0, 360 * NMR)


def test_settle__last_stake__closes_and_releases_what_is_left(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0, 4)
    chunks = suite.finalise(round_id, {0: UP})
    suite.wait(12)
    suite.settle(round_id, chunks)
    assert suite.state(round_id) == State.FINAL
    suite.now = suite.terms_of(round_id).expires_at
    suite.call("settle_expired", round_id, [1], sender=STRANGER)
    assert suite.state(round_id) == State.CLOSED
    assert suite.last("RoundClosed") == {"round": round_id, "released": 8 * NMR}
    assert suite.world.treasury.reservation(TOURNAMENT, round_id) == (10 * NMR, 2 * NMR, 8 * NMR)
    assert suite.world.treasury.reserved() == 0


def test_settle__not_submitted__unchanged_whatever_the_score(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0, 1, submit=False)
    suite.submit(1)
    chunks = suite.finalise(round_id, {0: (MAX_SCORE, 0), 1: DOWN})
    suite.wait(12)
    suite.settle(round_id, chunks)
    assert [suite.tournament.idle_of(model) for model in (0, 1)] == [100 * NMR, 98 * NMR]


def test_settle__submitted_in_another_round_only__unchanged() -> None:
    suite = ExampleSuite(ring=1)
    suite.open()
    suite.submit(0)
    suite.lock(1)
    round_id = at_stake(suite, 0, submit=False)
    chunks = suite.finalise(round_id, {0: DOWN})
    suite.wait(12)
    suite.settle(round_id, chunks)
    assert suite.tournament.idle_of(0) == 100 * NMR


def test_settle__treasury_short__smaller_clip_for_rewards_and_burns() -> None:
    suite = ExampleSuite(cap=2 * NMR)
    round_id = at_stake(suite, 0, 1)
    chunks = suite.finalise(round_id, {0: UP, 1: DOWN})
    suite.wait(12)
    suite.settle(round_id, chunks)
    assert [suite.tournament.idle_of(model) for model in (0, 1)] == [101 * NMR, 99 * NMR]


def test_settle__kept_below_the_next_min_stake__all_to_idle(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0, 1)
    suite.call("set_policy", 0, NMR, True)
    suite.call("set_policy", 1, 9 * NMR, False)
    chunks = suite.finalise(round_id, {0: DOWN, 1: UP})
    suite.wait(0.5)
    suite.open()
    suite.wait(24)
    following = suite.open(min_stake=10 * NMR)
    # Model 0 keeps its 98 NMR, model 1 would keep 9.
    suite.settle(round_id, chunks)
    assert suite.tournament.position(following, 0) == 98 * NMR
    assert (suite.tournament.position(following, 1), suite.tournament.idle_of(1)) == (0, 102 * NMR)


def test_settle__wholly_burned__empty_word() -> None:
    suite = ExampleSuite()
    suite.call("set_bounds", suite.tournament.books.bounds._replace(max_clip=RATIO), sender=suite.tournament.owner)
    round_id = suite.open(clip=RATIO)
    suite.call("stake", 0, NMR)
    suite.call("set_policy", 0, NMR, True)
    suite.submit(0)
    chunks = suite.finalise(round_id, {0: (-MAX_SCORE, 0)})
    following = open_next(suite, round_id)
    suite.settle(round_id, chunks)
    assert suite.tournament.position_words(round_id % 2, 0, 1) == [0]
    assert owed(suite.tournament) == 0
    assert suite.last("Settled")["burns"] == NMR
    assert suite.tournament.staked(following) == 0


# where it goes


def test_settle__next_round_not_open_within_the_grace__refused(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0)
    chunks = suite.finalise(round_id, {0: UP})
    suite.wait(12)
    suite.now -= 1
    with suite.refuses("settlement: next round not open"):
        suite.settle(round_id, chunks)
    suite.now += 1
    suite.call("set_policy", 0, 100 * NMR, True)
    suite.settle(round_id, chunks)
    assert suite.last("Settled")["restaked"] is False
    assert suite.tournament.idle_of(0) == 102 * NMR


def test_settle__next_round_void_or_locked__all_to_idle(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0, 4)
    for model in (0, 4):
        suite.call("set_policy", model, 100 * NMR, True)
    chunks = encode_chunks({0: UP, 4: UP})
    suite.finalise(round_id, {0: UP, 4: UP})
    following = open_next(suite, round_id)
    voided, locked = copy.deepcopy(suite), copy.deepcopy(suite)
    voided.call("void", following, sender=GUARDIAN)
    locked.now = locked.terms_of(following).locks_at
    for other in (voided, locked):
        other.settle(round_id, chunks)
        assert other.last("Settled")["restaked"] is False
        assert other.tournament.idle_total() == 204 * NMR
    suite.now = suite.terms_of(following).locks_at - 1
    suite.settle(round_id, chunks)
    assert suite.tournament.staked(following) == 204 * NMR


def test_settle__paused__restakes_all_the_same(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0)
    suite.call("set_policy", 0, 100 * NMR, True)
    chunks = suite.finalise(round_id, {0: UP})
    following = open_next(suite, round_id)
    suite.call("pause", sender=GUARDIAN)
    suite.settle(round_id, chunks)
    assert suite.tournament.position(following, 0) == 102 * NMR


def test_settle__chunk_of_all_its_groups__settled() -> None:
    suite = ExampleSuite(models=1_024)
    round_id = at_stake(suite, 0, 1_023)
    chunks = suite.finalise(round_id, dict.fromkeys(range(1_024), UP))
    assert len(chunks[0]) == 256
    suite.wait(12)
    suite.settle(round_id, chunks)
    assert suite.tournament.idle_total() == 204 * NMR


# what is refused


def test_settle__not_final__refused(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0)
    chunks = suite.propose(round_id, {0: UP})
    with suite.refuses("settlement: round is not final"):
        suite.settle(round_id, chunks)
    with suite.refuses("settlement: round is not final"):
        suite.settle(round_id + 1, chunks)
    suite.now = suite.terms_of(round_id).expires_at
    with suite.refuses("settlement: round is not final"):
        suite.settle(round_id, chunks)


def test_settle__not_a_chunk_of_the_root__refused(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0)
    chunks = suite.finalise(round_id, {0: UP, 1_024: UP, 2_048: UP})
    suite.wait(12)
    tree = ChunkTree.of(chunks)
    wrong = [
        (0, [chunks[0][0] ^ 1], tree.proof(0)),
        (0, [], tree.proof(0)),
        (0, chunks[0], tree.proof(0)[:-1]),
        (0, chunks[0], [*tree.proof(0), bytes(32)]),
        (0, chunks[0], tree.proof(0)[::-1]),
    ]
    wrong.append((1, chunks[0], tree.proof(0)))
    for index, words, proof in wrong:
        with suite.refuses("settlement: not in the root"):
            suite.call("settle", round_id, index, words, proof)
    with suite.refuses(""):
        suite.call("settle", round_id, 0, list(range(257)), tree.proof(0))
    suite.settle(round_id, chunks)


@pytest.mark.parametrize("groups", [[0, 0], [1, 0], [0, 256]])
def test_settle__root_over_a_chunk_of_wrong_groups__refused(suite: ExampleSuite, groups: list[int]) -> None:
    round_id = at_stake(suite, 0)
    suite.publish(round_id)
    suite.now = suite.terms_of(round_id).resolves_at
    chunks = [[group << 224 for group in groups]]
    suite.call("propose", round_id, ChunkTree.of(chunks).root, 1, EVIDENCE, sender=OPERATOR)
    suite.now = suite.tournament.round_info(round_id).final_at
    suite.wait(12)
    with suite.refuses("settlement: groups out of order"):
        suite.settle(round_id, chunks)


def test_settle__twice_or_nothing_waiting__refused(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0, 4)
    # Chunk 0 leaves out group 1, which holds model 4; chunk 1 has groups that nobody staked in.
    chunks = suite.finalise(round_id, {0: UP, 1_024: UP})
    open_next(suite, round_id)
    with suite.refuses("settlement: nothing to settle"):
        suite.settle(round_id, chunks, 1)
    suite.settle(round_id, chunks)
    with suite.refuses("settlement: nothing to settle"):
        suite.settle(round_id, chunks)


def test_settle__group_that_moved_on_to_the_next_round__left_alone() -> None:
    suite = ExampleSuite(models=1_025)
    round_id = at_stake(suite, 0, 1_024)
    suite.call("set_policy", 0, 100 * NMR, True)
    chunks = suite.finalise(round_id, {0: UP, 1_024: UP})
    following = open_next(suite, round_id)
    suite.settle(round_id, chunks)
    with suite.refuses("settlement: nothing to settle"):
        suite.settle(round_id, chunks)
    suite.settle(round_id, chunks, 1)
    assert suite.state(round_id) == State.CLOSED
    assert suite.tournament.position(following, 0) == 102 * NMR


# settle_expired


def test_settle_expired__void_round__home_as_it_was(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0, 5)
    suite.lock(round_id)
    with suite.refuses("settlement: not void or expired"):
        suite.call("settle_expired", round_id, [0, 1])
    suite.call("void", round_id, sender=GUARDIAN)
    suite.call("settle_expired", round_id, [1, 1, 7], sender=STRANGER)
    assert suite.last("SettledExpired") == {"round": round_id, "groups": [1, 1, 7], "amount": 100 * NMR}
    assert suite.state(round_id) == State.VOID
    with suite.refuses("settlement: nothing to settle"):
        suite.call("settle_expired", round_id, [1])
    suite.call("settle_expired", round_id, [0])
    assert [suite.tournament.idle_of(model) for model in (0, 5)] == [100 * NMR, 100 * NMR]
    assert suite.tournament.idle_total() == owed(suite.tournament) == 200 * NMR
    assert suite.last("RoundClosed") == {"round": round_id, "released": 10 * NMR}
    assert suite.tournament.position_words(round_id % 2, 0, 2) == [0, 0]
    with suite.refuses("settlement: not void or expired"):
        suite.call("settle_expired", round_id, [0])


def test_settle_expired__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("settlement: not void or expired"):
        suite.call("settle_expired", 1, [0])
    round_id = at_stake(suite, 0)
    suite.call("void", round_id, sender=GUARDIAN)
    for groups in ([], [1]):
        with suite.refuses("settlement: nothing to settle"):
            suite.call("settle_expired", round_id, groups)
    with suite.refuses(""):
        suite.call("settle_expired", round_id, [0] * 257)
    with suite.refuses("ledger: no such group"):
        suite.call("settle_expired", round_id, [0, 2**24])


def test_settle_expired__never_locked__home_without_a_reservation(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0)
    suite.now = suite.terms_of(round_id).locks_at + 24 * HOUR
    suite.call("settle_expired", round_id, [0], sender=STRANGER)
    assert suite.tournament.idle_of(0) == 100 * NMR
    assert suite.last("RoundClosed") == {"round": round_id, "released": 0}


def test_settle_expired__place_used_again__starts_from_nothing(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0, 1)
    suite.call("void", round_id, sender=GUARDIAN)
    suite.call("settle_expired", round_id, [0])
    following = open_next(suite, round_id)
    suite.call("stake", 1, NMR)
    assert [suite.tournament.position(following, model) for model in (0, 1)] == [0, NMR]
    assert suite.tournament.staked(following) == NMR


# the order of chunks

CHUNKED = (0, 3, 600, 1_024, 1_030, 2_048, 2_051)


@pytest.fixture(scope="module")
def chunked() -> tuple[ExampleSuite, list[list[int]]]:
    """A final round with stakes in three chunks, and the chunks."""
    suite = ExampleSuite(models=2_052)
    round_id = at_stake(suite, *CHUNKED)
    for model in CHUNKED:
        suite.call("set_policy", model, (90 + model % 20) * NMR, model % 3 == 0)
    return suite, suite.finalise(round_id, {model: UP if model % 2 else DOWN for model in CHUNKED})


def test_settle__chunks_in_any_order__same_books(chunked: tuple[ExampleSuite, list[list[int]]]) -> None:
    prepared, chunks = chunked
    prepared = copy.deepcopy(prepared)
    open_next(prepared, 1)
    books = []
    for order in permutations(range(3)):
        suite = copy.deepcopy(prepared)
        for index in order:
            suite.settle(1, chunks, index)
        assert suite.state(1) == State.CLOSED
        books.append((suite.tournament.books, suite.world.numeraire.balances, suite.world.treasury.books))
    assert all(other == books[0] for other in books[1:])


@settings(max_examples=10)
@given(order=st.permutations(range(3)), waits=st.lists(st.sampled_from([0, 11, 13]), min_size=3, max_size=3))
def test_settle__chunks_at_any_time__same_idle_plus_positions(
    chunked: tuple[ExampleSuite, list[list[int]]], order: list[int], waits: list[int]
) -> None:
    prepared, chunks = chunked
    suite = copy.deepcopy(prepared)
    following = open_next(suite, 1)
    for index, hours in zip(order, waits, strict=True):
        suite.wait(hours)
        suite.settle(1, chunks, index)
    assert [worth(suite.tournament, model) for model in CHUNKED] == [
        (102 if model % 2 else 98) * 10**9 for model in CHUNKED
    ]
    assert suite.tournament.staked(following) + suite.tournament.idle_total() == owed(suite.tournament)


def test_multicall__settle_and_stake__one_transaction(suite: ExampleSuite) -> None:
    round_id = at_stake(suite, 0)
    chunks = suite.finalise(round_id, {0: UP})
    open_next(suite, round_id)
    settle = {"round_id": round_id, "index": 0, "words": chunks[0], "proof": []}
    suite.call("multicall", [("settle", settle), ("stake", {"model": 0, "amount": NMR})])
    assert suite.tournament.position(round_id + 2, 0) == NMR
    assert suite.world.events[-1].transaction == next(
        event.transaction for event in suite.tournament.events if event.name == "Settled"
    )


def test_multicall__one_refused__none_made(suite: ExampleSuite) -> None:
    suite.open()
    calls = [
        ("deposit", {"model": 0, "amount": NMR}),
        ("stake", {"model": 0, "amount": 5 * NMR}),
        ("withdraw", {"model": 0, "amount": NMR + GWEI, "receiver": STAKER}),
    ]
    with suite.refuses("ledger: more than is idle"):
        suite.call("multicall", calls)
    suite.call("multicall", calls[:2])
    assert owed(suite.tournament) == 6 * NMR


def test_multicall__too_many__refused(suite: ExampleSuite) -> None:
    call = ("set_submitter", {"model": 0, "submitter": ZERO_ADDRESS})
    suite.call("multicall", [call] * 64)
    with suite.refuses(""):
        suite.call("multicall", [call] * 65)
