# SPDX-License-Identifier: MIT
"""The demo's report as one HTML file, pictures within."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from demo.buyback_tables import LOTS, TOTALS, how_filled, lot_rows, total_rows
from demo.checks import Check
from demo.pictures import picture_of_buyback, picture_of_models, picture_of_rounds, picture_of_tvl
from demo.results import BuybackResult, SeasonResult
from demo.tables import MODELS, ROUNDS, TEXT, TVL, model_rows, round_rows, tvl_rows
from nmr.audit.page import compared_rows, verdict
from nmr.text.files import write_whole
from nmr.text.html_table import html_table

NAME: Final = "index.html"
AUDIT: Final = ("what", "compared", "differ")
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border-bottom: 1px solid #ddd; padding: .2rem .6rem; text-align: left }
.number { text-align: right; font-variant-numeric: tabular-nums }
svg { max-width: 100%; height: auto }
.fails { color: #b3261e; font-weight: bold }
"""


def write_page(
    folder: Path, result: SeasonResult, buyback: BuybackResult, checks: Sequence[Check], audit: dict[str, Any]
) -> Path:
    """Write the report into a folder and give its path."""
    path = folder / NAME
    write_whole(path, render_page(result, buyback, checks, audit).encode())
    return path


def render_page(result: SeasonResult, buyback: BuybackResult, checks: Sequence[Check], audit: dict[str, Any]) -> str:
    """The report of a season."""
    incidents = [f"<li>Round {incident.round}: {escape(incident.what)}</li>" for incident in result.incidents]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>A season of the tournament</title>',
            f"<style>{_STYLE}</style></head><body>",
            "<h1>A season of the tournament</h1>",
            "<h2>Models</h2>",
            _table(MODELS, model_rows(result)),
            picture_of_models(result),
            "<h2>Rounds</h2>",
            _table(ROUNDS, round_rows(result)),
            picture_of_rounds(result),
            "<h2>TVL</h2>",
            _table(TVL, tvl_rows(result)),
            *([picture_of_tvl(result)] if len(result.figures) > 1 else []),
            "<h2>Buyback</h2>",
            f"<p>{escape(how_filled(buyback))}</p>",
            _table(LOTS, lot_rows(buyback)),
            _table(TOTALS, total_rows(buyback)),
            picture_of_buyback(buyback),
            *(["<h2>What went wrong</h2><ul>", *incidents, "</ul>"] if incidents else []),
            "<h2>Checks</h2><ul>",
            *(_check(check) for check in checks),
            "</ul><h2>Audit</h2>",
            f"<p>{escape(verdict(audit))}</p>",
            _table(AUDIT, compared_rows(audit)),
            "</body></html>\n",
        ]
    )


def _check(check: Check) -> str:
    return f"<li>{'' if check.holds else '<span class=fails>FAILS</span> '}{escape(check.statement)}</li>"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return html_table(headings, rows, numbers=[i for i, heading in enumerate(headings) if heading not in TEXT])
