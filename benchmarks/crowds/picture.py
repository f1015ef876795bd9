# SPDX-License-Identifier: MIT
"""The picture of the results, as SVG that is the same for the same figures."""

from collections.abc import Mapping
from typing import Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.crowds.page import Found, Results
from nmr.text.pictures import svg

POINTS: Final = 250
"""Most points of a line: more are not seen, and make the file large."""
COLOURS: Final = ("#4269d0", "#efb118", "#ff725c", "#3ca951", "#a463f2", "#6cc5b0", "#9c6b4e", "#ff8ab7")


def picture(found: Mapping[str, tuple[Results, Found]]) -> str:
    """By universe: cumulated CORR of the honest crowd, and what stakes have over the plain mean in hostile ones."""
    with matplotlib.rc_context({"font.size": 9}):
        figure = Figure(figsize=(9, 6 * len(found)), layout="constrained")
        axes = figure.subplots(2 * len(found), 1)
        for number, (results, _) in enumerate(found.values()):
            _honest(axes[2 * number], results)
            _hostile(axes[2 * number + 1], results)
    return svg(figure, "crowds")


def _honest(axes: Axes, results: Results) -> None:
    axes.set_title(f"{results.name}: cumulated CORR of the honest crowd")
    for model, corr in enumerate(results.corr.T):
        label = "each model" if model == 0 else None
        axes.plot(*line(results, corr), color="#bbbbbb", linewidth=0.7, label=label)
    axes.plot(*line(results, results.honest.plain), color=COLOURS[0], label="plain mean")
    axes.plot(*line(results, results.honest.meta), color="#000000", label="stake-weighted")
    _tidy(axes)


def _hostile(axes: Axes, results: Results) -> None:
    axes.set_title(f"{results.name}: cumulated CORR of the meta model less that of the plain mean, by crowd")
    axes.plot(*line(results, results.honest.meta - results.honest.plain), color="#000000", label="honest")
    for colour, (name, season) in zip(COLOURS, results.hostile.items(), strict=True):
        axes.plot(*line(results, season.meta - season.plain), color=colour, linewidth=1.2, label=name)
    _tidy(axes)


def line(results: Results, corr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days and cumulated CORR, every so many eras and the last one."""
    shown = np.arange(len(corr))[:: -1 - len(corr) // POINTS][::-1]
    return np.array(results.dates, dtype="datetime64[D]")[shown], np.cumsum(corr)[shown]


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#eeeeee")
    axes.axhline(0, color="#888888", linewidth=0.5)
    axes.legend(loc="upper left", frameon=False, fontsize=7)
