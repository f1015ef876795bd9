# SPDX-License-Identifier: MIT
"""From fees to NMR: each cent is with somebody, and what is missing is found."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.accounts import Accounts, FeePaid
from fund.desk import Share
from fund.loop import PART, ChainBooks, Fill, Inflow, LoopError, payment, reconcile, to_units, trace
from nmr.protocol.reference.buyback import PRICE, owed_for
from nmr.text.amounts import NMR

DECIMALS = 6
PLACES = 10 ** (DECIMALS - 2)


def fees(*cents):
    payments = []
    for number, each in enumerate(cents):
        payments.append(payment(FeePaid(date(2020, 1 + number, 1), each, 0), number, payments))
    return payments


# a fifth of the fees


def test_payment__a_fifth__rounded_down_and_what_was_left_comes_with_the_next():
    assert [each.treasury for each in fees(1_004, 3, 2, 1)] == [200, 1, 0, 1]
    assert [each.manager for each in fees(1_004, 3, 2, 1)] == [804, 2, 2, 0]


def test_payment__performance__counts_as_management_does():
    paid = payment(FeePaid(date(2021, 1, 4), 600, 400), 30, [])
    assert (paid.paid, paid.treasury, paid.manager, paid.week) == (1_000, 200, 800, 30)


@given(st.lists(st.integers(0, 10**12), max_size=20))
def test_payment__any_fees__the_treasury_has_a_fifth_of_them_and_nobody_the_same_cent(cents):
    payments = fees(*cents[:12])
    paid, treasury = sum(cents[:12]), sum(each.treasury for each in payments)
    assert treasury == paid // PART
    assert sum(each.manager for each in payments) == paid - treasury
    assert all(each.treasury >= 0 for each in payments)


def test_to_units__cents__in_the_smallest_unit_and_none_without_cents():
    assert to_units(123, 6) == 1_230_000
    assert to_units(123, 2) == 123
    with pytest.raises(LoopError, match=r"^A stablecoin of 1 decimals has no cents\.$"):
        to_units(123, 1)


# what each payment bought


def test_trace__a_fill_over_two_inflows__takes_the_first_first_and_shares_its_nmr_by_dollars():
    traced = trace([Inflow(1, 100), Inflow(2, 50)], [Fill(3, 80, 800, 1), Fill(4, 40, 403, 1)])
    assert [(each.spent, each.bought, each.fills) for each in traced] == [(100, 800 + 202, 2), (20, 201, 1)]


def test_trace__more_than_had_come_in__is_found_also_if_it_comes_in_later():
    for inflows in ([Inflow(1, 99)], [Inflow(1, 99), Inflow(5, 1)], [Inflow(1, 99), Inflow(9, 100)]):
        with pytest.raises(LoopError, match=r"^The fill in block 5 spends more than had come in\.$"):
            trace(inflows, [Fill(5, 100, 1, 1)])


@given(st.lists(st.integers(1, 10**13), min_size=1, max_size=6), st.lists(st.integers(1, 10**12), max_size=30))
def test_trace__any_fills__every_unit_and_every_wei_once(amounts, wanted):
    inflows = [Inflow(number, amount) for number, amount in enumerate(amounts)]
    fills, left = [], sum(amounts)
    for paid in wanted:
        if paid <= left:
            fills.append(Fill(99, paid, owed_for(paid, 15 * PRICE, DECIMALS), 15 * PRICE))
            left -= paid
    traced = trace(inflows, fills)
    assert sum(each.spent for each in traced) == sum(amounts) - left
    assert sum(each.bought for each in traced) == sum(fill.bought for fill in fills)
    assert all(each.spent <= amount for each, amount in zip(traced, amounts, strict=True))
    for number, later in enumerate(traced[1:]):
        assert later.spent == 0 or traced[number].spent == amounts[number]


# the reconciliation


def played():
    """Books of a year, and a chain where they are all spent but a part."""
    accounts = Accounts(date(2019, 12, 31))
    accounts.subscribe(500_000_000_00)
    payments = []
    for day, gross in (
        (date(2020, 3, 31), 9_000_000_03),
        (date(2020, 4, 1), 0),
        (date(2020, 12, 31), 4_000_000_01),
        (date(2021, 1, 4), -1_000_00),
    ):
        accounts.book(day, gross, trading=1_000_07, financing=50_11)
        payments += [payment(fee, 0, payments) for fee in accounts.paid[len(payments) :]]
    inflows = [Inflow(number, each.treasury * PLACES) for number, each in enumerate(payments)]
    price = 15 * PRICE + 7
    fills = [Fill(9 + number, paid, owed_for(paid, price, DECIMALS), price) for number, paid in enumerate((31, 10**9))]
    received, spent = sum(each.amount for each in inflows), sum(fill.paid for fill in fills)
    brought = sum(fill.bought for fill in fills)
    books = accounts.waterfall
    shares = {
        "stocks": Share(books.gross - 7, books.trading - 3, books.financing + 1),
        "futures": Share(7, 3, -1),
    }
    return accounts, shares, payments, ChainBooks(DECIMALS, inflows, fills, brought, received - spent - 5, 5)


def failing(accounts, shares, payments, chain):
    checks = reconcile(accounts, shares, payments, chain)
    return [number for number, check in enumerate(checks) if not check.holds]


def test_reconcile__all_there__every_line_holds_to_the_unit():
    accounts, shares, payments, chain = played()
    assert len(payments) == 3
    assert payments[-1].performance > 0
    checks = reconcile(accounts, shares, payments, chain)
    assert [check.holds for check in checks] == [True] * 8
    assert checks[4].statement.endswith("in 3 transfers, by the stablecoin's log")
    assert "+ in the buyback $0.000005" in checks[5].statement


@pytest.mark.parametrize("what", ["gross", "trading", "financing"])
def test_reconcile__a_cent_that_no_sleeve_made__is_found(what):
    accounts, shares, payments, chain = played()
    setattr(shares["futures"], what, getattr(shares["futures"], what) + 1)
    assert failing(accounts, shares, payments, chain) == [0]


def test_reconcile__a_cent_in_the_books_too_many__is_found():
    accounts, shares, payments, chain = played()
    accounts.series[0].equity += 1
    assert failing(accounts, shares, payments, chain) == [1]


def test_reconcile__a_fee_that_nobody_paid__is_found():
    accounts, shares, payments, chain = played()
    accounts.payable += 1
    assert failing(accounts, shares, payments, chain) == [2]


def test_reconcile__a_payment_of_another_size__is_found():
    accounts, shares, payments, chain = played()
    payments[0] = replace(payments[0], management=payments[0].management + 1)
    payments[1] = replace(payments[1], management=payments[1].management - 1)
    assert failing(accounts, shares, payments, chain) == [2]


def test_reconcile__a_cent_less_for_the_treasury__is_found():
    accounts, shares, payments, chain = played()
    payments[0] = replace(payments[0], treasury=payments[0].treasury - 1)
    assert failing(accounts, shares, payments, chain) == [3, 4]


def test_reconcile__a_unit_less_in_a_transfer__is_found_there_and_in_the_sum():
    accounts, shares, payments, chain = played()
    less = replace(chain.inflows[0], amount=chain.inflows[0].amount - 1)
    assert failing(accounts, shares, payments, replace(chain, inflows=[less, *chain.inflows[1:]])) == [4, 5]


@pytest.mark.parametrize("place", ["unspent", "inside"])
def test_reconcile__a_unit_of_stablecoin_too_few__is_found(place):
    accounts, shares, payments, chain = played()
    assert failing(accounts, shares, payments, replace(chain, **{place: getattr(chain, place) - 1})) == [5]


def test_reconcile__a_fill_that_brought_a_wei_less_than_owed__is_found():
    accounts, shares, payments, chain = played()
    less = replace(chain.fills[1], bought=chain.fills[1].bought - 1)
    assert failing(
        accounts, shares, payments, replace(chain, fills=[chain.fills[0], less], brought=chain.brought - 1)
    ) == [6]


def test_reconcile__nmr_that_went_elsewhere__is_found():
    accounts, shares, payments, chain = played()
    assert failing(accounts, shares, payments, replace(chain, brought=chain.brought - NMR)) == [7]
