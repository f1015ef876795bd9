# SPDX-License-Identifier: MIT
"""What the lens would say of a suite on the reference."""

from nmr.protocol.reference.rounds import State
from nmr.protocol.reference.suite import ReferenceSuite
from nmr.text.amounts import SUPPLY
from nmr.tvl.figures import UNASKED, Escrow, Figures, ModelStakes, RoundAtStake


def figures_of(suite: ReferenceSuite, number: int, now: int) -> Figures:
    """The figures of a suite with all tournaments on the treasury's list, no price asked for.

    Args:
        suite: token, treasury and tournaments.
        number: of the block.
        now: the block's time, unix seconds.
    """
    escrows, rounds = [], []
    for address in suite.treasury.tournaments():
        tournament = suite.tournaments[address]
        own = []
        ring = tournament.books.rounds.ring
        for round_id in sorted(tournament.books.stakes.staked, key=lambda round_id: (round_id % ring, round_id)):
            state, staked = tournament.state(round_id, now), tournament.staked(round_id)
            reserved = suite.treasury.reservation(address, round_id).left
            own.append(RoundAtStake(address, round_id, state, staked, reserved))
        rounds += own
        balance, idle = suite.numeraire.balance_of(address), tournament.idle_total()
        waiting = sum(entry.staked for entry in own if entry.state == State.UNKNOWN)
        at_risk = sum(entry.staked for entry in own) - waiting
        escrows.append(
            Escrow(
                tournament=address,
                models=tournament.model_count,
                balance=balance,
                idle=idle,
                at_risk=at_risk,
                waiting=waiting,
                donations=max(0, balance - idle - at_risk - waiting),
                shortfall=max(0, idle + at_risk + waiting - balance),
                reserved=sum(entry.reserved for entry in own),
                room=suite.treasury.room_of(address, now),
            )
        )
    held, reserved_in_all = suite.numeraire.balance_of(suite.treasury.address), suite.treasury.reserved()
    reserved = sum(escrow.reserved for escrow in escrows)
    shortfall = sum(escrow.shortfall for escrow in escrows)
    tvl = sum(escrow.idle + escrow.at_risk + escrow.waiting for escrow in escrows) - shortfall
    supply = suite.numeraire.total_supply
    return Figures(
        number=number,
        timestamp=now,
        escrows=tuple(escrows),
        rounds=tuple(rounds),
        idle=sum(escrow.idle for escrow in escrows),
        at_risk=sum(escrow.at_risk for escrow in escrows),
        waiting=sum(escrow.waiting for escrow in escrows),
        donations=sum(escrow.donations for escrow in escrows),
        shortfall=shortfall,
        reserved=reserved,
        reserved_elsewhere=max(0, reserved_in_all - reserved),
        treasury_balance=held,
        treasury_free=max(0, held - reserved_in_all),
        treasury_shortfall=max(0, reserved_in_all - held),
        supply=supply,
        burned=SUPPLY - supply,
        circulating=supply - held,
        tvl=tvl,
        price=UNASKED,
        dollars=0,
        agrees=shortfall == 0 and reserved_in_all <= held and reserved <= reserved_in_all,
    )


def models_of(suite: ReferenceSuite, address: str, now: int) -> list[ModelStakes]:
    """All models of a tournament with their stakes."""
    tournament = suite.tournaments[address]
    return [
        ModelStakes(
            model,
            tournament.owner_of(model),
            tournament.idle_of(model),
            *tournament.policy_of(model),
            {stake.round: stake.amount for stake in tournament.stakes_of(model, now)},
        )
        for model in range(tournament.model_count)
    ]
