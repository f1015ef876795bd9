# SPDX-License-Identifier: MIT
"""What became of a season, as plain values; amounts in wei."""

from collections import defaultdict
from dataclasses import dataclass, field

from demo.cast import Entrant
from nmr.protocol.reference.buyback import PRICE, Programme
from nmr.sealing.verify import Verification
from nmr.tvl.figures import Figures


@dataclass
class ModelResult:
    """What became of a model.

    Attributes:
        entrant: who it is.
        deposited, rewards, burns, withdrawn: over the season.
        primary, contribution: CORR and MMC of its valid submissions.
        wealth: idle and at stake at the end of each week since it joined, by week.
        refused: why its predictions were refused before they were sealed, by week.
    """

    entrant: Entrant
    deposited: int = 0
    rewards: int = 0
    burns: int = 0
    withdrawn: int = 0
    primary: list[float] = field(default_factory=list)
    contribution: list[float] = field(default_factory=list)
    wealth: dict[int, int] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RoundResult:
    """What became of a round.

    Attributes:
        round, era: which.
        at_risk, factor: as the lock fixed them.
        staked, valid: models with a stake, and those whose submissions count.
        meta_model: CORR of the stake-weighted meta model; None if there is none.
        rewards, burns: what its settlement paid and burned.
        gas: of its settlement.
        end: `settled`, `vetoed, settled` or `expired`.
        verification: what an auditor found; None where nothing was scored.
    """

    round: int
    era: int
    at_risk: int
    factor: int
    staked: int
    valid: int
    meta_model: float | None
    rewards: int
    burns: int
    gas: int
    end: str
    verification: Verification | None


@dataclass(frozen=True)
class Incident:
    """Something that went wrong, in a sentence, and what the protocol made of it."""

    round: int
    what: str


@dataclass(frozen=True)
class LotFill:
    """A take from a lot.

    Attributes:
        by: `pool` if a keeper bought the NMR on Uniswap, `holder` if somebody had it.
        price: stablecoin for one NMR, 18 decimals.
        paid: stablecoin, in its smallest unit.
        bought: NMR.
    """

    by: str
    price: int
    paid: int
    bought: int


@dataclass(frozen=True)
class LotResult:
    """What became of a lot of the buyback.

    Attributes:
        number: the lot's.
        week: of the season, in which it was kicked.
        market, reference: the price of one NMR on the market and as the feed told it at the kick, 18 decimals.
        offered: stablecoin, in its smallest unit.
        fills: in their order.
        gained: NMR by which the treasury's balance grew meanwhile.
        pool: stablecoin that the pool held at the kick, in its smallest unit; None without a pool.
    """

    number: int
    week: int
    market: int
    reference: int
    offered: int
    fills: list[LotFill]
    gained: int
    pool: int | None = None

    @property
    def paid(self) -> int:
        """Stablecoin that was spent."""
        return sum(fill.paid for fill in self.fills)

    @property
    def bought(self) -> int:
        """NMR that was bought."""
        return sum(fill.bought for fill in self.fills)


@dataclass
class BuybackResult:
    """What became of the buyback.

    Attributes:
        programme: what it might do.
        decimals: of the stablecoin.
        on_pool: whether there was a pool of Uniswap V2.
        lots: in their order.
        gas: of each transaction, by function.
    """

    programme: Programme
    decimals: int
    on_pool: bool
    lots: list[LotResult] = field(default_factory=list)
    gas: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def paid(self) -> int:
        """Stablecoin that was spent."""
        return sum(lot.paid for lot in self.lots)

    @property
    def bought(self) -> int:
        """NMR that was bought."""
        return sum(lot.bought for lot in self.lots)

    def price_of(self, paid: int, bought: int) -> int:
        """The average price at which NMR was bought, 18 decimals, rounded down."""
        return int(paid * PRICE * 10 ** (18 - self.decimals) // bought)


@dataclass
class HolderResult:
    """What somebody did with a pool.

    Attributes:
        joined, left: the weeks in which NMR was ordered in and shares out; `left` is None for the end.
        put, back: wei that were ordered in, and that came back of them.
    """

    joined: int
    put: int
    back: int = 0
    left: int | None = None


@dataclass
class PoolResult:
    """What became of a pool.

    Attributes:
        label: of its model.
        predicts: the model whose predictions it submits.
        fee: with 4 decimals.
        model: its id.
        holders: its manager and backers, by name.
        fees: wei that were booked for the manager.
        ended: epochs that ended.
        owed, held: wei that it says it owes, and that it holds, when all have left.
        shares: what is left of them then.
    """

    label: str
    predicts: str
    fee: int
    model: int
    holders: dict[str, HolderResult] = field(default_factory=dict)
    fees: int = 0
    ended: int = 0
    owed: int = 0
    held: int = 0
    shares: int = 0


@dataclass
class SeasonResult:
    """What became of the tournament.

    Attributes:
        figures: of the whole suite, at the end of each week.
        gas: of each transaction, by function.
    """

    models: list[ModelResult] = field(default_factory=list)
    rounds: list[RoundResult] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    figures: list[Figures] = field(default_factory=list)
    pools: list[PoolResult] = field(default_factory=list)
    gas: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
