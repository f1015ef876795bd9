# SPDX-License-Identifier: MIT
"""What each call of a pool does and refuses; sequences of them are the walks' business."""

import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.support.suite import MIN_STAKE, RING

ALL = 2**256 - 1
SHARES = 10**9
"""A gwei's, in an epoch that has just begun."""
NMR_SHARES = NMR // GWEI * SHARES
POINT = 10**6


def test_fill__place_is_opened__tells_all(pool, walk, manager, backer):
    round_id = walk.opened()
    place = round_id % RING
    receipt = pool.enter_order(place, 100 * NMR, sender=manager)
    assert pool.EntryOrdered(place=place, holder=manager, batch=0, amount=100 * NMR) in receipt.events
    pool.enter_order(place, 30 * NMR, sender=backer)
    receipt = pool.enter_order(place, 20 * NMR, sender=backer)
    assert pool.EntryOrdered(place=place, holder=backer, batch=0, amount=50 * NMR) in receipt.events
    assert pool.owed() == 150 * NMR
    receipt = pool.fill(place, sender=backer)
    run = pool.EntriesRun(
        place=place,
        epoch=0,
        round=round_id,
        batch=0,
        value=0,
        ordered=50 * NMR,
        used=50 * NMR,
        shares=50 * NMR_SHARES,
        manager_ordered=100 * NMR,
        manager_used=100 * NMR,
        manager_shares=100 * NMR_SHARES,
    )
    assert run in receipt.events
    assert pool.owed() == 0
    receipt = pool.claim(place, sender=backer)
    assert receipt.events == [pool.Claimed(place=place, holder=backer, epoch=0, shares=50 * NMR_SHARES, paid=0)]


def test_checkpoint__round_won_and_a_backer_leaves__fee_and_price_are_exact(pool, opened, place, play, manager, backer):
    play(opened, 10 * POINT)
    pool.exit_order(place, 25 * NMR_SHARES, sender=backer)
    receipt = pool.checkpoint(place, sender=manager)
    # 15 NMR were won, and 20% of that are new shares of the manager's at the new price.
    minted = 3 * NMR // GWEI * 150 * NMR_SHARES // (162 * NMR // GWEI)
    assert pool.Booked(place=place, epoch=0, value=165 * NMR, fee=3 * NMR, shares=minted) in receipt.events
    paid = 25 * NMR_SHARES * (165 * NMR // GWEI) // (150 * NMR_SHARES + minted) * GWEI
    run = pool.ExitsRun(
        place=place,
        epoch=0,
        batch=0,
        value=165 * NMR,
        shares=25 * NMR_SHARES,
        paid=paid,
        manager_shares=0,
        manager_paid=0,
    )
    assert run in receipt.events
    assert pool.claim.call(place, sender=backer) == paid


def test_credit__beside_what_is_owed_to_others__is_the_managers_alone(pool, opened, place, play, manager, backer):
    play(opened, 0)
    pool.exit_order(place, 10 * NMR_SHARES, sender=manager)
    pool.checkpoint(place, sender=backer)
    # An odd number of gwei is owed in all, right above the bits of the manager's.
    pool.enter_order(place, NMR + GWEI, sender=backer)
    assert pool.owed() == 11 * NMR + GWEI
    assert pool.credit() == pool.holding_view(place, manager).claimable == pool.claim.call(place, sender=manager)
    assert pool.credit() == 10 * NMR


def test_checkpoint__epoch_ends__all_is_paid_out(pool, opened, place, play, manager, backer):
    play(opened, 0)
    pool.exit_order(place, ALL, sender=manager)
    pool.exit_order(place, 50 * NMR_SHARES - 1, sender=backer)
    receipt = pool.checkpoint(place, sender=backer)
    ended = pool.EpochEnded(
        place=place,
        epoch=0,
        value=150 * NMR,
        shares=150 * NMR_SHARES,
        manager_shares=100 * NMR_SHARES,
        manager_paid=100 * NMR,
    )
    assert ended in receipt.events
    assert pool.credit() == 100 * NMR
    receipt = pool.claim(place, sender=manager)
    assert pool.ManagerPaid(amount=100 * NMR) in receipt.events
    assert pool.claim.call(place, sender=backer) == 50 * NMR
    assert tuple(pool.pot(place, 0)) == (50 * NMR, 50 * NMR_SHARES)


def test_checkpoint__manager_orders_all_out_beside_a_backer__skin_stays_and_the_rest_waits(
    pool, opened, place, play, manager, backer
):
    play(opened, 0)
    pool.exit_order(place, ALL, sender=manager)
    receipt = pool.checkpoint(place, sender=backer)
    # A tenth of all, rounded up, beside the 50 NMR of the backer.
    kept = -(-50 * NMR_SHARES // 9)
    left = 100 * NMR_SHARES - kept
    run = pool.ExitsRun(
        place=place,
        epoch=0,
        batch=0,
        value=150 * NMR,
        shares=0,
        paid=0,
        manager_shares=left,
        manager_paid=left // SHARES * GWEI,
    )
    assert run in receipt.events
    said = pool.place_view(place)
    assert (said.manager_shares, said.manager_exit) == (kept, kept)
    with reverts("pool: nothing to do"):
        pool.checkpoint(place, sender=backer)
    # As the backer leaves in part, the manager leaves by as much as he then need not keep.
    pool.exit_order(place, 20 * NMR_SHARES, sender=backer)
    pool.checkpoint(place, sender=backer)
    kept = -(-30 * NMR_SHARES // 9)
    assert pool.place_view(place).manager_shares == kept == pool.holding_view(place, manager).exit_order
    pool.cancel_exit(place, sender=manager)
    assert pool.place_view(place).manager_exit == 0


def test_checkpoint__manager_orders_out_just_his_skins_rest__all_of_it_runs(pool, opened, place, play, manager, backer):
    play(opened, 0)
    kept = -(-50 * NMR_SHARES // 9)
    pool.exit_order(place, 100 * NMR_SHARES - kept, sender=manager)
    pool.checkpoint(place, sender=backer)
    said = pool.place_view(place)
    assert (said.manager_shares, said.manager_exit) == (kept, 0)
    pool.exit_order(place, 1, sender=manager)
    with reverts("pool: nothing to do"):
        pool.checkpoint(place, sender=backer)


@pytest.mark.parametrize(("kept", "goes_on"), [(22 * NMR // 1_000, True), (21 * NMR // 1_000, False)])
def test_checkpoint__others_hold_less_than_the_floor__manager_leaves_whole_and_all_do_below_his_skin(
    pool, opened, place, play, manager, backer, kept, goes_on
):
    play(opened, 0)
    # 0.19 NMR is below the floor of 0.2 NMR, and its ninth is 0.0211.
    pool.exit_order(place, 50 * NMR_SHARES - 19 * NMR_SHARES // 100, sender=backer)
    pool.exit_order(place, 100 * NMR_SHARES - kept // GWEI * SHARES, sender=manager)
    pool.checkpoint(place, sender=backer)
    said = pool.place_view(place)
    assert said.value == (19 * NMR // 100 + kept if goes_on else 0)
    assert (said.epoch, said.manager_exit) == (0 if goes_on else 1, 0)


def test_cancel__orders_that_wait__come_back(pool, opened, place, play, numeraire, manager, backer, other):
    play(opened, 0)
    held = numeraire.balanceOf(other)
    pool.enter_order(place, 7 * NMR, sender=other)
    receipt = pool.cancel_entry(place, sender=other)
    assert pool.EntryCancelled(place=place, holder=other, amount=7 * NMR) in receipt.events
    assert numeraire.balanceOf(other) == held
    for actor, shares in ((backer, 5), (manager, 7)):
        pool.exit_order(place, shares, sender=actor)
        receipt = pool.cancel_exit(place, sender=actor)
        assert receipt.events == [pool.ExitCancelled(place=place, holder=actor, shares=shares)]
    pool.enter_order(place, 9 * NMR, sender=manager)
    receipt = pool.cancel_entry(place, sender=manager)
    assert pool.EntryCancelled(place=place, holder=manager, amount=9 * NMR) in receipt.events


def test_set_submitter__manager__names_another_or_himself(pool, tournament, manager, other):
    pool.set_submitter(other, sender=manager)
    assert tournament.submitter_of(pool.MODEL()) == other
    pool.set_submitter(ZERO_ADDRESS, sender=manager)
    assert tournament.submitter_of(pool.MODEL()) == manager


def test_sweep__donations__are_burned(pool, tournament, numeraire, staker, other):
    numeraire.transfer(pool, 3, sender=staker)
    tournament.deposit(pool.MODEL(), 2 * NMR, pool, sender=staker)
    receipt = pool.sweep(sender=other)
    assert pool.Swept(amount=2 * NMR + 3) in receipt.events
    assert numeraire.balanceOf(pool) == 0


def test_multicall__orders_at_two_places__go_through_together(pool, backer):
    calls = [pool.enter_order.encode_input(place, NMR) for place in range(RING)]
    pool.multicall(calls, sender=backer)
    assert [pool.holding_view(place, backer).entry_order for place in range(RING)] == [NMR] * RING


@pytest.mark.parametrize("method", ["enter_order", "exit_order", "cancel_entry", "cancel_exit", "claim"])
def test_orders__no_such_place__are_refused(pool, backer, method):
    amount = (NMR,) if method.endswith("_order") else ()
    with reverts("pool: no such place"):
        getattr(pool, method)(RING, *amount, sender=backer)


@pytest.mark.parametrize("method", ["checkpoint", "fill"])
def test_turns__no_such_place__are_refused(pool, backer, method):
    with reverts("pool: no such place"):
        getattr(pool, method)(RING, sender=backer)


@pytest.mark.parametrize("method", ["place_view", "holding_view"])
def test_views__no_such_place__are_refused(pool, backer, method):
    arguments = (backer,) if method == "holding_view" else ()
    with reverts("pool: no such place"):
        getattr(pool, method)(RING, *arguments)


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (0, "pool: below the smallest stake"),
        (MIN_STAKE - GWEI, "pool: below the smallest stake"),
        (MIN_STAKE + 1, "pool: amount finer than a gwei"),
    ],
)
def test_enter_order__no_amount_to_stake__is_refused(pool, backer, amount, reason):
    with reverts(reason):
        pool.enter_order(0, amount, sender=backer)


def test_enter_order__smallest_stake__is_taken(pool, backer):
    pool.enter_order(0, MIN_STAKE, sender=backer)
    assert pool.holding_view(0, backer).entry_order == MIN_STAKE


@pytest.mark.parametrize("actor", ["manager", "backer"], indirect=True)
def test_exit_order__more_than_is_held__is_refused(pool, opened, place, play, actor):
    play(opened, 0)
    held = pool.holding_view(place, actor).shares
    with reverts("pool: no shares"):
        pool.exit_order(place, 0, sender=actor)
    with reverts("pool: more than you hold"):
        pool.exit_order(place, held + 1, sender=actor)
    pool.exit_order(place, held - 1, sender=actor)
    with reverts("pool: more than you hold"):
        pool.exit_order(place, 2, sender=actor)
    pool.exit_order(place, ALL, sender=actor)
    assert pool.holding_view(place, actor).exit_order == held
    with reverts("pool: more than you hold"):
        pool.exit_order(place, ALL, sender=actor)


def test_exit_order__bought_in_this_round__waits_for_another(pool, opened, place, play, manager, backer):
    assert pool.holding_view(place, backer).bought_now
    with reverts("pool: bought in this round"):
        pool.exit_order(place, 1, sender=backer)
    pool.exit_order(place, 1, sender=manager)
    play(opened, 0)
    pool.exit_order(place, 1, sender=backer)


@pytest.mark.parametrize("method", ["cancel_entry", "cancel_exit"])
@pytest.mark.parametrize("actor", ["manager", "backer"], indirect=True)
def test_cancel__no_order__is_refused(pool, method, actor):
    with reverts("pool: no such order"):
        getattr(pool, method)(0, sender=actor)


@pytest.mark.parametrize("actor", ["manager", "backer", "other"], indirect=True)
def test_claim__nothing_ran__is_refused(pool, opened, place, actor):
    with reverts("pool: nothing to claim"):
        pool.claim(place, sender=actor)


@pytest.mark.parametrize("method", ["checkpoint", "fill"])
def test_turns__value_at_risk__are_refused(pool, tournament, walk, opened, place, backer, method):
    walk.until(tournament.round_info(opened).terms.locks_at)
    with reverts("pool: value is not exact"):
        getattr(pool, method)(place, sender=backer)
    said = pool.place_view(place)
    walk.at(tournament.round_info(opened).terms.locks_at)
    said, terms = pool.place_view(place), tournament.round_info(opened).terms
    assert (said.free, said.free_from) == (False, terms.resolves_at + terms.window)
    assert said.free_by == terms.expires_at


@pytest.mark.parametrize("method", ["checkpoint", "fill"])
def test_turns__nothing_changes__are_refused(pool, opened, place, backer, method):
    with reverts("pool: nothing to do"):
        getattr(pool, method)(place, sender=backer)


def test_fill__round_not_open__is_refused(pool, opened, place, play, manager):
    with reverts("pool: round is not open"):
        pool.fill(1 - place, sender=manager)
    play(opened, POINT)
    pool.enter_order(place, NMR, sender=manager)
    with reverts("pool: round is not open"):
        pool.fill(place, sender=manager)
    pool.checkpoint(place, sender=manager)


def test_fill__tournament_paused__is_refused(pool, tournament, opened, place, guardian, manager):
    pool.enter_order(place, NMR, sender=manager)
    tournament.pause(sender=guardian)
    with reverts("pool: tournament is paused"):
        pool.fill(place, sender=manager)
    tournament.unpause(sender=guardian)
    pool.fill(place, sender=manager)


def test_sweep__nothing_is_nobodys__is_refused(pool, backer):
    pool.enter_order(0, NMR, sender=backer)
    with reverts("pool: nothing to sweep"):
        pool.sweep(sender=backer)


def test_set_submitter__not_the_manager__is_refused(pool, backer):
    with reverts("pool: not the manager"):
        pool.set_submitter(backer, sender=backer)


# the factory


def test_create__within_limits__is_listed_and_told(project, factory, tournament, backer, other):
    count = factory.pool_count()
    receipt = factory.create(3_000, 5_000, other, "mine", sender=backer)
    pool = project.Pool.at(factory.pool_at(count))
    made = factory.PoolCreated(pool=pool, manager=backer, model=pool.MODEL(), fee=3_000, skin=5_000, label="mine")
    assert made in receipt.events
    assert factory.is_pool(pool) and not factory.is_pool(backer)
    assert (pool.FEE(), pool.SKIN(), pool.MANAGER(), pool.TOURNAMENT()) == (3_000, 5_000, backer, tournament)
    assert tournament.owner_of(pool.MODEL()) == pool and tournament.submitter_of(pool.MODEL()) == other


@pytest.mark.parametrize(
    ("fee", "skin", "reason"),
    [
        (3_001, 1_000, "pool: fee is too large"),
        (0, 999, "pool: skin is out of range"),
        (0, 5_001, "pool: skin is out of range"),
    ],
)
def test_create__out_of_limits__is_refused(factory, backer, fee, skin, reason):
    with reverts(reason):
        factory.create(fee, skin, ZERO_ADDRESS, "", sender=backer)


def test_pool__without_manager__is_refused(project, deployer, tournament):
    with reverts("pool: no manager"):
        deployer.deploy(project.Pool, tournament, ZERO_ADDRESS, 0, 1_000, ZERO_ADDRESS, "")


def test_factory__smallest_stake_in_reach_of_a_target__is_refused(project, deployer, blueprint):
    with reverts("factory: smallest stake too low"):
        deployer.deploy(project.PoolFactory, deployer.deploy(project.CallingEscrow, GWEI), blueprint)
    deployer.deploy(project.PoolFactory, deployer.deploy(project.CallingEscrow, 2 * GWEI), blueprint)


def test_factory__names_no_contract__is_refused(project, deployer, tournament, blueprint, backer):
    with reverts("factory: tournament has no code"):
        deployer.deploy(project.PoolFactory, backer, blueprint)
    with reverts("factory: blueprint has no code"):
        deployer.deploy(project.PoolFactory, tournament, backer)


# re-entrance: the suite's token calls nobody, and another's would be locked out


@pytest.mark.parametrize("name", ["enter_order", "cancel_entry", "claim", "checkpoint", "fill", "sweep", "owed"])
def test_enter_order__token_calls_back__is_locked_out(project, deployer, backer, name):
    escrow = deployer.deploy(project.CallingEscrow, NMR)
    pool = deployer.deploy(project.Pool, escrow, deployer, 0, 1_000, ZERO_ADDRESS, "")
    arguments = {"enter_order": (0, NMR), "sweep": (), "owed": ()}.get(name, (0,))
    escrow.arm(pool, getattr(pool, name).encode_input(*arguments), sender=deployer)
    pool.enter_order(0, NMR, sender=backer)
    assert escrow.called() and not escrow.succeeded()
    assert pool.owed() == NMR


@pytest.mark.parametrize("name", ["enter_order", "cancel_entry", "claim", "checkpoint", "multicall"])
def test_cancel_entry__token_calls_back_as_it_pays__is_locked_out(project, deployer, backer, name):
    escrow = deployer.deploy(project.CallingEscrow, NMR)
    pool = deployer.deploy(project.Pool, escrow, deployer, 0, 1_000, ZERO_ADDRESS, "")
    pool.enter_order(0, NMR, sender=backer)
    twice = [pool.cancel_entry.encode_input(0)]
    arguments = {"enter_order": (0, NMR), "multicall": (twice,)}.get(name, (0,))
    escrow.arm(pool, getattr(pool, name).encode_input(*arguments), sender=deployer)
    pool.cancel_entry(0, sender=backer)
    assert escrow.called() and not escrow.succeeded()
    assert pool.owed() == 0


def test_enter_order__same_call_from_outside__goes_through(project, deployer, backer):
    escrow = deployer.deploy(project.CallingEscrow, NMR)
    pool = deployer.deploy(project.Pool, escrow, deployer, 0, 1_000, ZERO_ADDRESS, "")
    escrow.arm(pool, pool.enter_order.encode_input(0, NMR), sender=deployer)
    escrow.transfer(backer, 0, sender=backer)
    assert escrow.called() and escrow.succeeded()
