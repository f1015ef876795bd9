# SPDX-License-Identifier: MIT
"""The demo's report as a page."""

import numpy as np
import pytest
from markupsafe import escape

from demo.cast import Entrant
from demo.checks import Check
from demo.market_data.models import ModelSpec
from demo.page import render_page
from demo.results import BuybackResult, Incident, LotFill, LotResult, ModelResult, RoundResult, SeasonResult
from nmr.text.amounts import FACTOR, NMR
from tests.library.tvl.test_tvl import figures
from tests.support.programme import DOLLAR, PROGRAMME, REFERENCE

HOSTILE = "</td><script>alert('1')</script>"


@pytest.fixture
def page() -> str:
    spec = ModelSpec(HOSTILE, "style", lambda train, features, seed: np.zeros(0))
    entrant = Entrant(spec, "compound", 0, forgetful=False, tardy=False)
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
