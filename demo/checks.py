# SPDX-License-Identifier: MIT
"""What has to be true when a season is over, each as one line that says what was found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from demo.results import BuybackResult, PoolResult, SeasonResult
from nmr.deploy.suite import Suite
from nmr.protocol.reference.rounds import State
from nmr.text.amounts import GWEI, SUPPLY, format_stablecoin, show_nmr

ROUNDINGS: Final = 1_000 * GWEI
"""What may be left in a pool."""


@dataclass(frozen=True)
class Check:
    """A statement about the chain and whether it holds."""

    statement: str
    holds: bool


def check_seasons(suite: Suite, results: Mapping[str, SeasonResult], reserve: int, bought: int) -> list[Check]:
    """Check the chain against what the seasons did.

    Args:
        suite: the deployed suite.
        results: of the seasons played on it, by tournament: all that it has.
        reserve: wei that the treasury began with.
        bought: wei that the buyback brought it.
    """
    token, treasury = suite.numeraire, suite.treasury
    rewards, burns = (
        sum(getattr(model, what) for result in results.values() for model in result.models)
        for what in ("rewards", "burns")
    )
    supply, left = token.totalSupply(), token.balanceOf(treasury)
    return [
        Check(f"supply {show_nmr(supply)} + burned {show_nmr(burns)} = 11,000,000 NMR", supply + burns == SUPPLY),
        Check(
            f"treasury holds {show_nmr(left)} NMR = {show_nmr(reserve)} - rewards {show_nmr(rewards)} "
            f"+ bought {show_nmr(bought)}",
            left == reserve - rewards + bought,
        ),
        Check("no reward is reserved any more", treasury.reserved() == 0),
        *(
            Check(f"{name}: {check.statement}" if len(results) > 1 else check.statement, check.holds)
            for name, result in results.items()
            for check in _check_tournament(token, suite.tournaments[name], result)
        ),
    ]


def _check_tournament(token: Any, tournament: Any, result: SeasonResult) -> Iterator[Check]:
    rounds = range(tournament.FIRST_ROUND(), tournament.last_opened() + 1)
    models = range(tournament.model_count())
    # What is kept waits for a round at most two turns of the ring later.
    staked = sum(tournament.staked(number) for number in range(rounds.start, rounds.stop + 2 * tournament.RING()))
    held = token.balanceOf(tournament)
    home = sum(model.deposited + model.rewards - model.burns == model.withdrawn for model in result.models)
    closed = sum(State(int(tournament.state(number))) == State.CLOSED for number in rounds)
    verifications = [row.verification for row in result.rounds if row.verification is not None]
    scored, verified = len(verifications), sum(verification.agrees for verification in verifications)
    yield Check(f"escrow holds {show_nmr(held)} NMR = idle + at stake", held == tournament.idle_total() + staked)
    yield Check(f"{closed} of {len(rounds)} rounds are closed", closed == len(rounds))
    yield Check(f"{home} of {len(models)} models took home deposit + rewards - burns, to the gwei", home == len(models))
    yield Check(f"{verified} of {scored} rounds that were scored are right, says an auditor", verified == scored)


def check_pools(pools: Sequence[PoolResult]) -> Check:
    """Check that all shares were paid out, and that what is left in pools is roundings."""
    left = sum(pool.owed for pool in pools)
    exact = all(pool.owed == pool.held and pool.shares == 0 for pool in pools)
    return Check(
        f"{len(pools)} pools paid out all shares and orders but {show_nmr(left)} NMR of roundings",
        exact and left <= ROUNDINGS * len(pools),
    )


def check_buyback(suite: Suite, result: BuybackResult, budget: int) -> list[Check]:
    """Check the chain against what the buyback did, once it has ended.

    Args:
        suite: with the buyback's parts.
        result: of the lots that were played.
        budget: stablecoin that the treasury began with, in its smallest unit.
    """
    buyback, coin, programme = suite["buyback"], suite["stablecoin"], result.programme
    gained = sum(lot.gained for lot in result.lots)
    largest = max((lot.offered for lot in result.lots), default=0)
    fills = [(lot, fill) for lot in result.lots for fill in lot.fills]
    bounded = sum(fill.price <= programme.bound(lot.reference) for lot, fill in fills)
    treasury = coin.balanceOf(suite.treasury)
    inside = sum(coin.balanceOf(suite[part]) for part in ("buyback", "buyback-filler") if part in suite.parts)

    def dollars(amount: int) -> str:
        return format_stablecoin(amount, result.decimals)

    return [
        Check(
            f"buyback spent {dollars(result.paid)} of {dollars(programme.lifetime_cap)}, and no lot offered more than "
            f"{dollars(largest)} of {dollars(programme.lot_cap)}",
            result.paid == buyback.total_paid() <= programme.lifetime_cap and largest <= programme.lot_cap,
        ),
        Check(
            f"its lots brought the treasury {show_nmr(gained)} NMR, as its fills say",
            gained == result.bought == buyback.total_bought(),
        ),
        Check(
            f"{bounded} of {len(fills)} fills were at most {programme.premium / 100:g}% above the reference price",
            bounded == len(fills),
        ),
        Check(
            f"treasury holds {dollars(treasury)} + spent {dollars(result.paid)} = {dollars(budget)}, the buyback "
            f"{dollars(inside)}",
            treasury + result.paid == budget and inside == 0,
        ),
    ]
