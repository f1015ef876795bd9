# SPDX-License-Identifier: MIT
"""The picture of TVL over time: stacked areas of what makes it up."""

import io
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from nmr.text.amounts import NMR
from nmr.text.pictures import svg
from nmr.tvl.definitions import TvlError
from nmr.tvl.figures import PriceStatus
from nmr.tvl.series import Sample

KINDS: Final = ("svg", "png")
"""By the ending of the file's name."""
COLOURS: Final = ("#4269d0", "#c2408a", "#1b8f77", "#b37400", "#a463f2")


def series_picture(series: Sequence[Sample], kind: str, *, steps: bool = False) -> bytes:
    """At risk, waiting, idle, donations and reserved rewards at each moment, one upon the other, in NMR.

    Args:
        series: at least two moments, in their order.
        kind: one of `KINDS`.
        steps: whether nothing changed between two moments. They are steps then, and else bars, which say nothing of
            the time between.

    Raises:
        TvlError: fewer than two blocks, or another kind.
    """
    # Here and not above: it takes a second to import, which no other command should.
    from matplotlib.figure import Figure

    if kind not in KINDS:
        raise TvlError(f"A picture is one of {', '.join(KINDS)}, not {kind!r}: end the file's name so.")
    if len(series) < 2:
        raise TvlError("A picture needs two moments at least: name a wider range.")
    # matplotlib counts days since 1970.
    times = [sample.at / 86_400 for sample in series]
    every = [sample.figures for sample in series]
    layers = {
        "at risk": [figures.at_risk for figures in every],
        "waiting": [figures.waiting for figures in every],
        "idle": [figures.idle for figures in every],
        "donations": [figures.donations for figures in every],
        "reserved rewards (in the treasury)": [figures.reserved + figures.reserved_elsewhere for figures in every],
    }
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    # Only drawn: a float is exact enough for a pixel.
    heights = [[wei / NMR for wei in layer] for layer in layers.values()]
    tvl = [figures.tvl / NMR for figures in every]
    if steps:
        axes.stackplot(times, heights, labels=list(layers), colors=COLOURS, step="post")
        axes.plot(times, tvl, color="black", linewidth=1.2, label="TVL", drawstyle="steps-post")
    else:
        width = 0.8 * min(later - earlier for earlier, later in pairwise(times))
        below = [0.0] * len(times)
        for label, layer, colour in zip(layers, heights, COLOURS, strict=True):
            axes.bar(times, layer, width, below, label=label, color=colour)
            below = [low + height for low, height in zip(below, layer, strict=True)]
        axes.plot(times, tvl, color="black", marker="_", linestyle="none", label="TVL")
    last = every[-1]
    worth = f", ${last.dollars // 10**6:,}" if last.price.status is PriceStatus.KNOWN else ""
    axes.set_title(f"NMR in escrow and reserved; TVL at block {last.number}: {last.tvl // NMR:,} NMR{worth}")
    axes.set_ylabel("NMR")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value == int(value) else f"{value:,.2f}")
    axes.xaxis_date("UTC")
    if steps:
        axes.set_xlim(times[0], times[-1])
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=6)
    if kind == "svg":
        return svg(figure, "tvl").encode()
    content = io.BytesIO()
    figure.savefig(content, format=kind, dpi=150)
    return content.getvalue()
