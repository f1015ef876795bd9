# SPDX-License-Identifier: MIT
"""The picture of the economic attacks, as SVG that is the same for the same figures."""

from typing import Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.economics.results import Results
from nmr.text.pictures import svg

COLOURS: Final = ("#000000", "#4269d0", "#efb118", "#ff725c", "#3ca951")


def picture(results: Results) -> str:
    """What files gain that come late, what parked stakes leave to others, and what whales gain by their size."""
    with matplotlib.rc_context({"font.size": 9}):
        figure = Figure(figsize=(11, 3.6), layout="constrained")
        late, parked, whales = figure.subplots(1, 3)
        _late(late, results)
        _parked(parked, results)
        _whales(whales, results)
    return svg(figure, "economics")


def _late(axes: Axes, results: Results) -> None:
    axes.set_title("Only files that look right are delivered")
    for colour, (label, found) in zip(COLOURS, results.late_files.items(), strict=False):
        sure = [results.sure(played.returns) for played in found.values()]
        values = np.array([interval.value for interval in sure])
        spread = [
            values - np.array([interval.low for interval in sure]),
            np.array([interval.high for interval in sure]) - values,
        ]
        around = 100 * np.array(spread)
        axes.errorbar(list(found), 100 * values, around, color=colour, capsize=3, linewidth=1.2, label=label)
    axes.legend(loc="upper left", frameon=False)
    axes.set_xlabel("days of the outcome that are known, of 5")
    axes.set_ylabel("gain a round, % of all stakes")
    _tidy(axes)


def _parked(axes: Axes, results: Results) -> None:
    axes.set_title("The crowd beside a stake that never submits")
    for colour, (label, found) in zip(COLOURS, (("threshold", results.factor), ("cap", results.cap)), strict=False):
        quiet = found[0.0]
        rewards = [100 * played.crowd_rewards / quiet.crowd_rewards for played in found.values()]
        burns = [100 * played.crowd_burns / quiet.crowd_burns for played in found.values()]
        axes.plot(list(found), rewards, linestyle="-", color=colour, label=f"rewards, {label}")
        axes.plot(list(found), burns, linestyle="--", color=colour, label=f"burns, {label}")
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xticks([0, 1, 4, 19], ["0", "1", "4", "19"])
    axes.set_ylim(0, 105)
    axes.set_xlabel("parked, of what the crowd has")
    axes.set_ylabel("% of what it was")
    axes.legend(loc="lower left", frameon=False)
    _tidy(axes)


def _whales(axes: Axes, results: Results) -> None:
    axes.set_title("Whales")
    for colour, (label, found) in zip(COLOURS, results.whales.items(), strict=False):
        axes.plot(list(found), [100 * played.returns.mean() for played in found.values()], color=colour, label=label)
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(found), [f"{size:g}" for size in found])
    axes.set_xlabel("stake, of what the crowd has")
    axes.set_ylabel("gain a round, % of the stake")
    axes.legend(loc="upper right", frameon=False, fontsize=7)
    _tidy(axes)


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#eeeeee")
