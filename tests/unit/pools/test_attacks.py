# SPDX-License-Identifier: MIT
"""Who means harm to a pool, one test each: nobody gets more than what is theirs, and nobody is kept in.

What broke earlier wordings of the rules is in `tests/library/protocol/reference/test_pool_wordings.py`, and orders of
the block of a batch are in `test_orders.py`.
"""

import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO
from tests.support.refusals import reverts
from tests.support.suite import MIN_STAKE
from tests.unit.pools.conftest import FEE, FLOOR, SKIN

ALL = 2**256 - 1
SHARES = 10**9
NMR_SHARES = NMR // GWEI * SHARES
POINT = 10**6


@pytest.fixture
def worth(pool, place, numeraire):
    """What somebody has: NMR in the wallet, and in the pool at the place."""

    def worth(holder) -> int:
        said = pool.holding_view(place, holder)
        return numeraire.balanceOf(holder) + said.value + said.entry_order + said.claimable

    return worth


@pytest.fixture
def reopened(walk, tournament, place):
    """Open rounds until one of the place is open."""

    def reopened() -> int:
        while True:
            round_id = walk.opened(primary=10_000, contribution=0, clip=RATIO // 5)
            if round_id % tournament.RING() == place:
                return round_id
            walk.locked(round_id)

    return reopened


def test_who_knows_the_scores__orders_before_the_settlement__pays_the_price_after_it(
    pool, tournament, walk, opened, place, worth, reopened, manager, backer, other
):
    tournament.submit([pool.MODEL()], [b"\1" * 32], sender=manager)
    final = walk.final(opened, {pool.MODEL(): (10 * POINT, 0)})
    before = worth(other), worth(backer)
    pool.enter_order(place, 50 * NMR, sender=other)
    for turn in (pool.fill, pool.checkpoint):
        with reverts("pool: value is not exact"):
            turn(place, sender=other)
    tournament.settle(opened, 0, final.chunks[0], [], sender=other)
    won = worth(backer)
    assert won > before[1]
    reopened()
    pool.fill(place, sender=other)
    assert before[0] - 2 * GWEI <= worth(other) <= before[0]
    assert abs(worth(backer) - won) <= GWEI


def test_who_knows_the_scores__orders_out_before_a_loss__bears_it(
    pool, tournament, walk, opened, place, worth, manager, backer
):
    tournament.submit([pool.MODEL()], [b"\1" * 32], sender=manager)
    final = walk.final(opened, {pool.MODEL(): (-10 * POINT, 0)})
    # What was bought in a round cannot be ordered out in it, whatever is known.
    with reverts("pool: bought in this round"):
        pool.exit_order(place, ALL, sender=backer)
    with reverts("pool: value is not exact"):
        pool.checkpoint(place, sender=backer)
    tournament.settle(opened, 0, final.chunks[0], [], sender=backer)
    pool.exit_order(place, ALL, sender=backer)
    pool.checkpoint(place, sender=manager)
    assert pool.claim.call(place, sender=backer) == 45 * NMR


@pytest.mark.parametrize("to", ["pool", "model", "tournament"])
def test_donor__gives_to_whom_nobody_asked__moves_nobodys_worth(
    pool, tournament, opened, place, worth, numeraire, staker, manager, backer, other, to
):
    before = [worth(who) for who in (manager, backer, other)]
    if to == "model":
        tournament.deposit(pool.MODEL(), 70 * NMR, pool, sender=staker)
        tournament.enter([pool.MODEL() // 4], sender=other)
    else:
        numeraire.transfer(pool if to == "pool" else tournament, 70 * NMR, sender=staker)
    assert [worth(who) for who in (manager, backer, other)] == before
    assert pool.place_view(place).value == 150 * NMR
    if to == "tournament":
        with reverts("pool: nothing to sweep"):
            pool.sweep(sender=other)
        return
    supply = numeraire.totalSupply()
    pool.sweep(sender=other)
    assert supply - numeraire.totalSupply() == 70 * NMR
    assert [worth(who) for who in (manager, backer, other)] == before


def test_first_holder__opens_with_the_least_and_donates__buys_nobodys_shares(
    pool, tournament, walk, numeraire, staker, manager, backer
):
    place = walk.opened() % tournament.RING()
    pool.enter_order(place, FLOOR, sender=manager)
    pool.fill(place, sender=manager)
    numeraire.transfer(pool, 5_000 * NMR, sender=staker)
    tournament.deposit(pool.MODEL(), 5_000 * NMR, pool, sender=staker)
    pool.enter_order(place, MIN_STAKE, sender=backer)
    pool.fill(place, sender=manager)
    assert pool.holding_view(place, backer).value == MIN_STAKE
    assert pool.holding_view(place, manager).value == FLOOR


def test_dust_holder__keeps_one_share__keeps_nobody_in(pool, opened, place, play, manager, backer, other):
    play(opened, 3 * POINT)
    pool.exit_order(place, 50 * NMR_SHARES - 1, sender=backer)
    pool.checkpoint(place, sender=other)
    pool.exit_order(place, ALL, sender=manager)
    # What the manager leaves beside a share is below the floor, and so everybody is paid out.
    pool.checkpoint(place, sender=other)
    assert pool.place_view(place).value == 0
    assert pool.credit() > 100 * NMR
    assert pool.claim.call(place, sender=backer) >= 50 * NMR


def test_huge_order__beside_a_small_one__takes_the_room_in_proportion(pool, opened, place, manager, backer, other):
    # A skin of 10% leaves room for 900 of others beside the manager's 100, of which 50 are there.
    pool.enter_order(place, 9_000 * NMR, sender=other)
    pool.enter_order(place, 1_000 * NMR, sender=backer)
    pool.fill(place, sender=manager)
    assert pool.holding_view(place, other).value == 765 * NMR
    assert pool.holding_view(place, backer).value == (50 + 85) * NMR
    assert pool.holding_view(place, other).claimable == (9_000 - 765) * NMR
    assert pool.holding_view(place, manager).value * 10_000 == SKIN * pool.place_view(place).value


def test_borrower__in_and_out_in_one_transaction__buys_nothing(pool, opened, place, numeraire, backer, other):
    held = numeraire.balanceOf(other)
    encode = {name: getattr(pool, name).encode_input for name in ("enter_order", "fill", "claim", "cancel_entry")}
    with reverts("pool: nothing to do"):
        pool.multicall([encode["enter_order"](place, 900 * NMR), encode["fill"](place)], sender=other)
    with reverts("pool: nothing to claim"):
        pool.multicall([encode["enter_order"](place, 900 * NMR), encode["claim"](place)], sender=other)
    pool.multicall([encode["enter_order"](place, 900 * NMR), encode["cancel_entry"](place)], sender=other)
    assert numeraire.balanceOf(other) == held and pool.owed() == 0
    # An order that stands takes no more than what was ordered before its block.
    pool.enter_order(place, 100 * NMR, sender=backer)
    pool.multicall([encode["enter_order"](place, 900 * NMR), encode["fill"](place)], sender=other)
    assert pool.holding_view(place, backer).value == 150 * NMR
    said = pool.holding_view(place, other)
    assert (said.shares, said.entry_order, said.claimable) == (0, 900 * NMR, 0)


def test_manager__leaves_with_a_backer_who_cancels__keeps_the_skin(pool, opened, place, play, manager, backer, other):
    play(opened, 0)
    pool.exit_order(place, 40 * NMR_SHARES, sender=backer)
    pool.exit_order(place, 98 * NMR_SHARES, sender=manager)
    # Before others' orders run.
    pool.cancel_exit(place, sender=backer)
    pool.checkpoint(place, sender=other)
    said = pool.place_view(place)
    assert said.manager_shares * 10_000 >= SKIN * said.shares > (said.manager_shares - 1) * 10_000
    # After it ran there is nothing to take back.
    pool.exit_order(place, 10 * NMR_SHARES, sender=backer)
    pool.checkpoint(place, sender=other)
    with reverts("pool: no such order"):
        pool.cancel_exit(place, sender=backer)
    assert pool.holding_view(place, backer).shares == 40 * NMR_SHARES


def test_buyer_of_the_key__submits_and_nothing_else(pool, tournament, opened, place, play, manager, backer, other):
    pool.set_submitter(other, sender=manager)
    model = pool.MODEL()
    tournament.submit([model], [b"\2" * 32], sender=other)
    for function, arguments in (
        ("withdraw", (model, ALL, other)),
        ("leave", (model, opened, NMR)),
        ("set_policy", (model, 0, False)),
        ("offer_model", (model, other)),
        ("set_submitter", (model, other)),
    ):
        for who in (other, manager):
            with reverts("models: not the owner"):
                getattr(tournament, function)(*arguments, sender=who)
    with reverts("pool: not the manager"):
        pool.set_submitter(other, sender=other)
    assert tournament.owner_of(model) == pool and tournament.submitter_of(model) == other


def test_manager__submits_nothing__costs_nobody_anything(
    pool, tournament, walk, opened, place, worth, manager, backer, other
):
    before = worth(backer), worth(manager)
    final = walk.final(opened, {pool.MODEL(): (-10 * POINT, 0)})
    tournament.settle(opened, 0, final.chunks[0], [], sender=other)
    assert (worth(backer), worth(manager)) == before
    pool.exit_order(place, ALL, sender=backer)
    pool.checkpoint(place, sender=other)
    assert pool.claim.call(place, sender=backer) == 50 * NMR


def test_manager__of_two_opposite_pools__has_the_fee_of_the_gain_alone(
    project, factory, tournament, numeraire, walk, staker, manager, backer, pool
):
    factory.create(FEE, SKIN, ZERO_ADDRESS, "opposite", sender=manager)
    pools = [pool, project.Pool.at(factory.pool_at(factory.pool_count() - 1))]
    round_id = walk.opened(primary=10_000, contribution=0, clip=RATIO // 5)
    place = round_id % tournament.RING()
    for each in pools:
        for who, nmr in ((manager, 100), (backer, 100)):
            numeraire.approve(each, ALL, sender=who)
            each.enter_order(place, nmr * NMR, sender=who)
        each.fill(place, sender=backer)
    models = [each.MODEL() for each in pools]
    tournament.submit(models, [b"\1" * 32] * 2, sender=manager)
    final = walk.final(round_id, {models[0]: (10 * POINT, 0), models[1]: (-10 * POINT, 0)})
    tournament.settle(round_id, 0, final.chunks[0], [], sender=backer)
    pool.checkpoint(place, sender=backer)
    with reverts("pool: nothing to do"):
        pools[1].checkpoint(place, sender=backer)
    # 20% of what 200 NMR won, of which the backer bears a half; the manager has what the backers of both lost.
    values = [[each.holding_view(place, who).value for each in pools] for who in (manager, backer)]
    assert abs(sum(values[0]) - 202 * NMR) <= 2 * GWEI and abs(sum(values[1]) - 198 * NMR) <= 2 * GWEI
    assert [each.place_view(place).fees for each in pools] == [4 * NMR, 0]


def test_guardian__pauses_between_an_order_and_its_turn__keeps_nobody_in(
    pool, tournament, opened, place, play, guardian, backer, other
):
    play(opened, 0)
    pool.exit_order(place, ALL, sender=backer)
    pool.enter_order(place, 10 * NMR, sender=other)
    tournament.pause(sender=guardian)
    pool.checkpoint(place, sender=other)
    assert pool.claim.call(place, sender=backer) == 50 * NMR
    pool.cancel_entry(place, sender=other)


def test_round__settled_too_late_for_its_successor__lets_exits_run_before_that_locks(
    pool, tournament, walk, opened, place, reopened, manager, backer, other
):
    tournament.submit([pool.MODEL()], [b"\1" * 32], sender=manager)
    final = walk.final(opened, {pool.MODEL(): (10 * POINT, 0)})
    successor = reopened()
    # Less than an hour before the successor locks: what is at stake waits for the round after it.
    walk.until(tournament.round_info(successor).terms.locks_at - 1)
    tournament.settle(opened, 0, final.chunks[0], [], sender=other)
    assert pool.place_view(place).round == successor + tournament.RING() and pool.place_view(place).free
    pool.exit_order(place, ALL, sender=backer)
    pool.checkpoint(place, sender=other)
    assert pool.claim.call(place, sender=backer) > 50 * NMR
    pool.enter_order(place, 10 * NMR, sender=other)
    with reverts("pool: round is not open"):
        pool.fill(place, sender=other)
