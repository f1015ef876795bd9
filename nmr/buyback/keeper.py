# SPDX-License-Identifier: MIT
"""What a keeper of the buyback does next: when to kick, how much to take, and why not.

A keeper takes a lot with NMR from a pool of Uniswap V2, bought in the same transaction with the stablecoin that the
buyback pays. Amounts of stablecoin are in its smallest unit; prices have 18 decimals.
"""

from dataclasses import dataclass
from typing import Final

from nmr.buyback.pool import FEE_BASE, FEE_LEFT, Pool
from nmr.errors import NmrError
from nmr.protocol.reference.buyback import PRICE, Lot, Programme, owed_for
from nmr.text.amounts import NMR, PRICE_PLACES, format_fixed, format_nmr, format_price, format_stablecoin
from nmr.text.reasons import explain
from nmr.text.times import format_moment

FILL_GAS: Final = 250_000
"""What a fill takes at most: 218,733 were measured for the first one on a chain, less for later ones."""
ETHER: Final = 10**18


class NotYet(NmrError, RuntimeError):
    """There is nothing to do at the moment; says why."""


@dataclass(frozen=True)
class BuybackView:
    """A programme at one moment.

    Attributes:
        now: unix seconds of the next block.
        decimals: of the stablecoin.
        next_kick_at: when the next lot is due; 0 before the first.
        next_amount: what it would offer, were it not too small.
        held, funds, allowed: the stablecoin that the buyback holds, that the treasury holds, and that it allows.
        price: what is offered for one NMR; None with `problem`, the contract's reason, if nothing is.
        pool: what the filler's pool holds; None without a filler.
    """

    now: int
    programme: Programme
    decimals: int
    lot: Lot
    next_kick_at: int
    next_amount: int
    total_paid: int
    total_bought: int
    paused: bool
    ended: bool
    held: int
    funds: int
    allowed: int
    price: int | None
    problem: str
    pool: Pool | None

    @property
    def ends_at(self) -> int:
        """The last second of the lot."""
        return self.lot.started_at + self.programme.length

    @property
    def is_due(self) -> bool:
        """Whether the next lot can be kicked, as far as the clock goes."""
        return not self.paused and not self.ended and self.now >= self.next_kick_at

    @property
    def least(self) -> int:
        """What the next lot has to offer at least; 0 if all is spent."""
        return min(self.programme.min_lot, self.programme.lifetime_cap - self.total_paid)

    def dollars(self, amount: int) -> str:
        """An amount of the stablecoin, to read."""
        return format_stablecoin(amount, self.decimals)


@dataclass(frozen=True)
class Gas:
    """What gas costs: wei for a unit of gas, and stablecoin units for one unit of the chain's own coin."""

    price: int
    coin_price: int

    def cost(self, gas: int) -> int:
        """Stablecoin units for so much gas, rounded up."""
        return (gas * self.price * self.coin_price + ETHER - 1) // ETHER


@dataclass(frozen=True)
class Fill:
    """A take, and what it comes to: `paid - cost - gas` is what is earned."""

    paid: int
    owed: int
    cost: int
    gas: int

    @property
    def margin(self) -> int:
        """What is left in stablecoin before gas."""
        return self.paid - self.cost

    @property
    def profit(self) -> int:
        """What is left after gas."""
        return self.margin - self.gas


def pool_price(pool: Pool, decimals: int) -> int:
    """What the pool asks for the first bit of NMR, its fee included, with 18 decimals and rounded up."""
    unit: int = 10**decimals
    return -(-pool.stablecoin * NMR * PRICE * FEE_BASE // (pool.nmr * FEE_LEFT * unit))


def best_fill(price: int, decimals: int, left: int, pool: Pool, gas: int) -> Fill | None:
    """The take that earns most at a price, out of what is left of a lot; None if already the first NMR costs more.

    Args:
        gas: what its gas costs, in stablecoin.
    """
    nmr = pool.best_purchase(price * 10**decimals, 10**36)
    paid = min(left, nmr * price * 10**decimals // 10**36)
    if paid == 0:
        return None
    owed = owed_for(paid, price, decimals)
    cost = pool.cost_of(owed)
    return Fill(paid, owed, cost, gas) if cost < paid else None


def require_kick(buyback: BuybackView) -> None:
    """Make sure that a lot can be kicked.

    Raises:
        NotYet: it cannot, and why.
    """
    _require_running(buyback)
    if buyback.now < buyback.next_kick_at:
        raise NotYet(f"The next lot is due at {format_moment(buyback.next_kick_at, buyback.now)}.")
    if buyback.next_amount < max(buyback.least, 1):
        if buyback.total_paid >= buyback.programme.lifetime_cap:
            raise NotYet(f"All {buyback.dollars(buyback.programme.lifetime_cap)} of the programme are spent.")
        if buyback.next_amount == 0:
            problem = "There is nothing to spend"
        else:
            problem = (
                f"The next lot would offer {buyback.dollars(buyback.next_amount)}, and has to offer at least "
                f"{buyback.dollars(buyback.least)}"
            )
        raise NotYet(
            f"{problem}: the treasury holds {buyback.dollars(buyback.funds)} and allows "
            f"{buyback.dollars(buyback.allowed)} of it."
        )


def plan_fill(buyback: BuybackView, gas: Gas, min_profit: int) -> Fill:
    """The take that earns most now.

    Args:
        min_profit: what has to be left after gas, in stablecoin.

    Raises:
        NotYet: nothing is on offer, or it does not pay: with the price offered, the cost on the pool, and gas.
    """
    _require_running(buyback)
    if buyback.price is None:
        raise NotYet(_why_no_price(buyback))
    if buyback.lot.left == 0:
        raise NotYet(
            f"Lot {buyback.lot.number} is sold out; {_next_kick(buyback)}",
        )
    if buyback.pool is None:
        raise NotYet("No filler is recorded: take with an account that holds NMR, or deploy one with a pair.")
    fill = best_fill(buyback.price, buyback.decimals, buyback.lot.left, buyback.pool, gas.cost(FILL_GAS))
    offered = f"The buyback offers {format_price(buyback.price)} for one NMR"
    if fill is None:
        asked = format_price(pool_price(buyback.pool, buyback.decimals))
        raise NotYet(f"{offered}, and the first on the pool costs {asked}, fee included: wait until the offer rises.")
    if fill.profit < min_profit:
        raise NotYet(
            f"{offered}: at best {format_nmr(fill.owed)} NMR would bring {buyback.dollars(fill.paid)} and cost "
            f"{buyback.dollars(fill.cost)} on the pool, {buyback.dollars(fill.margin)} for a gas of "
            f"{buyback.dollars(fill.gas)}; at least {buyback.dollars(min_profit)} should be left."
        )
    return fill


def describe_programme(buyback: BuybackView) -> dict[str, str]:
    """The programme's state, by name, to read."""
    lot = buyback.lot
    where = "burned" if buyback.programme.burns else "in the treasury"
    facts = {
        "state": _state(buyback),
        "spent": f"{buyback.dollars(buyback.total_paid)} of {buyback.dollars(buyback.programme.lifetime_cap)}",
        "bought": f"{format_nmr(buyback.total_bought)} NMR, {where}",
    }
    if buyback.total_bought:
        average = buyback.total_paid * 10 ** (36 - buyback.decimals) // buyback.total_bought
        facts["average price"] = format_price(average)
    if lot.number:
        facts["lot"] = (
            f"{lot.number}: {buyback.dollars(lot.left)} left, "
            f"{'ends' if buyback.now <= buyback.ends_at else 'ended'} {format_moment(buyback.ends_at, buyback.now)}"
        )
    if buyback.price is not None:
        facts["offered"] = (
            f"{format_price(buyback.price)} for one NMR; the kick's reference {format_price(lot.reference)}"
        )
    elif lot.number and not buyback.paused and not buyback.ended:
        facts["offered"] = f"nothing: {explain(buyback.problem)}"
    if buyback.pool is not None:
        asked = format_price(pool_price(buyback.pool, buyback.decimals))
        facts["pool"] = f"{asked} for the first NMR, fee included; holds {buyback.dollars(buyback.pool.stablecoin)}"
    facts["treasury"] = f"{buyback.dollars(buyback.funds)}, of which {buyback.dollars(buyback.allowed)} allowed"
    if buyback.ended and buyback.held:
        facts["held"] = f"{buyback.dollars(buyback.held)}: `sweep` returns it to the treasury"
    facts["next kick"] = _next_kick(buyback)
    return facts


def plain_programme(buyback: BuybackView) -> dict[str, object]:
    """The programme's state for programs: amounts and prices are strings, of whole dollars and of NMR."""

    def dollars(amount: int) -> str:
        return format_fixed(amount, buyback.decimals)

    lot = buyback.lot
    return {
        "state": _state(buyback),
        "lot": {
            "number": lot.number,
            "started_at": lot.started_at,
            "left": dollars(lot.left),
            "reference": format_fixed(lot.reference, PRICE_PLACES),
        },
        "price": None if buyback.price is None else format_fixed(buyback.price, PRICE_PLACES),
        "next_kick_at": buyback.next_kick_at,
        "next_amount": dollars(buyback.next_amount),
        "total_paid": dollars(buyback.total_paid),
        "total_bought": format_nmr(buyback.total_bought),
        "held": dollars(buyback.held),
        "burns": buyback.programme.burns,
        "pool_price": (
            None if buyback.pool is None else format_fixed(pool_price(buyback.pool, buyback.decimals), PRICE_PLACES)
        ),
    }


def _require_running(buyback: BuybackView) -> None:
    if buyback.ended:
        raise NotYet("The programme has ended.")
    if buyback.paused:
        raise NotYet("The programme is paused: the owner, the timelock, unpauses it.")


def _state(buyback: BuybackView) -> str:
    if buyback.ended:
        return "ended"
    if buyback.paused:
        return "paused"
    if buyback.lot.number and buyback.now <= buyback.ends_at and buyback.lot.reference and buyback.lot.left:
        return f"lot {buyback.lot.number} is on offer"
    return "waits for the next lot"


def _next_kick(buyback: BuybackView) -> str:
    if buyback.ended:
        return "never: the programme has ended"
    if buyback.total_paid >= buyback.programme.lifetime_cap:
        return "never: all is spent"
    is_due = buyback.now >= buyback.next_kick_at
    due = "now, by anyone" if is_due else format_moment(buyback.next_kick_at, buyback.now)
    enough = "" if buyback.next_amount >= buyback.least else f", and has to offer {buyback.dollars(buyback.least)}"
    return f"{due}; it would offer {buyback.dollars(buyback.next_amount)}{enough}"


def _why_no_price(buyback: BuybackView) -> str:
    return f"{explain(buyback.problem)} Next kick: {_next_kick(buyback)}."
