# SPDX-License-Identifier: MIT
"""The fund's page: its figures are those of its runs, its variants are all named, and its backtests are kept."""

import re
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.crowds.season import Season
from benchmarks.fund import __main__ as benchmark
from benchmarks.fund import sleeves
from benchmarks.fund.page import Results, explained, render, worth
from benchmarks.fund.picture import picture
from benchmarks.fund.runway import simulate
from benchmarks.fund.sleeves import Sleeve
from benchmarks.fund.variants import (
    ARRIVES,
    BASE,
    FORMER,
    FUTURES,
    META,
    PLAIN,
    SETTINGS,
    SINGLE,
    SIZES,
    STOCKS,
    VARIANTS,
)
from benchmarks.meta_model.figures import resampled_eras
from fund.backtest import NOBODY, Run
from fund.market.sources import Prices

DAYS = 700
RESAMPLES = 100


def made_run(seed, over=0.0003):
    rng = np.random.default_rng(seed)
    trades = DAYS // 5
    return Run(
        dates=np.datetime64("2010-03-17") + np.arange(DAYS) * 7 // 5,
        gross=rng.normal(over, 0.003, DAYS),
        trading=np.where(np.arange(DAYS) % 5 == 0, 0.0002, 0.0),
        financing=np.full(DAYS, 0.00001),
        traded=np.full(trades, 0.25),
        leverage=np.full(trades, 2.0),
        participation=np.full(trades, 0.01),
        held=np.zeros((trades, 3)),
        exposed=np.zeros(trades),
        skipped=1,
    )


@pytest.fixture(scope="module")
def results():
    dates = np.datetime64("2010-01-01") + np.arange(1_200)
    prices = Prices(dates, ("A", "B", "C"), np.random.default_rng(7).normal(0, 0.01, (1_200, 3)))
    return Results(
        variants={
            variant.name: {sleeve: made_run(10 * number + place) for place, sleeve in enumerate((STOCKS, FUTURES))}
            for number, variant in enumerate(VARIANTS)
        },
        alone={
            sleeve: {who: made_run(500 + place) for place, who in enumerate((META, PLAIN, SINGLE))}
            for sleeve in (STOCKS, FUTURES)
        },
        prices={STOCKS: prices, FUTURES: prices},
        singles={STOCKS: "ridge", FUTURES: "momentum"},
        cautions={STOCKS: "chosen with hindsight", FUTURES: "unknown origin"},
        runway=simulate({size: [10**10] for size in SIZES.values()}, walks=3, years=6),
    )


def test_variants__each_name__once_and_the_fund_first():
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    assert VARIANTS[0].by == META
    assert VARIANTS[0].assets(0) == BASE == 500e6
    arriving = next(variant for variant in VARIANTS if variant.name.startswith("$500M more"))
    assert [arriving.assets(number) for number in (ARRIVES - 1, ARRIVES)] == [BASE, 2 * BASE]
    assert arriving.arrivals == {ARRIVES: 2.0}
    assert not any(variant.arrivals for variant in VARIANTS if variant is not arriving)
    assert {setting.gap for setting in SETTINGS.values()} == {1}


def test_render__made_up_runs__every_variant_and_caution(results):
    page = render(results, RESAMPLES, 0, "picture.svg")
    assert "- Stocks: chosen with hindsight." in page
    assert "- Futures: unknown origin." in page
    assert f"{len(VARIANTS)} variants: all that are played" in page
    for variant in VARIANTS:
        assert page.count(f"| {variant.name} |") >= 3
    assert "ridge (stocks), momentum (futures)" in page
    assert "](picture.svg)" in page
    assert "![" not in render(results, RESAMPLES, 0)
    assert "A treasury that pays 300,000 NMR a year lasts 10.0 years" not in page
    assert "lasts over 40 years without it" in page


def test_render__made_up_runs__trades_and_waterfall_add_up(results):
    page = render(results, RESAMPLES, 0)
    # A quarter of the assets a week, in each sleeve.
    weekly = 0.25 * DAYS // 5 * 500 / ((DAYS - 1) * 7 // 5 / 365.25) / 12
    assert f"It trades ${2 * weekly:,.0f}M a month at a leverage of 4.0 on average." in page
    amounts = {}
    for line in page[page.index("## From gross") : page.index("## Exposure")].splitlines():
        if line.startswith("| ") and "$" in line:
            name, amount = line.strip("| ").split(" | ")
            amounts[name] = float(amount.replace("−", "-").replace("$", "").replace("M", "").replace(",", ""))
    net = amounts.pop("net profit")
    assert len(amounts) == 5
    assert sum(amounts.values()) == pytest.approx(net, abs=0.03)


def test_render__a_sleeve_that_limits_keep_from_neutral__in_how_many_trades_and_how_far(results):
    exposed = np.where(np.arange(DAYS // 5) < 35, 0.4, 0.0)
    large = {**results.variants["$5bn"], FUTURES: replace(results.variants["$5bn"][FUTURES], exposed=exposed)}
    page = render(replace(results, variants={**results.variants, "$5bn": large}), RESAMPLES, 0)
    assert f"| 10.0% (35 of {DAYS // 5}) | 1 |" in page
    assert page.count(f"| 0.0% (0 of {DAYS // 5}) | 1 |") == 2 * len(VARIANTS) - 1


def test_render__made_up_runs__each_variant_has_the_chance_that_it_has_skill(results):
    page = render(results, RESAMPLES, 0)
    rows = [line for line in page[page.index("## Both") : page.index("## What a month")].splitlines() if "% [" in line]
    assert len(rows) == len(VARIANTS)
    assert all(re.fullmatch(r"\d+%", row.strip("| ").split(" | ")[-1]) for row in rows)
    tried = len(VARIANTS) + 6 + len(FORMER)
    assert f"above the best of {tried} variants without skill" in page


def test_explained__a_fund_of_a_factor_and_one_of_none__all_and_nothing():
    rng = np.random.default_rng(1)
    factor, own = rng.normal(size=(2, 800))
    returns = factor[:, np.newaxis] + 0.1 * rng.normal(size=(800, 40))
    assert explained(returns.mean(axis=1), returns) > 0.99
    assert abs(explained(own, returns)) < 0.02
    assert explained(own + factor, returns) == pytest.approx(0.5, abs=0.08)


def test_worth__a_constant_difference__is_that_of_a_year():
    one, drawn = np.full(100, 0.001), resampled_eras(100, 0, resamples=RESAMPLES)
    assert worth(one, one - 0.0001, drawn) == pytest.approx((0.0052 * 500e6,) * 3)


def test_picture__same_results__same_svg(results):
    drawn = picture(results)
    assert drawn == picture(results)
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert all(word in drawn for word in (META, PLAIN, SINGLE, "$5bn", "chosen with hindsight", "unknown origin"))


# the sleeves


def made_sleeve():
    rng = np.random.default_rng(3)
    gaussian = tuple(rng.normal(size=(20, 4)) for _ in range(6))
    targets = tuple(rng.choice([0.0, 0.5, 1.0], 20) for _ in range(6))
    corr = np.zeros((6, 4))
    corr[:2, 2] = 0.1
    corr[2:, 1] = 9.0
    whole = SimpleNamespace(models=3, gaussian=gaussian, targets=targets, corr=corr)
    shares = np.array([[0.5, 0.5, 0.0]] * 4)
    eras = tuple(SimpleNamespace(date=np.datetime64("2010-01-04") + 7 * number) for number in range(6))
    walked = SimpleNamespace(eras=eras, models=("a", "b", "c"))
    universe = SimpleNamespace(name="made-up", prices=SimpleNamespace(returns=np.zeros((2, 2))))
    return Sleeve.of(universe, walked, whole, Season(*[np.zeros(4)] * 2, shares, 0.0), 2), gaussian


def test_sleeve__what_is_said__is_weighted_by_stakes_by_one_or_by_the_best_before():
    sleeve, gaussian = made_sleeve()
    assert sleeve.single == "c"
    assert [len(sleeve.said[who].metas) for who in (META, PLAIN, SINGLE)] == [4, 4, 4]
    first = gaussian[2]
    assert sleeve.said[META].metas[0] == pytest.approx(first[:, :2].mean(axis=1))
    assert sleeve.said[PLAIN].metas[0] == pytest.approx(first[:, :3].mean(axis=1))
    assert sleeve.said[SINGLE].metas[0] == pytest.approx(first[:, 2])
    assert sleeve.said[META].corr.shape == (4,)


def test_sleeve__a_backtest_again__is_taken_from_the_cache(tmp_path, monkeypatch):
    sleeve, _ = made_sleeve()
    calls = []

    def counted(prices, eras, metas, corr, assets, setting, told, arrivals):
        calls.append((len(eras), assets(0), setting, arrivals))
        told(len(eras))
        return made_run(1)

    monkeypatch.setattr(sleeves, "run", counted)
    setting, told = SETTINGS[STOCKS], []

    def played(setting=setting, assets=BASE, since="1900-01-01", arrivals=NOBODY):
        return sleeve.run(
            META, setting, lambda number: assets, tmp_path, lambda *done: told.append(done), since, arrivals=arrivals
        )

    first, again = played(), played()
    assert np.array_equal(first.gross, again.gross)
    assert (first.skipped, again.skipped) == (1, 1)
    assert len(calls) == 1
    played(replace(setting, gap=0))
    played(assets=1.0)
    played(since="2010-01-25")
    played(arrivals={2: 2.0})
    assert [count for count, *_ in calls] == [4, 4, 4, 3, 4]
    assert calls[-1][-1] == {2: 2.0}
    assert told == [(4, 4), (4, 4), (4, 4), (3, 3), (4, 4)]


# the command


@pytest.fixture
def command(results, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "play", lambda said: results)
    monkeypatch.setattr(benchmark, "RESAMPLES", RESAMPLES)
    monkeypatch.setattr(benchmark, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(benchmark, "PICTURE", tmp_path / "picture.svg")
    return lambda *options: CliRunner().invoke(benchmark.cli, options)


def test_command__these_resamples__writes_page_and_picture(command, tmp_path, results):
    assert command("--resamples", str(RESAMPLES)).exit_code == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == render(results, RESAMPLES, 0, "picture.svg")
    assert (tmp_path / "picture.svg").exists()


def test_command__other_resamples__prints_the_page_and_writes_nothing(command, tmp_path, results):
    result = command("--resamples", "200")
    assert result.exit_code == 0
    assert result.stdout.strip() == render(results, 200, 0).strip()
    assert list(tmp_path.iterdir()) == []


def test_command__too_few_resamples__one_sentence(command):
    assert command("--resamples", "99").exit_code == 2
