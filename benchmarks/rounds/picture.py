# SPDX-License-Identifier: MIT
"""The picture of the benchmark of whole rounds, as SVG that is the same for the same figures."""

from collections.abc import Mapping, Sequence
from typing import Final

import matplotlib
from matplotlib.figure import Figure

from benchmarks.rounds.page import WHAT, names_of, phase_of
from benchmarks.rounds.play import ROUNDS, Phase
from nmr.text.pictures import svg

COLOURS: Final = dict(
    zip(WHAT, ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5"), strict=True)
)


def picture(measured: Mapping[int, Sequence[Phase]]) -> str:
    """Seconds of each phase of the last round by number of models, both axes logarithmic."""
    sizes = list(measured)
    seconds = {
        name: [phase_of(measured[size], ROUNDS, name).seconds for size in sizes] for name in names_of(measured, ROUNDS)
    }
    with matplotlib.rc_context({"font.size": 9}):
        figure = Figure(figsize=(8, 4), layout="constrained")
        axes = figure.subplots()
        # The legend has the slowest first, as the lines end.
        for name in sorted(seconds, key=lambda name: -seconds[name][-1]):
            axes.plot(sizes, seconds[name], marker=".", color=COLOURS[name], label=name)
        axes.set_title("Seconds of each phase of a round, by number of models", loc="left")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
        axes.set_xticks([], minor=True)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} s")
        axes.set_xlabel("models")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#eeeeee")
        figure.legend(loc="outside right upper", frameon=False)
    return svg(figure, "rounds")
