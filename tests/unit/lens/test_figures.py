# SPDX-License-Identifier: MIT
"""Every figure of the lens beside what was done to the suite."""

import ape

from nmr.protocol.reference.rounds import State
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, SCORE, SUPPLY
from nmr.tvl.figures import UNASKED, Escrow, RoundAtStake

RESERVE = 3_000_000 * NMR
CAP = 100_000 * NMR


def escrow_of(seen, tournament, **changes) -> Escrow:
    empty = Escrow(tournament.address, *9 * (0,))
    return empty._replace(room=seen.treasury.room_of(tournament), **changes)


def test_figures__nothing_happened__are_supply_and_treasury(seen, chain):
    figures = seen.figures()
    assert figures.number == chain.blocks.height
    assert figures.timestamp == chain.blocks.head.timestamp
    assert figures.escrows == (escrow_of(seen, seen.classic), escrow_of(seen, seen.signals))
    assert figures.rounds == ()
    assert (figures.idle, figures.at_risk, figures.donations, figures.shortfall, figures.tvl) == (0, 0, 0, 0, 0)
    assert (figures.reserved, figures.reserved_elsewhere, figures.treasury_shortfall) == (0, 0, 0)
    assert (figures.treasury_balance, figures.treasury_free) == (RESERVE, RESERVE)
    assert (figures.supply, figures.burned, figures.circulating) == (SUPPLY, 0, SUPPLY - RESERVE)
    assert (figures.price, figures.dollars) == (UNASKED, 0)
    assert figures.agrees


def test_figures__idle_stakes_and_donations__are_disjoint_and_sum_up_to_the_balance(seen):
    model = seen.deposit(seen.classic, 70 * NMR)
    round_id = seen.walk.open()
    seen.classic.stake(model, 20 * NMR, sender=seen.staker)
    seen.give(seen.classic, 3)
    seen.deposit(seen.signals, 5 * NMR)
    figures = seen.figures()
    assert figures.escrows == (
        escrow_of(seen, seen.classic, models=1, balance=90 * NMR + 3, idle=70 * NMR, at_risk=20 * NMR, donations=3),
        escrow_of(seen, seen.signals, models=1, balance=5 * NMR, idle=5 * NMR),
    )
    assert figures.rounds == (RoundAtStake(seen.classic.address, round_id, State.OPEN, 20 * NMR, 0),)
    assert (figures.idle, figures.at_risk, figures.donations) == (75 * NMR, 20 * NMR, 3)
    assert figures.tvl == 95 * NMR
    assert figures.agrees


def test_figures__donation_to_the_treasury__is_free_there(seen):
    seen.give(seen.treasury, 7)
    figures = seen.figures()
    assert (figures.treasury_free, figures.circulating) == (RESERVE + 7, SUPPLY - RESERVE - 7)


def test_figures__round_in_every_state__is_told_with_its_stakes_and_reservation(seen, chain):
    model = seen.deposit(seen.classic, NMR)
    round_id = seen.walk.open(threshold=0)
    seen.classic.stake(model, 100 * NMR, sender=seen.staker)
    terms = seen.classic.round_info(round_id).terms

    def at(timestamp: int) -> None:
        seen.walk.until(timestamp)
        chain.mine()

    def told() -> tuple[State, int, int, int]:
        figures = seen.figures()
        [entry] = figures.rounds
        assert (entry.tournament, entry.round) == (seen.classic.address, round_id)
        assert figures.agrees
        return entry.state, entry.staked, entry.reserved, figures.treasury_free

    assert told() == (State.OPEN, 100 * NMR, 0, RESERVE)
    at(terms.locks_at)
    assert told() == (State.ENDED, 100 * NMR, 0, RESERVE)
    seen.classic.lock(round_id, sender=seen.anybody)
    # A clip of 5% of what is at risk.
    assert told() == (State.LOCKED, 100 * NMR, 5 * NMR, RESERVE - 5 * NMR)
    seen.classic.publish_opened(round_id, b"\x22" * 32, sender=seen.operator)
    assert told() == (State.OPENED, 100 * NMR, 5 * NMR, RESERVE - 5 * NMR)
    at(terms.resolves_at)
    seen.classic.propose(round_id, b"\x01" * 32, 1, b"\x33" * 32, sender=seen.operator)
    assert told() == (State.PROPOSED, 100 * NMR, 5 * NMR, RESERVE - 5 * NMR)
    at(seen.classic.round_info(round_id).final_at)
    assert told() == (State.FINAL, 100 * NMR, 5 * NMR, RESERVE - 5 * NMR)
    at(terms.expires_at)
    assert told() == (State.EXPIRED, 100 * NMR, 5 * NMR, RESERVE - 5 * NMR)
    seen.classic.settle_expired(round_id, [0], sender=seen.anybody)
    closed = seen.figures()
    assert closed.rounds == ()
    assert (closed.idle, closed.at_risk, closed.reserved, closed.treasury_free) == (101 * NMR, 0, 0, RESERVE)


def test_figures__void_round__still_has_its_stakes(seen):
    model = seen.deposit(seen.classic, NMR)
    round_id = seen.walk.open()
    seen.classic.stake(model, 100 * NMR, sender=seen.staker)
    seen.classic.void(round_id, sender=seen.guardian)
    [entry] = seen.figures().rounds
    assert entry == RoundAtStake(seen.classic.address, round_id, State.VOID, 100 * NMR, 0)


def test_figures__burn__lowers_supply_and_escrow(seen):
    model = seen.deposit(seen.classic, NMR)
    round_id = seen.walk.open()
    seen.classic.stake(model, 100 * NMR, sender=seen.staker)
    seen.classic.submit([model], [b"\x44" * 32], sender=seen.staker)
    seen.walk.lock(round_id)
    chunks = seen.walk.finalise(round_id, {model: (-SCORE // 100, 0)})
    seen.walk.until(seen.classic.round_info(round_id).final_at)
    seen.walk.settle(round_id, chunks)
    figures = seen.figures()
    # CORR of -0.01 × 0.5 burns 0.5% of 100 NMR.
    assert (figures.burned, figures.supply) == (NMR // 2, SUPPLY - NMR // 2)
    assert (figures.idle, figures.tvl) == (101 * NMR - NMR // 2, 101 * NMR - NMR // 2)
    assert figures.agrees


def test_figures__unsettled_rounds_of_a_place_and_its_next__are_both_told(seen):
    model = seen.deposit(seen.signals, NMR)
    rounds = []
    for amount in (10, 20):
        rounds.append(seen.other_walk.open())
        seen.signals.stake(model, amount * NMR, sender=seen.staker)
        seen.signals.void(rounds[-1], sender=seen.guardian)
    later = seen.deposit(seen.signals, 4 * NMR)
    assert later == 1
    for _ in range(3):
        seen.deposit(seen.signals, NMR)
    rounds.append(seen.other_walk.open())
    seen.signals.stake(4, 30 * NMR, sender=seen.staker)
    assert rounds == [30, 31, 32]
    assert [(entry.round, entry.staked) for entry in seen.figures().rounds] == [
        (30, 10 * NMR),
        (32, 30 * NMR),
        (31, 20 * NMR),
    ]


def test_figures__kept_for_a_round_not_opened__waits_and_counts(seen):
    model = seen.deposit(seen.classic, NMR)
    seen.classic.set_policy(model, 100 * NMR, True, sender=seen.staker)
    round_id = seen.walk.open()
    seen.classic.stake(model, 100 * NMR, sender=seen.staker)
    seen.classic.void(round_id, sender=seen.guardian)
    seen.classic.settle_expired(round_id, [0], sender=seen.anybody)
    figures = seen.figures()
    coming = round_id + seen.classic.RING()
    assert figures.rounds == (RoundAtStake(seen.classic.address, coming, State.UNKNOWN, 100 * NMR, 0),)
    assert (figures.idle, figures.at_risk, figures.waiting, figures.tvl) == (NMR, 0, 100 * NMR, 101 * NMR)
    assert [escrow.waiting for escrow in figures.escrows] == [100 * NMR, 0]
    assert figures.agrees
    seen.classic.leave(model, coming, 2**256 - 1, sender=seen.staker)
    figures = seen.figures()
    assert (figures.idle, figures.waiting, figures.tvl, figures.rounds) == (101 * NMR, 0, 101 * NMR, ())


def test_figures__round_is_granted_its_rewards__leaves_less_room_in_the_ceiling(seen):
    model = seen.deposit(seen.classic, NMR)
    before = seen.figures().escrows[0].room
    round_id = seen.walk.open()
    seen.classic.stake(model, 100 * NMR, sender=seen.staker)
    seen.walk.lock(round_id)
    room = seen.figures().escrows[0].room
    # Time frees some of it at once.
    assert before - 5 * NMR < room < before
    assert room == seen.treasury.room_of(seen.classic)


def test_figures_of__one_tournament__leaves_the_others_reservations_elsewhere(seen):
    for tournament, walk in ((seen.classic, seen.walk), (seen.signals, seen.other_walk)):
        model = seen.deposit(tournament, NMR)
        round_id = walk.open()
        tournament.stake(model, 100 * NMR, sender=seen.staker)
        walk.until(tournament.round_info(round_id).terms.locks_at)
        tournament.lock(round_id, sender=seen.anybody)
    one, both = seen.figures(tournaments=[seen.signals]), seen.figures()
    assert [escrow.tournament for escrow in one.escrows] == [seen.signals.address]
    assert (one.reserved, one.reserved_elsewhere) == (5 * NMR, 5 * NMR)
    assert (both.reserved, both.reserved_elsewhere) == (10 * NMR, 0)
    assert one.tvl == 101 * NMR
    assert both.tvl == 202 * NMR
    assert one.treasury_free == both.treasury_free == RESERVE - 10 * NMR


def test_figures_of__no_tournament__is_supply_and_treasury(seen):
    seen.deposit(seen.classic, NMR)
    figures = seen.figures(tournaments=[])
    assert (figures.escrows, figures.tvl, figures.supply) == ((), 0, SUPPLY)


def test_figures_of__tournament_named_twice__reverts(seen, lens):
    with ape.reverts("lens: tournament is named twice"):
        lens.figures_of([seen.classic, seen.signals, seen.classic], ZERO_ADDRESS)


def test_figures_of__plain_account__reverts(seen, lens):
    with ape.reverts("lens: tournament has no code"):
        lens.figures_of([seen.anybody], ZERO_ADDRESS)


def test_figures_of__tournament_of_another_token__reverts(seen, lens, project):
    token = seen.anybody.deploy(project.Numeraire, [seen.anybody], [SUPPLY])
    foreign = seen.another(token, 2)
    with ape.reverts("lens: tournament of another token"):
        lens.figures_of([foreign], ZERO_ADDRESS)


def test_constructor__token_or_treasury_is_a_plain_account__reverts(seen, project):
    with ape.reverts("lens: token has no code"):
        seen.anybody.deploy(project.Lens, seen.anybody, seen.treasury)
    with ape.reverts("lens: treasury has no code"):
        seen.anybody.deploy(project.Lens, seen.numeraire, seen.anybody)


def test_abi__always__has_nothing_that_changes_anything(lens):
    assert lens.contract_type.mutable_methods == []
    assert lens.contract_type.fallback is None
