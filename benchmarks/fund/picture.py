# SPDX-License-Identifier: MIT
"""The picture of the fund's figures, as SVG that is the same for the same figures."""

from collections.abc import Mapping, Sequence
from typing import Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.crowds.picture import COLOURS, POINTS
from benchmarks.fund.page import Results
from benchmarks.fund.runway import RESERVE, USUAL, YEAR, Course, Runway, middle
from benchmarks.fund.treasury_page import HIGH, LOW
from benchmarks.fund.variants import META, PLAIN, SINGLE, SIZES
from fund.administration import Days, together
from fund.backtest import Run
from nmr.text.amounts import NMR
from nmr.text.pictures import svg

SHOWN: Final = 25
"""Years of the treasury."""
MILLION: Final = 1_000_000 * NMR


def picture(results: Results) -> str:
    """Value of a dollar after costs, before fees: by who decides, by assets, and of each sleeve over all its years."""
    with matplotlib.rc_context({"font.size": 9}):
        figure = Figure(figsize=(9, 3 * (3 + len(results.alone)) + 0.5), layout="constrained")
        figure.suptitle("\n".join(results.cautions.values()), fontsize=7)
        axes = figure.subplots(3 + len(results.alone), 1)
        days = {name: together(list(runs.values())) for name, runs in results.variants.items()}
        sizes = {size: days[name] for name, size in SIZES.items()}
        _values(axes[0], "both sleeves at $500M, by who decides", {name: days[name] for name in (META, PLAIN, SINGLE)})
        _values(axes[1], "both sleeves, by assets", sizes)
        for place, (sleeve, runs) in zip(axes[2:-1], results.alone.items(), strict=True):
            _values(place, f"{sleeve} alone at $500M", runs)
        _treasury(axes[-1], results.runway)
    return svg(figure, "fund")


def _values(axes: Axes, title: str, rows: Mapping[str, Days | Run]) -> None:
    axes.set_title(title)
    for colour, (name, days) in zip(COLOURS, rows.items(), strict=False):
        dates, net = days.dates, days.net
        shown = np.arange(len(net))[:: -1 - len(net) // POINTS][::-1]
        axes.plot(dates[shown], np.cumprod(1 + net)[shown], color=colour, label=name)
    axes.axhline(1, color="#888888", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#eeeeee")
    axes.set_ylabel("value of a dollar")
    axes.legend(loc="upper left", frameon=False, fontsize=7)


def _treasury(axes: Axes, runway: Runway) -> None:
    """Million NMR of the treasury at each year's end, until it cannot pay."""
    axes.set_title(f"NMR of a treasury that pays {USUAL // NMR:,} a year, by the fund that buys for it")
    longest = 0
    for colour, size in zip(COLOURS, SIZES.values(), strict=False):
        courses = runway.courses[size, USUAL]
        years = range(max(len(course.years) for course in courses) + 1)
        longest = max(longest, len(years))
        low, median, high = ([_held(courses, year, part) for year in years] for part in (LOW, 50, HIGH))
        axes.plot(years, median, color=colour, label=f"{size}, median of the price's walks")
        axes.fill_between(years, low, high, color=colour, alpha=0.15, linewidth=0)
    alone = runway.without[USUAL]
    ends = len(alone.years) if alone.lasted is None else alone.lasted / YEAR
    axes.plot([0, ends], [RESERVE / MILLION, 0], color="#444444", linestyle="--", label="without a fund")
    axes.set_xlim(0, min(longest, SHOWN))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#eeeeee")
    axes.set_ylabel("million NMR")
    axes.set_xlabel("year")
    axes.legend(loc="upper left", frameon=False, fontsize=7)


def _held(courses: Sequence[Course], year: int, percent: int) -> float:
    """What the treasury holds after so many years; nothing once it could not pay."""
    if year == 0:
        return RESERVE / MILLION
    held = [course.years[year - 1].treasury if len(course.years) >= year else 0 for course in courses]
    return middle(held, percent) / MILLION
