# SPDX-License-Identifier: MIT
"""What broke earlier wordings of the pools' rules, a test each: none of it does any harm now."""

import pytest

from nmr.errors import Refused
from nmr.protocol.reference import State
from nmr.protocol.reference.pool_books import PER_GWEI, Order
from nmr.protocol.reference.pool_rules import CAP
from nmr.text.amounts import GWEI, NMR
from tests.support.example_suite import GUARDIAN, STRANGER
from tests.support.pool_scene import BACKER, MANAGER, OTHER, PoolScene
from tests.support.refusals import reverts

GWEI_OF_NMR = NMR // GWEI


@pytest.fixture
def scene() -> PoolScene:
    return PoolScene()


def test_exits__an_entry_waits_and_the_tournament_is_paused__run(scene):
    round_id = scene.opened(100, 100)
    scene.resolve(round_id)
    scene.leave(BACKER)
    scene.enter(OTHER, 50)
    scene.call("pause", sender=GUARDIAN)
    scene.checkpoint()
    assert scene.claim(BACKER) == 100 * GWEI_OF_NMR
    with reverts("pool: round is not open"):
        scene.fill()


def test_shares__their_round_settles_before_the_next_is_opened__live_on(scene):
    round_id = scene.opened(100, 100)
    scene.resolve(round_id)
    assert scene.tournament.place_of(scene.pool.model, 0, scene.now).round == round_id + scene.pool.ring
    assert scene.tournament.state(round_id + scene.pool.ring, scene.now) == State.UNKNOWN
    scene.leave(BACKER, scene.held(BACKER).shares // 4)
    scene.checkpoint()
    assert scene.claim(BACKER) == 25 * GWEI_OF_NMR and scene.value == 175 * GWEI_OF_NMR


def test_the_rest__falls_just_below_the_floor_by_a_burn__is_paid_out(scene):
    round_id = scene.opened(20, 180)
    scene.resolve(round_id)
    scene.leave(BACKER)
    scene.checkpoint()
    assert scene.value == 20 * GWEI_OF_NMR
    scene.claim(BACKER)
    round_id = scene.open_at()
    scene.resolve(round_id, -0.0001)
    scene.checkpoint()
    assert scene.place.shares == 0 and scene.claim(MANAGER) == 20 * GWEI_OF_NMR * 9_999 // 10_000


def test_the_manager__orders_out_while_a_backer_does_who_cancels__keeps_his_skin(scene):
    round_id = scene.opened(300, 700)
    scene.resolve(round_id)
    shares = scene.place.shares
    scene.leave(BACKER)
    scene.leave(MANAGER, shares * 27 // 100)
    scene.block()
    scene.pool.cancel_exit(0, sender=BACKER, now=scene.now)
    scene.checkpoint()
    kept = scene.place.manager_shares
    assert (kept - 1) * 10 < scene.place.shares <= kept * 10
    assert scene.place.manager_exit.amount == kept - shares * 3 // 100


def test_the_manager__leaves_others_below_the_floor_with_little_of_his__all_are_paid_out(scene):
    round_id = scene.opened(1_000, 19)
    scene.resolve(round_id)
    scene.leave(MANAGER, scene.place.manager_shares * 998 // 1_000)
    scene.enter(OTHER, 100)
    scene.checkpoint()
    assert scene.place.shares == 0 and scene.value == 0
    assert scene.claim(BACKER) == 19 * GWEI_OF_NMR and scene.claim(MANAGER) == 1_000 * GWEI_OF_NMR


def test_an_entry__with_borrowed_nmr__does_not_run_in_its_block(scene):
    scene.opened(100)
    scene.enter(OTHER, 900)
    scene.block()
    scene.enter(BACKER, 100_000)
    scene.pool.fill(0, sender=BACKER, now=scene.now)
    assert scene.held(OTHER).shares == 900 * GWEI_OF_NMR * PER_GWEI and scene.held(BACKER).entry.amount > 0
    with reverts("pool: nothing to claim"):
        scene.claim(BACKER)


def test_an_entry__of_a_large_order_a_block_later__cannot_leave_in_that_round(scene):
    round_id = scene.opened(100, 900)
    with reverts("pool: bought in this round"):
        scene.leave(BACKER)
    scene.resolve(round_id)
    scene.leave(BACKER)


def test_waiting_entries__one_share_leaves_where_there_is_no_room__go_on_waiting(scene):
    round_id = scene.opened(100, 900)
    scene.enter(OTHER, 50)
    scene.resolve(round_id)
    scene.leave(BACKER, 1)
    scene.checkpoint()
    assert scene.held(OTHER).entry.amount == 50 * GWEI_OF_NMR
    scene.open_at()
    scene.claim(BACKER)
    scene.leave(BACKER, 1)
    scene.fill()
    assert scene.held(OTHER).entry.amount == 50 * GWEI_OF_NMR


def test_an_exit_order__worth_nothing__keeps_nobody_in(scene):
    round_id = scene.opened(100, 100)
    scene.resolve(round_id)
    scene.leave(BACKER, PER_GWEI // 2)
    scene.checkpoint()
    assert scene.value == 200 * GWEI_OF_NMR and scene.held(BACKER).exit == Order()
    scene.leave(BACKER)
    scene.checkpoint()
    assert 0 <= scene.value - 100 * GWEI_OF_NMR <= 1


@pytest.mark.parametrize("before", [1, 3_600, 3_601])
def test_standing_exits__the_chunk_comes_just_before_the_next_lock__run(scene, before):
    scene.resolve(scene.opened(100, 100))
    round_id = scene.open_at()
    chunks = scene.finalise(round_id, {scene.pool.model: (10**7, 0)})
    scene.leave(BACKER, 1)
    following = scene.open_at()
    scene.now = scene.terms_of(following).locks_at - before
    scene.settle(round_id, chunks)
    position = scene.tournament.place_of(scene.pool.model, 0, scene.now)
    assert position.round == (following if before >= 3_600 else following + scene.pool.ring)
    scene.now += max(0, before - 3_600)
    scene.pool.checkpoint(0, sender=STRANGER, now=scene.now)
    assert scene.held(BACKER).exit == Order()


def test_shares_and_mark__burned_and_refilled_again_and_again__stay_below_the_cap(scene):
    round_id = scene.opened(20_000)
    for _ in range(24):
        scene.resolve(round_id, -0.999)
        round_id = scene.open_at()
        room = scene.place.manager_shares * 20 // 10**9
        scene.enter(MANAGER, 19_980)
        scene.fill()
        assert room and scene.place.shares <= CAP and scene.place.mark <= CAP
        if scene.pool.books.credit:
            scene.claim(MANAGER)
    # It came back whole where it no longer fits, and exits go on.
    scene.resolve(round_id)
    scene.leave(MANAGER)
    scene.checkpoint()
    assert scene.place.shares == 0


def test_fee_shares__would_pass_the_cap__are_not_minted_and_the_mark_moves(scene):
    round_id = scene.opened(100)
    scene.place.shares = scene.place.manager_shares = CAP - 1
    scene.resolve(round_id, 0.5)
    scene.checkpoint()
    assert scene.place.shares == CAP - 1 and scene.place.mark == scene.value == 150 * GWEI_OF_NMR


def test_an_entry__after_thirty_rounds_that_doubled__buys_shares(scene):
    round_id = scene.opened(20)
    for _ in range(30):
        scene.resolve(round_id, 1)
        scene.leave(MANAGER, scene.place.manager_shares // 2)
        scene.checkpoint()
        round_id = scene.open_at()
    scene.enter(BACKER, 10)
    scene.fill()
    bought = scene.held(BACKER).shares * scene.value // scene.place.shares
    assert 0 <= 10 * GWEI_OF_NMR - bought <= 1 + scene.value // scene.place.shares + 1


def test_old_shares__burned_to_nothing_and_the_manager_enters_anew__own_nothing_of_it(scene):
    round_id = scene.opened(100, 100)
    scene.resolve(round_id, -1)
    scene.open_at()
    scene.enter(MANAGER, 50)
    scene.fill()
    assert scene.place.epoch == 1 and scene.place.shares == scene.place.manager_shares
    assert scene.held(BACKER).shares == 0 and scene.claim(BACKER) == 0


def test_an_exit_order__over_the_end_of_its_epoch__does_not_act_on_the_next(scene):
    round_id = scene.opened(100, 100)
    scene.resolve(round_id, -1)
    scene.leave(BACKER)
    scene.leave(MANAGER)
    scene.open_at()
    scene.enter(MANAGER, 50)
    scene.enter(BACKER, 50)
    scene.fill()
    assert scene.held(BACKER).exit == Order() and scene.place.manager_exit == Order()
    with reverts("pool: nothing to do"):
        scene.checkpoint()
    assert scene.value == 100 * GWEI_OF_NMR


def test_a_second_checkpoint__after_exits_that_rounded__books_no_fee(scene):
    round_id = scene.opened(100, 100)
    scene.resolve(round_id, 0.1234567)
    scene.leave(BACKER, scene.held(BACKER).shares // 3)
    scene.leave(MANAGER, 123_456_789_123_456_789)
    scene.checkpoint()
    assert scene.place.mark >= scene.value
    with reverts("pool: nothing to do"):
        scene.checkpoint()


@pytest.mark.parametrize("skin", [999, 5_001, 10_000])
def test_a_pool__with_a_skin_out_of_range__is_refused(skin):
    with reverts("pool: skin is out of range"):
        PoolScene(skin=skin)


def test_an_order__finer_than_a_gwei__is_refused(scene):
    with reverts("pool: amount finer than a gwei"):
        scene.pool.enter_order(0, 20 * NMR + 1, sender=MANAGER, now=scene.now)


def test_the_manager__orders_all_out_beside_dust__gets_it(scene):
    round_id = scene.opened(100, 1)
    scene.resolve(round_id, 0.1)
    scene.leave(BACKER, scene.held(BACKER).shares - 1)
    scene.checkpoint()
    scene.leave(MANAGER)
    scene.checkpoint()
    assert scene.place.shares == 0 and scene.claim(BACKER) > 0 and scene.value == 0


def test_dust__of_one_holder__blocks_nobody(scene):
    round_id = scene.opened(100, 100)
    scene.enter(OTHER, 100)
    scene.fill()
    scene.claim(OTHER)
    scene.resolve(round_id, 0.1)
    scene.leave(OTHER, scene.held(OTHER).shares - 1)
    scene.checkpoint()
    scene.leave(BACKER)
    scene.checkpoint()
    assert scene.claim(OTHER) > 0 and scene.claim(BACKER) > 0
    assert scene.held(OTHER).shares == 1


def test_entries__one_of_them_huge__run_in_proportion(scene):
    round_id = scene.open_at()
    scene.enter(MANAGER, 100)
    scene.enter(BACKER, 180_000)
    scene.enter(OTHER, 20_000)
    scene.fill()
    assert scene.value == 1_000 * GWEI_OF_NMR
    assert scene.claim(BACKER) == (180_000 - 810) * GWEI_OF_NMR and scene.claim(OTHER) == 19_910 * GWEI_OF_NMR
    assert scene.place.manager_shares * 10 == scene.place.shares
    assert scene.state(round_id) == State.OPEN


def test_a_place__near_the_last_ids__takes_nothing_and_pays_everybody_out():
    scene = PoolScene(first_round=65_535 - 22)
    round_id = scene.opened(100, 100)
    ran = 0
    while scene.place.shares:
        scene.resolve(round_id, 0.01)
        scene.block()
        try:
            scene.pool.checkpoint(0, sender=STRANGER, now=scene.now)
        except Refused:
            pytest.fail("a place with a fee to book or an end is refused nothing")
        round_id = scene.open_at() if scene.place.shares else 0
        ran += 1
    assert ran > 1 and scene.value == 0 and scene.claim(BACKER) > 100 * GWEI_OF_NMR
    scene.open_at()
    scene.enter(MANAGER, 100)
    with reverts("pool: too few ids are left"):
        scene.fill()
