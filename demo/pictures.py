# SPDX-License-Identifier: MIT
"""The demo's pictures, as SVG: what became of each model, of each round, and of the buyback."""

from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from demo.results import BuybackResult, ModelResult, RoundResult, SeasonResult
from nmr.protocol.reference.buyback import PRICE
from nmr.text.amounts import NMR
from nmr.text.pictures import svg
from nmr.tvl.picture import series_picture
from nmr.tvl.series import Sample

COLUMNS: Final = 4
UP, DOWN, INK, LINE, BASE = "#2a7d3f", "#b3261e", "#444444", "#1f5fa8", "#767676"
SETTINGS: Final[Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def picture_of_models(result: SeasonResult) -> str:
    """A chart for each model: its NMR week by week, and CORR of each round as bars below."""
    rows = -(-len(result.models) // COLUMNS)
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(12, 1.9 * rows), layout="constrained")
        grid = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
        for axes, model in zip(grid.flat, result.models, strict=False):
            _draw_model(axes, model)
        for axes in grid.flat[len(result.models) :]:
            axes.set_axis_off()
        figure.supxlabel("week")
        figure.supylabel("NMR, idle and at stake")
    return inline(svg(figure, "models"))


def picture_of_rounds(result: SeasonResult) -> str:
    """Rewards and burns of each round, and CORR of its meta model."""
    rows = sorted(result.rounds, key=lambda row: row.round)
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(12, 6), layout="constrained")
        money, corr = figure.subplots(2, 1, sharex=True)
        _draw_money(money, rows)
        _draw_corr(corr, rows)
    return inline(svg(figure, "rounds"))


def picture_of_tvl(result: SeasonResult) -> str:
    """What the escrow held week by week; at least two weeks."""
    return inline(series_picture([Sample(each.timestamp, each) for each in result.figures], "svg").decode())


def picture_of_buyback(result: BuybackResult) -> str:
    """The average price paid for each lot against its reference, and all the NMR bought so far."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(12, 6), layout="constrained")
        price, bought = figure.subplots(2, 1, sharex=True)
        _draw_price(price, result)
        weeks = [lot.week for lot in result.lots]
        bought.bar(weeks, np.cumsum([lot.bought / NMR for lot in result.lots]), color=UP)
        bought.set_ylabel("NMR bought so far")
        bought.set_xlabel("week")
    return inline(svg(figure, "buyback"))


def _draw_price(axes: Any, result: BuybackResult) -> None:
    weeks = [lot.week for lot in result.lots]
    filled = [lot for lot in result.lots if lot.bought]
    bounds = [result.programme.bound(lot.reference) / PRICE for lot in result.lots]
    axes.plot(
        weeks, [lot.reference / PRICE for lot in result.lots], color=LINE, marker=".", label="reference at the kick"
    )
    axes.plot(weeks, bounds, color=DOWN, linestyle="--", linewidth=1, label="most that may be paid")
    paid = [result.price_of(lot.paid, lot.bought) / PRICE for lot in filled]
    axes.scatter([lot.week for lot in filled], paid, color=UP, s=18, zorder=3, label="paid")
    axes.set_ylabel("stablecoin for one NMR")
    axes.legend(loc="best", frameon=False)


def _draw_model(axes: Any, model: ModelResult) -> None:
    weeks = sorted(model.wealth)
    wealth = [model.wealth[week] / NMR for week in weeks]
    gained = wealth[-1] >= wealth[0]
    axes.axhline(model.deposited / NMR, color=BASE, linewidth=0.8)
    axes.plot(weeks, wealth, color=UP if gained else DOWN, linewidth=1.6)
    corr = (
        f"CORR {np.mean(model.primary):+.3f}, MMC {np.mean(model.contribution):+.3f}" if model.primary else "no scores"
    )
    axes.set_title(
        f"{model.entrant.name} ({model.entrant.policy})\n"
        f"+{model.rewards / NMR:,.0f} -{model.burns / NMR:,.0f} NMR, {corr}",
        fontsize=8,
        color=INK,
        loc="left",
    )


def _draw_money(axes: Any, rows: list[RoundResult]) -> None:
    numbers = [row.round for row in rows]
    axes.bar(numbers, [row.rewards / NMR for row in rows], color=UP, label="rewards")
    axes.bar(numbers, [-row.burns / NMR for row in rows], color=DOWN, label="burns")
    for row in rows:
        if row.end != "settled":
            axes.annotate(row.end.split(",")[0], (row.round, 0), rotation=90, ha="center", va="bottom", fontsize=8)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_ylabel("NMR")
    axes.legend(loc="upper right", frameon=False, ncols=2)


def _draw_corr(axes: Any, rows: list[RoundResult]) -> None:
    scored = [(row.round, row.meta_model) for row in rows if row.meta_model is not None]
    if scored:
        numbers, figures = zip(*scored, strict=True)
        axes.bar(numbers, figures, color=LINE)
        mean = float(np.mean(figures))
        axes.axhline(mean, color=LINE, linestyle="--", linewidth=1, label=f"mean {mean:+.4f}")
        axes.legend(loc="upper right", frameon=False)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_ylabel("CORR of the meta model")
    axes.set_xlabel("round")


def inline(content: str) -> str:
    """A picture without what is for files of its own."""
    return content[content.index("<svg") :]
