# SPDX-License-Identifier: MIT
"""The demo's report as one HTML file, pictures within."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from demo.buyback_tables import LOTS, TOTALS, how_filled, lot_rows, total_rows
from demo.checks import Check
from demo.pictures import picture_of_buyback, picture_of_models, picture_of_rounds, picture_of_tvl
from demo.results import BuybackResult, SeasonResult
from demo.tables import MODELS, ROUNDS, TEXT, TVL, model_rows, round_rows, tvl_rows
from nmr.audit.page import compared_rows, verdict
from nmr.text.files import write_whole
from nmr.text.pages import render

NAME: Final = "index.html"
AUDIT: Final = ("what", "compared", "differ")


def write_page(
    folder: Path, result: SeasonResult, buyback: BuybackResult, checks: Sequence[Check], audit: dict[str, Any]
) -> Path:
    """Write the report into a folder and give its path."""
    path = folder / NAME
    write_whole(path, render_page(result, buyback, checks, audit).encode())
    return path


def render_page(result: SeasonResult, buyback: BuybackResult, checks: Sequence[Check], audit: dict[str, Any]) -> str:
    """The report of a season."""
    tvl = picture_of_tvl(result) if len(result.figures) > 1 else ""
    lots, totals = _table(LOTS, lot_rows(buyback)), _table(TOTALS, total_rows(buyback))
    return render(
        "demo",
        "season.html",
        chapters=[
            _chapter("Models", [_table(MODELS, model_rows(result))], picture_of_models(result)),
            _chapter("Rounds", [_table(ROUNDS, round_rows(result))], picture_of_rounds(result)),
            _chapter("TVL", [_table(TVL, tvl_rows(result))], tvl),
            _chapter("Buyback", [lots, totals], picture_of_buyback(buyback), how_filled(buyback)),
        ],
        incidents=result.incidents,
        checks=checks,
        verdict=verdict(audit),
        audit=_table(AUDIT, compared_rows(audit)),
    )


def _chapter(title: str, tables: list[dict[str, Any]], picture: str, text: str = "") -> dict[str, Any]:
    return {"title": title, "tables": tables, "picture": picture, "text": text}


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    numbers = [i for i, heading in enumerate(headings) if heading not in TEXT]
    return {"headings": headings, "rows": rows, "numbers": numbers}
