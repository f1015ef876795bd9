# SPDX-License-Identifier: MIT
"""The demo's report as one HTML file, pictures within."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

from demo.buyback_tables import LOTS, TOTALS, how_filled, lot_rows, total_rows
from demo.checks import Check
from demo.pictures import picture_of_buyback, picture_of_models, picture_of_rounds, picture_of_tvl
from demo.results import BuybackResult, SeasonResult
from demo.tables import MODELS, POOLS, ROUNDS, TEXT, TVL, model_rows, pool_rows, round_rows, tvl_rows
from nmr.audit.page import compared_rows, verdict
from nmr.text.files import write_whole
from nmr.text.pages import render

NAME: Final = "index.html"
AUDIT: Final = ("what", "compared", "differ")
HOW_POOLED: Final = (
    "A pool owns a model. Its manager submits for it and earns a fee on gains; backers hold shares of what is at stake."
)
OF_MANY: Final = (1_889, 3_701)
"""Gas of settling and restaking one of 5,000 models, if all compound and if all have targets: benchmarks/gas.md."""
INTRODUCTION: Final = (
    "Each week models rank the same stocks, stake NMR on their ranking, and are paid or burned by how right it was. "
    "All amounts are NMR, but for the dollars of the buyback."
)
LEGEND: Final = {
    "CORR": "How well a model's ranked predictions correlate with what the stocks did: +1 is perfect, 0 is chance, and "
    "below 0 the stake is burned in part.",
    "MMC": "Meta model contribution: what a model adds to the meta model, the average of all models weighted by stake.",
    "policy": "What becomes of rewards: compound leaves them at stake, target keeps the stake at one amount.",
    "home with, return": "What a model's owner withdrew after the season, and its gain over what was deposited.",
    "era": "The week of the prices that a round predicts.",
    "staked, valid": "Models with a stake in the round, and those whose submission counted.",
    "at risk": "All NMR that a round could pay on or burn.",
    "factor": "The payout factor, at most 1: it shrinks all payouts of a round when much NMR is at stake.",
    "end, audit": "How the round ended, and what an auditor found who computed all its scores once more.",
    "put in, took out": "What a pool's manager or backer ordered in, and what came back of it by exits, and by orders "
    "that did not run.",
    "lot, reference": "What the buyback spends in a week at most, and the average market price before.",
}
"""The words of the tables, and what they mean; what gas a model takes depends on the season."""


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
    pools = [chapter("Pools", [table(POOLS, pool_rows(result))], "", HOW_POOLED)] if result.pools else []
    lots, totals = table(LOTS, lot_rows(buyback)), table(TOTALS, total_rows(buyback))
    return render(
        "demo",
        "season.html",
        title="A season of the tournament",
        introduction=INTRODUCTION,
        legend=[*LEGEND.items(), ("gas a model", _gas(result))],
        chapters=[
            chapter("Models", [table(MODELS, model_rows(result))], picture_of_models(result)),
            chapter("Rounds", [table(ROUNDS, round_rows(result))], picture_of_rounds(result)),
            *pools,
            chapter("TVL", [table(TVL, tvl_rows(result))], tvl),
            chapter("Buyback", [lots, totals], picture_of_buyback(buyback), how_filled(buyback)),
        ],
        incidents=result.incidents,
        checks=checks,
        verdict=verdict(audit),
        audit=table(AUDIT, compared_rows(audit)),
    )


def _gas(result: SeasonResult) -> str:
    """What a model took of the gas of settlements, and why it would be less of many."""
    what = "What the settlement of a round took, divided by the models in it."
    models = sum(row.staked for row in result.rounds)
    if not models:
        return what
    compounding, on_targets = OF_MANY
    mean, most = sum(row.gas for row in result.rounds) // models, max(row.staked for row in result.rounds)
    return (
        f"{what} Each transaction has a part that few models share here, so it is {mean:,} on average with {most} "
        f"models. With 5,000 models it is {compounding:,} if all compound and {on_targets:,} if all have targets."
    )


def chapter(title: str, tables: list[dict[str, Any]], picture: str, text: str = "") -> dict[str, Any]:
    """A chapter of a page: a sentence, tables and a picture, of which the last may be empty."""
    return {"title": title, "tables": tables, "picture": picture, "text": text}


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], text: Collection[str] = TEXT) -> dict[str, Any]:
    """A table of a page.

    Args:
        text: headings of columns that hold no numbers.
    """
    numbers = [i for i, heading in enumerate(headings) if heading not in text]
    return {"headings": headings, "rows": rows, "numbers": numbers}
