# SPDX-License-Identifier: MIT
"""The fund's books over days of two sleeves: every cent is earned, paid, or owned."""

from datetime import date

import numpy as np
import pytest

from fund.accounts import AccountsError
from fund.administration import Days, administer, together
from fund.backtest import Run

START = np.datetime64("2015-01-05")


def sleeve(days, gross, trading=0.0, financing=0.0):
    size = len(days)
    return Run(
        dates=START + np.array(days),
        gross=np.full(size, gross),
        trading=np.full(size, trading),
        financing=np.full(size, financing),
        traded=np.ones(1),
        leverage=np.ones(1),
        participation=np.ones(1),
        exposed=np.zeros(1),
        held=np.zeros((1, 1)),
        skipped=0,
    )


def test_together__other_holidays__each_day_of_any_sleeve():
    days = together([sleeve([0, 1, 3], 0.01, 0.001), sleeve([0, 2, 3], 0.02, financing=0.005)])
    assert (days.dates - START).astype(int).tolist() == [0, 1, 2, 3]
    assert days.gross == pytest.approx([0.03, 0.01, 0.02, 0.03])
    assert days.trading == pytest.approx([0.00101, 0.00101, 0.0, 0.00101])
    assert days.financing == pytest.approx([0.005, 0.0, 0.005, 0.005])
    assert days.net == pytest.approx(days.gross - days.trading - days.financing)


def test_together__one_sleeve__has_its_net_returns():
    alone = sleeve([0, 1], 0.03, 0.01, 0.002)
    assert together([alone]).net == pytest.approx(alone.net)


def test_administer__a_year__books_every_cent():
    rng = np.random.default_rng(4)
    dates = START + np.arange(400)
    days = Days(dates, rng.normal(0.001, 0.01, 400), rng.random(400) / 1_000, rng.random(400) / 10_000)
    accounts, values = administer(days, 50_000_000_000, {date(2015, 6, 1): 50_000_000_000})
    books = accounts.waterfall
    assert books.subscribed == 100_000_000_000
    assert accounts.equity == books.owned
    assert values[-1] == accounts.net
    assert min(books.gross, books.trading, books.financing, books.management, books.performance) > 0
    assert [series.number for series in accounts.series] == [0, 1]


def test_administer__the_first_day__pays_for_its_trade():
    accounts, values = administer(together([sleeve([0], 0.0, trading=0.01)]), 1_000_000)
    assert accounts.waterfall.trading == 10_000
    assert values == [1_000_000 - 10_000 - accounts.waterfall.management]


def test_administer__a_day_that_loses_more_than_all__one_sentence():
    with pytest.raises(AccountsError, match=r"^The fund lost more than it owns\.$"):
        administer(together([sleeve([0], -1.1)]), 1_000_000)
