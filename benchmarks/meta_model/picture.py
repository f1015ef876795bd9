# SPDX-License-Identifier: MIT
"""The picture of the meta model's experiment, as SVG that is the same for the same figures."""

from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.meta_model.page import Results
from benchmarks.meta_model.variants import Cast, Played
from nmr.text.pictures import svg

COLOURS: Final = ("#000000", "#4269d0", "#efb118", "#ff725c", "#3ca951", "#a463f2", "#6cc5b0", "#9c6b4e", "#ff8ab7")
STYLES: Final = ("-", "--")


def picture(results: Results) -> str:
    """Cumulated CORR of all, what each season has over equal weights, and how concentrated its stakes became."""
    with matplotlib.rc_context({"font.size": 9}):
        figure = Figure(figsize=(9, 14), layout="constrained")
        all_models, over_equal, wrong, concentrated = figure.subplots(4, 1, sharex=True)
        _cumulated(all_models, results)
        _over_equal(over_equal, results)
        _wrong(wrong, results)
        _concentrated(concentrated, results)
        concentrated.set_xlabel("era")
    return svg(figure, "meta model")


def _cumulated(axes: Axes, results: Results) -> None:
    axes.set_title("Cumulated CORR")
    singles = results.singles
    for name, corr in singles.items():
        if name != results.best:
            label = "each other model" if name == list(singles)[-1] else None
            axes.plot(results.eras, np.cumsum(corr), color="#bbbbbb", linewidth=0.7, label=label)
    axes.plot(results.eras, np.cumsum(singles[results.best]), color=COLOURS[2], label=f"{results.best}, with hindsight")
    axes.plot(results.eras, np.cumsum(results.follower()), color=COLOURS[4], label="the best so far")
    axes.plot(results.eras, np.cumsum(results.base.equal), color=COLOURS[1], label="equal-weighted")
    axes.plot(results.eras, np.cumsum(results.base.season.meta), color=COLOURS[0], label="stake-weighted")
    axes.legend(loc="upper left", frameon=False)
    _tidy(axes)


def _over_equal(axes: Axes, results: Results) -> None:
    axes.set_title("Cumulated CORR of the stake-weighted meta model less that of equal weights")
    for index, played in enumerate(_alike(results)):
        difference = np.cumsum(played.season.meta - played.equal)
        axes.plot(results.eras, difference, **_look(index), label=played.variant.name)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    _tidy(axes)


def _wrong(axes: Axes, results: Results) -> None:
    axes.set_title(f"Cumulated CORR {Cast.WRONG}")
    wrong = [played for played in results.played if played.variant.cast == Cast.WRONG]
    for index, played in enumerate(wrong):
        axes.plot(results.eras, np.cumsum(played.season.meta), **_look(index), label=played.variant.name)
    axes.plot(results.eras, np.cumsum(wrong[0].equal), color=COLOURS[2], label="the same, equal-weighted")
    axes.legend(loc="upper left", frameon=False)
    _tidy(axes)


def _concentrated(axes: Axes, results: Results) -> None:
    axes.set_title("Models of equal stake that would be as concentrated, of all that are valid")
    for index, played in enumerate(_alike(results)):
        season = played.season
        axes.plot(results.eras, season.effective_models() / season.valid.sum(axis=1), **_look(index))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    _tidy(axes)


def _alike(results: Results) -> list[Played]:
    """The seasons that fit one scale."""
    return [played for played in results.played if played.variant.cast != Cast.WRONG]


def _look(index: int) -> dict[str, Any]:
    style = STYLES[index // len(COLOURS) % len(STYLES)]
    return {"color": COLOURS[index % len(COLOURS)], "linestyle": style, "linewidth": 1.2}


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#eeeeee")
    axes.axhline(0, color="#888888", linewidth=0.5)
