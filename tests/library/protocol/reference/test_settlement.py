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
from tests.library.protocol.reference.scene import (
    EVIDENCE,
    GUARDIAN,
    HOUR,
    OPERATOR,
    STAKER,
    STRANGER,
    TOURNAMENT,
    Scene,
    owed,
    worth,
)

UP, DOWN = (SCORE // 100, 0), (-SCORE // 100, 0)
"""Scores that gain and burn 2% under the usual terms."""


@pytest.fixture
def scene() -> Scene:
    return Scene(models=8)


def at_stake(scene: Scene, *models: int, submit: bool = True) -> int:
    """Open a round with 100 NMR of each of these models in it."""
    round_id = scene.open()
    for model in models:
        scene.call("stake", model, 100 * NMR)
    if submit:
        scene.submit(*models)
    return round_id


def open_next(scene: Scene, round_id: int) -> int:
    """Open rounds until the place of this one has its next."""
    while scene.tournament.next_round <= round_id + scene.tournament.books.rounds.ring:
        if scene.state(scene.tournament.next_round - 1) == State.OPEN:
            scene.wait(24)
        scene.open()
    return round_id + scene.tournament.books.rounds.ring


# what a stake becomes


def test_settle__next_round_open__paid_burned_and_restaked_by_policy(scene: Scene) -> None:
    round_id = at_stake(scene, 0, 1, 2, 3, 4)
    for model, target, compound in ((0, 1, True), (1, 100, False), (2, 100, False), (3, 60, False)):
        scene.call("set_policy", model, target * NMR, compound)
    chunks = scene.finalise(round_id, {0: UP, 1: UP, 2: DOWN, 3: UP, 4: UP})
    following = open_next(scene, round_id)
    supply = scene.world.numeraire.total_supply
    scene.settle(round_id, chunks)

    tournament = scene.tournament
    assert [tournament.position(following, model) // NMR for model in range(5)] == [102, 100, 98, 60, 0]
    assert [tournament.idle_of(model) // NMR for model in range(5)] == [0, 2, 0, 42, 102]
    assert [tournament.position(round_id, model) for model in range(5)] == [0] * 5
    assert tournament.position_words(round_id % 2, 0, 2) == [
        pack([102 * 10**9, 100 * 10**9, 98 * 10**9, 60 * 10**9], following),
        0,
    ]
    assert scene.last("Settled") == {
        "round": round_id,
        "index": 0,
        "words": chunks[0],
        "restaked": True,
        "staked": 500 * NMR,
        "rewards": 8 * NMR,
        "burns": 2 * NMR,
        "idled": 146 * NMR,
    }
    assert scene.world.numeraire.total_supply == supply - 2 * NMR
    assert scene.world.numeraire.balance_of(TOURNAMENT) == owed(tournament)
    assert (tournament.staked(round_id), tournament.staked(following)) == (0, 360 * NMR)


def test_settle__last_stake__closes_and_releases_what_is_left(scene: Scene) -> None:
    round_id = at_stake(scene, 0, 4)
    chunks = scene.finalise(round_id, {0: UP})
    scene.wait(12)
    scene.settle(round_id, chunks)
    assert scene.state(round_id) == State.FINAL
    scene.now = scene.terms_of(round_id).expires_at
    scene.call("settle_expired", round_id, [1], sender=STRANGER)
    assert scene.state(round_id) == State.CLOSED
    assert scene.last("RoundClosed") == {"round": round_id, "released": 8 * NMR}
    assert scene.world.treasury.reservation(TOURNAMENT, round_id) == (10 * NMR, 2 * NMR, 8 * NMR)
    assert scene.world.treasury.reserved() == 0


def test_settle__not_submitted__unchanged_whatever_the_score(scene: Scene) -> None:
    round_id = at_stake(scene, 0, 1, submit=False)
    scene.submit(1)
    chunks = scene.finalise(round_id, {0: (MAX_SCORE, 0), 1: DOWN})
    scene.wait(12)
    scene.settle(round_id, chunks)
    assert [scene.tournament.idle_of(model) for model in (0, 1)] == [100 * NMR, 98 * NMR]


def test_settle__submitted_in_another_round_only__unchanged() -> None:
    scene = Scene(ring=1)
    scene.open()
    scene.submit(0)
    scene.lock(1)
    round_id = at_stake(scene, 0, submit=False)
    chunks = scene.finalise(round_id, {0: DOWN})
    scene.wait(12)
    scene.settle(round_id, chunks)
    assert scene.tournament.idle_of(0) == 100 * NMR


def test_settle__treasury_short__smaller_clip_for_rewards_and_burns() -> None:
    scene = Scene(cap=2 * NMR)
    round_id = at_stake(scene, 0, 1)
    chunks = scene.finalise(round_id, {0: UP, 1: DOWN})
    scene.wait(12)
    scene.settle(round_id, chunks)
    assert [scene.tournament.idle_of(model) for model in (0, 1)] == [101 * NMR, 99 * NMR]


def test_settle__kept_below_the_next_min_stake__all_to_idle(scene: Scene) -> None:
    round_id = at_stake(scene, 0, 1)
    scene.call("set_policy", 0, NMR, True)
    scene.call("set_policy", 1, 9 * NMR, False)
    chunks = scene.finalise(round_id, {0: DOWN, 1: UP})
    scene.wait(0.5)
    scene.open()
    scene.wait(24)
    following = scene.open(min_stake=10 * NMR)
    # Model 0 keeps its 98 NMR, model 1 would keep 9.
    scene.settle(round_id, chunks)
    assert scene.tournament.position(following, 0) == 98 * NMR
    assert (scene.tournament.position(following, 1), scene.tournament.idle_of(1)) == (0, 102 * NMR)


def test_settle__wholly_burned__empty_word() -> None:
    scene = Scene()
    scene.call("set_bounds", scene.tournament.books.bounds._replace(max_clip=RATIO), sender=scene.tournament.owner)
    round_id = scene.open(clip=RATIO)
    scene.call("stake", 0, NMR)
    scene.call("set_policy", 0, NMR, True)
    scene.submit(0)
    chunks = scene.finalise(round_id, {0: (-MAX_SCORE, 0)})
    following = open_next(scene, round_id)
    scene.settle(round_id, chunks)
    assert scene.tournament.position_words(round_id % 2, 0, 1) == [0]
    assert owed(scene.tournament) == 0
    assert scene.last("Settled")["burns"] == NMR
    assert scene.tournament.staked(following) == 0


# where it goes


def test_settle__next_round_not_open_within_the_grace__refused(scene: Scene) -> None:
    round_id = at_stake(scene, 0)
    chunks = scene.finalise(round_id, {0: UP})
    scene.wait(12)
    scene.now -= 1
    with scene.refuses("settlement: next round not open"):
        scene.settle(round_id, chunks)
    scene.now += 1
    scene.call("set_policy", 0, 100 * NMR, True)
    scene.settle(round_id, chunks)
    assert scene.last("Settled")["restaked"] is False
    assert scene.tournament.idle_of(0) == 102 * NMR


def test_settle__next_round_void_or_locked__all_to_idle(scene: Scene) -> None:
    round_id = at_stake(scene, 0, 4)
    for model in (0, 4):
        scene.call("set_policy", model, 100 * NMR, True)
    chunks = encode_chunks({0: UP, 4: UP})
    scene.finalise(round_id, {0: UP, 4: UP})
    following = open_next(scene, round_id)
    voided, locked = copy.deepcopy(scene), copy.deepcopy(scene)
    voided.call("void", following, sender=GUARDIAN)
    locked.now = locked.terms_of(following).locks_at
    for other in (voided, locked):
        other.settle(round_id, chunks)
        assert other.last("Settled")["restaked"] is False
        assert other.tournament.idle_total() == 204 * NMR
    scene.now = scene.terms_of(following).locks_at - 1
    scene.settle(round_id, chunks)
    assert scene.tournament.staked(following) == 204 * NMR


def test_settle__paused__restakes_all_the_same(scene: Scene) -> None:
    round_id = at_stake(scene, 0)
    scene.call("set_policy", 0, 100 * NMR, True)
    chunks = scene.finalise(round_id, {0: UP})
    following = open_next(scene, round_id)
    scene.call("pause", sender=GUARDIAN)
    scene.settle(round_id, chunks)
    assert scene.tournament.position(following, 0) == 102 * NMR


def test_settle__chunk_of_all_its_groups__settled() -> None:
    scene = Scene(models=1_024)
    round_id = at_stake(scene, 0, 1_023)
    chunks = scene.finalise(round_id, dict.fromkeys(range(1_024), UP))
    assert len(chunks[0]) == 256
    scene.wait(12)
    scene.settle(round_id, chunks)
    assert scene.tournament.idle_total() == 204 * NMR


# what is refused


def test_settle__not_final__refused(scene: Scene) -> None:
    round_id = at_stake(scene, 0)
    chunks = scene.propose(round_id, {0: UP})
    with scene.refuses("settlement: round is not final"):
        scene.settle(round_id, chunks)
    with scene.refuses("settlement: round is not final"):
        scene.settle(round_id + 1, chunks)
    scene.now = scene.terms_of(round_id).expires_at
    with scene.refuses("settlement: round is not final"):
        scene.settle(round_id, chunks)


def test_settle__not_a_chunk_of_the_root__refused(scene: Scene) -> None:
    round_id = at_stake(scene, 0)
    chunks = scene.finalise(round_id, {0: UP, 1_024: UP, 2_048: UP})
    scene.wait(12)
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
        with scene.refuses("settlement: not in the root"):
            scene.call("settle", round_id, index, words, proof)
    with scene.refuses(""):
        scene.call("settle", round_id, 0, list(range(257)), tree.proof(0))
    scene.settle(round_id, chunks)


@pytest.mark.parametrize("groups", [[0, 0], [1, 0], [0, 256]])
def test_settle__root_over_a_chunk_of_wrong_groups__refused(scene: Scene, groups: list[int]) -> None:
    round_id = at_stake(scene, 0)
    scene.publish(round_id)
    scene.now = scene.terms_of(round_id).resolves_at
    chunks = [[group << 224 for group in groups]]
    scene.call("propose", round_id, ChunkTree.of(chunks).root, 1, EVIDENCE, sender=OPERATOR)
    scene.now = scene.tournament.round_info(round_id).final_at
    scene.wait(12)
    with scene.refuses("settlement: groups out of order"):
        scene.settle(round_id, chunks)


def test_settle__twice_or_nothing_waiting__refused(scene: Scene) -> None:
    round_id = at_stake(scene, 0, 4)
    # Chunk 0 leaves out group 1, which holds model 4; chunk 1 has groups that nobody staked in.
    chunks = scene.finalise(round_id, {0: UP, 1_024: UP})
    open_next(scene, round_id)
    with scene.refuses("settlement: nothing to settle"):
        scene.settle(round_id, chunks, 1)
    scene.settle(round_id, chunks)
    with scene.refuses("settlement: nothing to settle"):
        scene.settle(round_id, chunks)


def test_settle__group_that_moved_on_to_the_next_round__left_alone() -> None:
    scene = Scene(models=1_025)
    round_id = at_stake(scene, 0, 1_024)
    scene.call("set_policy", 0, 100 * NMR, True)
    chunks = scene.finalise(round_id, {0: UP, 1_024: UP})
    following = open_next(scene, round_id)
    scene.settle(round_id, chunks)
    with scene.refuses("settlement: nothing to settle"):
        scene.settle(round_id, chunks)
    scene.settle(round_id, chunks, 1)
    assert scene.state(round_id) == State.CLOSED
    assert scene.tournament.position(following, 0) == 102 * NMR


# settle_expired


def test_settle_expired__void_round__home_as_it_was(scene: Scene) -> None:
    round_id = at_stake(scene, 0, 5)
    scene.lock(round_id)
    with scene.refuses("settlement: not void or expired"):
        scene.call("settle_expired", round_id, [0, 1])
    scene.call("void", round_id, sender=GUARDIAN)
    scene.call("settle_expired", round_id, [1, 1, 7], sender=STRANGER)
    assert scene.last("SettledExpired") == {"round": round_id, "groups": [1, 1, 7], "amount": 100 * NMR}
    assert scene.state(round_id) == State.VOID
    with scene.refuses("settlement: nothing to settle"):
        scene.call("settle_expired", round_id, [1])
    scene.call("settle_expired", round_id, [0])
    assert [scene.tournament.idle_of(model) for model in (0, 5)] == [100 * NMR, 100 * NMR]
    assert scene.tournament.idle_total() == owed(scene.tournament) == 200 * NMR
    assert scene.last("RoundClosed") == {"round": round_id, "released": 10 * NMR}
    assert scene.tournament.position_words(round_id % 2, 0, 2) == [0, 0]
    with scene.refuses("settlement: not void or expired"):
        scene.call("settle_expired", round_id, [0])


def test_settle_expired__wrong__refused(scene: Scene) -> None:
    with scene.refuses("settlement: not void or expired"):
        scene.call("settle_expired", 1, [0])
    round_id = at_stake(scene, 0)
    scene.call("void", round_id, sender=GUARDIAN)
    for groups in ([], [1]):
        with scene.refuses("settlement: nothing to settle"):
            scene.call("settle_expired", round_id, groups)
    with scene.refuses(""):
        scene.call("settle_expired", round_id, [0] * 257)
    with scene.refuses("ledger: no such group"):
        scene.call("settle_expired", round_id, [0, 2**24])


def test_settle_expired__never_locked__home_without_a_reservation(scene: Scene) -> None:
    round_id = at_stake(scene, 0)
    scene.now = scene.terms_of(round_id).locks_at + 24 * HOUR
    scene.call("settle_expired", round_id, [0], sender=STRANGER)
    assert scene.tournament.idle_of(0) == 100 * NMR
    assert scene.last("RoundClosed") == {"round": round_id, "released": 0}


def test_settle_expired__place_used_again__starts_from_nothing(scene: Scene) -> None:
    round_id = at_stake(scene, 0, 1)
    scene.call("void", round_id, sender=GUARDIAN)
    scene.call("settle_expired", round_id, [0])
    following = open_next(scene, round_id)
    scene.call("stake", 1, NMR)
    assert [scene.tournament.position(following, model) for model in (0, 1)] == [0, NMR]
    assert scene.tournament.staked(following) == NMR


# the order of chunks

CHUNKED = (0, 3, 600, 1_024, 1_030, 2_048, 2_051)


@pytest.fixture(scope="module")
def chunked() -> tuple[Scene, list[list[int]]]:
    """A final round with stakes in three chunks, and the chunks."""
    scene = Scene(models=2_052)
    round_id = at_stake(scene, *CHUNKED)
    for model in CHUNKED:
        scene.call("set_policy", model, (90 + model % 20) * NMR, model % 3 == 0)
    return scene, scene.finalise(round_id, {model: UP if model % 2 else DOWN for model in CHUNKED})


def test_settle__chunks_in_any_order__same_books(chunked: tuple[Scene, list[list[int]]]) -> None:
    prepared, chunks = chunked
    prepared = copy.deepcopy(prepared)
    open_next(prepared, 1)
    books = []
    for order in permutations(range(3)):
        scene = copy.deepcopy(prepared)
        for index in order:
            scene.settle(1, chunks, index)
        assert scene.state(1) == State.CLOSED
        books.append((scene.tournament.books, scene.world.numeraire.balances, scene.world.treasury.books))
    assert all(other == books[0] for other in books[1:])


@settings(max_examples=10)
@given(order=st.permutations(range(3)), waits=st.lists(st.sampled_from([0, 11, 13]), min_size=3, max_size=3))
def test_settle__chunks_at_any_time__same_idle_plus_positions(
    chunked: tuple[Scene, list[list[int]]], order: list[int], waits: list[int]
) -> None:
    prepared, chunks = chunked
    scene = copy.deepcopy(prepared)
    following = open_next(scene, 1)
    for index, hours in zip(order, waits, strict=True):
        scene.wait(hours)
        scene.settle(1, chunks, index)
    assert [worth(scene.tournament, model) for model in CHUNKED] == [
        (102 if model % 2 else 98) * 10**9 for model in CHUNKED
    ]
    assert scene.tournament.staked(following) + scene.tournament.idle_total() == owed(scene.tournament)


def test_multicall__settle_and_stake__one_transaction(scene: Scene) -> None:
    round_id = at_stake(scene, 0)
    chunks = scene.finalise(round_id, {0: UP})
    open_next(scene, round_id)
    settle = {"round_id": round_id, "index": 0, "words": chunks[0], "proof": []}
    scene.call("multicall", [("settle", settle), ("stake", {"model": 0, "amount": NMR})])
    assert scene.tournament.position(round_id + 2, 0) == NMR
    assert scene.world.events[-1].transaction == next(
        event.transaction for event in scene.tournament.events if event.name == "Settled"
    )


def test_multicall__one_refused__none_made(scene: Scene) -> None:
    scene.open()
    calls = [
        ("deposit", {"model": 0, "amount": NMR}),
        ("stake", {"model": 0, "amount": 5 * NMR}),
        ("withdraw", {"model": 0, "amount": NMR + GWEI, "receiver": STAKER}),
    ]
    with scene.refuses("ledger: more than is idle"):
        scene.call("multicall", calls)
    scene.call("multicall", calls[:2])
    assert owed(scene.tournament) == 6 * NMR


def test_multicall__too_many__refused(scene: Scene) -> None:
    call = ("set_submitter", {"model": 0, "submitter": ZERO_ADDRESS})
    scene.call("multicall", [call] * 64)
    with scene.refuses(""):
        scene.call("multicall", [call] * 65)
