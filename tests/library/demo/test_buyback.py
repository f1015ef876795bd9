# SPDX-License-Identifier: MIT
"""The demo's lots on the integer reference of the buyback, and how they are told."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from demo.buyback import ASKED, Lots
from demo.buyback_tables import how_filled, lot_rows, total_rows
from demo.checks import check_buyback
from demo.market import Quote, Trade
from demo.results import BuybackResult, LotFill, LotResult
from nmr.buyback.pool import Pool
from nmr.deploy.suite import Deployed, Suite
from nmr.protocol.reference.buyback import BASIS, PRICE, Answer, Buyback, Tokens
from nmr.text.amounts import NMR
from tests.support.programme import DOLLAR, FEED_DECIMALS, FIFTEEN, PROGRAMME, REFERENCE

BUYBACK, TREASURY, OWNER, GUARDIAN, FILLER = "buyback", "treasury", "owner", "guardian", "filler"
KEEPER, HOLDER = SimpleNamespace(address="keeper"), SimpleNamespace(address="holder")
START = 1_800_000_000
WEEK = 7 * 86_400
BUDGET = 50_000 * DOLLAR
NMR_HELD = 100_000 * NMR


class World:
    """The reference buyback where `Lots` expects one on a chain; its filler pays with NMR of a pool."""

    decimals = 6
    programme = PROGRAMME

    def __init__(self, pool: Pool | None) -> None:
        self.pending_timestamp = START
        self.answer = 0
        self.pool = pool
        self.trades: list[Trade] = []
        stablecoin = Tokens({TREASURY: BUDGET}, {TREASURY: BUDGET})
        nmr = Tokens({HOLDER.address: NMR_HELD, FILLER: NMR_HELD}, {HOLDER.address: NMR_HELD, FILLER: NMR_HELD})
        self.model = Buyback(PROGRAMME, 6, BUYBACK, TREASURY, OWNER, GUARDIAN, stablecoin, nmr)

    def lots(self, *quotes: Quote) -> Lots:
        pair = None if self.pool is None else self
        return Lots(self, pair, KEEPER, HOLDER, self, quotes, self._tell, lambda: self.model.nmr.balance(TREASURY))

    def kick(self, sender):
        assert sender is KEEPER
        self.model.kick(self._answer, self.pending_timestamp)
        return self._receipt()

    def fill(self, fill, min_margin, sender):
        assert sender is KEEPER
        assert fill.margin >= min_margin
        self.pool = self.pool.after_purchase(fill.cost, fill.owed)
        self.model.take(self._answer, self.pending_timestamp, FILLER, fill.paid, 0, FILLER)
        return self._receipt()

    def next_amount(self):
        return self.model.next_amount

    def kicked(self, receipt):
        return receipt.event

    filled = kicked

    def read(self) -> Pool:
        return self.pool

    def trade(self, trade: Trade) -> None:
        self.trades.append(trade)
        move = self.pool.after_purchase(trade.stablecoin, trade.nmr)
        self.pool = move if trade.buys else self.pool.after_sale(trade.nmr, trade.stablecoin)

    def take(self, paid, min_price, sender):
        assert sender is HOLDER
        self.model.take(self._answer, self.pending_timestamp, HOLDER.address, paid, min_price, HOLDER.address)
        return self._receipt()

    def _tell(self, answer: int) -> None:
        self.answer = answer

    @property
    def _answer(self) -> Answer:
        return Answer(self.answer, FEED_DECIMALS, self.pending_timestamp)

    def _receipt(self):
        return SimpleNamespace(gas_used=1, event=self.model.events[-1][1])


def deep() -> Pool:
    return Pool(4_500_000 * DOLLAR, 300_000 * NMR)


AT_MARKET = Quote(REFERENCE, FIFTEEN)
BEHIND = Quote(REFERENCE * 102 // 100, FIFTEEN)
AHEAD = Quote(REFERENCE * 99 // 100, FIFTEEN)


def played(world: World, *quotes: Quote) -> BuybackResult:
    lots = world.lots(*quotes)
    for week in range(len(quotes)):
        lots.play(week, START + week * WEEK)
    return lots.result


def test_lots__no_pool__holder_takes_as_soon_as_enough_is_offered():
    world = World(None)
    [lot] = played(world, AHEAD).lots
    [fill] = lot.fills
    asked = AHEAD.market * (BASIS + ASKED) // BASIS
    assert (fill.by, fill.paid) == ("holder", lot.offered)
    assert asked <= fill.price == PROGRAMME.curve(REFERENCE, world.pending_timestamp - START)
    assert PROGRAMME.curve(REFERENCE, world.pending_timestamp - START - 300) < asked
    assert lot.gained == lot.bought == fill.bought == world.model.total_bought


def test_lots__pool__keeper_comes_first_and_the_holder_takes_the_rest():
    result = played(World(deep()), AHEAD)
    [lot] = result.lots
    assert [fill.by for fill in lot.fills] == ["pool", "holder"]
    assert lot.paid == lot.offered == PROGRAMME.lot_cap
    assert {name: len(gas) for name, gas in result.gas.items()} == {"kick": 1, "fill on the pool": 1, "take": 1}


def test_lots__feed_is_behind_the_market__rolls_over():
    world = World(deep())
    result = played(world, BEHIND, AHEAD)
    first, second = result.lots
    assert (first.fills, first.gained) == ([], 0)
    assert (second.offered, second.paid) == (PROGRAMME.lot_cap, PROGRAMME.lot_cap)
    assert world.model.total_paid == result.paid == PROGRAMME.lot_cap


def test_lots__all_is_spent__none_is_kicked():
    result = played(World(None), *[AHEAD] * 5)
    assert [lot.offered for lot in result.lots] == [
        PROGRAMME.lot_cap,
        PROGRAMME.lot_cap,
        BUDGET - 2 * PROGRAMME.lot_cap,
    ]
    assert result.paid == BUDGET


def test_lots__market_has_moved__others_bring_the_pool_along():
    world = World(deep())
    played(world, AT_MARKET, BEHIND)
    assert [trade.buys for trade in world.trades] == [True]
    assert abs(world.pool.stablecoin * 10**30 / world.pool.nmr / BEHIND.market - 1) <= 0.003001


HALF = PROGRAMME.lot_cap // 2
ABOVE = REFERENCE * 101 // 100


def lot_of(*fills: LotFill) -> LotResult:
    bought = sum(fill.bought for fill in fills)
    return LotResult(1, 0, REFERENCE, REFERENCE, PROGRAMME.lot_cap, list(fills), bought)


def fill_at(price: int, by: str = "pool") -> LotFill:
    return LotFill(by, price, HALF, -(-HALF * 10**30 // price))


def result_of(*lots: LotResult) -> BuybackResult:
    return BuybackResult(PROGRAMME, 6, on_pool=True, lots=list(lots))


def test_lot_rows__half_is_taken__say_by_whom_and_what_rolls_over():
    [row] = lot_rows(result_of(lot_of(fill_at(ABOVE))))
    assert row[2:] == [
        "$15.0000", "$15.0000", "$15.1499", "+0.99%", "$10,000.00", "660.06", "50.0% from the pool, 50.0% rolls over",
    ]  # fmt: skip


def test_lot_rows__nobody_takes__have_no_price():
    [row] = lot_rows(result_of(lot_of()))
    assert row[4:] == ["-", "-", "$0.00", "0.00", "100.0% rolls over"]


def test_total_rows__two_takers__are_summed():
    rows = dict(total_rows(result_of(lot_of(fill_at(ABOVE), fill_at(REFERENCE, "holder")))))
    assert rows["spent"] == "$20,000.00"
    assert rows["taken from the pool"] == rows["taken by a holder"] == "$10,000.00"
    assert rows["average price"] == "$15.0746"


def test_total_rows__nothing_was_bought__have_no_price():
    assert [name for name, _ in total_rows(result_of())] == [
        "spent", "lifetime cap", "lot cap", "NMR bought", "taken from the pool", "taken by a holder",
    ]  # fmt: skip


def test_how_filled__no_pool__says_what_is_missing():
    assert "npm ci" in how_filled(replace(result_of(), on_pool=False))
    assert "npm ci" not in how_filled(result_of())


def suite_after(result: BuybackResult, stray: int = 0) -> Suite:
    """A suite that has what a result says, but for stray stablecoin that the treasury lacks."""
    left = BUDGET - result.paid - stray
    handles = {
        "buyback": SimpleNamespace(total_paid=lambda: result.paid, total_bought=lambda: result.bought),
        "stablecoin": SimpleNamespace(balanceOf=lambda owner: left if owner == "the treasury" else 0),
        "treasury": "the treasury",
    }
    return Suite({name: Deployed(name, handle, ()) for name, handle in handles.items()})


def failing(result: BuybackResult, **changes: int) -> list[int]:
    checks = check_buyback(suite_after(result, **changes), result, BUDGET)
    return [number for number, check in enumerate(checks) if not check.holds]


GOOD = lot_of(fill_at(ABOVE))


def test_check_buyback__all_is_well__holds():
    assert failing(result_of(GOOD)) == []


@pytest.mark.parametrize(
    ("lot", "number"),
    [
        (replace(GOOD, offered=PROGRAMME.lot_cap + 1), 0),
        (replace(GOOD, gained=GOOD.gained - 1), 1),
        (lot_of(fill_at(ABOVE + PRICE)), 2),
    ],
)
def test_check_buyback__one_thing_is_wrong__that_check_fails(lot, number):
    assert failing(result_of(lot)) == [number]


def test_check_buyback__a_unit_is_missing__that_check_fails():
    assert failing(result_of(GOOD), stray=1) == [3]
