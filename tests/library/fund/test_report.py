# SPDX-License-Identifier: MIT
"""What `make fund` prints and its page: the rows add up, and every text is a text."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from markupsafe import escape

from demo.cast import Entrant
from demo.checks import Check
from demo.results import BuybackResult, LotFill, LotResult, ModelResult, RoundResult, SeasonResult
from fund.accounts import Accounts
from fund.desk import Share, Value, Week
from fund.loop import ChainBooks, Fill, Inflow, check_lots, check_traded, payment, to_units, trace
from fund.report import (
    FEES,
    LEGEND,
    TRADES,
    fee_rows,
    render_page,
    trade_rows,
    verdicts,
    waterfall_rows,
    week_heads,
    week_rows,
)
from fund.results import LoopResult, SleeveResult
from nmr.text.amounts import FACTOR, NMR
from tests.library.tvl.test_tvl import figures
from tests.support.page import unwrapped
from tests.support.programme import DOLLAR, PROGRAMME, REFERENCE

HOSTILE = "</td><script>alert('1')</script>"
CAPITAL = 500_000_000_00
FIRST = date(2012, 12, 24)


def cents(text):
    """The cents that a cell shows."""
    return round(float(re.sub(r"[$,]", "", text)) * 100)


@pytest.fixture
def result():
    accounts = Accounts(FIRST - timedelta(days=1))
    accounts.subscribe(CAPITAL)
    values = []
    for number in range(11):
        accounts.book(FIRST + timedelta(days=number), 1_000_000_01, trading=20_03, financing=4_05)
        taken = accounts.waterfall.management + accounts.waterfall.performance
        values.append(Value(accounts.today, accounts.net, accounts.equity + taken))
    payments = [payment(fee, 1, []) for fee in accounts.paid]
    paid = to_units(payments[0].treasury, 6)
    fill = Fill(9, paid - 7, NMR * 1_000, REFERENCE)
    weeks = [
        Week(FIRST, 100_000_000_00, 0.5, 0.01, 30_000_00, made=True),
        Week(FIRST + timedelta(days=7), 0, 0.5, 0.0, 0, made=False),
    ]
    books = ChainBooks(6, [Inflow(1, paid)], [fill], fill.bought, 7, 0)
    entrant = Entrant(HOSTILE, "compound", 0, forgetful=False, tardy=False)
    model = ModelResult(entrant, deposited=NMR, withdrawn=NMR, primary=[0.1], contribution=[0.2], wealth={0: NMR})
    rounds = [
        RoundResult(number, 1, NMR, FACTOR, 1, 1, corr, 0, 0, 1, "settled", None)
        for number, corr in ((0, 0.1), (1, None))
    ]
    lots = [
        LotResult(1, 1, REFERENCE, REFERENCE, DOLLAR, [LotFill("pool", REFERENCE, DOLLAR, NMR)], NMR, 1_000 * DOLLAR)
    ]
    books_of_all, futures = accounts.waterfall, Share(gross=3_00, trading=2_00, financing=1_00)
    stocks = Share(
        *(getattr(books_of_all, what) - getattr(futures, what) for what in ("gross", "trading", "financing"))
    )
    season = SeasonResult([model], rounds, [], [figures(1), figures(2)])
    return LoopResult(
        sleeves={
            "stocks": SleeveResult("made up", season, [0.1, None], weeks, stocks),
            "futures": SleeveResult("also made up", season, [-0.05, 0.02], [weeks[0], weeks[0]], futures),
        },
        values=values,
        accounts=accounts,
        payments=payments,
        traced=trace(books.inflows, books.fills),
        books=books,
        buyback=BuybackResult(PROGRAMME, 6, on_pool=True, lots=lots),
        checks=[Check("It holds.", holds=True), Check(HOSTILE, holds=False)],
        audit={
            "agrees": True,
            "block": {"number": 7},
            "compared": {"log": {"compared": 3, "differ": 0}},
            "settlements": 2,
            "figures": {"buybacks": {}},
        },
        agrees=True,
    )


def test_week_rows__two_weeks__each_with_the_value_of_its_last_day(result):
    rows = week_rows(result)
    assert week_heads(result)[2:4] == ("stocks", "futures")
    assert [row[:-1] for row in rows] == [
        ["0", "2012-12-24", "+0.1000", "-0.0500", "200.0", "1.00", "0.060"],
        ["1", "2012-12-31", "-", "+0.0200", "100.0", "1.00", "0.030"],
    ]
    assert [row[-1] for row in rows] == [f"{result.values[day].net / 1e8:,.3f}" for day in (6, 10)]


def test_trade_rows__a_trade_that_was_not_made__says_so(result):
    rows = trade_rows(result.sleeves["stocks"])
    assert rows == [
        ["0", "2012-12-24", "+0.1000", "100.0", "0.50", "1.0%", "$30,000"],
        ["1", "2012-12-31, not made", "-", "0.0", "0.50", "0.0%", "$0"],
    ]
    assert {len(row) for row in rows} == {len(TRADES)}


def test_waterfall_rows__to_the_cent__add_up(result):
    amounts = [cents(amount) for _, amount in waterfall_rows(result)]
    assert sum(amounts[:-1]) == amounts[-1] == result.accounts.net
    assert [name for name, _ in waterfall_rows(result)][1:3] == ["gross profit of stocks", "gross profit of futures"]
    assert amounts[2] == 3_00
    assert max(amounts[3:7]) < 0
    assert max(amounts[8:10]) < 0


def test_fee_rows__a_payment__is_spent_but_a_part_and_summed(result):
    [row, total] = fee_rows(result)
    assert row[0] == "2013-01-01"
    assert row[1:] == total[1:]
    fees, performance, part, spent, unspent, bought = row[1:]
    assert len(row) == len(FEES)
    assert cents(fees) == result.payments[0].paid > cents(performance) > 0
    assert cents(fees) // 5 == cents(part)
    assert unspent == "$0.000007"
    assert spent.startswith("$") and bought == "1,000.00"


def test_fee_rows__nothing_for_the_treasury__nothing_spent_and_the_next_is_its_own(result):
    none = replace(result.payments[0], management=0, performance=0, treasury=0)
    rows = fee_rows(replace(result, payments=[none, *result.payments]))
    assert rows[0][1:] == ["$0.00", "$0.00", "$0.00", "$0.00", "$0.00", "0.00"]
    assert rows[1] == fee_rows(result)[0]


def test_verdicts__gain_and_loss__are_called_so(result):
    assert verdicts(result)[0].startswith("From 2012-12-24 to 2013-01-03 investors gained $8,")
    assert verdicts(result)[1].endswith("M a month at a mean leverage of 1.0.")
    skill = "Mean CORR of the meta models: +0.1000 in 1 weeks of stocks and -0.0150 in 2 weeks of futures."
    assert verdicts(result)[2] == skill
    lost = Accounts(FIRST)
    lost.subscribe(100_00)
    lost.book(FIRST + timedelta(days=1), -5_00)
    assert "investors lost $5.00 on $100.00 (-5.00%), after all fees." in verdicts(replace(result, accounts=lost))[0]


def test_page__a_loop__has_its_chapters_pictures_and_words(result):
    page = render_page(result)
    for title in (
        "The fund", "Trades of stocks", "Trades of futures", "From fees to NMR", "Buyback", "TVL and treasury",
        "Models on stocks", "Models on futures", "Checks", "Audit",
    ):  # fmt: skip
        assert f"<h2>{title}</h2>" in page
    assert page.count("<svg") == page.count("</svg>") == 6
    assert "Prices of stocks: made up. Prices of futures: also made up." in page
    assert "<p>Everything agrees up to block 7.</p>" in page
    for word in LEGEND:
        assert f"<dt>{word}</dt>" in page
    assert unwrapped(page) == []


def test_page__hostile_texts__are_texts(result):
    page = render_page(result)
    assert "<script" not in page
    assert f'<li><span class="fails">FAILS</span> {escape(HOSTILE)}</li>' in page


# what else has to hold


def test_check_traded__another_meta_model_than_was_scored__is_found():
    assert check_traded([(0.1, 0.1), (None, None)]).holds
    wrong = check_traded(iter([(0.1, 0.1), (0.2, None), (0.3, 0.3)]))
    assert not wrong.holds
    assert wrong.statement == "2 of 3 meta models that were traded are those that were scored later"


def test_check_lots__a_lot_above_a_part_of_the_pool__is_found(result):
    [lot] = result.buyback.lots
    largest = replace(lot, offered=lot.pool * 7 // 1_000)
    for each, holds in (
        (largest, True),
        (replace(largest, offered=largest.offered + 1), False),
        (replace(lot, pool=None), False),
    ):
        check = check_lots(replace(result.buyback, lots=[each]))
        assert check.holds == holds
    assert check.statement == "0 of 1 lots, one a week, were at most 0.7% of the pool's stablecoin"
