# SPDX-License-Identifier: MIT
"""The picture of the fund's figures, as SVG that is the same for the same figures."""

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.crowds.picture import COLOURS, POINTS
from benchmarks.fund.page import Results
from benchmarks.fund.variants import META, PLAIN, SINGLE
from fund.administration import Days, together
from fund.backtest import Run
from nmr.text.pictures import svg


def picture(results: Results) -> str:
    """Value of a dollar after costs, before fees: by who decides, by assets, and of each sleeve over all its years."""
    with matplotlib.rc_context({"font.size": 9}):
        figure = Figure(figsize=(9, 3 * (2 + len(results.alone))), layout="constrained")
        axes = figure.subplots(2 + len(results.alone), 1)
        days = {name: together(list(runs.values())) for name, runs in results.variants.items()}
        sizes = {"$50M": days["$50M"], "$500M": days[META], "$5bn": days["$5bn"]}
        _values(axes[0], "both sleeves at $500M, by who decides", {name: days[name] for name in (META, PLAIN, SINGLE)})
        _values(axes[1], "both sleeves, by assets", sizes)
        for place, (sleeve, runs) in zip(axes[2:], results.alone.items(), strict=True):
            _values(place, f"{sleeve} alone at $500M", runs)
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
