# SPDX-License-Identifier: MIT
"""From the fund's fees to NMR: who gets what of a payment, what each payment bought, and that nothing is missing.

Fees are cents, stablecoin is in its smallest unit, NMR in wei: all of it integers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from demo.checks import Check
from demo.results import BuybackResult
from fund.accounts import Accounts, FeePaid, shared
from fund.desk import Share
from nmr.errors import NmrError
from nmr.protocol.reference.buyback import BASIS, owed_for
from nmr.text.amounts import format_stablecoin, show_nmr

PART: Final = 5
"""The treasury gets a fifth of the fees."""
CENT_PLACES: Final = 2
MOST_OF_POOL: Final = 70
"""Basis points of the pool's stablecoin that a lot may be at most."""


class LoopError(NmrError, ValueError):
    """Money that was spent before it was there."""


@dataclass(frozen=True)
class Payment:
    """Fees that the fund paid, in cents.

    Attributes:
        day: of the payment.
        week: of the season.
        management: fee of the quarter.
        performance: fee of the year, at its end.
        treasury: the part of both that goes to the treasury.
    """

    day: date
    week: int
    management: int
    performance: int
    treasury: int

    @property
    def paid(self) -> int:
        """All of it."""
        return self.management + self.performance

    @property
    def manager(self) -> int:
        """What the manager keeps."""
        return self.paid - self.treasury


def payment(fee: FeePaid, week: int, before: Sequence[Payment]) -> Payment:
    """What becomes of a fee: the treasury gets a fifth of all fees so far, rounded down, less what it got before."""
    so_far = sum(each.paid for each in before) + fee.management + fee.performance
    part = so_far // PART - sum(each.treasury for each in before)
    return Payment(fee.day, week, fee.management, fee.performance, part)


def to_units(cents: int, decimals: int) -> int:
    """Cents as stablecoin in its smallest unit.

    Raises:
        LoopError: the stablecoin has no cents.
    """
    if decimals < CENT_PLACES:
        raise LoopError(f"A stablecoin of {decimals} decimals has no cents.")
    return int(cents * 10 ** (decimals - CENT_PLACES))


@dataclass(frozen=True)
class Inflow:
    """Stablecoin that came into the treasury in a block, in its smallest unit."""

    block: int
    amount: int


@dataclass(frozen=True)
class Fill:
    """What the buyback paid and got in a block: stablecoin in its smallest unit, wei; a price of 18 decimals."""

    block: int
    paid: int
    bought: int
    price: int


@dataclass(frozen=True)
class Traced:
    """What became of an inflow.

    Attributes:
        spent: stablecoin, in its smallest unit.
        bought: wei.
        fills: how many took from it.
    """

    spent: int
    bought: int
    fills: int


def trace(inflows: Sequence[Inflow], fills: Sequence[Fill]) -> list[Traced]:
    """What each inflow bought, if what came first is spent first.

    A fill that takes from two inflows gives each NMR in proportion to its dollars; what rounding leaves goes to the
    larger remainder, so that the sums are exact.

    Args:
        inflows, fills: in their order.

    Raises:
        LoopError: a fill spends more than had come in.
    """
    left = [inflow.amount for inflow in inflows]
    spent, bought, taken = ([0] * len(left) for _ in range(3))
    for fill in fills:
        parts, wanted = [0] * len(left), fill.paid
        for number, inflow in enumerate(inflows):
            if inflow.block < fill.block:
                parts[number] = min(left[number], wanted)
                wanted -= parts[number]
        if wanted:
            raise LoopError(f"The fill in block {fill.block} spends more than had come in.")
        for number, (part, wei) in enumerate(zip(parts, shared(fill.bought, parts), strict=True)):
            left[number] -= part
            spent[number] += part
            bought[number] += wei
            taken[number] += part > 0
    return [Traced(*each) for each in zip(spent, bought, taken, strict=True)]


@dataclass(frozen=True)
class ChainBooks:
    """What the chain says when all is over; stablecoin in its smallest unit, NMR in wei.

    Attributes:
        decimals: of the stablecoin.
        inflows: what the treasury was sent, by the stablecoin's log.
        fills: of the buyback, by its log.
        brought: NMR that the treasury was sent in the transactions of the fills, by the token's log.
        unspent: stablecoin that the treasury holds.
        inside: stablecoin that the buyback's contracts hold.
    """

    decimals: int
    inflows: Sequence[Inflow]
    fills: Sequence[Fill]
    brought: int
    unspent: int
    inside: int


def reconcile(
    accounts: Accounts, shares: Mapping[str, Share], payments: Sequence[Payment], chain: ChainBooks
) -> list[Check]:
    """Every cent from the investors' profit to the fee, from the fee to the fill, and from the fill to the NMR.

    Args:
        accounts: the fund's books.
        shares: what each sleeve made of them.
        payments: of its fees, in their order.
        chain: what the chain says.
    """
    books = accounts.waterfall
    fees = books.management + books.performance
    paid, part = (sum(getattr(each, name) for each in payments) for name in ("paid", "treasury"))
    sent = [to_units(each.treasury, chain.decimals) for each in payments if each.treasury]
    received = sum(inflow.amount for inflow in chain.inflows)
    spent, bought = sum(fill.paid for fill in chain.fills), sum(fill.bought for fill in chain.fills)
    right = sum(fill.bought == owed_for(fill.paid, fill.price, chain.decimals) for fill in chain.fills)

    def dollars(cents: int) -> str:
        return format_stablecoin(cents, CENT_PLACES)

    def coins(amount: int) -> str:
        return format_stablecoin(amount, chain.decimals)

    made = {what: [getattr(share, what) for share in shares.values()] for what in ("gross", "trading", "financing")}
    return [
        Check(
            f"gross {dollars(books.gross)} = "
            + " + ".join(f"{name} {dollars(share.gross)}" for name, share in shares.items())
            + ", and so do the costs of trading and financing",
            all(sum(parts) == getattr(books, what) for what, parts in made.items()),
        ),
        Check(
            f"the series own {dollars(accounts.equity)} = subscribed {dollars(books.subscribed)} + gross "
            f"{dollars(books.gross)} - trading {dollars(books.trading)} - financing {dollars(books.financing)} - fees "
            f"{dollars(fees)}",
            accounts.equity == books.owned,
        ),
        Check(
            f"fees {dollars(fees)} = paid {dollars(paid)} + accrued {dollars(accounts.payable)}",
            fees == paid + accounts.payable
            and [(each.day, each.management, each.performance) for each in payments]
            == [(each.day, each.management, each.performance) for each in accounts.paid],
        ),
        Check(
            f"paid {dollars(paid)} = manager {dollars(paid - part)} + treasury {dollars(part)}, a fifth to the cent",
            part == paid // PART,
        ),
        Check(
            f"the treasury received {coins(received)} in {len(chain.inflows)} transfers, by the stablecoin's log",
            [inflow.amount for inflow in chain.inflows] == sent,
        ),
        Check(
            f"received {coins(received)} = spent {coins(spent)} + unspent {coins(chain.unspent)} + in the buyback "
            f"{coins(chain.inside)}",
            received == spent + chain.unspent + chain.inside,
        ),
        Check(
            f"{right} of {len(chain.fills)} fills brought the NMR that their dollars buy at their price, to the wei",
            right == len(chain.fills),
        ),
        Check(
            f"fills bought {show_nmr(bought)} NMR, and the treasury received {show_nmr(chain.brought)} in their "
            "transactions, by the token's log",
            bought == chain.brought,
        ),
    ]


def check_traded(corr: Iterable[tuple[float | None, float | None]]) -> Check:
    """Whether the fund traded, before an outcome was known, what was scored after it.

    Args:
        corr: of each week's meta model as it was traded, and as it was scored; None where there was none.
    """
    same = [one == other for one, other in corr]
    statement = f"{sum(same)} of {len(same)} meta models that were traded are those that were scored later"
    return Check(statement, all(same))


def check_lots(result: BuybackResult) -> Check:
    """Whether no lot was more than 0.7% of the pool's stablecoin."""
    below = sum(lot.pool is not None and lot.offered * BASIS <= lot.pool * MOST_OF_POOL for lot in result.lots)
    lots, most = len(result.lots), f"{MOST_OF_POOL / 100:g}%"
    return Check(f"{below} of {lots} lots, one a week, were at most {most} of the pool's stablecoin", below == lots)
