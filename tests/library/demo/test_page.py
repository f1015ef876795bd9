# SPDX-License-Identifier: MIT
"""The demo's report as a page."""

import re
from pathlib import Path

import pytest
from markupsafe import escape

from demo import pictures
from demo.cast import Entrant
from demo.checks import Check
from demo.page import LEGEND, OF_MANY, render_page
from demo.results import BuybackResult, Incident, LotFill, LotResult, ModelResult, RoundResult, SeasonResult
from nmr.text.amounts import FACTOR, NMR
from nmr.tvl import picture
from tests.library.tvl.test_tvl import figures
from tests.support.page import MARK, TEXT, contrast, schemes, unwrapped
from tests.support.programme import DOLLAR, PROGRAMME, REFERENCE

HOSTILE = "</td><script>alert('1')</script>"


@pytest.fixture
def page() -> str:
    entrant = Entrant(HOSTILE, "compound", 0, forgetful=False, tardy=False)
    model = ModelResult(entrant, deposited=NMR, withdrawn=NMR, primary=[0.1], contribution=[0.2], wealth={0: NMR})
    played = RoundResult(1, 1, NMR, FACTOR, 1, 1, 0.1, 0, 0, 50_000, HOSTILE, None)
    lot = LotResult(1, 0, REFERENCE, REFERENCE, DOLLAR, [LotFill("pool", REFERENCE, DOLLAR, NMR // 15)], NMR // 15)
    audit = {
        "agrees": True,
        "block": {"number": 7},
        "compared": {"log": {"compared": 3, "differ": 0}},
        "settlements": 2,
        "figures": {"buybacks": {}},
    }
    return render_page(
        SeasonResult([model], [played], [Incident(1, HOSTILE)], [figures(1), figures(2)]),
        BuybackResult(PROGRAMME, 6, on_pool=True, lots=[lot]),
        [Check("It holds.", holds=True), Check(HOSTILE, holds=False)],
        audit,
    )


def test_page__hostile_texts__are_texts(page):
    assert "<script" not in page
    assert f"<td>{escape(HOSTILE)}</td>" in page
    assert f"<li>Round 1: {escape(HOSTILE)}</li>" in page
    assert f'<li><span class="fails">FAILS</span> {escape(HOSTILE)}</li>' in page


def test_page__season__has_its_tables_and_four_pictures(page):
    for title in ("Models", "Rounds", "TVL", "Buyback", "What went wrong", "Checks", "Audit"):
        assert f"<h2>{title}</h2>" in page
    assert page.count("<svg") == page.count("</svg>") == 4
    assert '<td class="number">50,000</td>' in page
    assert "<p>Everything agrees up to block 7.</p>" in page
    assert "<li>It holds.</li>" in page


def test_page__legend__explains_the_columns_and_the_gas_of_few_models(page):
    for word in (*LEGEND, "gas a model"):
        assert f"<dt>{word}</dt>" in page
    said = " ".join(LEGEND)
    for column in ("CORR", "MMC", "policy", "home with", "return", "era", "staked", "valid", "at risk", "factor"):
        assert column in said
    assert "it is 50,000 on average with 1 models. With 5,000 models it is 1,889 if all compound" in page


def test_legend__gas_of_many_models__is_that_of_the_benchmark():
    table = (Path(__file__).parents[3] / "benchmarks/gas.md").read_text(encoding="utf-8")
    for policy, gas in zip(("all compounding", "all on a target"), OF_MANY, strict=True):
        assert f"| settle and restake, {policy} | {gas:,} |" in table


def test_page__on_a_telephone__does_not_scroll_but_its_boxes_do(page):
    assert '<html lang="en">' in page
    assert "<title>A season of the tournament</title>" in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert ".wide { max-width: 100%; overflow-x: auto }" in page
    assert unwrapped(page) == []


def test_page__light_and_dark__are_readable(page):
    light, dark = schemes(page)
    assert light["paper"] == "#ffffff"
    for colours in (light, dark):
        assert contrast(colours["ink"], colours["paper"]) >= TEXT
        for mark in ("good", "bad"):
            assert contrast(colours[mark], colours["paper"]) >= TEXT
        assert contrast(colours["rule"], colours["paper"]) >= MARK


def test_pictures__marks__stand_out_from_their_white_ground(page):
    assert ".picture { background: #ffffff }" in page
    marks = (pictures.UP, pictures.DOWN, pictures.LINE, pictures.BASE, *picture.COLOURS)
    assert [mark for mark in marks if contrast(mark, "#ffffff") < MARK] == []
    assert contrast(pictures.INK, "#ffffff") >= TEXT


def test_page__numbers__have_thousands_set_off(page):
    cells = re.findall(r'<td class="number">([^<]*)</td>', page)
    assert "50,000" in cells
    assert [cell for cell in cells if re.match(r"\D*\d{4}", cell)] == []
