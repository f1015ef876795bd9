# SPDX-License-Identifier: MIT
"""What a keeper does, and why not, without a chain."""

from dataclasses import replace

import pytest

from nmr.buyback.keeper import (
    FILL_GAS,
    BuybackView,
    Gas,
    NotYet,
    best_fill,
    describe_programme,
    plain_programme,
    plan_fill,
    pool_price,
    require_kick,
)
from nmr.buyback.pool import Pool, UniswapMissing, read_artifact
from nmr.protocol.reference.buyback import PRICE, Lot, owed_for
from nmr.text.amounts import NMR
from tests.support.programme import DOLLAR, PROGRAMME, REFERENCE

START = 1_800_000_000
FREE = Gas(0, 0)
POOL = Pool(stablecoin=750_000 * DOLLAR, nmr=50_000 * NMR)
OFFER = REFERENCE * 101 // 100


@pytest.fixture
def late() -> BuybackView:
    """A lot of $20,000 in its last second."""
    return BuybackView(
        now=START + PROGRAMME.length,
        programme=PROGRAMME,
        decimals=6,
        lot=Lot(3, START, REFERENCE, PROGRAMME.lot_cap),
        next_kick_at=START + PROGRAMME.length + PROGRAMME.gap,
        next_amount=PROGRAMME.lot_cap,
        total_paid=30_000 * DOLLAR,
        total_bought=2_000 * NMR,
        paused=False,
        ended=False,
        held=PROGRAMME.lot_cap,
        funds=70_000 * DOLLAR,
        allowed=50_000 * DOLLAR,
        price=OFFER,
        problem="",
        pool=POOL,
    )


def test_best_fill__offer_is_above_the_pool__earns_more_than_any_other():
    best = best_fill(OFFER, 6, PROGRAMME.lot_cap, POOL, gas=0)

    def margin(paid: int) -> int:
        return paid - POOL.cost_of(owed_for(paid, OFFER, 6))

    assert best.margin == margin(best.paid)
    step = best.paid // 1_000
    assert best.margin >= max(margin(best.paid - step), margin(best.paid + step))
    # 0.7% of the pool at 0.35% on the average, less the fee: $9.
    assert 9 * DOLLAR < best.margin < 10 * DOLLAR


def test_best_fill__little_is_left__takes_that():
    assert best_fill(OFFER, 6, 5, POOL, gas=0) is None or best_fill(OFFER, 6, 5, POOL, gas=0).paid == 5
    assert best_fill(OFFER, 6, 100 * DOLLAR, POOL, gas=0).paid == 100 * DOLLAR


@pytest.mark.parametrize("offer", [REFERENCE, REFERENCE * 1_003 // 1_000])
def test_best_fill__offer_is_below_the_pool_and_its_fee__is_none(offer):
    assert best_fill(offer, 6, PROGRAMME.lot_cap, POOL, gas=0) is None


@pytest.mark.parametrize("decimals", [6, 18])
def test_pool_price__any_decimals__is_the_price_and_the_fee(decimals):
    pool = Pool(750_000 * 10**decimals, 50_000 * NMR)
    assert pool_price(pool, decimals) == -(-15 * PRICE * 1_000 // 997)


def test_gas__cost__is_rounded_up():
    assert Gas(price=10**9, coin_price=3_000 * DOLLAR).cost(200_000) == 600_000
    assert Gas(price=1, coin_price=1).cost(1) == 1


def test_plan_fill__pays__is_the_best(late):
    fill = plan_fill(late, FREE, DOLLAR)
    assert fill == best_fill(OFFER, 6, PROGRAMME.lot_cap, POOL, gas=0)
    assert fill.profit == fill.margin


def test_plan_fill__gas_eats_it__says_the_figures(late):
    gas = Gas(price=10**9 * 20, coin_price=3_000 * DOLLAR)
    with pytest.raises(NotYet, match=r"\$9\.\d+ for a gas of \$15\.00; at least \$1\.00 should be left\.$"):
        plan_fill(late, gas, DOLLAR)
    assert gas.cost(FILL_GAS) == 15 * DOLLAR


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ended": True}, "The programme has ended."),
        ({"paused": True}, "The programme is paused: the owner"),
        ({"price": None, "problem": "feed: answer is too old"}, "The price feed was not updated for longer"),
        ({"price": None, "problem": "buyback: lot is over"}, "The lot is over: what was not taken is offered again"),
        ({"lot": Lot(3, START, REFERENCE, 0)}, "Lot 3 is sold out; "),
        ({"pool": None}, "No filler is recorded"),
        ({"price": REFERENCE}, "The buyback offers $15.0000 for one NMR, and the first on the pool costs $15.0451"),
    ],
)
def test_plan_fill__nothing_to_do__says_why(late, changes, said):
    with pytest.raises(NotYet) as error:
        plan_fill(replace(late, **changes), FREE, 0)
    assert str(error.value).startswith(said)


def test_require_kick__due__is_silent(late):
    assert require_kick(replace(late, now=late.next_kick_at)) is None


@pytest.mark.parametrize("rest", [PROGRAMME.min_lot, 7])
def test_require_kick__just_enough_for_a_lot__is_silent(late, rest):
    spent = PROGRAMME.lifetime_cap - rest
    assert require_kick(replace(late, next_kick_at=0, next_amount=rest, total_paid=spent)) is None


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (PROGRAMME.min_lot, "now, by anyone; it would offer $100.00"),
        (PROGRAMME.min_lot - 1, "now, by anyone; it would offer $99.999999, and has to offer $100.00"),
    ],
)
def test_describe_programme__next_kick__says_if_the_lot_would_be_too_small(late, amount, said):
    assert describe_programme(replace(late, next_kick_at=0, next_amount=amount))["next kick"] == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "The next lot is due at "),
        ({"ended": True}, "The programme has ended."),
        ({"paused": True}, "The programme is paused: the owner"),
        (
            {"next_kick_at": 0, "next_amount": 0, "funds": 0},
            "There is nothing to spend: the treasury holds $0.00 and allows $50,000.00 of it.",
        ),
        (
            {"next_kick_at": 0, "next_amount": 1, "funds": 1},
            "The next lot would offer $0.000001, and has to offer at least $100.00: the treasury holds $0.000001 and "
            "allows $50,000.00 of it.",
        ),
        (
            {"next_kick_at": 0, "next_amount": 6, "allowed": 6, "total_paid": PROGRAMME.lifetime_cap - 7},
            "The next lot would offer $0.000006, and has to offer at least $0.000007: the treasury holds $70,000.00 "
            "and allows $0.000006 of it.",
        ),
        (
            {"next_kick_at": 0, "next_amount": 0, "total_paid": PROGRAMME.lifetime_cap},
            "All $100,000.00 of the programme are spent.",
        ),
    ],
)
def test_require_kick__not_now__says_why(late, changes, said):
    with pytest.raises(NotYet) as error:
        require_kick(replace(late, **changes))
    assert str(error.value).startswith(said)


def test_describe_programme__lot_runs__says_what_is_offered(late):
    facts = describe_programme(late)
    assert facts["state"] == "lot 3 is on offer"
    assert facts["spent"] == "$30,000.00 of $100,000.00"
    assert facts["bought"] == "2000 NMR, in the treasury"
    assert facts["average price"] == "$15.0000"
    assert facts["offered"] == "$15.1500 for one NMR; the kick's reference $15.0000"


@pytest.mark.parametrize(("held", "said"), [(5, "$0.000005: `sweep` returns it to the treasury"), (0, None)])
def test_describe_programme__ended__says_what_waits_for_a_sweep(late, held, said):
    assert "held" not in describe_programme(late)
    assert describe_programme(replace(late, ended=True, held=held)).get("held") == said


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"ended": True}, "ended"),
        ({"paused": True}, "paused"),
        ({"lot": Lot(3, START, 0, 5)}, "waits for the next lot"),
        ({"now": START + PROGRAMME.length + 1}, "waits for the next lot"),
    ],
)
def test_plain_programme__state__is_one_of_four(late, changes, state):
    assert plain_programme(replace(late, **changes))["state"] == state


def test_read_artifact__not_installed__says_what_to_do(tmp_path):
    with pytest.raises(UniswapMissing, match="run `npm ci`"):
        read_artifact(tmp_path, "UniswapV2Pair")
